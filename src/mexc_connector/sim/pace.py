"""The passing of time: the exchange moved on in steps, after the wall or by hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from mexc_connector.sim.exchange import STEP_MS, Exchange
from mexc_connector.sim.options import SimOptions
from mexc_connector.sim.publisher import CYCLE_MS
from mexc_connector.sim.ws_server import StreamServer

BUSY_S = 0.04
"""Catching up yields to the connections after this long."""
SHORTEST_SLEEP_S = 0.002
MOST_LAG_S = 2.0
"""A machine that falls further behind gets a slower market instead of an endless chase."""
SKIP_S = CYCLE_MS / 1000
"""Where exchange time is the wall's, it skips this much instead, and nothing happens meanwhile."""
EXPIRY_CHECK_S = 0.2
CLIENTS_TURN_MS = 100
CLIENTS_TURN_AT_MS = 45
"""Inside an interval of 10 ms and one of 100 ms: a snapshot that is answered then falls inside the
version range of a push yet to come."""
DRAIN_BYTES = 256 * 1024
DRAIN_LIMIT_S = 5.0


class ServerClock:
    """Time in ms for limits and connections: real, unless the test moves time itself."""

    def __init__(self, exchange: Exchange, *, zero_s: float, is_real: bool) -> None:
        self.zero_s = zero_s
        self._exchange = exchange
        self._is_real = is_real

    def __call__(self) -> int:
        """Read the clock."""
        if self._is_real:
            return int((time.monotonic() - self.zero_s) * 1000)
        return self._exchange.now_ms


class Pace:
    """Moves one exchange on; `step` does all that 5 ms bring, `settle` what must be awaited then.

    `head_s` is by how much the exchange's time was floored at the start.
    """

    def __init__(
        self,
        exchange: Exchange,
        streams: StreamServer,
        step: Callable[[], None],
        settle: Callable[[], Awaitable[None]],
        *,
        options: SimOptions,
        zero_s: float,
        head_s: float,
    ) -> None:
        self._exchange = exchange
        self._streams = streams
        self._step = step
        self._settle = settle
        self._speed = options.speed
        self._follows_wall = options.start_ms is None and options.speed == 1.0
        self._first_s = zero_s - head_s

    async def advance(self, duration_ms: int) -> None:
        """Run for `duration_ms` of exchange time, with a turn for the clients every 100 ms."""
        for _ in range(duration_ms // STEP_MS):
            self._step()
            if self._exchange.now_ms % CLIENTS_TURN_MS == CLIENTS_TURN_AT_MS:
                await self._settle()
                self._streams.close_expired()
                await _let_clients_read(self._streams)
        await self._settle()
        self._streams.close_expired()
        await asyncio.sleep(0)

    async def run(self) -> None:
        """Follow real time until cancelled."""
        step_s = STEP_MS / 1000 / self._speed
        # A step's frames bear the time of its end: they must not leave before.
        due_s = step_s + (self._first_s if self._follows_wall else time.monotonic())
        expiry_s = due_s
        while True:
            now_s = time.monotonic()
            due_s = self._caught_up(due_s, now_s)
            while due_s <= time.monotonic() < now_s + BUSY_S:
                self._step()
                due_s += step_s
            await self._settle()
            if now_s >= expiry_s:
                expiry_s = now_s + EXPIRY_CHECK_S
                self._streams.close_expired()
            wait_s = due_s - time.monotonic()
            if wait_s > 0:
                self._exchange.warm_next()
            await asyncio.sleep(max(SHORTEST_SLEEP_S if wait_s > 0 else 0, wait_s))

    def _caught_up(self, due_s: float, now_s: float) -> float:
        """Give when the next step is due once more lag than can be made up for is written off."""
        if not self._follows_wall:
            return max(due_s, now_s - MOST_LAG_S)
        cycles = int((now_s - due_s) // SKIP_S)
        if cycles > 0:
            self._exchange.skip(cycles * CYCLE_MS)
            due_s += cycles * SKIP_S
        return due_s


async def _let_clients_read(streams: StreamServer) -> None:
    await asyncio.sleep(0)
    give_up_s = time.monotonic() + DRAIN_LIMIT_S
    # No transport tells when its buffer shrinks, hence the polling.
    while streams.is_congested(DRAIN_BYTES) and time.monotonic() < give_up_s:  # noqa: ASYNC110
        await asyncio.sleep(SHORTEST_SLEEP_S)

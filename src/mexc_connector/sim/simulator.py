"""The simulated exchange as a server: start it, reach it by URL, move its time, stop it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web

from mexc_connector.sim.account_options import SimAccount
from mexc_connector.sim.account_view import AccountView
from mexc_connector.sim.accounts import default_key
from mexc_connector.sim.connection import Connection
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.exchange import STEP_MS, Exchange
from mexc_connector.sim.market import Market
from mexc_connector.sim.options import SimOptions
from mexc_connector.sim.private_streams import PrivateStreams
from mexc_connector.sim.publisher import CYCLE_MS, Publisher
from mexc_connector.sim.rest_private import PrivateServer
from mexc_connector.sim.rest_server import RestServer
from mexc_connector.sim.trading_desk import TradingDesk, open_desk
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
SHUTDOWN_S = 1.0


@dataclass(frozen=True, slots=True)
class _Parts:
    """What one start made."""

    exchange: Exchange
    publisher: Publisher
    desk: TradingDesk
    private_streams: PrivateStreams
    streams: StreamServer
    rest: RestServer


class Simulator:
    """MEXC spot on loopback: `async with Simulator(SimOptions(...)) as sim:`.

    One port carries REST below `rest_url` + `/api/v3/` and streams at `ws_url`. A simulator may be
    started again after it was stopped; its market then begins anew. Starting raises `SimError` when
    the port is in use or a symbol is malformed, and leaves nothing behind.
    """

    def __init__(self, options: SimOptions | None = None) -> None:
        self.options = SimOptions() if options is None else options
        self.api_key, self.secret_key = default_key(self.options.seed)
        self._parts: _Parts | None = None
        self._runner: web.AppRunner | None = None
        self._run: asyncio.Task[None] | None = None
        self._address = ("", 0)
        self._zero_s = 0.0
        self._head_s = 0.0
        self._follows_wall = self.options.start_ms is None and self.options.speed == 1.0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def rest_url(self) -> str:
        """`http://HOST:PORT`; the endpoints lie below `/api/v3/`."""
        return f"http://{self._authority}"

    @property
    def ws_url(self) -> str:
        """`ws://HOST:PORT/ws`."""
        return f"ws://{self._authority}/ws"

    @property
    def port(self) -> int:
        """The port in use, 0 before the start."""
        return self._address[1]

    @property
    def now_ms(self) -> int:
        """The exchange's clock in ms; a multiple of 5."""
        return self._started.exchange.now_ms

    @property
    def symbols(self) -> list[str]:
        """Every listed symbol, in the order of the catalogue."""
        return list(self._started.exchange.by_symbol)

    @property
    def connections(self) -> list[Connection]:
        """The stream connections that are open now, oldest first."""
        return list(self._started.streams.connections)

    @property
    def connections_made(self) -> int:
        """Stream connections accepted since the start."""
        return self._started.streams.connections_made

    @property
    def requests_by_path(self) -> dict[str, int]:
        """REST requests to known paths since the start, refused ones included."""
        return dict(self._started.rest.requests_by_path)

    def market(self, symbol: str) -> Market:
        """Give a market to look into or to trade in; raises `SimError` when it is not listed."""
        market = self._started.exchange.market(symbol)
        if market is None:
            raise SimError(f"{symbol!r} is not listed on this simulator.")
        return market

    @property
    def accounts(self) -> list[SimAccount]:
        """How every account began, the default one first."""
        return [account.options for account in self._started.desk.accounts]

    def account(self, api_key: str) -> AccountView:
        """Give the account that a key opens; raises `SimError` when no account has the key."""
        desk = self._started.desk
        holder = desk.accounts.by_key(api_key)
        if holder is None:
            raise SimError(f"No account of this simulator has the key {api_key!r}.")
        return AccountView(holder.account, desk)

    async def advance(self, duration_ms: int) -> None:
        """Run the market for `duration_ms` of exchange time; for `SimOptions(realtime=False)`.

        Takes a positive multiple of 5. Frames are pushed as they fall due, with a turn for the
        clients every 100 ms, in the middle of the intervals; a client that does not read holds the
        market up for at most 5 s. After `advance(5)` the market stands inside an interval.
        """
        if self.options.realtime:
            raise SimError("Time runs by itself; advance() needs SimOptions(realtime=False).")
        if duration_ms <= 0 or duration_ms % STEP_MS:
            raise SimError(f"advance() takes a positive multiple of 5 ms, not {duration_ms}.")
        parts = self._started
        for _ in range(duration_ms // STEP_MS):
            self._step(parts)
            if self.now_ms % CLIENTS_TURN_MS == CLIENTS_TURN_AT_MS:
                parts.streams.close_expired()
                await _let_clients_read(parts.streams)
        parts.streams.close_expired()
        await asyncio.sleep(0)

    async def start(self) -> None:
        """Open the port and let the market run; `async with` does it."""
        if self._runner is not None:
            raise SimError("The simulator is running already.")
        parts = self._parts = self._build()
        application = web.Application()
        application.router.add_get("/ws", parts.streams.handle)
        application.router.add_route("*", "/{path:.*}", parts.rest.handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S)
        options = self.options
        try:
            await runner.setup()
            await web.TCPSite(runner, options.host, options.port).start()
        except OSError as error:
            await runner.cleanup()
            raise SimError(
                f"Cannot listen on {options.host}:{options.port}: {error.strerror or error}."
            ) from error
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        host, port = runner.addresses[0][:2]
        self._address = (str(host), int(port))
        if options.realtime:
            self._run = asyncio.create_task(self._run_clock(parts), name="simulated exchange")

    async def stop(self) -> None:
        """End every connection and free the port; twice is fine.

        Raises what stopped the market before its time, if anything did.
        """
        runner, self._runner = self._runner, None
        run, self._run = self._run, None
        if runner is None:
            return
        streams = self._started.streams
        try:
            if run is not None:
                run.cancel()
                await asyncio.wait([run])
        finally:
            streams.close_all()
            await runner.cleanup()
        if run is not None and not run.cancelled():
            run.result()

    async def wait_stopped(self) -> None:
        """Wait until the market stops running, which it does only by `stop` or by an error."""
        if self._run is not None:
            await asyncio.wait([self._run])

    @property
    def _authority(self) -> str:
        host, port = self._address
        if not port:
            raise SimError("The simulator has not been started.")
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def _started(self) -> _Parts:
        if self._parts is None:
            raise SimError("The simulator has not been started.")
        return self._parts

    def _build(self) -> _Parts:
        options = self.options
        limits, clock = options.limits, self._server_ms
        start_ms = time.time() * 1000 if options.start_ms is None else options.start_ms
        self._zero_s = time.monotonic()
        exchange = Exchange(options, start_ms=int(start_ms))
        self._head_s = (start_ms - exchange.now_ms) / 1000
        publisher = Publisher(exchange, queue_limit=limits.send_queue_bytes)
        private_streams = PrivateStreams(exchange.clock, limits=limits, seed=options.seed)
        desk = open_desk(options, exchange, private_streams)
        private = PrivateServer(desk, exchange, private_streams, options=options, limit_clock=clock)
        return _Parts(
            exchange,
            publisher,
            desk,
            private_streams,
            StreamServer(publisher, private_streams, limits=limits, clock=clock, seed=options.seed),
            RestServer(exchange, private, limits=limits, clock=clock),
        )

    def _server_ms(self) -> int:
        """Time for limits and connections: real, unless the test moves time itself."""
        if self.options.realtime:
            return int((time.monotonic() - self._zero_s) * 1000)
        return self._started.exchange.now_ms

    def _step(self, parts: _Parts) -> None:
        parts.exchange.step()
        server_ms = self._server_ms()
        parts.publisher.publish(server_ms)
        parts.private_streams.publish(server_ms)

    async def _run_clock(self, parts: _Parts) -> None:
        step_s = STEP_MS / 1000 / self.options.speed
        # A step's frames bear the time of its end: they must not leave before.
        due_s = step_s + (self._zero_s - self._head_s if self._follows_wall else time.monotonic())
        expiry_s = due_s
        while True:
            now_s = time.monotonic()
            due_s = self._caught_up(parts.exchange, due_s, now_s)
            while due_s <= time.monotonic() < now_s + BUSY_S:
                self._step(parts)
                due_s += step_s
            if now_s >= expiry_s:
                expiry_s = now_s + EXPIRY_CHECK_S
                parts.streams.close_expired()
            wait_s = due_s - time.monotonic()
            if wait_s > 0:
                parts.exchange.warm_next()
            await asyncio.sleep(max(SHORTEST_SLEEP_S if wait_s > 0 else 0, wait_s))

    def _caught_up(self, exchange: Exchange, due_s: float, now_s: float) -> float:
        """Give when the next step is due once more lag than can be made up for is written off."""
        if not self._follows_wall:
            return max(due_s, now_s - MOST_LAG_S)
        cycles = int((now_s - due_s) // SKIP_S)
        if cycles > 0:
            exchange.skip(cycles * CYCLE_MS)
            due_s += cycles * SKIP_S
        return due_s


async def _let_clients_read(streams: StreamServer) -> None:
    await asyncio.sleep(0)
    give_up_s = time.monotonic() + DRAIN_LIMIT_S
    # No transport tells when its buffer shrinks, hence the polling.
    while streams.is_congested(DRAIN_BYTES) and time.monotonic() < give_up_s:  # noqa: ASYNC110
        await asyncio.sleep(SHORTEST_SLEEP_S)

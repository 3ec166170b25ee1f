"""The simulated exchange as a server: start it, reach it by URL, move its time, stop it."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from aiohttp import web

from mexc_connector.sim.account_options import SimAccount
from mexc_connector.sim.account_view import AccountView
from mexc_connector.sim.accounts import default_key
from mexc_connector.sim.connection import Connection
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.exchange import STEP_MS
from mexc_connector.sim.faults import FaultPlan, FaultRecord
from mexc_connector.sim.faults.admin import FaultAdmin
from mexc_connector.sim.listener import Listener
from mexc_connector.sim.market import Market
from mexc_connector.sim.options import SimOptions
from mexc_connector.sim.parts import Parts


class Simulator:
    """MEXC spot on loopback: `async with Simulator(SimOptions(...)) as sim:`.

    One port carries REST below `rest_url` + `/api/v3/` and streams at `ws_url`. A simulator may be
    started again after it was stopped; its market then begins anew. Starting raises `SimError` when
    the port is in use or a symbol is malformed, and leaves nothing behind.
    """

    def __init__(self, options: SimOptions | None = None) -> None:
        self.options = SimOptions() if options is None else options
        self.api_key, self.secret_key = default_key(self.options.seed)
        self._parts: Parts | None = None
        self._listener: Listener | None = None
        self._run: asyncio.Task[None] | None = None
        self._address = ("", 0)

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

    @property
    def faults(self) -> FaultPlan | None:
        """The fault plan that is on."""
        return self._started.faults.plan

    @property
    def fault_trace(self) -> tuple[FaultRecord, ...]:
        """What faults did since the start, oldest first; the newest 100,000 records."""
        return self._started.faults.trace.records()

    def set_faults(self, plan: FaultPlan | None) -> None:
        """Switch a fault plan on in place of any other, or off; its times count from now.

        Off, what waited is sent and what lasted is over. Raises `FaultError`, and changes nothing,
        when a rule is about a channel, endpoint or symbol that there is not.
        """
        switch = self._started.faults
        if plan is None:
            switch.turn_off()
        else:
            switch.turn_on(plan)

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
        await self._started.pace.advance(duration_ms)

    async def start(self) -> None:
        """Open the port and let the market run; `async with` does it."""
        if self._listener is not None:
            raise SimError("The simulator is running already.")
        parts = self._parts = Parts(self.options)
        if self.options.faults is not None:
            parts.faults.turn_on(self.options.faults)
        application = web.Application()
        application.router.add_get("/ws", parts.streams.handle)
        if self.options.admin:
            FaultAdmin(parts.faults).add_routes(application.router)
        application.router.add_route("*", "/{path:.*}", parts.rest.handle)
        listener = Listener(application, host=self.options.host, port=self.options.port)
        await listener.open()
        self._listener = parts.port = listener
        self._address = (listener.host, listener.port)
        if self.options.realtime:
            self._run = asyncio.create_task(parts.pace.run(), name="simulated exchange")

    async def stop(self) -> None:
        """End every connection and free the port; twice is fine.

        Raises what stopped the market before its time, if anything did.
        """
        listener, self._listener = self._listener, None
        run, self._run = self._run, None
        if listener is None:
            return
        parts = self._started
        try:
            if run is not None:
                run.cancel()
                await asyncio.wait([run])
        finally:
            parts.faults.turn_off()  # what a fault holds up would hold this up
            parts.streams.close_all()
            await listener.close()
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
    def _started(self) -> Parts:
        if self._parts is None:
            raise SimError("The simulator has not been started.")
        return self._parts

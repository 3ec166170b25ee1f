"""What one start of the simulator makes, wired together."""

from __future__ import annotations

import time
from typing import Protocol

from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.faults.switch import FaultSwitch
from mexc_connector.sim.options import SimLimits, SimOptions
from mexc_connector.sim.pace import Pace, ServerClock
from mexc_connector.sim.private_streams import PrivateStreams
from mexc_connector.sim.publisher import Publisher
from mexc_connector.sim.rest_private import PrivateServer
from mexc_connector.sim.rest_server import RestServer
from mexc_connector.sim.trading_desk import open_desk
from mexc_connector.sim.ws_server import StreamServer


class Port(Protocol):
    """The port, as far as faults go."""

    @property
    def refuses(self) -> bool:
        """Whether new connections are refused."""

    async def set_refusing(self, *, refuses: bool) -> None:
        """Refuse new connections, or take them again."""


class Parts:
    """The rooms of an exchange that nobody can reach yet and whose time stands still."""

    def __init__(self, options: SimOptions) -> None:
        limits = options.limits
        start_ms = time.time() * 1000 if options.start_ms is None else options.start_ms
        zero_s = time.monotonic()
        self.exchange = Exchange(options, start_ms=int(start_ms))
        self.clock = ServerClock(self.exchange, zero_s=zero_s, is_real=options.realtime)
        self.publisher = Publisher(self.exchange, queue_limit=limits.send_queue_bytes)
        self.private_streams = PrivateStreams(self.exchange.clock, limits=limits, seed=options.seed)
        self.desk = open_desk(options, self.exchange, self.private_streams)
        self.streams = StreamServer(
            self.publisher,
            self.private_streams,
            limits=limits,
            clock=self.clock,
            seed=options.seed,
        )
        self.rest = RestServer(
            self.exchange, self._private_server(options), limits=limits, clock=self.clock
        )
        self.faults = self._fault_switch(limits)
        self.pace = Pace(
            self.exchange,
            self.streams,
            self._step,
            self._settle,
            options=options,
            zero_s=zero_s,
            head_s=(start_ms - self.exchange.now_ms) / 1000,
        )
        self.port: Port | None = None
        """Set by who opens it."""

    def _private_server(self, options: SimOptions) -> PrivateServer:
        return PrivateServer(
            self.desk,
            self.exchange,
            self.private_streams,
            options=options,
            limit_clock=self.clock,
        )

    def _fault_switch(self, limits: SimLimits) -> FaultSwitch:
        return FaultSwitch(
            self.exchange,
            self.desk,
            publisher=self.publisher,
            private_streams=self.private_streams,
            streams=self.streams,
            rest=self.rest,
            clock=self.clock,
            queue_limit=limits.send_queue_bytes,
        )

    def _step(self) -> None:
        self.exchange.step()
        self.faults.strike_by_time()
        server_ms = self.clock()
        self.publisher.publish(server_ms)
        self.private_streams.publish(server_ms)
        self.faults.pump()

    async def _settle(self) -> None:
        port, refuses = self.port, self.faults.is_unreachable
        if port is not None and port.refuses != refuses:
            await port.set_refusing(refuses=refuses)

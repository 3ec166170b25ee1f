"""The switch: a plan on the seams of a running exchange, or none."""

from __future__ import annotations

from collections.abc import Callable

from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.faults.active import ActivePlan
from mexc_connector.sim.faults.exchange_faults import ExchangeFaults
from mexc_connector.sim.faults.plan import FaultPlan
from mexc_connector.sim.faults.rest_faults import RestFaults
from mexc_connector.sim.faults.rest_rules import StaleSnapshot
from mexc_connector.sim.faults.stream_faults import StreamFaults
from mexc_connector.sim.faults.trace import FaultTrace
from mexc_connector.sim.private_streams import PrivateStreams
from mexc_connector.sim.publisher import Publisher
from mexc_connector.sim.rest_server import RestServer
from mexc_connector.sim.trading_desk import TradingDesk
from mexc_connector.sim.ws_server import StreamServer


class _Live:
    """What one plan has at work."""

    __slots__ = ("exchange", "plan", "rest", "streams")

    def __init__(
        self, plan: FaultPlan, streams: StreamFaults, rest: RestFaults, exchange: ExchangeFaults
    ) -> None:
        self.plan = plan
        self.streams = streams
        self.rest = rest
        self.exchange = exchange


class FaultSwitch:
    """Turns plans on and off while the exchange runs. `clock` is the server's own, in ms."""

    def __init__(
        self,
        exchange: Exchange,
        desk: TradingDesk,
        *,
        publisher: Publisher,
        private_streams: PrivateStreams,
        streams: StreamServer,
        rest: RestServer,
        clock: Callable[[], int],
        queue_limit: int,
    ) -> None:
        self._exchange = exchange
        self._desk = desk
        self._publisher = publisher
        self._private_streams = private_streams
        self._streams = streams
        self._rest = rest
        self._clock = clock
        self._queue_limit = queue_limit
        self._live: _Live | None = None
        self.trace = FaultTrace()

    @property
    def plan(self) -> FaultPlan | None:
        """The plan that is on."""
        return None if self._live is None else self._live.plan

    @property
    def exchange_ms(self) -> int:
        """The exchange's time."""
        return self._exchange.now_ms

    @property
    def is_unreachable(self) -> bool:
        """Whether the port is to refuse connections."""
        return self._live is not None and self._live.exchange.is_unreachable

    def turn_on(self, plan: FaultPlan) -> None:
        """Put a plan in place of any other; its times count from now.

        Raises `FaultError`, and changes nothing, when a rule is about something that there is not.
        """
        listed = [listing.symbol for listing in self._exchange.listings]
        plan.check(symbols=listed, endpoints=self._rest.endpoints())
        self.turn_off()
        active = ActivePlan(plan, clock=self._exchange.clock, trace=self.trace)
        streams = StreamFaults(active, clock=self._clock, queue_limit=self._queue_limit)
        rest = RestFaults(active, self._exchange, clock=self._clock)
        exchange = ExchangeFaults(
            active,
            self._exchange,
            self._desk,
            self._private_streams,
            self._streams,
            streams=streams,
            rest=rest,
        )
        behind = [item.rule.behind for item in active.of(StaleSnapshot)]
        if behind:
            self._exchange.remember_changes(max(behind))
        self._live = _Live(plan, streams, rest, exchange)
        self._publisher.tap = self._private_streams.tap = self._streams.tap = streams
        self._rest.tap = rest
        self.strike_by_time()

    def turn_off(self) -> None:
        """Take the plan away: what waited is sent, what lasted is over."""
        live, self._live = self._live, None
        if live is None:
            return
        self._publisher.tap = self._private_streams.tap = self._streams.tap = None
        self._rest.tap = None
        live.exchange.end()
        live.streams.release()
        live.rest.is_over = True

    def strike_by_time(self) -> None:
        """Carry out what has come due by time; before the exchange's frames of a step."""
        if self._live is not None:
            self._live.exchange.strike_by_time()
            self._live.streams.strike_by_time(tuple(self._streams.connections))

    def pump(self) -> None:
        """Write the frames of a step; after they were pushed."""
        if self._live is not None:
            self._live.streams.pump()

"""What one start of the simulator makes, wired together."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.options import SimOptions
from mexc_connector.sim.pace import Pace, ServerClock
from mexc_connector.sim.private_streams import PrivateStreams
from mexc_connector.sim.publisher import Publisher
from mexc_connector.sim.rest_private import PrivateServer
from mexc_connector.sim.rest_server import RestServer
from mexc_connector.sim.trading_desk import TradingDesk, open_desk
from mexc_connector.sim.ws_server import StreamServer


@dataclass(frozen=True, slots=True)
class Parts:
    """The rooms of a running exchange."""

    exchange: Exchange
    publisher: Publisher
    desk: TradingDesk
    private_streams: PrivateStreams
    streams: StreamServer
    rest: RestServer
    pace: Pace


def build_parts(options: SimOptions) -> Parts:
    """Make an exchange that nobody can reach yet and whose time stands still."""
    limits = options.limits
    start_ms = time.time() * 1000 if options.start_ms is None else options.start_ms
    zero_s = time.monotonic()
    exchange = Exchange(options, start_ms=int(start_ms))
    clock = ServerClock(exchange, zero_s=zero_s, is_real=options.realtime)
    publisher = Publisher(exchange, queue_limit=limits.send_queue_bytes)
    private_streams = PrivateStreams(exchange.clock, limits=limits, seed=options.seed)
    desk = open_desk(options, exchange, private_streams)
    private = PrivateServer(desk, exchange, private_streams, options=options, limit_clock=clock)
    streams = StreamServer(
        publisher, private_streams, limits=limits, clock=clock, seed=options.seed
    )

    def step() -> None:
        exchange.step()
        server_ms = clock()
        publisher.publish(server_ms)
        private_streams.publish(server_ms)

    head_s = (start_ms - exchange.now_ms) / 1000
    pace = Pace(exchange, streams, step, options=options, zero_s=zero_s, head_s=head_s)
    rest = RestServer(exchange, private, limits=limits, clock=clock)
    return Parts(exchange, publisher, desk, private_streams, streams, rest, pace)

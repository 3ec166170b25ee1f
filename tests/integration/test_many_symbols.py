"""Two thousand markets: 67 connections, every book synced, each equal to the simulator's."""

import asyncio
import time

import pytest

from mexc_connector import (
    BookConfig,
    MexcConfig,
    MexcExchange,
    MexcPublicSpotRest,
    RateLimitConfig,
    StreamConfig,
    StreamSpeed,
)
from mexc_connector.sim import SimLimits, SimOptions, Simulator


@pytest.mark.slow
async def test_two_thousand_books_sync_within_a_minute_and_equal_the_simulators() -> None:
    options = SimOptions(symbol_count=2000, seed=3, limits=SimLimits.lifted(), book_history=2000)
    async with Simulator(options) as sim:
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url=sim.ws_url,
            limits=RateLimitConfig.lifted(),
            streams=StreamConfig(depth_speed=StreamSpeed.MS_100),
            books=BookConfig(sync_timeout_s=60),
        )
        async with MexcPublicSpotRest(config) as rest:
            infos = await rest.get_symbol_infos()
        assert len(infos) == 2000
        started = time.monotonic()
        async with MexcExchange(config=config).session(info.symbol for info in infos) as mexc:
            assert time.monotonic() - started < 60
            assert len(sim.connections) == 67
            await asyncio.sleep(1)  # let diffs come in over all links
            for info in infos:
                book = mexc.get_orderbook(info.symbol)
                truth = sim.market(info.exchange_symbol).book_at(book.version)
                assert [(e.price, e.size) for e in book.bids] == as_floats(truth.bids)
                assert [(e.price, e.size) for e in book.asks] == as_floats(truth.asks)
            metrics = mexc.get_performance_metrics()
            assert metrics["orderbook_resyncs"] == 0
            assert metrics["orderbook_updates"] > 4000


def as_floats(levels: list[object]) -> list[tuple[float, float]]:
    return [(float(price), float(quantity)) for price, quantity in levels]  # type: ignore[attr-defined]

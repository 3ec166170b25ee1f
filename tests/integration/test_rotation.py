"""Links that are replaced all the time, on the simulator: nothing is lost, nothing comes twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable

from mexc_connector import (
    AssetName,
    MexcConfig,
    MexcExchange,
    MexcPublicSpotRest,
    MexcWebsocketPublic,
    OrderBook,
    RateLimitConfig,
    RotationConfig,
    StreamConfig,
    Symbol,
    Trade,
)
from mexc_connector.sim import SimLimits, SimOptions, Simulator

USDT = AssetName("USDT")
MARKETS = tuple(Symbol(AssetName(base), USDT) for base in ("BTC", "ETH", "MX"))
HANDOVERS = 6


def busy_exchange() -> Simulator:
    return Simulator(
        SimOptions(
            symbols=tuple(f"{market.base}USDT" for market in MARKETS),
            seed=11,
            agents=60,
            book_history=100_000,
            limits=SimLimits.lifted(),
        )
    )


def config_for(sim: Simulator, **streams: object) -> MexcConfig:
    return MexcConfig(
        rest_url=sim.rest_url,
        stream_url=sim.ws_url,
        limits=RateLimitConfig.lifted(),
        streams=StreamConfig(backoff_base_s=0.05, **streams),  # type: ignore[arg-type]
    )


ROTATING = {
    "rotate_after_s": 0.6,
    "rotation": RotationConfig(overlap_s=0.25, patience_s=5.0, give_up_after_s=30.0),
}


async def until(condition: Callable[[], object], *, limit_s: float = 20.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.005)


async def test_every_trade_comes_once_while_links_are_replaced() -> None:
    async with busy_exchange() as sim:
        config = config_for(sim, subscriptions_per_link=2)
        async with MexcPublicSpotRest(config) as rest:
            symbols = await rest.get_symbol_map()
        rotating_config = config_for(sim, subscriptions_per_link=2, **ROTATING)
        async with (
            MexcWebsocketPublic(symbols, config=config) as steady,
            MexcWebsocketPublic(symbols, config=rotating_config) as rotating,
        ):
            truth: list[Trade] = []
            got: list[Trade] = []
            for market in MARKETS:  # the witness begins first and ends last
                await steady.on_trades(market, truth.append)
            for market in MARKETS:
                await rotating.on_trades(market, got.append)
            await until(lambda: rotating.metrics().handovers >= HANDOVERS)
            seen = len(got)
            await until(lambda: len(got) > seen)
            newest = {trade.symbol: trade.trade_id for trade in got}
            await until(lambda: set(newest.values()) <= {trade.trade_id for trade in truth})
            for market in MARKETS:
                ids = [trade.trade_id for trade in got if trade.symbol == market]
                assert [one for one, times in Counter(ids).items() if times > 1] == []
                witnessed = [trade.trade_id for trade in truth if trade.symbol == market]
                begin = witnessed.index(ids[0])
                assert ids == witnessed[begin : begin + len(ids)]
            assert len(got) > 50
            metrics = rotating.metrics()
            assert metrics.reconnects == metrics.handover_failures == 0
            assert metrics.repeated_trades > 0, "both links never carried the same trade"


async def test_books_stay_readable_and_right_while_links_are_replaced() -> None:
    async with busy_exchange() as sim:
        exchange = MexcExchange(config=config_for(sim, subscriptions_per_link=2, **ROTATING))
        async with exchange.session(MARKETS) as mexc:
            versions = dict.fromkeys(MARKETS, -1)
            unreadable: list[str] = []

            def check(book: OrderBook) -> None:
                if not book.is_synced:
                    unreadable.append(f"{book.symbol}: {book.unsync_reason}")
                    return
                assert book.version > versions[book.symbol]
                versions[book.symbol] = book.version

            for market in MARKETS:
                mexc.on_orderbook(market, check)
            handovers = "stream_handovers"
            await until(lambda: mexc.get_performance_metrics()[handovers] >= HANDOVERS)
            assert unreadable == []
            metrics = mexc.get_performance_metrics()
            assert metrics["orderbook_resyncs"] == 0
            assert metrics["stream_callback_errors"] == 0
            for market in MARKETS:
                book = mexc.get_orderbook(market)
                truth = sim.market(f"{market.base}USDT").book_at(book.version)
                assert [(e.price, e.size) for e in book.bids] == [
                    (float(price), float(size)) for price, size in truth.bids
                ]
            await until(lambda: len(sim.connections) <= 3)


async def test_with_redundant_feeds_a_cut_link_costs_no_book_and_no_trade() -> None:
    chance = random.Random(7)
    async with busy_exchange() as sim:
        steady_config = config_for(sim)
        config = config_for(sim, redundancy=2, subscriptions_per_link=4)
        async with MexcPublicSpotRest(config) as rest:
            symbols = await rest.get_symbol_map()
        async with (
            MexcWebsocketPublic(symbols, config=steady_config) as steady,
            MexcExchange(config=config).session(MARKETS) as mexc,
        ):

            def metric(name: str) -> float:
                return mexc.get_performance_metrics()[name]

            truth: list[Trade] = []
            got: list[Trade] = []
            unreadable: list[str] = []
            await until(lambda: metric("stream_open_links") == 2)
            cuttable = set(sim.connections)
            for market in MARKETS:
                await steady.on_trades(market, truth.append)
            (witness,) = set(sim.connections) - cuttable
            for market in MARKETS:
                await mexc.on_trades(market, got.append)
                mexc.on_orderbook(
                    market, lambda book: None if book.is_synced else unreadable.append(str(book))
                )
            await until(lambda: metric("stream_links") == 4)
            for cuts in range(1, 7):
                await until(lambda: metric("stream_open_links") == 4)
                seen = metric("orderbook_updates")
                await until(lambda seen=seen: metric("orderbook_updates") > seen + 60)
                ours = [one for one in sim.connections if one is not witness]
                chance.choice(ours).reset()
                await until(lambda cuts=cuts: metric("stream_reconnects") == cuts)
            count = len(got)
            await until(lambda: len(got) > count)
            assert unreadable == []
            assert metric("orderbook_resyncs") == 0
            await until(lambda: {one.trade_id for one in got} <= {one.trade_id for one in truth})
            for market in MARKETS:
                ids = [trade.trade_id for trade in got if trade.symbol == market]
                assert len(ids) == len(set(ids))
                witnessed = [trade.trade_id for trade in truth if trade.symbol == market]
                begin = witnessed.index(ids[0])
                assert set(ids) == set(witnessed[begin : begin + len(ids)])

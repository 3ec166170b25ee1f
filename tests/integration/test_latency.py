"""The latency anatomy of a session against the simulator."""

import asyncio
from collections.abc import Callable

import pytest

from mexc_connector import (
    AssetName,
    BookTicker,
    KlineInterval,
    LatencyReport,
    LatencyStage,
    MexcConfig,
    MexcExchange,
    MexcWebsocketPublic,
    OrderBook,
    RateLimitConfig,
    SessionClosed,
    Side,
    StreamConfig,
    StreamKind,
    Symbol,
    SymbolMap,
    Trade,
    UsageError,
)
from mexc_connector.core import IMPLEMENTATION
from mexc_connector.sim import SimOptions, Simulator

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
S = LatencyStage
OURS = [S.RECEIVED_TO_ROUTED, S.RECEIVED_TO_DECODED, S.RECEIVED_TO_APPLIED, S.RECEIVED_TO_DELIVERED]
HALF_A_MINUTE_NS = 30_000_000_000


def config_for(sim: Simulator, **streams: int) -> MexcConfig:
    return MexcConfig(
        rest_url=sim.rest_url,
        stream_url=sim.ws_url,
        limits=RateLimitConfig.lifted(),
        streams=StreamConfig(**streams),
    )


def simulator() -> Simulator:
    return Simulator(SimOptions(symbols=("BTCUSDT",), seed=5))


async def until(condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def has(report: LatencyReport, kind: StreamKind, *stages: LatencyStage) -> bool:
    return set(stages) <= set(report.streams.get(kind, {}))


async def test_every_kind_of_stream_of_a_session_tells_its_stages() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(
            sim.api_key, sim.secret_key, config=config_for(sim, latency_one_in=1)
        )
        async with exchange.session([BTC]) as mexc:
            tickers: list[BookTicker] = []
            trades: list[Trade] = []
            books: list[OrderBook] = []
            await mexc.on_trades(BTC, trades.append)
            await mexc.on_book_ticker(BTC, tickers.append)
            await mexc.on_klines(BTC, KlineInterval.MINUTE_1, lambda _: None)
            mexc.on_orderbook(BTC, books.append)
            order = await mexc.place_market_order(BTC, side=Side.BUY, quote_amount=100)
            assert order is not None
            across = (S.ENGINE_TO_SENT, S.ENGINE_TO_RECEIVED, S.SENT_TO_RECEIVED)
            done = S.RECEIVED_TO_DELIVERED

            def is_complete() -> bool:
                report = mexc.get_latency()
                return (
                    has(report, StreamKind.ORDER_BOOK, *across, S.RECEIVED_TO_APPLIED, done)
                    and has(report, StreamKind.TRADES, *across, S.RECEIVED_TO_DECODED, done)
                    and has(report, StreamKind.BOOK_TICKER, *across, S.RECEIVED_TO_DECODED, done)
                    and has(report, StreamKind.KLINES, S.CREATED_TO_RECEIVED, done)
                    and has(report, StreamKind.ORDERS, S.RECEIVED_TO_DECODED, done)
                    and has(report, StreamKind.FILLS, S.RECEIVED_TO_DECODED, done)
                    and has(report, StreamKind.BALANCES, S.RECEIVED_TO_DECODED, done)
                )

            await until(is_complete)
            assert trades
            assert tickers
            assert books
            report = mexc.get_latency()
            frames = mexc.public_streams.metrics().frames
    assert report.clock_offset_ms is not None
    assert report.uncorrected_frames == 0
    assert 0 < report.streams[StreamKind.ORDER_BOOK][done].count < frames
    for stages in report.streams.values():
        for stage in OURS:
            if stage in stages:  # one clock on one machine: nothing may be negative
                assert 0 <= stages[stage].min_ns <= stages[stage].max_ns < HALF_A_MINUTE_NS
        in_order = [stages[stage].mean_ns for stage in OURS[:2] if stage in stages]
        assert in_order == sorted(in_order)


async def test_what_one_compiled_call_does_is_not_told_apart() -> None:
    async with simulator() as sim:
        config = config_for(sim, latency_one_in=1)
        async with MexcExchange(config=config, environment={}).session([BTC]) as mexc:

            def books() -> set[LatencyStage]:
                return set(mexc.get_latency().streams.get(StreamKind.ORDER_BOOK, {}))

            await until(lambda: S.RECEIVED_TO_APPLIED in books())
            mexc.on_orderbook(BTC, lambda _: None)  # whoever listens, the mark stays the first
            before = mexc.get_latency().streams[StreamKind.ORDER_BOOK]
            applied = before[S.RECEIVED_TO_APPLIED].count

            def count() -> int:
                return (
                    mexc.get_latency().streams[StreamKind.ORDER_BOOK][S.RECEIVED_TO_APPLIED].count
                )

            await until(lambda: count() >= applied + 20)
            after = mexc.get_latency().streams[StreamKind.ORDER_BOOK]
    decoded = [
        0 if S.RECEIVED_TO_DECODED not in stages else stages[S.RECEIVED_TO_DECODED].count
        for stages in (before, after)
    ]
    if IMPLEMENTATION == "compiled":
        assert decoded[1] == decoded[0]  # those before the snapshot go the general way
    else:
        assert decoded[1] >= decoded[0] + 20


async def test_a_frame_in_so_many_is_drawn_from_a_real_stream() -> None:
    async with simulator() as sim:
        config = config_for(sim, latency_one_in=4)
        async with MexcExchange(config=config, environment={}).session([BTC]) as mexc:
            await until(lambda: mexc.public_streams.metrics().frames >= 400, seconds=30)
            timed = mexc.get_latency().frames
            frames = mexc.public_streams.metrics().frames
    assert frames / 8 < timed < frames / 2


async def test_latency_that_is_not_measured_is_said_not_to_be() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim), environment={})
        async with exchange.session([BTC]) as mexc:
            assert mexc.public_streams.timer is None
            with pytest.raises(UsageError, match="latency_one_in"):
                mexc.get_latency()
        with pytest.raises(SessionClosed):
            exchange.get_latency()


async def test_the_streams_alone_measure_too_and_say_that_the_clock_is_unknown() -> None:
    symbols = SymbolMap([(BTC, "BTCUSDT")])
    async with simulator() as sim:
        streams = MexcWebsocketPublic(symbols, config=config_for(sim, latency_one_in=1))
        with pytest.raises(SessionClosed):
            streams.get_latency()
        async with streams:
            async with streams.watch_trades(BTC) as watch:
                await anext(watch)
            assert streams.get_latency().clock_offset_ms is None
            streams.use_clock_offset(lambda: 12)
            assert streams.get_latency().clock_offset_ms == 12
        report = streams.get_latency()
    assert has(report, StreamKind.TRADES, S.SENT_TO_RECEIVED, S.RECEIVED_TO_DELIVERED)
    assert 0 < report.uncorrected_frames <= report.frames

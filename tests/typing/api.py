"""The public API as a type checker sees it. Checked by `make types`, never run."""

from collections.abc import Mapping, Sequence
from typing import assert_type

from mexc_connector import (
    AccountHealth,
    AccountStatus,
    AssetBalance,
    AssetName,
    BaseExchangeInterface,
    BookTicker,
    CancelAllReport,
    CircuitReport,
    DegradedEvent,
    DegradedMode,
    Fill,
    FillEstimate,
    GuardEvent,
    HealthVerdict,
    Kline,
    KlineInterval,
    LatencyDistribution,
    LatencyReport,
    LatencyStage,
    MexcConfig,
    MexcExchange,
    MexcPublicSpotRest,
    MiniTicker,
    MismatchHealth,
    Order,
    OrderBook,
    OrderBookEntry,
    OrderBookSnapshot,
    OrderHandle,
    OrderId,
    OrderModification,
    OrderStatus,
    RecoveryReport,
    Registration,
    SessionHealth,
    Side,
    StreamKind,
    Symbol,
    SymbolInfo,
    TapeState,
    TimeInForce,
    Trade,
    run,
)

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))


async def session() -> None:
    async with MexcExchange(config=MexcConfig()).session([BTC_USDT]) as mexc:
        assert_type(mexc, MexcExchange)
        assert_type(mexc.orderbook, OrderBook)
        assert_type(mexc.orderbooks, Mapping[Symbol, OrderBook])
        assert_type(mexc.active_symbols, tuple[Symbol, ...])
        assert_type(await mexc.get_symbol_info(BTC_USDT), SymbolInfo)
        assert_type(mexc.get_performance_metrics(), dict[str, float])
        latency(mexc.get_latency())
        await events(mexc)
        await trading(mexc)


def latency(report: LatencyReport) -> None:
    assert_type(report.clock_offset_ms, int | None)
    stages = report.streams[StreamKind.ORDER_BOOK]
    assert_type(stages, Mapping[LatencyStage, LatencyDistribution])
    assert_type(stages[LatencyStage.SENT_TO_RECEIVED].percentile_ns(99.9), int)


async def events(mexc: BaseExchangeInterface) -> None:
    async for book in mexc.watch_orderbook(BTC_USDT):
        read(book)
    async for trade in mexc.watch_trades(BTC_USDT):
        assert_type(trade, Trade)
        assert_type(trade.side, Side)
    async for kline in mexc.watch_klines(BTC_USDT, KlineInterval.MINUTE_1):
        assert_type(kline, Kline)
    async for ticker in mexc.watch_book_ticker(BTC_USDT):
        assert_type(ticker, BookTicker)
        assert_type(ticker.bid_price, float | None)
    async for tickers in mexc.watch_mini_tickers():
        assert_type(tickers, tuple[MiniTicker, ...])
    async for change in mexc.watch_degraded():
        assert_type(change, DegradedEvent)
    assert_type(mexc.on_trades(BTC_USDT, print), Registration)
    assert_type(await mexc.on_trades(BTC_USDT, print), Registration)
    mexc.on_trades(BTC_USDT, lambda trade: trade.no_such_field)  # type: ignore[attr-defined]


async def trading(mexc: BaseExchangeInterface) -> None:
    handle = await mexc.place_limit_order(
        symbol=BTC_USDT,
        side=Side.BUY,
        amount="0.001",
        price=50_000.0,
        time_in_force=TimeInForce.POST_ONLY,
    )
    assert_type(handle, OrderHandle)
    assert_type(handle.status, OrderStatus)
    assert_type(handle.order_id, OrderId | None)
    assert_type(await handle.settled(), Order)
    assert_type(await handle.done(), Order)
    assert_type(await mexc.cancel_order(BTC_USDT, order_id=handle.order_id), Order)
    assert_type(await mexc.cancel_all_orders(), CancelAllReport)
    modified = await mexc.modify_order(BTC_USDT, order_id=handle.order_id, price="49999.5")
    assert_type(modified, OrderModification)
    assert_type(modified.replacement, OrderHandle)
    assert_type(mexc.open_orders, tuple[Order, ...])
    assert_type(mexc.balances, Mapping[AssetName, AssetBalance])
    assert_type(mexc.get_asset_balance(AssetName("BTC")).free, float)
    assert_type(mexc.account_status, AccountStatus)
    assert_type(mexc.tripped_guards, tuple[GuardEvent, ...])
    assert_type(mexc.recovery, RecoveryReport | None)
    async for order in mexc.watch_orders():
        assert_type(order, Order)
    async for fill in mexc.watch_fills():
        assert_type(fill, Fill)
    await mexc.place_limit_order(BTC_USDT, Side.BUY, 1, 2)  # type: ignore[call-arg]


def health(mexc: BaseExchangeInterface) -> None:
    answer = mexc.health()
    assert_type(answer, SessionHealth)
    assert_type(answer.verdict, HealthVerdict)
    assert_type(answer.modes[0].mode, DegradedMode)
    assert_type(answer.account, AccountHealth | None)
    assert_type(answer.books[0].last_mismatch, MismatchHealth | None)
    assert_type(answer.tapes[0].state, TapeState)
    assert_type(answer.circuits, tuple[CircuitReport, ...])
    assert_type(answer.to_json(), bytes)
    assert_type(mexc.on_degraded(lambda event: event.mode), Registration)
    answer.verdict = HealthVerdict.DOWN  # type: ignore[misc]


def read(book: OrderBook) -> None:
    assert_type(book.bids, Sequence[OrderBookEntry])
    assert_type(book.bids[0], OrderBookEntry)
    assert_type(book.bids[0].price, float)
    assert_type(book.best_ask, OrderBookEntry | None)
    assert_type(book.spread, float | None)
    assert_type(book.snapshot(), OrderBookSnapshot)
    assert_type(book.estimate_fill(Side.BUY, amount=1.0), FillEstimate)
    book.bids[0].price = 1.0  # type: ignore[misc]


async def rest() -> None:
    async with MexcPublicSpotRest() as client:
        assert_type(await client.get_orderbook(BTC_USDT, limit=5), OrderBookSnapshot)


run(session())

"""The public streams against the simulated exchange."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest

from mexc_connector.common.config import MexcConfig, StreamConfig
from mexc_connector.common.enums import ConnectionState, KlineInterval, StreamSpeed, TickerZone
from mexc_connector.common.errors import (
    SessionClosed,
    SubscriptionRefused,
    UnknownSymbol,
    UsageError,
)
from mexc_connector.common.models import BookTicker, Kline, MiniTicker, OrderBookSnapshot, Trade
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
from mexc_connector.common.watch import Watch
from mexc_connector.sim import SimOptions, Simulator
from mexc_connector.ws.public import MexcWebsocketPublic
from tests.integration.scripted_server import our_tasks, until

T = TypeVar("T")


def usdt(base: str) -> Symbol:
    return Symbol(base=AssetName(base), quote=AssetName("USDT"))


BTC_USDT = usdt("BTC")
NOT_THERE = usdt("NOPE")
SYMBOLS = SymbolMap([(BTC_USDT, "BTCUSDT"), (NOT_THERE, "NOPEUSDT")])


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(SimOptions(symbols=("BTCUSDT",), seed=7, speed=3.0)) as simulator:
        yield simulator


@pytest.fixture
async def streams(sim: Simulator) -> AsyncIterator[MexcWebsocketPublic]:
    async with MexcWebsocketPublic(SYMBOLS, config=MexcConfig(stream_url=sim.ws_url)) as client:
        yield client
    assert our_tasks() == set()


async def take(watch: Watch[T], count: int = 1) -> list[T]:
    async with asyncio.timeout(10), watch:
        return [await anext(watch) for _ in range(count)]


async def test_trades_arrive_typed(streams: MexcWebsocketPublic) -> None:
    trades = await take(streams.watch_trades(BTC_USDT), 5)
    assert all(isinstance(trade, Trade) and trade.symbol == BTC_USDT for trade in trades)
    assert len({trade.trade_id for trade in trades}) == 5
    assert all(trade.received_ns > 0 < trade.exchange_time_ms for trade in trades)


async def test_book_tickers_arrive_when_they_change(streams: MexcWebsocketPublic) -> None:
    tickers = await take(streams.watch_book_ticker(BTC_USDT), 5)
    assert all(isinstance(ticker, BookTicker) for ticker in tickers)
    assert all(
        ticker.bid_price is not None
        and ticker.ask_price is not None
        and ticker.bid_price < ticker.ask_price
        for ticker in tickers
    )
    quotes = [(t.bid_price, t.bid_size, t.ask_price, t.ask_size) for t in tickers]
    assert all(one != other for one, other in itertools.pairwise(quotes))


async def test_batches_of_book_tickers_arrive(streams: MexcWebsocketPublic) -> None:
    [batch] = await take(streams.watch_book_ticker_batch(BTC_USDT))
    assert all(isinstance(ticker, BookTicker) for ticker in batch)
    assert batch[-1].version is not None


@pytest.mark.parametrize("levels", [5, 10, 20])
async def test_the_top_of_the_book_arrives_with_its_horizon(
    streams: MexcWebsocketPublic, levels: int
) -> None:
    first, second = await take(streams.watch_limit_depth(BTC_USDT, levels), 2)
    assert isinstance(first, OrderBookSnapshot)
    assert len(first.bids) == len(first.asks) == levels
    assert first.bid_horizon == first.bids[-1].price < first.bids[0].price
    assert first.ask_horizon == first.asks[-1].price > first.asks[0].price
    assert second.version >= first.version


async def test_klines_arrive_running(streams: MexcWebsocketPublic) -> None:
    [kline] = await take(streams.watch_klines(BTC_USDT, KlineInterval.MINUTE_5))
    assert isinstance(kline, Kline)
    assert kline.interval is KlineInterval.MINUTE_5
    assert kline.close_time_ms - kline.open_time_ms == 300_000


async def test_mini_tickers_arrive_for_one_market_and_for_all(
    streams: MexcWebsocketPublic,
) -> None:
    [ticker] = await take(streams.watch_mini_ticker(BTC_USDT, TickerZone.UTC_PLUS_8))
    [tickers] = await take(streams.watch_mini_tickers(TickerZone.H24))
    assert isinstance(ticker, MiniTicker)
    assert [ticker.symbol for ticker in tickers] == [BTC_USDT]


async def test_a_callback_gets_the_same_events(streams: MexcWebsocketPublic) -> None:
    by_callback: list[Trade] = []
    registration = await streams.on_trades(BTC_USDT, by_callback.append)
    async with streams.watch_trades(BTC_USDT) as watch, asyncio.timeout(10):
        by_iteration = [await anext(watch) for _ in range(5)]
    assert [trade for trade in by_callback if trade in by_iteration] == by_iteration
    assert streams.metrics().wanted == 1
    registration.close()
    assert streams.metrics().wanted == 0


Register = Callable[[MexcWebsocketPublic, Callable[[object], object]], object]


@pytest.mark.parametrize(
    "register",
    [
        lambda s, got: s.on_book_ticker(BTC_USDT, got),
        lambda s, got: s.on_book_ticker_batch(BTC_USDT, got),
        lambda s, got: s.on_limit_depth(BTC_USDT, 5, got),
        lambda s, got: s.on_klines(BTC_USDT, KlineInterval.MINUTE_1, got),
        lambda s, got: s.on_mini_ticker(BTC_USDT, TickerZone.H24, got),
        lambda s, got: s.on_mini_tickers(TickerZone.H24, got),
    ],
)
async def test_every_stream_takes_callbacks(
    streams: MexcWebsocketPublic, register: Register
) -> None:
    got: list[object] = []
    register(streams, got.append)
    await until(lambda: got)


async def test_a_callback_that_raises_breaks_nothing(streams: MexcWebsocketPublic) -> None:
    got: list[Trade] = []

    def broken(_: Trade) -> None:
        raise RuntimeError("a bug of the user")

    await streams.on_trades(BTC_USDT, broken)
    await streams.on_trades(BTC_USDT, got.append)
    await until(lambda: len(got) >= 3)
    assert streams.metrics().callback_errors >= 3
    assert streams.metrics().reconnects == 0


async def test_a_refusal_is_raised_to_who_asked_and_the_others_live(
    streams: MexcWebsocketPublic,
) -> None:
    good = asyncio.ensure_future(take(streams.watch_trades(BTC_USDT)))
    with pytest.raises(SubscriptionRefused) as caught:
        await take(streams.watch_trades(NOT_THERE))
    assert caught.value.channel == "spot@public.aggre.deals.v3.api.pb@10ms@NOPEUSDT"
    assert "Blocked!" in caught.value.message
    with pytest.raises(SubscriptionRefused):
        await streams.on_book_ticker(NOT_THERE, lambda _: None)
    assert await good
    metrics = streams.metrics()
    assert metrics.refusals == 2
    assert metrics.replay_refusals == 0


async def test_a_partial_refusal_of_one_message_hits_only_the_refused(
    streams: MexcWebsocketPublic,
) -> None:
    trades: list[object] = []
    waiting = [
        streams.on_trades(BTC_USDT, trades.append),
        streams.on_trades(NOT_THERE, trades.append),
        streams.on_book_ticker(BTC_USDT, trades.append),
    ]

    async def outcome(registration: object) -> object:
        return await registration  # type: ignore[misc]  # what each one gives is the point

    first, second, third = await asyncio.gather(
        *(outcome(registration) for registration in waiting), return_exceptions=True
    )
    assert first is waiting[0]
    assert isinstance(second, SubscriptionRefused)
    assert third is waiting[2]
    assert streams.metrics().messages_sent == 1
    assert streams.metrics().subscriptions == 2


async def test_a_refusal_that_nobody_awaits_is_a_warning_in_the_log(
    streams: MexcWebsocketPublic, caplog: pytest.LogCaptureFixture
) -> None:
    registration = streams.on_trades(NOT_THERE, lambda _: None)
    await until(lambda: registration.is_closed)
    assert any("Blocked!" in record.getMessage() for record in caplog.records)
    assert streams.metrics().wanted == 0


async def test_what_cannot_work_is_refused_before_anything_is_sent(
    streams: MexcWebsocketPublic,
) -> None:
    with pytest.raises(UnknownSymbol):
        streams.watch_trades(usdt("UNLISTED"))
    with pytest.raises(UnknownSymbol):
        streams.on_trades(usdt("UNLISTED"), lambda _: None)
    for levels in (0, -5, 50):
        with pytest.raises(UsageError):
            streams.watch_limit_depth(BTC_USDT, levels)
    assert streams.metrics().messages_sent == 0


async def test_thirty_subscriptions_fill_a_link_and_the_rest_gets_others() -> None:
    options = SimOptions(symbol_count=75, agents=1, seed=3)
    async with Simulator(options) as sim:
        markets = {usdt(f"M{number}"): name for number, name in enumerate(sim.symbols)}
        config = MexcConfig(
            stream_url=sim.ws_url, streams=StreamConfig(trade_speed=StreamSpeed.MS_100)
        )
        async with MexcWebsocketPublic(SymbolMap(markets.items()), config=config) as streams:
            registrations = [streams.on_trades(symbol, lambda _: None) for symbol in markets]
            assert len(registrations) == 75
            await asyncio.wait_for(registrations[-1]._wait(), 10)
            await until(lambda: streams.metrics().subscriptions == 75)
            metrics = streams.metrics()
            assert (metrics.links, metrics.open_links, metrics.refusals) == (3, 3, 0)
            assert metrics.messages_sent == 5
            assert streams.state is ConnectionState.OPEN
            for registration in registrations[:30]:
                registration.close()
            await until(lambda: streams.metrics().links == 2)
            assert streams.metrics().subscriptions == 45


async def test_leaving_closes_the_link_and_coming_back_opens_a_new_one(
    streams: MexcWebsocketPublic,
) -> None:
    events: list[ConnectionEvent] = []
    await streams.on_connection(events.append)
    assert streams.state is ConnectionState.IDLE
    assert not streams.is_connected
    await take(streams.watch_trades(BTC_USDT))
    await until(lambda: events[-1].state is ConnectionState.CLOSED)
    assert streams.state is ConnectionState.IDLE
    await take(streams.watch_trades(BTC_USDT))
    opened = [event for event in events if event.state is ConnectionState.OPEN]
    assert [(event.connection_id, event.epoch) for event in opened] == [(1, 1), (2, 2)]
    assert opened[0].time_ns > 0


async def test_a_late_watch_of_a_state_gets_what_holds_at_once(
    streams: MexcWebsocketPublic, sim: Simulator
) -> None:
    async with streams.watch_limit_depth(BTC_USDT, 5) as watch:
        before = await anext(watch)
        late = streams.watch_limit_depth(BTC_USDT, 5)
        async with late:
            assert late._inlet._items  # handed out on joining, not with the next push
            assert (await anext(late)).version >= before.version


async def test_a_newer_symbol_map_is_used_from_then_on(streams: MexcWebsocketPublic) -> None:
    renamed = usdt("XBT")
    with pytest.raises(UnknownSymbol):
        streams.watch_trades(renamed)
    streams.use_symbol_map(SymbolMap([(renamed, "BTCUSDT")]))
    [trade] = await take(streams.watch_trades(renamed))
    assert trade.symbol == renamed


async def test_nothing_works_before_opening_and_after_closing(sim: Simulator) -> None:
    streams = MexcWebsocketPublic(SYMBOLS, config=MexcConfig(stream_url=sim.ws_url))
    for _ in range(2):
        for use in (
            lambda: streams.watch_trades(BTC_USDT),
            lambda: streams.on_trades(BTC_USDT, lambda _: None),
            lambda: streams.on_connection(lambda _: None),
        ):
            with pytest.raises(SessionClosed):
                use()
        await streams.close()
        await streams.close()
    with pytest.raises(SessionClosed):
        await streams.open()
    assert streams.state is ConnectionState.CLOSED


async def test_opening_twice_is_fine(sim: Simulator) -> None:
    async with MexcWebsocketPublic(SYMBOLS, config=MexcConfig(stream_url=sim.ws_url)) as streams:
        await streams.open()
        assert await take(streams.watch_trades(BTC_USDT))
    assert streams.metrics().frames > 0
    assert repr(streams) == "<MexcWebsocketPublic CLOSED>"

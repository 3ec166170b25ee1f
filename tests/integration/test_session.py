"""The facade against the simulator, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from mexc_connector import (
    AssetName,
    BaseExchangeInterface,
    BookConfig,
    ConfigError,
    ConnectionFailed,
    ConnectionState,
    KlineInterval,
    MexcConfig,
    MexcExchange,
    OrderBook,
    OrderBookNotSynced,
    RateLimitConfig,
    ReadyWhen,
    RestConfig,
    SessionClosed,
    Side,
    StreamConfig,
    Symbol,
    Trade,
    UnknownSymbol,
    UnsyncReason,
    UsageError,
)
from mexc_connector.sim import SimOptions, Simulator

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
ETH = Symbol(AssetName("ETH"), AssetName("USDT"))
MX = Symbol(AssetName("MX"), AssetName("USDT"))


def config_for(sim: Simulator, **streams: float) -> MexcConfig:
    return MexcConfig(
        rest_url=sim.rest_url,
        stream_url=sim.ws_url,
        limits=RateLimitConfig.lifted(),
        streams=StreamConfig(backoff_base_s=0.05, **streams),
        books=BookConfig(quiet_s=1.0),
    )


@asynccontextmanager
async def simulator(**options: object) -> AsyncIterator[Simulator]:
    symbols = ("BTCUSDT", "ETHUSDT", "MXUSDT")
    async with Simulator(SimOptions(symbols=symbols, seed=5, **options)) as sim:
        yield sim


async def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


def sides(book: OrderBook) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    return (
        [(entry.price, entry.size) for entry in book.bids],
        [(entry.price, entry.size) for entry in book.asks],
    )


async def test_a_session_gives_readable_books_that_move() -> None:
    async with simulator() as sim, MexcExchange(config=config_for(sim)).session([BTC]) as mexc:
        assert isinstance(mexc, BaseExchangeInterface)
        book = mexc.orderbook
        assert book is mexc.get_orderbook(BTC)
        assert book.bids[0].price < book.asks[0].price
        version = book.version
        await until(lambda: book.version > version)
        assert mexc.state is ConnectionState.OPEN
        assert mexc.is_connected


async def test_every_book_equals_the_simulators_at_the_same_version() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim))
        async with exchange.session([BTC, ETH, MX]) as mexc:
            compared = dict.fromkeys(mexc.active_symbols, 0)

            def compare(book: OrderBook) -> None:
                market = sim.market(f"{book.symbol.base}{book.symbol.quote}")
                if book.is_synced and book.version == market.version:
                    theirs = (
                        [(float(p), float(q)) for p, q in market.bids()],
                        [(float(p), float(q)) for p, q in market.asks()],
                    )
                    assert sides(book) == theirs
                    compared[book.symbol] += 1

            for symbol in mexc.active_symbols:
                mexc.on_orderbook(symbol, compare)
            await until(lambda: min(compared.values()) >= 20)
            assert mexc.get_performance_metrics()["stream_callback_errors"] == 0
            assert mexc.get_performance_metrics()["orderbook_resyncs"] == 0


async def test_one_book_is_the_orderbook_and_several_need_a_name() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim))
        async with exchange.session([BTC, ETH]) as mexc:
            with pytest.raises(UsageError, match="get_orderbook"):
                _ = mexc.orderbook
            await mexc.remove_symbol(ETH)
            await mexc.remove_symbol(ETH)
            assert mexc.active_symbols == (BTC,)
            assert mexc.orderbook.symbol == BTC


async def test_a_symbol_is_ready_when_add_symbol_returns() -> None:
    async with simulator() as sim, MexcExchange(config=config_for(sim)).session() as mexc:
        assert mexc.active_symbols == ()
        await mexc.add_symbol(BTC)
        assert mexc.orderbook.best_bid is not None
        await mexc.add_symbol(BTC)
        await asyncio.gather(mexc.add_symbol(ETH), mexc.add_symbol(ETH), mexc.add_symbol(MX))
        assert set(mexc.orderbooks) == {BTC, ETH, MX}
        assert all(book.is_synced for book in mexc.orderbooks.values())


async def test_a_removed_symbol_is_not_readable_and_can_be_added_again() -> None:
    async with simulator() as sim, MexcExchange(config=config_for(sim)).session([BTC]) as mexc:
        old = mexc.orderbook
        await mexc.remove_symbol(BTC)
        assert old.unsync_reason is UnsyncReason.REMOVED
        with pytest.raises(UsageError):
            mexc.get_orderbook(BTC)
        await mexc.add_symbol(BTC)
        assert mexc.orderbook.is_synced
        assert not old.is_synced


async def test_all_public_streams_deliver() -> None:
    async with simulator(speed=5.0) as sim, asyncio.timeout(20):
        exchange = MexcExchange(config=config_for(sim))
        async with exchange.session([BTC]) as mexc:
            async for trade in mexc.watch_trades(BTC):
                assert trade.symbol == BTC
                assert trade.side in Side
                assert trade.trade_id
                break
            async for ticker in mexc.watch_book_ticker(BTC):
                assert ticker.bid_price is not None
                assert ticker.ask_price is not None
                assert ticker.bid_price < ticker.ask_price
                break
            async for kline in mexc.watch_klines(BTC, KlineInterval.MINUTE_1):
                assert kline.low <= kline.open <= kline.high
                break
            async for tickers in mexc.watch_mini_tickers():
                assert {ticker.symbol for ticker in tickers} == {BTC, ETH, MX}
                break
            async for book in mexc.watch_orderbook(BTC):
                assert book.is_synced
                break


async def test_callbacks_get_the_same_events() -> None:
    async with simulator() as sim, MexcExchange(config=config_for(sim)).session([BTC]) as mexc:
        trades: list[Trade] = []
        books: list[int] = []
        registration = await mexc.on_trades(BTC, trades.append)
        mexc.on_orderbook(BTC, lambda book: books.append(book.version))
        await until(lambda: len(trades) > 2 and len(books) > 2)
        assert books == sorted(books)
        registration.close()


async def test_a_lost_link_unsyncs_at_once_and_comes_back_by_itself() -> None:
    async with simulator() as sim, MexcExchange(config=config_for(sim)).session([BTC]) as mexc:
        states: list[bool] = []
        events: list[ConnectionState] = []
        mexc.on_orderbook(BTC, lambda book: states.append(book.is_synced))
        mexc.on_connection(lambda event: events.append(event.state))
        for connection in sim.connections:
            connection.drop()
        await until(lambda: False in states and states[-1])
        assert ConnectionState.RECONNECTING in events
        assert mexc.orderbook.is_synced
        metrics = mexc.get_performance_metrics()
        assert metrics["stream_reconnects"] == 1
        assert metrics["orderbook_resyncs"] == 1


async def test_quiet_markets_are_live_and_follow_the_first_order() -> None:
    async with simulator(agents=0) as sim:
        market = sim.market("BTCUSDT")
        async with MexcExchange(config=config_for(sim)).session([BTC]) as mexc:
            assert mexc.orderbook.is_synced
            assert mexc.orderbook.best_bid is None
            market.place("BUY", price="50000", quantity="0.5")
            await until(lambda: mexc.orderbook.best_bid is not None)
            assert mexc.orderbook.bids[0].price == 50000.0
            assert mexc.orderbook.bids[0].size == float(Decimal("0.5"))


async def test_a_quiet_book_is_confirmed_over_rest_and_stays_live() -> None:
    async with simulator(agents=0) as sim:
        exchange = MexcExchange(config=config_for(sim))
        async with exchange.session([BTC]) as mexc:
            await until(lambda: mexc.get_performance_metrics()["orderbook_audits_confirmed"] >= 2)
            assert mexc.orderbook.is_synced
            assert mexc.get_performance_metrics()["orderbook_resyncs"] == 0


async def test_subscribed_is_enough_when_the_books_may_follow() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim))
        async with exchange.session([BTC, ETH], ready_when=ReadyWhen.SUBSCRIBED) as mexc:
            await mexc.wait_synced(ETH, timeout_s=10)
            assert mexc.get_orderbook(ETH).is_synced


async def test_metrics_have_the_fixed_names() -> None:
    async with simulator() as sim, MexcExchange(config=config_for(sim)).session([BTC]) as mexc:
        await mexc.get_symbol_info(BTC)
        _ = mexc.orderbook
        metrics = mexc.get_performance_metrics()
        assert metrics["orderbook_updates"] > 0
        assert metrics["active_symbols_count"] == 1
        assert metrics["cache_hits"] >= 1
        assert metrics["cache_misses"] == 1
        assert metrics["total_cache_requests"] == metrics["cache_hits"] + metrics["cache_misses"]
        assert 0 < metrics["cache_hit_rate_percent"] < 100
        assert metrics["api_calls_saved"] == metrics["cache_hits"] + 1
        assert metrics["cached_orders_count"] == 0


# What cannot work.


async def test_an_unknown_symbol_fails_the_start_and_leaves_nothing() -> None:
    no_such = Symbol(AssetName("NOPE"), AssetName("USDT"))
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim))
        with pytest.raises(UnknownSymbol, match="NOPE/USDT"):
            async with exchange.session([BTC, no_such]):
                pytest.fail("the session must not open")
        assert exchange.state is ConnectionState.CLOSED
        async with exchange.session([BTC]) as mexc:
            with pytest.raises(UnknownSymbol):
                await mexc.add_symbol(no_such)
            assert mexc.active_symbols == (BTC,)


async def test_nobody_listening_is_one_clear_error() -> None:
    config = MexcConfig(
        rest_url="http://127.0.0.1:1",
        stream_url="ws://127.0.0.1:1/ws",
        market_data=RestConfig(timeout_s=2, retries=0),
    )
    with pytest.raises(ConnectionFailed):
        async with MexcExchange(config=config).session([BTC]):
            pytest.fail("the session must not open")


async def test_streams_that_cannot_be_reached_fail_the_start_and_close_rest() -> None:
    async with simulator() as sim:
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url="ws://127.0.0.1:1/ws",
            streams=StreamConfig(backoff_base_s=0.01, backoff_max_s=0.02, connect_timeout_s=1),
        )
        with pytest.raises(ConnectionFailed):
            async with MexcExchange(config=config).session([BTC]):
                pytest.fail("the session must not open")


async def test_a_closed_session_used_again_says_so() -> None:
    async with simulator() as sim:
        async with MexcExchange(config=config_for(sim)).session([BTC]) as mexc:
            book = mexc.orderbook
            watch = mexc.watch_orderbook(BTC)
        await mexc.close()
        with pytest.raises(OrderBookNotSynced, match="CLOSED"):
            _ = book.bids
        for use in (
            lambda: mexc.orderbook,
            lambda: mexc.get_orderbook(BTC),
            lambda: mexc.watch_trades(BTC),
            lambda: mexc.on_orderbook(BTC, print),
            mexc.get_performance_metrics,
        ):
            with pytest.raises(SessionClosed):
                use()
        with pytest.raises(SessionClosed):
            await mexc.add_symbol(ETH)
        with pytest.raises(SessionClosed):
            await anext(watch)


async def test_one_object_holds_one_session_at_a_time_and_can_open_another() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim))
        async with exchange.session([BTC]):
            with pytest.raises(UsageError, match="one object holds one"):
                async with exchange.session([ETH]):
                    pytest.fail("a second session must not open")
            assert exchange.orderbook.is_synced
        async with exchange.session([ETH]) as mexc:
            assert mexc.active_symbols == (ETH,)


async def test_closing_from_within_ends_iterators() -> None:
    async with simulator() as sim, MexcExchange(config=config_for(sim)).session([BTC]) as mexc:
        seen = 0
        async for _ in mexc.watch_orderbook(BTC):
            seen += 1
            if seen == 3:
                await mexc.close()
        assert seen >= 3


async def test_an_error_in_the_body_comes_out_and_everything_is_closed() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim))
        with pytest.raises(ZeroDivisionError):
            async with exchange.session([BTC]):
                raise ZeroDivisionError
        assert exchange.active_symbols == ()


def test_a_key_without_its_secret_is_refused() -> None:
    with pytest.raises(ConfigError):
        MexcExchange("key")


async def test_closing_again_waits_for_the_end_of_the_closing() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim))
        async with exchange.session([BTC]):
            closing = asyncio.create_task(exchange.close())
            await asyncio.sleep(0)
        assert closing.done()
        assert [task for task in asyncio.all_tasks() if task.get_name().startswith("mexc ")] == []


async def test_the_end_of_a_session_leaves_the_next_one_alone() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim))
        has_begun, may_end = asyncio.Event(), asyncio.Event()

        async def first() -> None:
            async with exchange.session([BTC]):
                has_begun.set()
                await may_end.wait()

        running = asyncio.create_task(first())
        await has_begun.wait()
        await exchange.close()
        async with exchange.session([ETH]) as mexc:
            may_end.set()
            await running
            assert mexc.active_symbols == (ETH,)
            assert mexc.orderbook.is_synced


@pytest.mark.parametrize("steps", range(1, 50, 2))
async def test_a_session_that_is_closed_while_it_starts_says_so(steps: int) -> None:
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim, latency_one_in=1))
        starting = asyncio.create_task(exchange.session([BTC]).__aenter__())
        for _ in range(steps):
            await asyncio.sleep(0.001)
        is_started = starting.done()
        await exchange.close()
        if not is_started:
            with pytest.raises(SessionClosed):
                await starting
        assert exchange.state is ConnectionState.CLOSED
        await exchange.close()
        assert [task for task in asyncio.all_tasks() if task.get_name().startswith("mexc ")] == []
        async with exchange.session([BTC]) as mexc:
            assert mexc.orderbook.is_synced

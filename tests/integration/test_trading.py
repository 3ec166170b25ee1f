"""The account's half of the facade against the simulator, over real sockets."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from mexc_connector import (
    AccountState,
    AssetBalance,
    AssetName,
    AuthenticationError,
    Fill,
    InsufficientFunds,
    JournalError,
    MexcConfig,
    MexcExchange,
    Order,
    OrderAlreadyDone,
    OrderRefused,
    OrderStatus,
    OrderType,
    PermissionDenied,
    RateLimitConfig,
    ReadyWhen,
    SessionClosed,
    Side,
    StreamConfig,
    Symbol,
    TimeInForce,
    TradingConfig,
    UnknownOrder,
    UsageError,
)
from mexc_connector.sim import READ_ONLY, SimAccount, SimKey, SimLimits, SimOptions, Simulator

BTC, USDT = AssetName("BTC"), AssetName("USDT")
BTC_USDT = Symbol(BTC, USDT)


def config_for(sim: Simulator) -> MexcConfig:
    return MexcConfig(
        rest_url=sim.rest_url,
        stream_url=sim.ws_url,
        recv_window_ms=2_000,
        limits=RateLimitConfig.lifted(),
        streams=StreamConfig(backoff_base_s=0.05),
        trading=TradingConfig(grace_s=0.5),
    )


@asynccontextmanager
async def simulator(**options: object) -> AsyncIterator[Simulator]:
    """A quiet market in which only clients trade, with an order on each side of 50,000."""
    made = SimOptions(
        symbols=("BTCUSDT",),
        seed=5,
        agents=0,
        limits=SimLimits.lifted(),
        **options,  # type: ignore[arg-type]
    )
    async with Simulator(made) as sim:
        market = sim.market("BTCUSDT")
        market.place("BUY", price="49990", quantity="5")
        market.place("SELL", price="50010", quantity="5")
        yield sim


@asynccontextmanager
async def trading(sim: Simulator, *, journal: Path | None = None) -> AsyncIterator[MexcExchange]:
    exchange = MexcExchange(sim.api_key, sim.secret_key, config=config_for(sim))
    async with exchange.session([BTC_USDT], journal=journal) as mexc:
        yield mexc


async def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_session_knows_the_account_when_its_body_runs() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        theirs = sim.account(sim.api_key).balances()
        assert mexc.account_status.is_current
        assert mexc.get_asset_balance(USDT).exact.free == theirs["USDT"].free
        assert mexc.get_asset_balance(AssetName("NOPE")).free == 0
        assert mexc.open_orders == ()
        assert mexc.recovery is None


async def test_a_limit_order_rests_and_is_canceled() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        account = sim.account(sim.api_key)
        order = await mexc.place_limit_order(
            symbol=BTC_USDT, side=Side.BUY, amount=0.001, price=49_000.0
        )
        await until(lambda: order.status is OrderStatus.NEW)
        await until(lambda: mexc.get_asset_balance(USDT).locked == 49.0)
        assert [known.order_id for known in mexc.open_orders] == [order.order_id]
        (theirs,) = account.open_orders()
        assert (theirs.client_order_id, theirs.price) == (order.client_order_id, Decimal(49_000))
        assert await mexc.get_open_orders() == await mexc.get_open_orders(BTC_USDT)
        canceled = await mexc.cancel_order(symbol=BTC_USDT, order_id=order.order_id)
        assert canceled.status is OrderStatus.CANCELED
        assert account.open_orders() == []
        await until(lambda: mexc.get_asset_balance(USDT).locked == 0)
        with pytest.raises(OrderAlreadyDone):
            await mexc.cancel_order(symbol=BTC_USDT, order_id=order.order_id)


async def test_fills_orders_and_balances_are_told_by_iterators_and_callbacks() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        orders: list[Order] = []
        fills: list[Fill] = []
        balances: list[AssetBalance] = []
        mexc.on_orders(orders.append)
        mexc.on_fills(fills.append)
        mexc.on_balances(balances.append)
        async with (
            mexc.watch_orders() as order_watch,
            mexc.watch_fills() as fill_watch,
            mexc.watch_balances() as balance_watch,
        ):
            order = await mexc.place_limit_order(
                BTC_USDT, side=Side.BUY, amount="0.01", price=50_010
            )
            async with asyncio.timeout(10):
                assert (await order.done()).status is OrderStatus.FILLED
                fill = await anext(fill_watch)
                first = await anext(order_watch)
                balance = await anext(balance_watch)
        assert (fill.amount, fill.price, fill.is_maker) == (0.01, 50_010.0, False)
        assert fill.order_id == order.order_id
        assert first.status is OrderStatus.PENDING_NEW
        assert balance.asset in (BTC, USDT)
        account = sim.account(sim.api_key)
        await until(lambda: mexc.balances[BTC].exact.free == account.balances()["BTC"].free)
        assert mexc.balances[USDT].exact.free == account.balances()["USDT"].free
        assert order.fills == tuple(fills)
        assert (orders[-1].status, orders[-1].exact) == (order.status, order.exact)
        assert balances


@pytest.mark.parametrize(
    ("size", "side"),
    [
        ({"amount": "0.01"}, Side.BUY),
        ({"amount": "0.01"}, Side.SELL),
        ({"quote_amount": "100"}, Side.BUY),
    ],
)
async def test_market_orders_fill(size: dict[str, str], side: Side) -> None:
    async with simulator() as sim, trading(sim) as mexc, asyncio.timeout(10):
        order = await mexc.place_market_order(BTC_USDT, side=side, **size)
        done = await order.done()
        assert done.status is OrderStatus.FILLED
        (theirs,) = sim.account(sim.api_key).orders()
        assert done.exact.amount_filled == theirs.filled
        assert done.exact.quote_amount_filled == theirs.quote_filled


@pytest.mark.parametrize(
    ("time_in_force", "price", "status"),
    [
        (TimeInForce.IOC, 50_010, OrderStatus.PARTIALLY_CANCELED),
        (TimeInForce.IOC, 49_000, OrderStatus.CANCELED),
        (TimeInForce.FOK, 50_010, OrderStatus.CANCELED),
        (TimeInForce.POST_ONLY, 50_010, OrderStatus.CANCELED),
    ],
)
async def test_every_time_in_force_ends_as_it_should(
    time_in_force: TimeInForce, price: float, status: OrderStatus
) -> None:
    async with simulator() as sim, trading(sim) as mexc, asyncio.timeout(10):
        order = await mexc.place_limit_order(
            BTC_USDT, side=Side.BUY, amount=6, price=price, time_in_force=time_in_force
        )
        assert (await order.done()).status is status


async def test_a_modification_moves_an_order() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        order = await mexc.place_limit_order(BTC_USDT, side=Side.BUY, amount=0.001, price=49_000)
        result = await mexc.modify_order(BTC_USDT, order_id=order.order_id, price=49_100)
        assert result.canceled.status is OrderStatus.CANCELED
        (theirs,) = sim.account(sim.api_key).open_orders()
        assert theirs.order_id == result.replacement.order_id
        assert theirs.price == Decimal(49_100)


async def test_all_orders_are_canceled_and_the_exchange_confirms_it() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        for price in (49_000, 49_100, 49_200):
            await mexc.place_limit_order(BTC_USDT, side=Side.BUY, amount=0.001, price=price)
        report = await mexc.cancel_all_orders(BTC_USDT)
        assert [order.status for order in report.finished] == [OrderStatus.CANCELED] * 3
        assert report.still_open == ()
        await mexc.place_limit_order(BTC_USDT, side=Side.BUY, amount=0.001, price=49_000)
        assert len((await mexc.cancel_all_orders()).finished) == 1
        assert sim.account(sim.api_key).open_orders() == []


async def test_orders_of_another_session_with_the_same_keys_are_seen() -> None:
    async with simulator() as sim, trading(sim) as one, trading(sim) as other:
        order = await one.place_limit_order(BTC_USDT, side=Side.BUY, amount=0.001, price=49_000)
        await until(lambda: len(other.open_orders) == 1)
        assert other.open_orders[0].order_id == order.order_id
        await other.cancel_order(BTC_USDT, order_id=other.open_orders[0].order_id)
        await until(lambda: order.is_done)


async def test_what_happens_while_the_stream_is_away_is_found_when_it_is_back() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        states: list[AccountState] = []
        mexc.on_account_status(lambda status: states.append(status.state))
        order = await mexc.place_limit_order(BTC_USDT, side=Side.BUY, amount=0.001, price=49_995)
        await until(lambda: order.status is OrderStatus.NEW)
        for connection in sim.connections:
            connection.drop()
        sim.market("BTCUSDT").place("SELL", price="49995", quantity="0.001")
        async with asyncio.timeout(10):
            assert (await order.done()).status is OrderStatus.FILLED
        await until(lambda: mexc.account_status.is_current and len(order.fills) == 1)
        assert states[:3] == [AccountState.STALE, AccountState.RECONCILING, AccountState.CURRENT]
        balance = sim.account(sim.api_key).balances()["BTC"]
        assert mexc.get_asset_balance(BTC).exact.free == balance.free


async def test_the_metrics_count_orders_and_what_memory_saved() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        order = await mexc.place_limit_order(BTC_USDT, side=Side.BUY, amount="0.01", price=50_010)
        await order.done()
        before = mexc.get_performance_metrics()
        assert order.order_id is not None
        for _ in range(3):
            await mexc.get_order(BTC_USDT, order_id=order.order_id)
        mexc.get_asset_balance(BTC)
        await asyncio.gather(*(mexc.get_fresh_balances() for _ in range(50)))
        after = mexc.get_performance_metrics()
        assert after["cached_orders_count"] == 1
        assert after["orders_placed"] == 1
        assert after["cache_hits"] - before["cache_hits"] == 3
        assert after["balance_requests"] - before["balance_requests"] == 1
        assert after["api_calls_saved"] - before["api_calls_saved"] == 3 + 1 + 49
        assert after["rest_requests"] > before["rest_requests"]


# The journal.


async def test_a_restart_finds_what_became_of_the_orders(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    async with simulator() as sim:
        async with trading(sim, journal=path) as mexc:
            assert mexc.recovery is not None
            alive = await mexc.place_limit_order(
                BTC_USDT, side=Side.BUY, amount=0.001, price=49_000
            )
            filled = await mexc.place_limit_order(
                BTC_USDT, side=Side.BUY, amount=0.001, price=49_995
            )
        sim.market("BTCUSDT").place("SELL", price="49995", quantity="0.001")
        async with trading(sim, journal=path) as mexc:
            report = mexc.recovery
            assert report is not None
            assert [handle.order_id for handle in report.alive] == [alive.order_id]
            assert [handle.order_id for handle in report.finished] == [filled.order_id]
            assert report.finished[0].status is OrderStatus.FILLED
            assert report.unknown_to_us == ()
            await report.alive[0].cancel()
        async with trading(sim, journal=path) as mexc:
            assert mexc.recovery is not None
            assert mexc.recovery.alive == mexc.recovery.finished == ()


async def test_orders_that_the_journal_does_not_know_are_reported(tmp_path: Path) -> None:
    async with simulator() as sim:
        async with trading(sim) as mexc:
            order = await mexc.place_limit_order(
                BTC_USDT, side=Side.BUY, amount=0.001, price=49_000
            )
        async with trading(sim, journal=tmp_path / "orders") as mexc:
            assert mexc.recovery is not None
            assert [known.order_id for known in mexc.recovery.unknown_to_us] == [order.order_id]


async def test_a_journal_that_will_not_do_fails_the_start_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    path = tmp_path / "orders"
    other = SimAccount.parse("otherkey:othersecret:USDT=100")
    async with simulator(accounts=(other,)) as sim:
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config_for(sim))
        path.write_text("not a journal\n")
        with pytest.raises(JournalError, match="not an order journal"):
            async with exchange.session(journal=path):
                pytest.fail("the session must not open")
        assert sum(sim.requests_by_path.values()) == 0
        path.unlink()
        async with exchange.session(journal=path):
            with pytest.raises(JournalError, match="another session"):
                async with trading(sim, journal=path):
                    pytest.fail("one journal has one writer")
        stranger = MexcExchange("otherkey", "othersecret", config=config_for(sim))
        with pytest.raises(JournalError, match="another account"):
            async with stranger.session(journal=path):
                pytest.fail("the session must not open")
        async with exchange.session(journal=path):
            assert exchange.recovery is not None


# What cannot work.


async def test_without_keys_everything_about_the_account_is_one_clear_error() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(config=config_for(sim))
        with pytest.raises(UsageError, match="MEXC_API_KEY"):
            exchange.session(journal="orders")
        async with exchange.session([BTC_USDT]) as mexc:
            for use in (
                lambda: mexc.open_orders,
                lambda: mexc.balances,
                lambda: mexc.get_asset_balance(BTC),
                lambda: mexc.account_status,
                lambda: mexc.recovery,
                lambda: mexc.private_rest,
                lambda: mexc.private_streams,
                mexc.watch_orders,
                mexc.watch_fills,
                mexc.watch_balances,
                lambda: mexc.on_orders(print),
            ):
                with pytest.raises(UsageError, match="this session has no account"):
                    use()
            for call in (
                mexc.place_limit_order(BTC_USDT, side=Side.BUY, amount=1, price=1),
                mexc.cancel_all_orders(),
                mexc.get_open_orders(),
                mexc.get_fresh_balances(),
            ):
                with pytest.raises(UsageError, match="this session has no account"):
                    await call
            assert mexc.get_performance_metrics()["cached_orders_count"] == 0


async def test_keys_come_from_the_environment_unless_it_is_shut_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with simulator() as sim:
        monkeypatch.setenv("MEXC_API_KEY", sim.api_key)
        monkeypatch.setenv("MEXC_API_SECRET", sim.secret_key)
        async with MexcExchange(config=config_for(sim)).session() as mexc:
            assert mexc.account_status.is_current
        async with MexcExchange(config=config_for(sim), environment={}).session() as mexc:
            with pytest.raises(UsageError, match="no account"):
                _ = mexc.account_status


async def test_a_wrong_secret_fails_the_start_and_shows_no_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with simulator() as sim:
        exchange = MexcExchange(sim.api_key, "not-the-secret", config=config_for(sim))
        with pytest.raises(AuthenticationError) as caught:
            async with exchange.session([BTC_USDT]):
                pytest.fail("the session must not open")
        for text in (str(caught.value), repr(caught.value), repr(exchange), caplog.text):
            assert "not-the-secret" not in text
            assert sim.api_key not in text
            assert "signature=" not in text
        assert exchange.active_symbols == ()


async def test_a_key_that_may_not_trade_is_refused_by_the_exchange() -> None:
    key = SimKey(api_key="readkey", secret_key="readsecret", permissions=READ_ONLY)
    reader = SimAccount(keys=(key,), balances={"USDT": 1_000})
    async with simulator(accounts=(reader,)) as sim:
        exchange = MexcExchange("readkey", "readsecret", config=config_for(sim))
        async with exchange.session() as mexc:
            with pytest.raises(PermissionDenied):
                await mexc.place_limit_order(BTC_USDT, side=Side.BUY, amount=0.001, price=49_000)
            assert mexc.open_orders == ()


@pytest.mark.parametrize(
    ("amount", "price", "rule"),
    [
        (0, 49_000, "amount"),
        (-1, 49_000, "amount"),
        (float("nan"), 49_000, "amount"),
        (float("inf"), 49_000, "amount"),
        ("0.0000000001", 49_000, "step_size"),
        (0.001, "49000.001", "tick_size"),
        ("0.00001", 49_000, "min_quote_amount"),
    ],
)
async def test_an_order_that_breaks_a_rule_names_it_and_is_not_sent(
    amount: float, price: float, rule: str
) -> None:
    async with simulator() as sim, trading(sim) as mexc:
        with pytest.raises(OrderRefused) as caught:
            await mexc.place_limit_order(BTC_USDT, side=Side.BUY, amount=amount, price=price)
        assert caught.value.rule == rule
        assert sim.account(sim.api_key).orders() == []
        assert mexc.get_performance_metrics()["orders_placed"] == 0


async def test_more_than_is_owned_is_the_exchanges_no() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        with pytest.raises(InsufficientFunds):
            await mexc.place_limit_order(BTC_USDT, side=Side.SELL, amount=50, price=50_000)
        assert mexc.open_orders == ()


async def test_an_order_that_does_not_exist_is_unknown() -> None:
    async with simulator() as sim, trading(sim) as mexc:
        for order_id in ("C02__1", "123"):
            with pytest.raises(UnknownOrder):
                await mexc.cancel_order(BTC_USDT, order_id=order_id)
            with pytest.raises(UnknownOrder):
                await mexc.get_order(BTC_USDT, order_id=order_id)
        with pytest.raises(UsageError, match="in memory"):
            mexc.get_order_handle("nobody")


async def test_what_the_exchange_does_not_offer_names_the_alternative() -> None:
    exchange = MexcExchange("key", "secret")
    with pytest.raises(UsageError, match="modify_order"):
        await exchange.amend_order("X1", price=1)
    with pytest.raises(UsageError, match="watch the price"):
        await exchange.place_stop_order(BTC_USDT, stop_price=1)
    with pytest.raises(UsageError, match="limit order"):
        await exchange.place_oco_order(BTC_USDT)


async def test_outside_a_session_it_says_so() -> None:
    exchange = MexcExchange("key", "secret")
    with pytest.raises(SessionClosed):
        _ = exchange.open_orders
    with pytest.raises(SessionClosed):
        await exchange.place_order(
            BTC_USDT, side=Side.BUY, order_type=OrderType.LIMIT, amount=1, price=1
        )


@pytest.mark.parametrize("after_ms", [0, 2, 5, 10, 20, 35, 60, 100])
async def test_a_start_cancelled_at_any_moment_leaves_nothing(
    after_ms: int, tmp_path: Path
) -> None:
    path = tmp_path / "orders"
    async with simulator() as sim:
        before = asyncio.all_tasks()

        async def use() -> None:
            async with trading(sim, journal=path) as mexc:
                async for _ in mexc.watch_fills():
                    pass

        using = asyncio.create_task(use())
        await asyncio.sleep(after_ms / 1000)
        using.cancel()
        with pytest.raises(asyncio.CancelledError):
            await using
        ours = {t for t in asyncio.all_tasks() - before if t.get_name().startswith("mexc")}
        assert not ours
        gc.collect()  # a socket, file or coroutine left behind would warn here
        async with trading(sim, journal=path):  # and the journal is free
            pass


async def test_books_need_not_wait_for_the_account() -> None:
    async with simulator() as sim:
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config_for(sim))
        async with exchange.session([BTC_USDT], ready_when=ReadyWhen.SUBSCRIBED) as mexc:
            assert mexc.account_status.is_current


async def test_a_price_beyond_the_band_around_the_last_trade_is_refused_before_it_is_sent() -> None:
    options = SimOptions(symbols=("BTCUSDT",), seed=5, speed=5.0)
    async with Simulator(options) as sim:
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config_for(sim))
        async with exchange.session([BTC_USDT]) as mexc, asyncio.timeout(20):
            info = await mexc.get_symbol_info(BTC_USDT)
            assert info.max_buy_premium is not None
            async for _ in mexc.watch_trades(BTC_USDT):
                break
            await asyncio.sleep(0)
            posted = sim.requests_by_path.get("/api/v3/order", 0)
            far = round(mexc.orderbook.asks[0].price * (1 + 2 * float(info.max_buy_premium)), 2)
            with pytest.raises(OrderRefused) as caught:
                await mexc.place_limit_order(
                    symbol=BTC_USDT, side=Side.BUY, amount=0.001, price=far
                )
            assert caught.value.rule == "price_band"
            assert caught.value.nearest is not None
            assert sim.requests_by_path.get("/api/v3/order", 0) == posted

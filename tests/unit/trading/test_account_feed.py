"""The account's states, its reconciliation (O17, O18) and its recovery from a journal (O19)."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mexc_connector.common.config import MexcConfig
from mexc_connector.common.enums import AccountState, OrderStatus
from mexc_connector.common.errors import (
    AuthenticationError,
    ConnectionFailed,
    InvalidSymbol,
    MexcError,
    OrderOutcomeUnknown,
    SessionClosed,
    UnknownSymbol,
)
from mexc_connector.common.orders import ClientOrderId, OrderId
from mexc_connector.common.symbols import AssetName
from mexc_connector.common.trading_config import TradingConfig
from mexc_connector.core.journal_records import Accepted, Finished, Record, intent_of
from mexc_connector.trading.account import Account
from mexc_connector.trading.journal_file import OrderJournal
from tests.unit.rest.doubles import FakeClock
from tests.unit.trading.doubles import (
    FAST,
    NOT_FOUND,
    FakeRest,
    balance,
    checked,
    lost,
    new_account,
)
from tests.unit.trading.orders import BTC, ETH, fill, intent, order

USDT = AssetName("USDT")


class SlowClock(FakeClock):
    """Audits never come due by themselves; pauses after failures pass at once."""

    async def sleep(self, seconds: float) -> None:
        if seconds >= 3_600:
            await asyncio.Event().wait()
        await super().sleep(seconds)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("this never came true")


def is_current(account: Account) -> Callable[[], bool]:
    return lambda: account.feed.status.is_current


async def live_account(rest: FakeRest, **options: object) -> Account:
    options = {"clock": SlowClock()} | options
    account = new_account(rest, **options)  # type: ignore[arg-type]
    account.start()
    account.feed.on_live(1)
    await account.feed.wait_current()
    return account


async def test_memory_is_true_once_it_was_compared_on_the_present_connection() -> None:
    rest = FakeRest(held=[balance("USDT", "100")])
    rest.add(order(order_id="E1", client_order_id=None))
    account = new_account(rest, clock=SlowClock())
    seen: list[AccountState] = []
    account.feed.on_status(lambda status: seen.append(status.state))
    account.start()
    assert account.feed.status.state is AccountState.STALE
    account.feed.on_live(1)
    assert account.feed.status.state is AccountState.RECONCILING
    await account.feed.wait_current()
    assert account.feed.status.last_reconciled_ns > 0
    assert [known.order_id for known in account.board.tracker.open_orders] == ["E1"]
    assert account.balances.get(USDT).free == 100
    assert account.balances.book.is_current
    account.feed.on_lost(1, "cut")
    assert (account.feed.status.state, account.feed.status.reason) == (AccountState.STALE, "cut")
    assert not account.balances.book.is_current
    await account.close()
    assert seen == [
        AccountState.RECONCILING,
        AccountState.CURRENT,
        AccountState.STALE,
        AccountState.CLOSED,
    ]


async def test_what_happened_while_the_stream_was_away_is_found() -> None:
    rest = FakeRest()
    account = await live_account(rest)
    first = await account.desk.place(checked())
    second = await account.desk.place(checked())
    account.feed.on_lost(1, "cut")
    rest.set("X1", OrderStatus.FILLED, "10")
    rest.fills = [
        fill("T1", "10", order_id="X1", exchange_time_ms=rest.now_ms),
        fill("T2", "10", order_id="E2", client_order_id=None, exchange_time_ms=rest.now_ms),
    ]
    rest.add(order(OrderStatus.FILLED, filled="10", order_id="E2", client_order_id=None))
    rest.add(order(order_id="E3", client_order_id=None))
    fills: list[str] = []
    account.board.fills.register(lambda one: fills.append(one.trade_id))
    account.feed.on_live(2)
    await account.feed.wait_current()
    assert first.status is OrderStatus.FILLED
    assert not second.is_done
    assert sorted(fills) == ["T1", "T2"]
    assert {known.order_id for known in account.board.tracker.open_orders} == {"X2", "E3"}
    assert account.board.tracker.missing_fills == ()
    await account.close()


async def test_fills_that_the_stream_told_are_not_counted_again_under_other_names() -> None:
    rest = FakeRest()
    account = await live_account(rest)
    handle = await account.desk.place(checked())
    account.feed.on_order(rest.set("X1", OrderStatus.PARTIALLY_FILLED, "4"), 1)
    account.feed.on_fill(fill("streamX1", "4"), 1)
    rest.fills = [fill("rest-1", "4", exchange_time_ms=rest.now_ms)]
    account.feed.on_lost(1, "cut")
    account.feed.on_live(2)
    await account.feed.wait_current()
    assert [one.trade_id for one in handle.fills] == ["streamX1"]
    assert handle.amount_filled == 4
    await account.close()


async def test_a_link_lost_during_the_comparison_leaves_memory_untrusted() -> None:
    rest = FakeRest()
    account = new_account(rest, clock=SlowClock())
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        entered.set()
        await go_on.wait()

    rest.will("open_orders", hold)
    account.start()
    account.feed.on_live(1)
    await entered.wait()
    account.feed.on_lost(1, "cut")
    account.feed.on_live(2)
    go_on.set()
    await until(lambda: account.metrics().reconciliations == 1)
    assert account.feed.status.state is AccountState.RECONCILING
    await account.feed.wait_current()
    assert account.metrics().reconciliations == 2
    await account.close()


async def test_a_push_that_cannot_be_read_is_read_by_rest() -> None:
    rest = FakeRest(held=[balance("USDT", "100")])
    account = await live_account(rest)
    rest.held = [balance("USDT", "50")]
    account.feed.on_undecodable(1)
    assert account.feed.status.state is AccountState.RECONCILING
    assert not account.balances.book.is_current
    await account.feed.wait_current()
    assert account.balances.get(USDT).free == 50
    await account.close()


async def test_what_an_old_connection_says_of_itself_is_ignored() -> None:
    rest = FakeRest()
    account = await live_account(rest)
    account.feed.on_lost(0, "some older link")
    account.feed.on_undecodable(0)
    account.feed.on_balance(balance("USDT", "1", at_ms=9), 0)
    assert account.feed.status.is_current
    assert account.balances.get(USDT).free == 0
    await account.close()


async def test_balances_move_with_the_stream() -> None:
    rest = FakeRest(held=[balance("USDT", "100")])
    account = await live_account(rest)
    seen: list[float] = []
    account.balances.changes.register(lambda one: seen.append(one.free))
    account.feed.on_balance(balance("USDT", "90", "10", at_ms=5), 1)
    account.feed.on_balance(balance("USDT", "90", "10", at_ms=5), 1)
    assert seen == [90]
    assert account.balances.balances[USDT].locked == 10
    await account.close()


async def test_a_failed_comparison_is_repeated() -> None:
    rest = FakeRest()
    rest.will("open_orders", ConnectionFailed("cut"), ConnectionFailed("cut"))
    account = await live_account(rest)
    assert account.metrics().reconciliation_failures == 2
    await account.close()


async def test_keys_that_will_not_do_are_raised_to_who_waits() -> None:
    rest = FakeRest()
    error = AuthenticationError("Api key info invalid", endpoint="GET /api/v3/account", code=10072)
    rest.will("balances", *[error] * 1_000)
    account = new_account(rest, clock=SlowClock())
    account.start()
    account.feed.on_live(1)
    with pytest.raises(AuthenticationError):
        await account.feed.wait_current()
    await account.close()
    with pytest.raises(SessionClosed):
        await account.feed.wait_current()


async def test_an_audit_finds_what_a_silent_stream_did_not_tell() -> None:
    rest = FakeRest()
    account = new_account(rest, trading=TradingConfig(audit_s=60.0))
    account.start()
    account.feed.on_live(1)
    handle = await account.desk.place(checked())
    await until(is_current(account))
    rest.set("X1", OrderStatus.FILLED, "10")
    await until(lambda: handle.is_done)
    await until(lambda: account.metrics().mended_orders > 0)
    assert account.feed.status.is_current
    await account.close()


async def test_missing_fills_are_asked_for_a_few_times_only() -> None:
    rest, clock = FakeRest(), SlowClock()
    account = await live_account(rest, clock=clock)
    await account.desk.place(checked())
    account.feed.on_order(rest.set("X1", OrderStatus.FILLED, "10"), 1)
    for _ in range(10):
        clock.moment += FAST.grace_s
        account.feed.on_undecodable(1)
        rest.calls.clear()
        await account.feed.wait_current()
    assert account.board.tracker.missing_fills
    # Of the market, and none of the order any more.
    assert rest.count("my_trades") == rest.count("open_orders")
    await account.close()


async def test_answers_in_a_burst_of_comparisons_count_as_one() -> None:
    rest, clock = FakeRest(), SlowClock()
    account = await live_account(rest, clock=clock)
    await account.desk.place(checked())
    account.feed.on_order(rest.set("X1", OrderStatus.FILLED, "10"), 1)
    account.feed.on_balance(balance("USDT", "80", at_ms=2_000), 1)
    for amount in range(10):
        account.feed.on_balance(balance("USDT", str(amount), at_ms=1_000), 1)  # too late
        await account.feed.wait_current()
    assert account.board.tracker.missing_fills
    rest.fills = [fill("T1", "10")]  # shown a moment after the order
    account.feed.on_balance(balance("USDT", "90", at_ms=1_000), 1)
    await account.feed.wait_current()
    assert not account.board.tracker.missing_fills
    await account.close()


async def test_an_order_that_is_neither_open_nor_found_is_over() -> None:
    rest = FakeRest()
    account = await live_account(rest)
    handle = await account.desk.place(checked())
    del rest.orders[OrderId("X1")]
    account.feed.on_undecodable(1)
    await account.feed.wait_current()
    assert account.board.tracker.open_orders == ()
    with pytest.raises(OrderOutcomeUnknown):
        await handle.done()
    await account.close()


async def test_a_new_order_that_is_hard_to_find_is_waited_for() -> None:
    rest = FakeRest()
    account = await live_account(rest)
    await account.desk.place(checked())
    hidden = rest.orders.pop(OrderId("X1"))

    async def appear() -> None:
        rest.add(hidden)

    rest.will("get_order", NOT_FOUND, NOT_FOUND, appear)
    account.feed.on_undecodable(1)
    await account.feed.wait_current()
    assert [known.status for known in account.board.tracker.open_orders] == [OrderStatus.NEW]
    await account.close()


async def test_a_fill_of_an_order_that_cannot_be_found_is_told_all_the_same() -> None:
    rest = FakeRest()
    account = await live_account(rest, markets=(BTC, ETH))
    account.feed.on_lost(1, "cut")
    rest.held = [balance("ETH", "1")]
    rest.fills = [
        fill("T1", order_id="E1", symbol=ETH, client_order_id=None, exchange_time_ms=rest.now_ms)
    ]
    account.feed.on_live(2)
    await account.feed.wait_current()
    assert account.metrics().fills == 1
    assert rest.count("my_trades") == 1  # nothing moved in the other market
    await account.close()


async def test_what_a_link_did_not_tell_before_it_was_found_dead_is_read() -> None:
    rest = FakeRest()
    account = await live_account(rest)
    fills: list[str] = []
    account.board.fills.register(lambda one: fills.append(one.trade_id))
    rest.add(order(OrderStatus.FILLED, filled="10", order_id="E1", client_order_id=None))
    rest.fills = [
        fill("T1", "10", order_id="E1", client_order_id=None, exchange_time_ms=rest.now_ms)
    ]
    rest.held = [balance("BTC", "10")]
    streams = MexcConfig().streams
    rest.now_ms += round(1000 * (streams.ping_interval_s + streams.pong_timeout_s))
    account.feed.on_lost(1, "no PONG")
    account.feed.on_live(2)
    await account.feed.wait_current()
    assert fills == ["T1"]
    await account.close()


@pytest.mark.parametrize(
    "error",
    [
        InvalidSymbol("no such market", endpoint="GET /api/v3/order", code=30014),
        UnknownSymbol("BTCUSDT", "it is delisted"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_market_that_is_not_told_of_leaves_the_rest_of_the_account_true(
    error: MexcError,
) -> None:
    rest = FakeRest()
    account = await live_account(rest, markets=(BTC, ETH))
    await account.desk.place(checked())
    rest.set("X1", OrderStatus.CANCELED)  # by the delisting
    account.feed.on_lost(1, "cut")
    rest.will("get_order", error)
    rest.will("my_trades", None, error)
    rest.held = [balance("ETH", "1")]
    rest.fills = [
        fill("T1", order_id="E1", symbol=ETH, client_order_id=None, exchange_time_ms=rest.now_ms)
    ]
    account.feed.on_live(2)
    async with asyncio.timeout(1):
        await account.feed.wait_current()
    assert account.metrics().fills == 1
    assert account.balances.get(AssetName("ETH")).free == 1
    rest.trouble.clear()
    account.feed.on_undecodable(2)
    await account.feed.wait_current()
    assert account.board.tracker.open_orders == ()  # it is asked for again by each comparison
    await account.close()


async def test_the_first_balances_of_a_connection_may_come_before_it_is_live() -> None:
    rest = FakeRest()
    account = await live_account(rest)
    account.feed.on_lost(1, "cut")
    account.feed.on_balance(balance("USDT", "7", at_ms=9), 2)
    assert account.balances.get(USDT).free == 7
    await account.close()


# Looking things up.


async def test_an_order_is_read_from_memory_where_that_is_true() -> None:
    rest = FakeRest()
    account = await live_account(rest)
    await account.desk.place(checked(), client_order_id="mine")
    rest.calls.clear()
    account.feed.on_order(rest.set("X1", OrderStatus.NEW), 1)
    assert (await account.get_order(BTC, order_id=OrderId("X1"))).status is OrderStatus.NEW
    account.feed.on_lost(1, "cut")
    await account.get_order(BTC, client_order_id=ClientOrderId("mine"))  # open: not trusted now
    account.feed.on_order(rest.set("X1", OrderStatus.CANCELED), 1)
    await account.get_order(BTC, order_id=OrderId("X1"))  # finished: true for ever
    assert rest.calls == ["get_order"]
    assert (account.order_hits, account.order_misses) == (2, 1)
    await account.close()


async def test_an_order_that_is_not_in_memory_is_read_and_kept() -> None:
    rest = FakeRest()
    rest.add(order(OrderStatus.FILLED, filled="10", order_id="E1", client_order_id=None))
    account = await live_account(rest)
    for _ in range(2):
        found = await account.get_order(BTC, order_id=OrderId("E1"))
        assert found.status is OrderStatus.FILLED
    assert rest.count("get_order") == 1
    await account.close()


async def test_open_orders_by_rest_are_learned() -> None:
    rest = FakeRest()
    rest.add(order(order_id="E1", client_order_id=None))
    account = new_account(rest)
    (found,) = await account.get_open_orders(BTC)
    assert account.board.tracker.open_orders == (found,)
    await account.close()


async def test_a_balance_change_that_comes_too_late_is_compared_at_once_and_seen() -> None:
    rest = FakeRest(held=[balance("USDT", "100")])
    account = await live_account(rest)
    seen: list[AccountState] = []
    account.feed.on_status(lambda status: seen.append(status.state))
    account.feed.on_balance(balance("USDT", "80", at_ms=2_000), 1)
    assert account.feed.status.is_current
    account.feed.on_balance(balance("USDT", "90", at_ms=1_000), 1)
    assert not account.feed.status.is_current
    assert "too late" in account.feed.status.reason
    await account.feed.wait_current()
    assert account.balances.book.is_current
    assert seen == [AccountState.RECONCILING, AccountState.CURRENT]
    await account.close()


@pytest.mark.parametrize("is_late", [True, False])
async def test_what_was_missed_of_a_balance_right_after_a_change_of_it_is_read(
    is_late: bool,
) -> None:
    rest = FakeRest(held=[balance("USDT", "100")])
    account = await live_account(rest)
    account.feed.on_balance(balance("USDT", "80", at_ms=2_000), 1)
    if is_late:
        account.feed.on_balance(balance("USDT", "70", at_ms=1_000), 1)  # true all the same
    else:
        account.feed.on_undecodable(1)
    rest.held = [balance("USDT", "70")]
    await account.feed.wait_current()
    assert account.balances.get(USDT).free == 70
    await account.close()


async def test_fifty_who_want_fresh_balances_share_one_request() -> None:
    rest = FakeRest(held=[balance("USDT", "100")])
    account = await live_account(rest)
    rest.calls.clear()
    answers = await asyncio.gather(*(account.balances.refresh() for _ in range(50)))
    assert all(answer[USDT].free == 100 for answer in answers)
    assert rest.calls == ["balances"]
    metrics = account.metrics()
    assert metrics.balance_requests_shared == 49
    await account.close()


async def test_one_who_is_cancelled_leaves_the_request_to_the_others() -> None:
    rest = FakeRest(held=[balance("USDT", "100")])
    account = new_account(rest)
    first = asyncio.create_task(account.balances.refresh())
    second = asyncio.create_task(account.balances.refresh())
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)[USDT].free == 100
    rest.will("balances", ConnectionFailed("cut"))
    with pytest.raises(ConnectionFailed):
        await account.balances.refresh()
    await account.close()


async def test_who_asks_after_a_request_left_gets_balances_from_after_the_asking() -> None:
    clock, rest, gate = FakeClock(), FakeRest(held=[balance("USDT", "100")]), asyncio.Event()
    rest.will("balances", gate.wait)
    account = new_account(rest, clock=clock)
    first = asyncio.create_task(account.balances.refresh())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert rest.calls == ["balances"]  # the request has left
    clock.moment += 1.0
    late = [asyncio.create_task(account.balances.refresh()) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, *late)
    assert rest.calls == ["balances", "balances"]
    await account.close()


async def test_a_session_that_closes_tells_who_waits_for_balances() -> None:
    rest = FakeRest(held=[balance("USDT", "100")])
    account = new_account(rest)
    waiting = asyncio.create_task(account.balances.refresh())
    await asyncio.sleep(0)
    await account.close()
    with pytest.raises(SessionClosed):
        await waiting


# Recovery.


def left_behind(path: Path, *records: Record) -> OrderJournal:
    journal = OrderJournal(path, account="a")
    for record in records:
        journal.append(record)
    return journal


async def recovered(
    rest: FakeRest, tmp_path: Path, *records: Record
) -> tuple[Account, OrderJournal]:
    path = tmp_path / "orders"
    await left_behind(path, *records).close()
    journal = OrderJournal(path, account="a")
    account = await live_account(rest, journal=journal)
    await account.recover()
    return account, journal


async def test_a_restart_tells_what_became_of_every_order(tmp_path: Path) -> None:
    rest = FakeRest()
    at_ms = rest.now_ms
    rest.add(order(order_id="X1", client_order_id="alive", created_ms=at_ms))
    rest.add(order(OrderStatus.FILLED, filled="10", order_id="X2", client_order_id="filled"))
    rest.add(order(order_id="X3", client_order_id="lost", created_ms=at_ms))
    rest.add(order(order_id="E1", client_order_id=None))
    account, journal = await recovered(
        rest,
        tmp_path,
        intent_of(intent("alive"), at_ms),
        Accepted(client_order_id=ClientOrderId("alive"), order_id=OrderId("X1")),
        intent_of(intent("filled"), at_ms),
        Accepted(client_order_id=ClientOrderId("filled"), order_id=OrderId("X2")),
        intent_of(intent("lost"), at_ms),
        intent_of(intent("never"), at_ms),
        intent_of(intent("before"), at_ms),
        Finished(client_order_id=ClientOrderId("before"), status=OrderStatus.FILLED),
    )
    report = account.recovery
    assert report is not None
    assert {handle.client_order_id for handle in report.alive} == {"alive", "lost"}
    ends = {handle.client_order_id: handle.status for handle in report.finished}
    assert ends == {"filled": OrderStatus.FILLED, "never": OrderStatus.REJECTED}
    assert report.unsettled == ()
    assert [known.order_id for known in report.unknown_to_us] == ["E1"]
    assert rest.sent == []
    await account.close()
    await journal.close()
    again = OrderJournal(tmp_path / "orders", account="a")
    assert {left.intent.client_order_id for left in again.contents.unfinished} == {"alive", "lost"}
    await again.close()


async def test_what_is_too_old_to_be_looked_up_is_unsettled_and_not_asked_for_again(
    tmp_path: Path,
) -> None:
    rest = FakeRest(now_ms=10**12)
    account, journal = await recovered(rest, tmp_path, intent_of(intent("old"), 1_000))
    assert account.recovery is not None
    (handle,) = account.recovery.unsettled
    with pytest.raises(OrderOutcomeUnknown):
        await handle.settled()
    await account.close()
    await journal.close()
    again = OrderJournal(tmp_path / "orders", account="a")
    assert again.contents.unfinished == ()
    await again.close()


async def test_what_is_not_settled_in_time_is_followed_in_the_background(tmp_path: Path) -> None:
    rest = FakeRest()
    rest.add(order(order_id="X1", client_order_id="slow", created_ms=rest.now_ms))
    blocked = asyncio.Event()

    async def hold() -> None:
        await blocked.wait()

    rest.names_orders = False
    rest.will("get_order", hold)
    account, journal = await recovered(rest, tmp_path, intent_of(intent("slow"), rest.now_ms))
    assert account.recovery is not None
    (handle,) = account.recovery.unsettled
    blocked.set()
    assert (await handle.settled()).order_id == "X1"
    await account.close()
    await journal.close()


async def test_an_unsettled_order_survives_the_session_in_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    rest = FakeRest()
    rest.will("place", lost())
    first = OrderJournal(path, account="a")
    account = new_account(rest, journal=first)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked(), client_order_id="mine")
    await account.close()
    await first.close()
    journal = OrderJournal(path, account="a")
    assert [left.intent.client_order_id for left in journal.contents.unfinished] == ["mine"]
    await journal.close()


async def test_the_reprs_show_the_state() -> None:
    account = await live_account(FakeRest())
    for part in (account, account.feed, account.board, account.balances, account.desk):
        assert repr(part).startswith("<")
    await account.close()

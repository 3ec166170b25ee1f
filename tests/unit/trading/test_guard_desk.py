"""Guards in front of an account in memory: what is sent, what is canceled, what is told."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import pytest

from mexc_connector.common.enums import AccountState, OrderStatus, OrderType, Side
from mexc_connector.common.errors import (
    ConnectionFailed,
    OrderBookNotSynced,
    OrderOutcomeUnknown,
    SessionClosed,
)
from mexc_connector.common.guard_config import (
    DeadManSwitch,
    GuardConfig,
    LostAccountGuard,
    OpenOrdersGuard,
    OrderRateGuard,
    OrderValueGuard,
    PriceBandGuard,
    StaleBookGuard,
)
from mexc_connector.common.guards import Guard, GuardAction, GuardEvent, GuardState, GuardTripped
from mexc_connector.common.order_book import FillEstimate, OrderBook
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.order_request import OrderRequest
from mexc_connector.trading.account import Account
from tests.unit.rest.doubles import FakeClock
from tests.unit.trading.doubles import FakeRest, checked, lost, new_account
from tests.unit.trading.orders import BTC

LIMIT = OrderRequest(side=Side.BUY, amount="0.5", price="100")
NO_LINK = ConnectionFailed("no link", is_sent=False)


@dataclass
class FakeBook:
    """A book with nothing in it but what the guards ask for."""

    is_synced: bool = True
    age_s: float = 0.0
    mid_price: float | None = 100.0
    worst_price: float = 101.0

    def estimate_fill(
        self, side: Side, *, amount: float | None = None, quote_amount: float | None = None
    ) -> FillEstimate:
        if not self.is_synced:
            raise OrderBookNotSynced("BTC/USDT", "test")
        base = amount if amount is not None else (quote_amount or 0) / self.worst_price
        return FillEstimate(base, base * self.worst_price, self.worst_price, self.worst_price, 1)

    def in_btc(self) -> dict[Symbol, OrderBook]:
        return {BTC: cast("OrderBook", self)}


class StillClock(FakeClock):
    """Time that a test moves by hand; who sleeps only lets others run."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def until(condition: Callable[[], object], *, turns: int = 1_000) -> None:
    for _ in range(turns):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("this never came true")


def account_with(
    config: GuardConfig, rest: FakeRest, *, book: FakeBook | None = None
) -> tuple[Account, StillClock, list[GuardEvent]]:
    clock, shown = StillClock(), book or FakeBook()
    account = new_account(rest, clock=clock, guards=config, books=shown.in_btc)
    told: list[GuardEvent] = []
    account.guards.events.register(told.append)
    return account, clock, told


def kinds(told: list[GuardEvent]) -> list[tuple[Guard, GuardState]]:
    return [(event.guard, event.state) for event in told]


async def test_a_refused_order_is_never_sent_and_leaves_nothing_behind() -> None:
    rest = FakeRest()
    account, _, told = account_with(GuardConfig(price_band=PriceBandGuard(max_distance=0.1)), rest)
    with pytest.raises(GuardTripped, match="PRICE_BAND"):
        await account.desk.place(checked(price="89.99"))
    assert (rest.calls, rest.sent, account.board.tracker.open_orders) == ([], [], ())
    assert kinds(told) == [(Guard.PRICE_BAND, GuardState.TRIPPED)]
    await account.desk.place(checked(price="90"))
    assert len(rest.sent) == 1
    assert (account.metrics().guard_trips, account.metrics().guard_refusals) == (1, 1)
    await account.close()


async def test_a_market_order_is_judged_by_what_the_book_would_give() -> None:
    rest, book = FakeRest(), FakeBook(worst_price=112.0)
    config = GuardConfig(
        price_band=PriceBandGuard(max_distance=0.1),
        order_value=OrderValueGuard(max_quote_amounts={"USDT": 100.0}),
    )
    account, _, _ = account_with(config, rest, book=book)
    half = OrderRequest(side=Side.BUY, order_type=OrderType.MARKET, amount="0.5")
    with pytest.raises(GuardTripped, match="PRICE_BAND"):
        await account.desk.place_order(BTC, half)
    book.worst_price = 105.0
    await account.desk.place_order(BTC, half)
    with pytest.raises(GuardTripped, match="ORDER_VALUE"):
        await account.desk.place_order(
            BTC, OrderRequest(side=Side.BUY, order_type=OrderType.MARKET, amount="1")
        )
    book.is_synced = False
    with pytest.raises(GuardTripped, match="no price to compare with"):
        await account.desk.place_order(BTC, half)
    assert len(rest.sent) == 1
    await account.close()


async def test_an_order_that_waits_for_its_turn_is_judged_again_when_it_leaves() -> None:
    rest, book = FakeRest(), FakeBook()
    account, _, _ = account_with(GuardConfig(stale_book=StaleBookGuard()), rest, book=book)

    async def the_book_is_lost_meanwhile() -> None:
        book.is_synced = False

    rest.trouble["turn"] = deque([the_book_is_lost_meanwhile])
    with pytest.raises(GuardTripped, match="STALE_BOOK"):
        await account.desk.place_order(BTC, LIMIT)
    assert rest.sent == []
    assert account.board.tracker.open_orders == ()  # certain: it is rejected, not unknown
    assert account.metrics().unknown == 0
    await account.close()


async def test_orders_placed_at_once_share_the_limit_on_open_ones() -> None:
    rest = FakeRest()
    account, _, _ = account_with(GuardConfig(open_orders=OpenOrdersGuard(max_orders=3)), rest)
    results = await asyncio.gather(
        *(account.desk.place_order(BTC, LIMIT) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(result, GuardTripped) for result in results) == 2
    assert len(rest.sent) == 3
    await account.close()


async def test_a_change_that_a_guard_forbids_leaves_the_old_order_alone() -> None:
    rest = FakeRest()
    config = GuardConfig(
        open_orders=OpenOrdersGuard(max_orders=1), price_band=PriceBandGuard(max_distance=0.1)
    )
    account, _, _ = account_with(config, rest)
    handle = await account.desk.place_order(BTC, LIMIT)
    account.board.on_order(rest.set("X1", OrderStatus.NEW))
    with pytest.raises(GuardTripped, match="PRICE_BAND"):
        await account.desk.modify_order(
            BTC, order_id=handle.order_id, client_order_id=None, amount=None, price=150
        )
    assert rest.count("cancel") == 0
    change = await account.desk.modify_order(
        BTC, order_id=handle.order_id, client_order_id=None, amount=None, price=101
    )
    assert change.is_complete  # it takes the place of the one order that is allowed
    await account.close()


async def test_a_tripped_guard_cancels_once_says_so_and_lets_orders_pass_again() -> None:
    rest = FakeRest()
    config = GuardConfig(
        order_rate=OrderRateGuard(per_second=1, action=GuardAction.CANCEL_ALL),
    )
    account, clock, told = account_with(config, rest)
    await account.desk.place_order(BTC, LIMIT)
    for _ in range(5):
        with pytest.raises(GuardTripped):
            await account.desk.place_order(BTC, LIMIT)
    await until(lambda: (Guard.ORDER_RATE, GuardState.ORDERS_CANCELED) in kinds(told))
    assert rest.count("cancel_all") == 1
    assert rest.orders["X1"].status is OrderStatus.CANCELED  # type: ignore[index]
    assert account.board.tracker.open_orders == ()
    clock.moment += 1.0
    await account.desk.place_order(BTC, LIMIT)
    assert kinds(told)[-1] == (Guard.ORDER_RATE, GuardState.CLEARED)
    assert account.metrics().guard_cancellations == 1
    await account.close()


async def test_a_cancellation_that_fails_is_repeated_until_nothing_is_left() -> None:
    rest = FakeRest(is_dropping=True)
    config = GuardConfig(
        order_value=OrderValueGuard(max_quote_amounts={"USDT": 60.0}, action=GuardAction.HALT)
    )
    account, _, told = account_with(config, rest)
    await account.desk.place_order(BTC, LIMIT)
    rest.will("cancel_all", NO_LINK, *[lost()] * 4)
    with pytest.raises(GuardTripped):
        await account.desk.place_order(BTC, OrderRequest(side=Side.BUY, amount="1", price="100"))
    await until(lambda: len(told) == 2)
    assert kinds(told)[1] == (Guard.ORDER_VALUE, GuardState.ORDERS_CANCELED)
    assert rest.count("cancel_all") == 6
    assert account.metrics().guard_cancel_failures == 2
    with pytest.raises(GuardTripped):  # halted
        await account.desk.place_order(BTC, LIMIT)
    account.guards.reset()
    await account.desk.place_order(BTC, LIMIT)
    await account.close()


async def test_an_order_that_arrives_after_the_cancellation_is_canceled_too() -> None:
    rest, arriving = FakeRest(), asyncio.Event()
    account, _, told = account_with(GuardConfig(), rest)

    async def arrive_late() -> None:
        await arriving.wait()

    rest.will("place", arrive_late)
    placing = asyncio.create_task(account.desk.place_order(BTC, LIMIT))
    await until(lambda: rest.sent)
    account.guards.arm(DeadManSwitch(timeout_s=1.0))
    cast("StillClock", account._clock).moment += 1.0
    with pytest.raises(GuardTripped):
        await account.desk.place_order(BTC, LIMIT)
    await until(lambda: rest.count("open_orders") > 1)
    assert kinds(told) == [(Guard.DEAD_MAN, GuardState.HALTED)]  # not done while it is under way
    arriving.set()
    await placing
    await until(lambda: len(told) == 2)
    assert rest.orders["X1"].status is OrderStatus.CANCELED  # type: ignore[index]
    await account.close()


async def test_cancels_are_never_guarded() -> None:
    rest = FakeRest()
    account, _, _ = account_with(GuardConfig(dead_man=DeadManSwitch(timeout_s=1.0)), rest)
    handle = await account.desk.place_order(BTC, LIMIT)
    other = await account.desk.place_order(BTC, LIMIT)
    account.guards.arm(DeadManSwitch(timeout_s=1.0, action=GuardAction.REFUSE))
    cast("StillClock", account._clock).moment += 5.0
    with pytest.raises(GuardTripped, match="DEAD_MAN"):
        await account.desk.place_order(BTC, LIMIT)
    assert (await handle.cancel()).status is OrderStatus.CANCELED
    assert [o.order_id for o in (await account.cancel_all(BTC)).finished] == [other.order_id]
    await account.close()


async def test_a_bot_that_falls_silent_loses_its_orders_while_it_does_nothing() -> None:
    rest = FakeRest()
    account, clock, told = account_with(GuardConfig(dead_man=DeadManSwitch(timeout_s=2.0)), rest)
    clock.moment += 100.0  # until the session is handed out nobody is waited for
    account.guards.start()
    await account.desk.place_order(BTC, LIMIT)
    for _ in range(10):
        clock.moment += 1.0
        account.guards.heartbeat()
        await asyncio.sleep(0)
    assert told == []
    clock.moment += 2.0
    await until(lambda: len(told) == 2)
    assert kinds(told) == [
        (Guard.DEAD_MAN, GuardState.HALTED),
        (Guard.DEAD_MAN, GuardState.ORDERS_CANCELED),
    ]
    assert account.board.tracker.open_orders == ()
    account.guards.heartbeat()
    with pytest.raises(GuardTripped):
        await account.desk.place_order(BTC, LIMIT)
    assert "DEAD_MAN HALTED" in repr(account.guards)
    await account.close()


async def test_a_lost_account_is_noticed_between_orders() -> None:
    rest = FakeRest()
    lost_account = LostAccountGuard(max_s=3.0, action=GuardAction.CANCEL_ALL)
    account, clock, told = account_with(GuardConfig(lost_account=lost_account), rest)
    account.guards.start()  # the feed was never started, so the account is not current
    await until(lambda: account.guards.guards._lost_at is not None)
    clock.moment += 3.0
    await until(lambda: rest.count("cancel_all"))
    assert told[0].guard is Guard.LOST_ACCOUNT
    await account.close()


async def test_a_stale_book_cancels_the_orders_of_its_market_only() -> None:
    rest, book = FakeRest(), FakeBook(age_s=9.0)
    stale = StaleBookGuard(max_age_s=10.0, action=GuardAction.CANCEL_ALL)
    account, _, told = account_with(GuardConfig(stale_book=stale), rest, book=book)
    await account.desk.place_order(BTC, LIMIT)
    account.guards.start()
    book.age_s, book.is_synced = 11.0, False
    await until(lambda: len(told) == 2)
    assert told[0].symbol == BTC
    assert (rest.count("cancel_open"), rest.count("cancel_all")) == (1, 0)
    book.age_s, book.is_synced = 0.0, True
    await until(lambda: len(told) == 3)
    assert kinds(told)[2] == (Guard.STALE_BOOK, GuardState.CLEARED)
    await account.close()


async def test_the_end_of_a_session_cancels_everything_if_it_is_told_to() -> None:
    for cancels in (True, False):
        rest = FakeRest()
        account, _, _ = account_with(GuardConfig(cancel_on_close=cancels), rest)
        account.guards.start()
        await account.desk.place_order(BTC, LIMIT)
        await account.guards.close()
        await account.guards.close()
        await account.close()
        assert rest.count("cancel_all") == int(cancels)


async def test_a_session_that_never_started_cancels_nothing() -> None:
    rest = FakeRest()
    account, _, _ = account_with(GuardConfig(cancel_on_close=True), rest)
    await account.close()
    assert rest.calls == []


async def test_the_end_of_a_session_waits_for_a_cancellation_no_longer_than_it_may(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rest = FakeRest()
    config = GuardConfig(cancel_on_close=True, close_timeout_s=0.05)
    account, _, _ = account_with(config, rest)
    account.guards.start()

    async def never() -> None:
        await asyncio.Event().wait()

    rest.will("cancel_all", never)
    async with asyncio.timeout(5):
        await account.guards.close()
    assert "open orders may be left" in caplog.text
    await account.close()


async def test_an_account_without_guards_pays_nothing_and_may_still_be_asked() -> None:
    rest = FakeRest()
    account, _, told = account_with(GuardConfig(), rest)
    account.guards.start()
    account.guards.heartbeat()
    account.guards.reset()
    account.guards.foresee(checked())
    await account.desk.place_order(BTC, LIMIT)
    assert told == []
    assert account.guards._watching is None
    await account.close()


async def test_a_guard_that_trips_after_the_end_asks_a_closed_client_once() -> None:
    rest = FakeRest()
    guard = OrderValueGuard(max_quote_amounts={"USDT": 1.0}, action=GuardAction.CANCEL_ALL)
    account, _, _ = account_with(GuardConfig(order_value=guard), rest)
    await account.close()
    rest.will("cancel_all", *[SessionClosed("the client is closed")] * 1_000)
    with pytest.raises(GuardTripped):  # it stood in line for the rules of its market
        await account.desk.place(checked())
    for _ in range(20):
        await asyncio.sleep(0)
    assert rest.count("cancel_all") == 1
    assert account.metrics().guard_cancel_failures == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_end_that_is_cancelled_leaves_no_task_behind() -> None:
    rest, never = FakeRest(is_dropping=True), asyncio.Event()
    rest.will("place", lost())
    rest.will("cancel_all", never.wait)
    account, _, _ = account_with(GuardConfig(cancel_on_close=True), rest)
    account.start()
    account.guards.start()
    account.feed.on_live(1)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked())
    closing = asyncio.create_task(account.close())
    await until(lambda: rest.count("cancel_all"))
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    for _ in range(20):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert account.feed.status.state is AccountState.CLOSED

"""Rules G1 to G5 of core/guards.py; G6 is held in tests/unit/trading/test_guard_desk.py."""

from decimal import Decimal
from math import inf

import msgspec
import pytest

from mexc_connector.common.errors import ConfigError, UsageError
from mexc_connector.common.guard_config import (
    BlockedLoopGuard,
    DeadManSwitch,
    GuardConfig,
    LostAccountGuard,
    OpenOrdersGuard,
    OrderRateGuard,
    OrderValueGuard,
    PriceBandGuard,
    StaleBookGuard,
)
from mexc_connector.common.guards import Guard, GuardAction, GuardState
from mexc_connector.core.guard_limits import BookReading, ProposedOrder
from mexc_connector.core.guard_trips import must_cancel
from mexc_connector.core.guards import Guards, Stage
from tests.unit.trading.orders import BTC, ETH

FRESH, OLD, UNSYNCED = BookReading(True, 0.1), BookReading(True, 11.0), BookReading(False, 0.1)
NEVER = BookReading(False, inf)
GOOD = ProposedOrder(
    symbol=BTC,
    price=Decimal(100),
    quote_amount=Decimal(500),
    reference_price=100.0,
    book=FRESH,
    open_orders=1,
)
EVERY = GuardConfig(
    stale_book=StaleBookGuard(max_age_s=10.0),
    lost_account=LostAccountGuard(max_s=5.0),
    blocked_loop=BlockedLoopGuard(max_lag_s=0.5, calm_s=1.0),
    dead_man=DeadManSwitch(timeout_s=30.0, action=GuardAction.REFUSE),
    price_band=PriceBandGuard(max_distance=0.05),
    order_value=OrderValueGuard(max_quote_amounts={"USDT": 1000.0}),
    open_orders=OpenOrdersGuard(max_orders=3),
    order_rate=OrderRateGuard(per_second=5, per_minute=20),
)


def guards_of(config: GuardConfig = EVERY) -> Guards:
    return Guards(config, started_at=0.0)


def order(**changes: object) -> ProposedOrder:
    return msgspec.structs.replace(GOOD, **changes)


def states(guards: Guards) -> list[tuple[Guard, GuardState]]:
    return [(event.guard, event.state) for event in guards.take_events()]


def test_a_good_order_passes_all_guards_at_every_stage() -> None:
    guards = guards_of()
    for stage in Stage:
        assert guards.judge(GOOD, 1.0, stage) is None
    assert guards.take_events() == []
    assert guards.tripped == ()
    assert (guards.refusals, guards.trip_count) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "guard", "value", "limit"),
    [
        ({"book": None}, Guard.STALE_BOOK, None, 10.0),
        ({"book": UNSYNCED}, Guard.STALE_BOOK, 0.1, 10.0),
        ({"book": NEVER}, Guard.STALE_BOOK, inf, 10.0),
        ({"book": OLD}, Guard.STALE_BOOK, 11.0, 10.0),
        ({"price": Decimal(106)}, Guard.PRICE_BAND, pytest.approx(0.06), 0.05),
        ({"price": Decimal("94.9")}, Guard.PRICE_BAND, pytest.approx(0.051), 0.05),
        ({"price": 106.0}, Guard.PRICE_BAND, pytest.approx(0.06), 0.05),
        ({"price": None}, Guard.PRICE_BAND, None, 0.05),
        ({"reference_price": None}, Guard.PRICE_BAND, None, 0.05),
        ({"reference_price": 0.0}, Guard.PRICE_BAND, None, 0.05),
        ({"quote_amount": Decimal("1000.01")}, Guard.ORDER_VALUE, 1000.01, 1000.0),
        ({"quote_amount": None}, Guard.ORDER_VALUE, None, 1000.0),
        ({"open_orders": 3}, Guard.OPEN_ORDERS, 3, 3),
    ],
)
def test_each_limit_refuses_with_its_value_and_what_is_unknown_does_not_pass(
    changes: dict[str, object], guard: Guard, value: float | None, limit: float | None
) -> None:
    guards = guards_of()
    refusal = guards.judge(order(**changes), 1.0, Stage.PLACED)
    assert refusal is not None
    assert isinstance(refusal, UsageError)  # nothing was sent
    assert (refusal.guard, refusal.value, refusal.limit) == (guard, value, limit)
    assert str(refusal).startswith(f"{guard}: ")
    assert guards.refusals == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"price": Decimal(105)},
        {"price": Decimal(95)},
        {"quote_amount": Decimal(1000)},
        {"open_orders": 2},
        {"book": BookReading(True, 10.0)},
    ],
)
def test_what_is_just_at_a_limit_passes(changes: dict[str, object]) -> None:
    assert guards_of().judge(order(**changes), 1.0, Stage.PLACED) is None


def test_an_order_in_an_asset_without_a_maximum_value_is_refused() -> None:
    config = GuardConfig(order_value=OrderValueGuard(max_quote_amounts={"USDC": 1.0}))
    refusal = guards_of(config).judge(GOOD, 1.0, Stage.PLACED)
    assert refusal is not None
    assert "USDT" in str(refusal)


def test_the_rate_counts_what_was_placed_in_a_sliding_second_and_minute() -> None:
    guards = guards_of(GuardConfig(order_rate=OrderRateGuard(per_second=2, per_minute=3)))
    asked = [(0.0, True), (0.5, True), (0.9, False), (1.0, True), (2.5, False), (60.0, True)]
    for now, passes in asked:
        assert (guards.judge(GOOD, now, Stage.PLACED) is None) is passes, now
    assert guards.judge(GOOD, 60.1, Stage.LEAVING) is None
    assert states(guards) == [
        (Guard.ORDER_RATE, GuardState.TRIPPED),
        (Guard.ORDER_RATE, GuardState.CLEARED),
        (Guard.ORDER_RATE, GuardState.TRIPPED),
        (Guard.ORDER_RATE, GuardState.CLEARED),
    ]


def test_a_look_ahead_takes_no_place_in_the_rate() -> None:
    guards = guards_of(GuardConfig(order_rate=OrderRateGuard(per_second=1)))
    for _ in range(3):
        assert guards.judge(GOOD, 1.0, Stage.FORESEEN) is None
    assert guards.judge(GOOD, 1.0, Stage.PLACED) is None
    assert guards.judge(GOOD, 1.0, Stage.FORESEEN) is not None


def test_an_order_that_waited_is_judged_by_what_time_can_change_only() -> None:
    late = order(open_orders=3, quote_amount=Decimal(5000))  # it is one of the three itself
    guards = guards_of()
    assert guards.judge(late, 1.0, Stage.LEAVING) is None
    for changes in ({"book": UNSYNCED}, {"reference_price": 50.0}):
        assert guards.judge(order(**changes), 1.0, Stage.LEAVING) is not None


def test_a_lost_account_refuses_once_it_has_lasted_and_clears_when_it_is_back() -> None:
    guards = guards_of()
    guards.on_account(is_current=False, now=10.0)
    guards.on_account(is_current=False, now=14.0)
    assert guards.judge(GOOD, 14.9, Stage.PLACED) is None
    refusal = guards.judge(GOOD, 15.0, Stage.PLACED)
    assert refusal is not None
    assert (refusal.guard, refusal.value, refusal.limit) == (Guard.LOST_ACCOUNT, 5.0, 5.0)
    guards.on_account(is_current=True, now=16.0)
    assert guards.judge(GOOD, 16.0, Stage.PLACED) is None
    assert states(guards) == [
        (Guard.LOST_ACCOUNT, GuardState.TRIPPED),
        (Guard.LOST_ACCOUNT, GuardState.CLEARED),
    ]


def test_a_blocked_loop_is_seen_by_the_order_that_comes_right_after_it() -> None:
    guards = guards_of()
    guards.on_tick(1.0, next_at=1.1)
    assert guards.judge(GOOD, 1.6, Stage.PLACED) is None  # 0.5 s late, and that is allowed
    refusal = guards.judge(GOOD, 1.7, Stage.PLACED)
    assert refusal is not None
    assert refusal.guard is Guard.BLOCKED_LOOP
    assert refusal.value == pytest.approx(0.6)
    guards.on_tick(1.7, next_at=1.8)
    assert guards.judge(GOOD, 2.2, Stage.PLACED) is not None  # not calm for a second yet
    guards.on_tick(2.2, next_at=3.0)
    assert guards.judge(GOOD, 2.7, Stage.PLACED) is None


def test_a_bot_that_stops_its_heartbeat_is_halted_until_a_reset() -> None:
    guards = guards_of(GuardConfig(dead_man=DeadManSwitch(timeout_s=2.0)))
    guards.on_heartbeat(1.9)
    guards.on_time(3.8, {})
    assert guards.tripped == ()
    guards.on_time(3.9, {})
    (event,) = guards.take_events()
    assert (event.guard, event.state, event.value) == (Guard.DEAD_MAN, GuardState.HALTED, 2.0)
    assert must_cancel(event)
    guards.on_heartbeat(4.0)
    guards.on_canceled(event, "3 finished")
    assert guards.judge(GOOD, 4.0, Stage.PLACED) is not None
    guards.reset(5.0)
    assert guards.judge(GOOD, 6.9, Stage.PLACED) is None
    assert guards.judge(GOOD, 7.0, Stage.PLACED) is not None


def test_a_heartbeat_that_comes_too_late_trips_the_switch_all_the_same() -> None:
    guards = guards_of(GuardConfig(dead_man=DeadManSwitch(timeout_s=2.0)))
    guards.on_heartbeat(2.5)  # before anybody had looked
    assert states(guards) == [(Guard.DEAD_MAN, GuardState.HALTED)]


def test_the_switch_can_be_set_and_ended_at_any_time() -> None:
    guards = guards_of(GuardConfig())
    guards.on_time(100.0, {})
    guards.arm(DeadManSwitch(timeout_s=1.0, action=GuardAction.REFUSE), 100.0)
    assert guards.judge(GOOD, 100.9, Stage.PLACED) is None
    assert guards.judge(GOOD, 101.0, Stage.PLACED) is not None
    guards.arm(None, 102.0)
    assert guards.judge(GOOD, 200.0, Stage.PLACED) is None


def test_a_stale_book_trips_for_its_own_market_and_only_after_it_was_live() -> None:
    cancel = StaleBookGuard(max_age_s=10.0, action=GuardAction.CANCEL_ALL)
    guards = guards_of(GuardConfig(stale_book=cancel))
    guards.on_time(1.0, {BTC: NEVER, ETH: UNSYNCED})
    assert guards.take_events() == []
    guards.on_time(2.0, {BTC: OLD, ETH: FRESH})
    (event,) = guards.take_events()
    assert (event.symbol, event.state, must_cancel(event)) == (BTC, GuardState.TRIPPED, True)
    assert guards.judge(order(symbol=ETH), 2.0, Stage.PLACED) is None
    guards.on_time(3.0, {BTC: FRESH, ETH: FRESH})
    refusal = guards.judge(GOOD, 3.0, Stage.PLACED)  # its orders are still being canceled
    assert refusal is not None
    guards.on_canceled(event, "1 finished")
    guards.on_time(4.0, {BTC: FRESH})
    assert guards.judge(GOOD, 4.0, Stage.PLACED) is None
    assert states(guards) == [
        (Guard.STALE_BOOK, GuardState.ORDERS_CANCELED),
        (Guard.STALE_BOOK, GuardState.CLEARED),
    ]


def test_a_market_that_is_given_up_takes_its_trip_along() -> None:
    guards = guards_of()
    guards.on_time(1.0, {BTC: OLD})
    guards.on_time(2.0, {})
    assert guards.tripped == ()


def test_a_cause_that_lasts_is_told_and_canceled_once() -> None:
    lost = LostAccountGuard(max_s=1.0, action=GuardAction.CANCEL_ALL)
    guards = guards_of(GuardConfig(lost_account=lost))
    guards.on_account(is_current=False, now=0.0)
    for now in range(1, 50):
        guards.on_time(float(now), {})
        guards.judge(GOOD, float(now), Stage.PLACED)
    (event,) = guards.take_events()
    assert must_cancel(event)
    assert guards.trip_count == 1
    assert guards.refusals == 49


def test_a_bot_that_repeats_a_bad_order_causes_one_cancellation() -> None:
    band = PriceBandGuard(max_distance=0.05, action=GuardAction.CANCEL_ALL)
    guards = guards_of(GuardConfig(price_band=band))
    bad = order(price=Decimal(1))
    for _ in range(10):
        assert guards.judge(bad, 1.0, Stage.PLACED) is not None
    (event,) = guards.take_events()
    assert guards.judge(GOOD, 1.0, Stage.PLACED) is not None  # while that is under way
    guards.on_canceled(event, "none left")
    assert guards.judge(GOOD, 2.0, Stage.PLACED) is None
    assert guards.judge(bad, 3.0, Stage.PLACED) is not None
    assert guards.trip_count == 2


def test_a_reset_waits_for_what_is_being_canceled() -> None:
    value = OrderValueGuard(max_quote_amounts={"USDT": 1.0}, action=GuardAction.HALT)
    guards = guards_of(GuardConfig(order_value=value))
    guards.judge(GOOD, 1.0, Stage.PLACED)
    (event,) = guards.take_events()
    assert event.state is GuardState.HALTED
    small = order(quote_amount=Decimal(1))
    guards.reset(2.0)
    assert guards.judge(small, 2.0, Stage.PLACED) is not None
    guards.on_canceled(event, "none left")
    assert guards.judge(small, 3.0, Stage.PLACED) is None
    assert "none" in repr(guards)


@pytest.mark.parametrize(
    "options",
    [
        lambda: StaleBookGuard(max_age_s=0),
        lambda: PriceBandGuard(max_distance=-1),
        lambda: OrderValueGuard(max_quote_amounts={"USDT": 0}),
        OrderRateGuard,
        lambda: OrderRateGuard(per_second=0),
        lambda: DeadManSwitch(timeout_s=float("nan")),
        lambda: DeadManSwitch(timeout_s=inf),
        lambda: GuardConfig(check_every_s=0),
    ],
)
def test_options_that_cannot_work_are_refused(options: object) -> None:
    with pytest.raises(ConfigError):
        options()  # type: ignore[operator]


def test_all_guards_are_off_by_default() -> None:
    config = GuardConfig()
    assert not config.is_any_on
    assert not config.cancel_on_close
    nothing = ProposedOrder(symbol=BTC)
    assert guards_of(config).judge(nothing, 1e9, Stage.PLACED) is None

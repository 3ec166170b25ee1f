"""Rules O10 to O12 of docs/orders.md, as tables of steps and times."""

from collections.abc import Callable

import pytest

from mexc_connector.common.enums import OrderStatus, Side
from mexc_connector.common.orders import ClientOrderId, Order, OrderId
from mexc_connector.core.order_settlement import (
    Settlement,
    SettlementStep,
    SettlementTimes,
    Verdict,
    judge_orders,
    strangers_in,
)
from tests.unit.trading.orders import ETH, fill, intent, order

TIMES = SettlementTimes(
    stream_wait_s=0.3,
    pause_base_s=0.25,
    pause_max_s=2.0,
    grace_s=5.0,
    arrival_window_s=6.0,
    lookup_s=1_000.0,
)
STEP = SettlementStep


def absent_steps(settlement: Settlement, start: float) -> list[tuple[SettlementStep, float]]:
    """Answer every question with "not there"; return each step with its time since the start."""
    now, taken = start, []
    while True:
        plan = settlement.next_step(now)
        now += plan.wait_s
        taken.append((plan.step, round(now - start, 3)))
        if plan.step in (STEP.ABSENT, STEP.UNPROVABLE):
            return taken
        settlement.on_absent(now, now)


def test_absence_is_proven_only_after_the_request_can_no_longer_arrive() -> None:
    taken = absent_steps(Settlement(TIMES, now=50.0), 50.0)
    assert taken == [
        (STEP.QUERY, 0.3),
        (STEP.QUERY, 0.55),
        (STEP.QUERY, 1.05),
        (STEP.QUERY, 2.05),
        (STEP.QUERY, 4.05),
        (STEP.QUERY, 6.0),
        (STEP.LIST_OPEN, 6.0),
        (STEP.LIST_FILLS, 6.0),
        (STEP.ABSENT, 6.0),
    ]


def test_the_longer_of_grace_and_arrival_window_counts() -> None:
    times = SettlementTimes(
        stream_wait_s=0.3,
        pause_base_s=0.25,
        pause_max_s=2.0,
        grace_s=9.0,
        arrival_window_s=1.0,
        lookup_s=1_000.0,
    )
    assert absent_steps(Settlement(times, now=0.0), 0.0)[-1] == (STEP.ABSENT, 9.0)


def test_an_old_intent_is_asked_for_at_once_and_only_once_in_each_place() -> None:
    taken = absent_steps(Settlement(TIMES, now=50.0, age_s=100.0), 50.0)
    assert taken == [
        (STEP.QUERY, 0.0),
        (STEP.LIST_OPEN, 0.0),
        (STEP.LIST_FILLS, 0.0),
        (STEP.ABSENT, 0.0),
    ]


def test_beyond_the_look_up_absence_proves_nothing() -> None:
    taken = absent_steps(Settlement(TIMES, now=50.0, age_s=1_000.0), 50.0)
    assert taken[-1] == (STEP.UNPROVABLE, 0.0)


def test_a_clock_that_was_set_back_makes_no_intent_younger_than_now() -> None:
    taken = absent_steps(Settlement(TIMES, now=50.0, age_s=-5_000.0), 50.0)
    assert taken[-1] == (STEP.ABSENT, 6.0)


def test_a_question_without_an_answer_is_repeated_and_concludes_nothing() -> None:
    settlement = Settlement(TIMES, now=0.0, age_s=100.0)
    waits = []
    now = 0.0
    for _ in range(6):
        plan = settlement.next_step(now)
        assert plan.step is STEP.QUERY
        waits.append(plan.wait_s)
        now += plan.wait_s
        settlement.on_failed(now)
    assert waits == [0.0, 0.25, 0.5, 1.0, 2.0, 2.0]


@pytest.mark.parametrize("failing", [STEP.LIST_OPEN, STEP.LIST_FILLS])
def test_a_list_that_cannot_be_read_keeps_an_order_unknown(failing: SettlementStep) -> None:
    settlement = Settlement(TIMES, now=0.0, age_s=100.0)
    now = 0.0
    for _ in range(20):
        plan = settlement.next_step(now)
        now += plan.wait_s
        assert plan.step is not STEP.ABSENT
        if plan.step is failing:
            settlement.on_failed(now)
        else:
            settlement.on_absent(now, now)


def test_an_answer_that_was_asked_for_too_early_does_not_count() -> None:
    settlement = Settlement(TIMES, now=0.0)
    settlement.on_absent(5.9, 7.0)
    assert settlement.next_step(8.0).step is STEP.QUERY


def test_a_possible_twin_makes_absence_unprovable() -> None:
    settlement = Settlement(TIMES, now=0.0)
    settlement.on_ambiguous()
    assert settlement.next_step(0.0).step is STEP.UNPROVABLE
    assert "Settlement" in repr(settlement)


def nobody(_: OrderId) -> bool:
    return False


def everybody(_: OrderId) -> bool:
    return True


LOOKALIKE = order(client_order_id=None, created_ms=60_000)


@pytest.mark.parametrize(
    ("listed", "is_known", "expected"),
    [
        ([order(order_id="X9")], nobody, Verdict(found=order(order_id="X9"))),
        ([LOOKALIKE], nobody, Verdict(lookalike=LOOKALIKE)),
        ([LOOKALIKE, order()], nobody, Verdict(found=order())),
        ([LOOKALIKE], everybody, Verdict()),
        ([order(client_order_id="theirs")], nobody, Verdict()),
        ([order(client_order_id=None, symbol=ETH)], nobody, Verdict()),
        ([order(client_order_id=None, side=Side.SELL)], nobody, Verdict()),
        ([order(client_order_id=None, amount="9", created_ms=60_000)], nobody, Verdict()),
        ([order(client_order_id=None, price="99", created_ms=60_000)], nobody, Verdict()),
        ([order(client_order_id=None, created_ms=50_000)], nobody, Verdict()),
        ([order(OrderStatus.REJECTED, client_order_id=None, created_ms=60_000)], nobody, Verdict()),
        ([order(client_order_id=None, order_id=None)], nobody, Verdict()),
        ([], nobody, Verdict()),
    ],
)
def test_a_list_is_judged_by_id_then_by_likeness_and_time(
    listed: list[Order], is_known: Callable[[OrderId], bool], expected: Verdict
) -> None:
    assert judge_orders(listed, intent(), sent_ms=60_000, is_known=is_known) == expected


def test_an_order_without_a_stated_amount_or_time_may_be_ours() -> None:
    vague = order(client_order_id=None, amount=None, price=None, created_ms=None)
    verdict = judge_orders([vague], intent(), sent_ms=60_000, is_known=nobody)
    assert verdict.lookalike is vague


def test_the_orders_behind_fills_are_ours_first_then_those_without_a_name() -> None:
    fills = [
        fill("T1", order_id="X1", client_order_id=None),
        fill("T2", order_id="X2", client_order_id="theirs"),
        fill("T3", order_id="X3", client_order_id="mine"),
        fill("T4", order_id="X3", client_order_id="mine"),
        fill("T5", order_id="X4", client_order_id=None),
    ]

    def is_known(order_id: OrderId) -> bool:
        return order_id == "X4"

    assert strangers_in(fills, ClientOrderId("mine"), is_known=is_known) == ("X3", "X1")

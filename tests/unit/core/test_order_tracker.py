"""Rules O1 to O9 and O12 of docs/orders.md."""

from decimal import Decimal

import pytest

from mexc_connector.common.enums import OrderStatus, Side
from mexc_connector.common.errors import UsageError
from mexc_connector.common.orders import ClientOrderId, Order, OrderId
from mexc_connector.core.order_events import Contradiction, FillCounted, OrderChanged
from mexc_connector.core.order_tracker import Events, OrderTracker
from mexc_connector.core.tracked_order import TrackedOrder
from tests.unit.trading.orders import BTC, ETH, fill, intent, order

MINE = ClientOrderId("mine")


def new_tracker(completed_limit: int = 100) -> OrderTracker:
    return OrderTracker(completed_limit=completed_limit)


def mine(tracker: OrderTracker) -> TrackedOrder:
    record = tracker.find(client_order_id=MINE)
    assert record is not None
    return record


def states(events: Events) -> list[OrderStatus]:
    return [event.order.status for event in events if isinstance(event, OrderChanged)]


def problems(events: Events) -> list[str]:
    return [event.problem for event in events if isinstance(event, Contradiction)]


def test_an_intent_is_an_open_order_before_anything_is_sent() -> None:
    tracker = new_tracker()
    (event,) = tracker.on_intent(intent())
    assert isinstance(event, OrderChanged)
    assert event.previous is None
    assert [known.status for known in tracker.open_orders] == [OrderStatus.PENDING_NEW]
    assert not mine(tracker).is_settled


def test_a_client_order_id_serves_one_order_only() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    tracker.on_rejected(MINE)
    with pytest.raises(UsageError, match="used before"):
        tracker.on_intent(intent())
    with pytest.raises(UsageError, match="needs a client order id"):
        tracker.on_intent(order(client_order_id=None))


def test_an_acknowledgement_settles_an_order_and_says_nothing_of_its_state() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    tracker.on_order(order(OrderStatus.PENDING_NEW))
    assert mine(tracker).is_settled
    assert mine(tracker).order.status is OrderStatus.PENDING_NEW
    assert tracker.find(order_id=OrderId("X1")) is mine(tracker)


def test_a_life_told_in_order() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    told = [
        tracker.on_order(order(OrderStatus.NEW)),
        tracker.on_order(order(OrderStatus.PARTIALLY_FILLED, filled="4")),
        tracker.on_order(order(OrderStatus.FILLED, filled="10")),
    ]
    assert [states(events) for events in told] == [
        [OrderStatus.NEW],
        [OrderStatus.PARTIALLY_FILLED],
        [OrderStatus.FILLED],
    ]
    assert tracker.open_orders == ()
    assert tracker.completed_count == 1


def test_a_repeated_report_says_nothing() -> None:
    tracker = new_tracker()
    tracker.on_order(order(updated_ms=5))
    assert tracker.on_order(order(updated_ms=9)) == ()
    assert tracker.counts.repeated_reports == 1
    assert mine(tracker).order.updated_ms == 9


@pytest.mark.parametrize(
    "last",
    [OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.PARTIALLY_CANCELED],
)
def test_a_finished_order_is_never_reopened_by_a_late_report(last: OrderStatus) -> None:
    tracker = new_tracker()
    filled = {OrderStatus.FILLED: "10", OrderStatus.CANCELED: "0"}.get(last, "4")
    tracker.on_order(order(last, filled=filled))
    for late in (OrderStatus.NEW, OrderStatus.PENDING_NEW, OrderStatus.UNKNOWN):
        assert tracker.on_order(order(late)) == ()
    assert mine(tracker).order.status is last


def test_filled_amounts_never_go_back() -> None:
    tracker = new_tracker()
    tracker.on_order(order(OrderStatus.PARTIALLY_FILLED, filled="4"))
    assert tracker.on_order(order(OrderStatus.PARTIALLY_FILLED, filled="3")) == ()
    assert mine(tracker).order.exact.amount_filled == 4


def test_a_fill_counts_once_whatever_reports_it() -> None:
    tracker = new_tracker()
    tracker.on_order(order())
    first = tracker.on_fill(fill("T1", "4"))
    assert [type(event) for event in first] == [FillCounted, OrderChanged]
    assert tracker.on_fill(fill("T1", "4")) == ()
    assert mine(tracker).order.exact.amount_filled == 4
    assert mine(tracker).order.status is OrderStatus.PARTIALLY_FILLED
    assert (tracker.counts.fills, tracker.counts.repeated_fills) == (1, 1)


def test_fills_that_add_up_to_the_amount_finish_an_order() -> None:
    tracker = new_tracker()
    tracker.on_order(order())
    tracker.on_fill(fill("T1", "4"))
    tracker.on_fill(fill("T2", "6"))
    assert mine(tracker).order.status is OrderStatus.FILLED
    assert not mine(tracker).misses_fills


def test_a_fill_and_the_report_of_it_are_not_added() -> None:
    tracker = new_tracker()
    tracker.on_order(order(OrderStatus.PARTIALLY_FILLED, filled="4"))
    assert [known.order_id for known in tracker.missing_fills] == ["X1"]
    events = tracker.on_fill(fill("T1", "4"))
    assert [type(event) for event in events] == [FillCounted]
    assert mine(tracker).order.exact.amount_filled == 4
    assert tracker.missing_fills == ()


def test_late_fills_make_a_canceled_order_a_partially_canceled_one() -> None:
    tracker = new_tracker()
    tracker.on_order(order(OrderStatus.CANCELED))
    assert states(tracker.on_fill(fill("T1", "4"))) == [OrderStatus.PARTIALLY_CANCELED]
    assert states(tracker.on_fill(fill("T2", "6"))) == [OrderStatus.FILLED]
    assert tracker.open_orders == ()


def test_a_fill_before_any_report_waits_for_its_order() -> None:
    tracker = new_tracker()
    assert [type(event) for event in tracker.on_fill(fill("T1", client_order_id=None))] == [
        FillCounted
    ]
    (changed,) = tracker.on_order(order())
    assert isinstance(changed, OrderChanged)
    assert changed.order.exact.amount_filled == 1
    assert changed.order.status is OrderStatus.PARTIALLY_FILLED
    assert [kept.client_order_id for kept in mine(tracker).fills.values()] == ["mine"]


def test_fills_without_an_order_are_bounded_and_found_again() -> None:
    tracker = new_tracker()
    for number in range(1_001):
        tracker.on_fill(fill(f"T{number}", order_id=f"X{number}", client_order_id=None))
    assert tracker.counts.forgotten_fills == 1
    tracker.on_order(order(OrderStatus.PARTIALLY_FILLED, filled="1", order_id="X0"))
    assert [known.order_id for known in tracker.missing_fills] == ["X0"]
    assert tracker.on_fill(fill("T0", order_id="X0")) == ()  # told already, and now attached
    assert tracker.missing_fills == ()


def test_a_fill_under_our_id_proves_that_the_order_exists() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    tracker.on_outcome_unknown(MINE)
    assert states(tracker.on_fill(fill("T1", "4"))) == [OrderStatus.PARTIALLY_FILLED]
    assert mine(tracker).order.order_id == "X1"
    assert tracker.find(order_id=OrderId("X1")) is mine(tracker)


def test_a_lost_answer_is_unknown_until_evidence() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    assert states(tracker.on_outcome_unknown(MINE)) == [OrderStatus.UNKNOWN]
    assert tracker.on_outcome_unknown(MINE) == ()
    assert states(tracker.on_order(order())) == [OrderStatus.NEW]
    assert mine(tracker).is_settled


def test_evidence_that_came_before_the_loss_stands() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    tracker.on_order(order())
    assert tracker.on_outcome_unknown(MINE) == ()
    assert mine(tracker).order.status is OrderStatus.NEW


def test_a_rejected_order_is_finished() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    assert states(tracker.on_rejected(MINE)) == [OrderStatus.REJECTED]
    assert tracker.on_rejected(MINE) == ()
    assert tracker.open_orders == ()


def test_existence_beats_our_belief_that_an_order_never_arrived() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    tracker.on_rejected(MINE)
    events = tracker.on_order(order())
    assert problems(events) == ["exists although it counted as never arrived"]
    assert states(events) == [OrderStatus.NEW]
    assert len(tracker.open_orders) == 1
    assert tracker.completed_count == 0


def test_a_fill_beats_that_belief_too() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    tracker.on_rejected(MINE)
    events = tracker.on_fill(fill("T1", "10"))
    assert problems(events)
    assert states(events) == [OrderStatus.FILLED]


def test_a_rejection_by_the_exchange_itself_stands() -> None:
    tracker = new_tracker()
    tracker.on_order(order(OrderStatus.REJECTED))
    assert tracker.on_order(order(OrderStatus.NEW)) == ()
    assert mine(tracker).order.status is OrderStatus.REJECTED


def test_a_rejection_of_an_order_that_was_reported_is_a_contradiction() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    tracker.on_order(order())
    assert problems(tracker.on_rejected(MINE)) == ["rejected although it was reported"]
    assert mine(tracker).order.status is OrderStatus.NEW


def test_orders_placed_elsewhere_are_adopted() -> None:
    tracker = new_tracker()
    (event,) = tracker.on_order(order(client_order_id=None))
    assert isinstance(event, OrderChanged)
    assert event.previous is None
    assert tracker.counts.adopted == 1
    assert len(tracker.open_orders) == 1


def test_two_names_of_one_order_are_united() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    tracker.on_outcome_unknown(MINE)
    tracker.on_order(order(client_order_id=None))
    tracker.on_fill(fill("T1", "4", client_order_id=None))
    assert len(tracker.open_orders) == 2
    tracker.on_order(order(OrderStatus.PARTIALLY_FILLED, filled="4"))
    (known,) = tracker.open_orders
    assert known.client_order_id == "mine"
    assert known.order_id == "X1"
    assert set(mine(tracker).fills) == {"T1"}
    assert tracker.find(order_id=OrderId("X1")) is mine(tracker)


def test_a_client_order_id_used_twice_by_others_makes_two_orders() -> None:
    tracker = new_tracker()
    tracker.on_order(order())
    events = tracker.on_order(order(order_id="X2"))
    assert problems(events) == ["client order id used twice"]
    assert {known.order_id for known in tracker.open_orders} == {"X1", "X2"}
    assert mine(tracker).order.order_id == "X1"
    tracker.on_fill(fill("T1", order_id="X3"))
    assert mine(tracker).fills == {}


def test_an_older_order_with_our_id_is_not_ours() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent(), sent_ms=100_000)
    events = tracker.on_order(order(created_ms=90_000))
    assert problems(events) == ["client order id used twice"]
    assert not mine(tracker).is_settled
    tracker.on_order(order(order_id="X2", created_ms=99_000))  # times may be cut to the second
    assert mine(tracker).order.order_id == "X2"


def test_what_was_asked_for_is_not_restated_by_reports() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    events = tracker.on_order(order(amount="11", price="99"))
    assert problems(events) == ["another amount than the one asked for"]
    assert mine(tracker).order.exact.amount == 10
    assert mine(tracker).order.exact.price == 100


def test_what_is_asked_for_elsewhere_is_learned_from_reports() -> None:
    tracker = new_tracker()
    tracker.on_order(order(amount=None, price=None))
    tracker.on_order(order())
    assert mine(tracker).order.exact.amount == 10


def test_a_report_about_another_market_changes_nothing() -> None:
    tracker = new_tracker()
    tracker.on_order(order())
    assert problems(tracker.on_order(order(symbol=ETH))) == ["one id for orders of two markets"]
    assert problems(tracker.on_order(order(side=Side.SELL)))
    assert mine(tracker).order.symbol == BTC


def test_a_fill_of_another_market_is_told_but_not_counted_in() -> None:
    tracker = new_tracker()
    tracker.on_order(order())
    events = tracker.on_fill(fill("T1", symbol=ETH))
    assert isinstance(events[0], FillCounted)
    assert problems(events) == ["a fill of another market"]
    assert mine(tracker).order.exact.amount_filled == 0


def test_one_id_for_two_markets_is_not_united() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    tracker.on_order(order(symbol=ETH, client_order_id=None))
    assert problems(tracker.on_order(order(symbol=ETH)))
    assert len(tracker.open_orders) == 2


def test_fills_beyond_the_amount_are_a_contradiction() -> None:
    tracker = new_tracker()
    tracker.on_order(order())
    assert problems(tracker.on_fill(fill("T1", "11"))) == ["fills add up to more than the order"]


def test_a_report_without_any_known_name_is_a_contradiction() -> None:
    tracker = new_tracker()
    assert problems(tracker.on_order(order(order_id=None)))
    assert tracker.open_orders == ()


def test_the_times_are_the_earliest_and_the_latest() -> None:
    tracker = new_tracker()
    tracker.on_order(order(created_ms=10, updated_ms=20))
    tracker.on_order(order(created_ms=8, updated_ms=None))
    tracker.on_order(order(created_ms=None, updated_ms=15))
    assert (mine(tracker).order.created_ms, mine(tracker).order.updated_ms) == (8, 20)


def test_finished_orders_are_bounded_and_forgotten_by_every_name() -> None:
    tracker = new_tracker(completed_limit=2)
    for number in range(3):
        tracker.on_order(
            order(
                OrderStatus.FILLED,
                filled="10",
                order_id=f"X{number}",
                client_order_id=f"mine{number}",
            )
        )
        tracker.find(order_id=OrderId("X0"))  # looked at, so kept
    assert tracker.completed_count == 2
    assert tracker.find(order_id=OrderId("X1")) is None
    assert tracker.find(client_order_id=ClientOrderId("mine1")) is None
    assert tracker.find(order_id=OrderId("X0")) is not None
    assert [known.order_id for known in tracker.missing_fills] == ["X0", "X2"]


def test_a_tracker_may_keep_no_finished_orders_at_all() -> None:
    tracker = new_tracker(completed_limit=0)
    tracker.on_intent(intent())
    tracker.on_order(order(OrderStatus.CANCELED))
    assert tracker.find(client_order_id=MINE) is None
    assert tracker.open_orders == ()


def test_fills_of_a_forgotten_order_are_not_told_again() -> None:
    tracker = new_tracker(completed_limit=0)
    tracker.on_order(order())
    tracker.on_fill(fill("T1", "10"))
    assert tracker.on_fill(fill("T1", "10")) == ()


def test_what_nothing_can_settle_is_over_but_not_finished() -> None:
    tracker = new_tracker()
    tracker.on_intent(intent())
    tracker.on_outcome_unknown(MINE)
    (event,) = tracker.on_given_up(mine(tracker))
    assert isinstance(event, OrderChanged)
    assert event.is_over
    assert event.order.status is OrderStatus.UNKNOWN
    assert tracker.open_orders == ()
    assert tracker.on_given_up(mine(tracker)) == ()
    assert states(tracker.on_order(order())) == [OrderStatus.NEW]
    assert len(tracker.open_orders) == 1


def test_exact_amounts_are_kept_to_the_last_digit() -> None:
    tracker = new_tracker()
    tracker.on_order(order(amount="1000000000000.000000000000000001"))
    tracker.on_fill(fill("T1", "0.000000000000000001"))
    assert mine(tracker).order.exact.amount_filled == Decimal("0.000000000000000001")


def test_the_repr_shows_the_state() -> None:
    tracker = new_tracker()
    tracker.on_order(order())
    assert repr(tracker) == "<OrderTracker 1 open, 0 completed>"


def test_unknown_statuses_of_reports_change_nothing() -> None:
    tracker = new_tracker()
    tracker.on_order(order(OrderStatus.PARTIALLY_FILLED, filled="1"))
    report: Order = order(OrderStatus.UNKNOWN)
    assert tracker.on_order(report) == ()

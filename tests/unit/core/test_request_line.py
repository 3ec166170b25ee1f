import pytest

from mexc_connector.common.config import RateLimitConfig
from mexc_connector.common.errors import UsageError
from mexc_connector.core.rate_limit import RequestCost
from mexc_connector.core.request_line import Priority, RequestLine

ORDER = RequestCost(ip_weight=1, account_weight=1, orders=1)
READ = RequestCost(ip_weight=1)


def line(**limits: float) -> RequestLine:
    return RequestLine(RateLimitConfig(**limits))  # type: ignore[arg-type]


def go(queue: RequestLine, cost: RequestCost, lane: Priority, now: float) -> float:
    """Join and ask once; what goes is answered at once, what does not go leaves."""
    ticket = queue.join(cost, lane)
    wait_s = queue.ask(ticket, now)
    queue.leave(ticket)
    if wait_s == 0:
        queue.finish(cost, now)
    return wait_s


def many(queue: RequestLine, cost: RequestCost, lane: Priority, now: float) -> int:
    gone = 0
    while go(queue, cost, lane, now) == 0:
        gone += 1
    return gone


def test_placements_leave_orders_free_for_cancels() -> None:  # L7
    queue = line(orders_per_second=12, cancel_reserve=2)
    assert many(queue, ORDER, Priority.PLACE, 0.0) == 10
    assert many(queue, ORDER, Priority.CANCEL, 0.0) == 2
    assert go(queue, ORDER, Priority.CANCEL, 0.25) == 0.75


def test_cancels_may_use_all_orders_and_then_placements_wait() -> None:
    queue = line(orders_per_second=12, cancel_reserve=2)
    assert many(queue, ORDER, Priority.CANCEL, 0.0) == 12
    assert go(queue, ORDER, Priority.PLACE, 0.5) == 0.5


def test_reads_leave_room_for_orders_once_somebody_trades() -> None:  # L7
    queue = line(requests_per_second=20, trading_reserve=4, ip_weight=300)
    assert many(queue, READ, Priority.READ, 0.0) == 20
    queue.keep_room_for_trading()
    assert many(queue, READ, Priority.READ, 10.0) == 16
    assert many(queue, ORDER, Priority.CANCEL, 10.0) == 4
    heavy = RequestCost(ip_weight=130, requests=0)
    assert many(queue, heavy, Priority.READ, 30.0) == 2  # 300 less 40 that stay free
    assert go(queue, READ, Priority.READ, 30.0) == 10.0
    assert many(queue, ORDER, Priority.PLACE, 30.0) == 10


def test_a_request_that_needs_a_whole_budget_gets_it_empty() -> None:
    queue = line(ip_weight=10, trading_reserve=4)
    queue.keep_room_for_trading()
    assert go(queue, RequestCost(ip_weight=10), Priority.READ, 0.0) == 0
    assert go(queue, RequestCost(ip_weight=10), Priority.READ, 0.0) == 10.0
    with pytest.raises(UsageError, match="never fits"):
        go(queue, RequestCost(ip_weight=11), Priority.READ, 0.0)


def test_a_read_does_not_take_what_a_waiting_cancel_needs() -> None:  # L6
    queue = line(ip_weight=3, orders_per_second=1, cancel_reserve=0)
    assert go(queue, ORDER, Priority.CANCEL, 0.0) == 0
    assert go(queue, READ, Priority.READ, 0.0) == 0
    waiting = queue.join(ORDER, Priority.CANCEL)
    assert queue.ask(waiting, 0.0) == 1.0
    assert go(queue, READ, Priority.READ, 0.0) == 10.0  # the last unit of weight is the cancel's
    assert queue.ask(waiting, 1.0) == 0


def test_a_read_takes_what_a_waiting_cancel_cannot_use() -> None:  # L6
    queue = line(ip_weight=4, orders_per_second=1, cancel_reserve=0)
    assert go(queue, ORDER, Priority.CANCEL, 0.0) == 0
    waiting = queue.join(ORDER, Priority.CANCEL)
    assert queue.ask(waiting, 0.0) == 1.0
    assert go(queue, READ, Priority.READ, 0.0) == 0
    assert go(queue, READ, Priority.READ, 0.0) == 0
    assert go(queue, READ, Priority.READ, 0.0) == 10.0
    assert queue.ask(waiting, 1.0) == 0


def test_who_gives_up_no_longer_holds_anything_back() -> None:
    queue = line(ip_weight=1)
    waiting = queue.join(ORDER, Priority.CANCEL)
    assert go(queue, READ, Priority.READ, 0.0) == 10.0
    assert queue.expected_wait_s(READ, Priority.READ, 0.0) == 10.0
    queue.leave(waiting)
    queue.leave(waiting)
    assert queue.expected_wait_s(READ, Priority.READ, 0.0) == 0
    assert go(queue, READ, Priority.READ, 0.0) == 0
    assert queue.waiting(Priority.CANCEL) == 0


def test_the_expected_wait_counts_the_own_lane_and_those_above_it() -> None:
    queue = line(orders_per_second=12, cancel_reserve=2, requests_per_second=1_000)
    for _ in range(30):
        queue.join(ORDER, Priority.PLACE)
    assert queue.expected_wait_s(ORDER, Priority.CANCEL, 0.0) == 0
    assert queue.expected_wait_s(ORDER, Priority.PLACE, 0.0) == 3.0
    assert queue.expected_wait_s(READ, Priority.READ, 0.0) == 0


def test_the_reprs_show_who_waits() -> None:
    queue = line()
    queue.join(READ, Priority.READ)
    queue.join(READ, Priority.READ)
    cancel = queue.join(ORDER, Priority.CANCEL)
    assert repr(queue).startswith("<RequestLine 1 cancel, 0 place, 2 read waiting")
    assert repr(cancel).startswith("<Ticket CANCEL")


def test_a_pause_stops_every_lane() -> None:  # L3
    queue = line()
    queue.pause(90.0, 0.0)
    for lane in Priority:
        assert go(queue, READ, lane, 10.0) == 80.0
    assert queue.paused_s(10.0) == 80.0


def test_who_finds_room_goes_without_standing_in_line_and_is_counted() -> None:
    queue = line(orders_per_second=12, cancel_reserve=2)
    for _ in range(10):
        assert queue.go(ORDER, Priority.PLACE, 0.0)
    assert not queue.go(ORDER, Priority.PLACE, 0.0)  # L7
    assert queue.usage(0.0).orders == 10
    for _ in range(10):
        queue.finish(ORDER, 0.0)
    assert not queue.go(ORDER, Priority.PLACE, 0.5)
    assert queue.go(ORDER, Priority.PLACE, 1.0)


def test_nobody_goes_past_those_who_stand_in_the_same_lane() -> None:  # L5
    queue = line(ip_weight=10)
    ticket = queue.join(READ, Priority.READ)
    assert not queue.go(READ, Priority.READ, 0.0)
    assert queue.go(ORDER, Priority.CANCEL, 0.0)
    queue.leave(ticket)
    assert queue.go(READ, Priority.READ, 0.0)


def test_a_cost_that_never_fits_is_refused_before_anything_is_booked() -> None:
    queue = line(ip_weight=10)
    with pytest.raises(UsageError):
        queue.go(RequestCost(ip_weight=11), Priority.READ, 0.0)
    assert queue.usage(0.0).ip_weight == 0

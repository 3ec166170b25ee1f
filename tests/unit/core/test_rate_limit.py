import pytest

from mexc_connector.common.config import RateLimitConfig
from mexc_connector.common.errors import UsageError
from mexc_connector.core.rate_limit import NO_COST, RateLimiter, RequestCost, SlidingWindow


def limiter(**limits: float) -> RateLimiter:
    return RateLimiter(RateLimitConfig(**limits))  # type: ignore[arg-type]


def spend(limits: RateLimiter, cost: RequestCost, now: float) -> float:
    wait_s = limits.reserve(cost, now)
    if wait_s == 0:
        limits.finish(cost, now)
    return wait_s


def test_weight_beyond_the_budget_waits_until_the_oldest_leaves_the_window() -> None:
    limits = limiter(ip_weight=10, window_s=10.0)
    assert spend(limits, RequestCost(ip_weight=6), 0.0) == 0
    assert spend(limits, RequestCost(ip_weight=4), 3.0) == 0
    assert spend(limits, RequestCost(ip_weight=1), 4.0) == 6.0
    assert spend(limits, RequestCost(ip_weight=7), 4.0) == 9.0
    assert spend(limits, RequestCost(ip_weight=6), 10.0) == 0


def test_pools_of_address_and_account_are_apart() -> None:
    limits = limiter(ip_weight=5, account_weight=5)
    assert spend(limits, RequestCost(ip_weight=5), 0.0) == 0
    assert spend(limits, RequestCost(account_weight=5), 0.0) == 0
    assert spend(limits, RequestCost(ip_weight=1, account_weight=1), 0.0) == 10.0


def test_requests_of_any_kind_share_the_overall_ceiling() -> None:
    limits = limiter(requests_per_second=3)
    for cost in (RequestCost(ip_weight=1), RequestCost(account_weight=1), RequestCost()):
        assert spend(limits, cost, 0.25) == 0
    assert spend(limits, RequestCost(), 0.5) == 0.75


def test_a_request_in_flight_counts_until_one_window_after_its_answer() -> None:  # L2
    limits = limiter(ip_weight=5, window_s=10.0)
    cost = RequestCost(ip_weight=5)
    assert limits.reserve(cost, 0.0) == 0
    assert limits.reserve(cost, 50.0) == 10.0
    limits.finish(cost, 60.0)
    assert limits.reserve(cost, 61.0) == 9.0
    assert limits.reserve(cost, 70.0) == 0


def test_what_has_to_wait_books_nothing() -> None:  # L4
    limits = limiter(ip_weight=5)
    assert spend(limits, RequestCost(ip_weight=5), 0.0) == 0
    for _ in range(10):
        assert limits.reserve(RequestCost(ip_weight=1), 1.0) == 9.0
    assert limits.usage(1.0).ip_weight == 5


def test_a_pause_stops_everything_and_only_grows() -> None:  # L3
    limits = limiter()
    limits.pause(90.0, 0.0)
    limits.pause(5.0, 1.0)
    assert limits.reserve(RequestCost(), 10.0) == 80.0
    assert limits.paused_s(10.0) == 80.0
    assert limits.reserve(RequestCost(), 90.0) == 0
    assert limits.paused_s(90.0) == 0


def test_a_cost_larger_than_a_whole_budget_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="costs 25 never fits the address weight budget of 10"):
        limiter(ip_weight=10).reserve(RequestCost(ip_weight=25), 0.0)


def test_the_expected_wait_counts_those_in_front() -> None:
    limits = limiter(ip_weight=300, window_s=10.0, requests_per_second=1000)
    snapshot = RequestCost(ip_weight=3)
    assert limits.expected_wait_s(snapshot, queued=NO_COST, now=0.0) == 0
    assert limits.expected_wait_s(snapshot, queued=RequestCost(297, 0, 99), now=0.0) == 0
    assert limits.expected_wait_s(snapshot, queued=RequestCost(300, 0, 100), now=0.0) == 10.0
    assert limits.expected_wait_s(snapshot, queued=RequestCost(5997, 0, 1999), now=0.0) == 190.0


def test_usage_shows_each_budget_as_it_stands() -> None:
    limits = limiter()
    spend(limits, RequestCost(ip_weight=25), 0.0)
    limits.reserve(RequestCost(ip_weight=3, account_weight=2), 0.5)
    usage = limits.usage(0.9)
    assert (usage.ip_weight, usage.account_weight, usage.requests) == (28, 2, 2)
    assert (usage.ip_weight_limit, usage.account_weight_limit, usage.requests_limit) == (
        300,
        500,
        20,
    )
    assert limits.usage(10.0).ip_weight == 3


def test_costs_add_up_and_come_apart_again() -> None:
    first, second = RequestCost(3, 1, 1), RequestCost(5)
    assert first + second == RequestCost(8, 1, 2)
    assert first + second - second == first


def test_the_repr_is_an_instrument_panel() -> None:
    window = SlidingWindow("weight", 300, 10.0)
    window.start(25)
    assert repr(window) == "<SlidingWindow weight 25/300 in 10.0 s>"
    assert "0/300" in repr(limiter())


def test_a_window_that_always_has_room_forgets_what_has_left_it() -> None:
    window = SlidingWindow("requests per second", 1000, 1.0)
    for tick in range(1000):
        assert window.wait_s(1, tick / 10) == 0
        window.start(1)
        window.finish(1, tick / 10)
    assert len(window._answered) <= 10

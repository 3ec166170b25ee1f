"""No sliding window over the arrivals at the exchange ever holds more than its budget.

The oracle knows nothing of the limiter: it adds up, for every window that ends with an arrival,
all weights that arrived in it, over any arrival that lies between a request and its answer.
"""

import heapq
import math
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.config import RateLimitConfig
from mexc_connector.core.rate_limit import RateLimiter, RequestCost

IP_WEIGHT, ACCOUNT_WEIGHT, PER_SECOND, WINDOW_S = 12, 9, 4, 10.0
LIMITS = RateLimitConfig(
    ip_weight=IP_WEIGHT,
    account_weight=ACCOUNT_WEIGHT,
    requests_per_second=PER_SECOND,
    window_s=WINDOW_S,
)
times = st.floats(min_value=0.0, max_value=15.0)


@dataclass(frozen=True)
class Call:
    after_s: float  # since the call before it
    latency_s: float
    arrival: float  # share of the latency after which the exchange counts it
    ip_weight: int
    account_weight: int
    pause_s: float  # a pause that the answer imposes, mostly none


@dataclass(frozen=True)
class Sent:
    call: Call
    wanted_at: float
    sent_at: float

    @property
    def answered_at(self) -> float:
        return self.sent_at + self.call.latency_s

    @property
    def arrived_at(self) -> float:
        return min(self.sent_at + self.call.latency_s * self.call.arrival, self.answered_at)


calls = st.builds(
    Call,
    after_s=st.one_of(st.just(0.0), st.floats(min_value=0.0, max_value=1.0), times),
    latency_s=st.one_of(st.just(0.0), st.floats(min_value=0.0, max_value=1.0), times),
    arrival=st.floats(min_value=0.0, max_value=1.0),
    ip_weight=st.one_of(st.just(0), st.integers(min_value=0, max_value=IP_WEIGHT)),
    account_weight=st.one_of(st.just(0), st.integers(min_value=0, max_value=ACCOUNT_WEIGHT)),
    pause_s=st.sampled_from([0.0, 0.0, 0.0, 0.0, 30.0]),
)


def run_in_order(todo: list[Call]) -> list[Sent]:
    """Send all calls as the shell does: first come first served, asking again after each wait."""
    limiter = RateLimiter(LIMITS)
    in_flight: list[tuple[float, int, Call]] = []
    sent: list[Sent] = []
    now = wanted_at = 0.0

    def pass_time(until: float) -> None:
        while in_flight and in_flight[0][0] <= until:
            answered_at, _, call = heapq.heappop(in_flight)
            limiter.finish(_cost(call), answered_at)
            if call.pause_s:
                limiter.pause(call.pause_s, answered_at)

    for number, call in enumerate(todo):
        wanted_at += call.after_s
        now = max(now, wanted_at)
        pass_time(now)
        for _ in range(1000):
            wait_s = limiter.reserve(_cost(call), now)
            if wait_s == 0:
                break
            now += wait_s
            pass_time(now)
        else:
            raise AssertionError("the call never went")
        sent.append(Sent(call, wanted_at, now))
        heapq.heappush(in_flight, (now + call.latency_s, number, call))
        pass_time(now)
    return sent


def _cost(call: Call) -> RequestCost:
    return RequestCost(call.ip_weight, call.account_weight)


def fullest_window(sent: list[Sent], weights: list[int], length_s: float) -> int:
    """Return the largest sum of weights over all windows (t - length, t] of arrivals."""
    fullest = 0
    for end in sent:
        inside = [
            weight
            for other, weight in zip(sent, weights, strict=True)
            if end.arrived_at - length_s * (1 - 1e-9) < other.arrived_at <= end.arrived_at
        ]
        fullest = max(fullest, sum(inside))
    return fullest


@given(st.lists(calls, max_size=40))
def test_no_window_over_the_arrivals_holds_more_than_its_budget(todo: list[Call]) -> None:
    sent = run_in_order(todo)
    assert len(sent) == len(todo)
    assert fullest_window(sent, [s.call.ip_weight for s in sent], WINDOW_S) <= IP_WEIGHT
    assert fullest_window(sent, [s.call.account_weight for s in sent], WINDOW_S) <= ACCOUNT_WEIGHT
    assert fullest_window(sent, [1 for _ in sent], 1.0) <= PER_SECOND


@given(st.lists(calls, max_size=40))
def test_nothing_is_sent_while_a_pause_lasts(todo: list[Call]) -> None:
    sent = run_in_order(todo)
    for pausing in sent:
        for other in sent:
            in_pause = 0 <= other.sent_at - pausing.answered_at < pausing.call.pause_s * (1 - 1e-9)
            assert not (in_pause and other.sent_at > pausing.answered_at)


@given(st.lists(calls, min_size=1, max_size=25))
def test_nobody_waits_without_a_reason(todo: list[Call]) -> None:
    """A call that waited could not have gone a moment earlier: some budget had no room."""
    sent = run_in_order(todo)
    for number, this in enumerate(sent):
        before = sent[:number]
        free_at = max([this.wanted_at, *(s.sent_at for s in before)])
        if this.sent_at <= free_at:
            continue
        just_before = math.nextafter(this.sent_at, 0.0) - 1e-6
        assert _is_blocked(before, this.call, max(just_before, free_at))


def _is_blocked(before: list[Sent], call: Call, moment: float) -> bool:
    if any(s.answered_at <= moment < s.answered_at + s.call.pause_s for s in before):
        return True
    ip = [s for s in before if s.answered_at + WINDOW_S > moment]
    recent = [s for s in before if s.answered_at + 1.0 > moment]
    return (
        (call.ip_weight > 0 and sum(s.call.ip_weight for s in ip) + call.ip_weight > IP_WEIGHT)
        or (
            call.account_weight > 0
            and sum(s.call.account_weight for s in ip) + call.account_weight > ACCOUNT_WEIGHT
        )
        or len(recent) + 1 > PER_SECOND
    )

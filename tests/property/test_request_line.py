"""Lanes under generated traffic: no window exceeded, order kept, nobody delayed from below.

The oracle knows nothing of the line: it adds up, for every window that ends with a start, what
started in it, and compares the waits of a cancel with and without the traffic below it.
"""

import heapq
import itertools
from copy import deepcopy
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.config import RateLimitConfig
from mexc_connector.core.rate_limit import RequestCost
from mexc_connector.core.request_line import Priority, RequestLine, Ticket

LIMITS = RateLimitConfig(
    ip_weight=20,
    account_weight=20,
    requests_per_second=6,
    orders_per_second=4,
    cancel_reserve=1,
    trading_reserve=1,
    window_s=5.0,
)


@dataclass(frozen=True)
class Call:
    after_s: float
    latency_s: float
    lane: Priority
    weight: int

    @property
    def cost(self) -> RequestCost:
        if self.lane is Priority.READ:
            return RequestCost(ip_weight=self.weight)
        return RequestCost(ip_weight=1, account_weight=1, orders=1)


@dataclass
class Traffic:
    """What the shell does, by hand: every head asks when it joins and when its wait is over."""

    line: RequestLine = field(default_factory=lambda: RequestLine(LIMITS))
    joined: list[float] = field(default_factory=list)
    started: dict[int, float] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    could_go: dict[int, bool] = field(default_factory=dict)
    went_on_joining: set[int] = field(default_factory=set)

    def run(self, calls: list[Call]) -> None:
        self.line.keep_room_for_trading()
        moments = list(itertools.accumulate(call.after_s for call in calls))
        self.joined = moments
        ticks = itertools.count()
        events = [(at, next(ticks), "join", number) for number, at in enumerate(moments)]
        heapq.heapify(events)
        tickets: dict[int, Ticket] = {}
        lanes: dict[Priority, list[int]] = {lane: [] for lane in Priority}
        for _ in range(100_000):
            if not events:
                return
            now, _, kind, number = heapq.heappop(events)
            call = calls[number]
            if kind == "finish":
                self.line.finish(call.cost, now)
                continue
            if kind == "join":
                self.could_go[number] = deepcopy(self.line).go(call.cost, call.lane, now)
                tickets[number] = self.line.join(call.cost, call.lane)
                lanes[call.lane].append(number)
            if number in self.started or lanes[call.lane][0] != number:
                continue
            wait_s = self._ask(tickets, lanes, number, now)
            if wait_s > 0:
                heapq.heappush(events, (now + wait_s, next(ticks), "ask", number))
                continue
            self.started[number] = now
            if kind == "join":
                self.went_on_joining.add(number)
            self.order.append(number)
            lanes[call.lane].pop(0)
            heapq.heappush(events, (now + call.latency_s, next(ticks), "finish", number))
            if lanes[call.lane]:
                heapq.heappush(events, (now, next(ticks), "ask", lanes[call.lane][0]))
        raise AssertionError("somebody never went")

    def _ask(
        self,
        tickets: dict[int, Ticket],
        lanes: dict[Priority, list[int]],
        number: int,
        now: float,
    ) -> float:
        above = [
            tickets[lanes[lane][0]]
            for lane in Priority
            if lane < tickets[number].priority and lanes[lane]
        ]
        before = [self.line.wait_s(head, now) for head in above]
        wait_s = self.line.ask(tickets[number], now)
        assert [self.line.wait_s(head, now) for head in above] == before  # L6
        return wait_s


calls = st.builds(
    Call,
    after_s=st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.5, 2.0]),
    latency_s=st.sampled_from([0.0, 0.05, 0.3, 1.5]),
    lane=st.sampled_from(Priority),
    weight=st.sampled_from([0, 1, 3, 10, 20]),
)


def fullest(traffic: Traffic, todo: list[Call], name: str, length_s: float) -> int:
    times = traffic.started
    return max(
        sum(
            getattr(todo[other].cost, name)
            for other in times
            if times[end] - length_s * (1 - 1e-9) < times[other] <= times[end]
        )
        for end in times
    )


@given(st.lists(calls, min_size=1, max_size=40))
def test_no_window_is_exceeded_and_everybody_goes(todo: list[Call]) -> None:
    traffic = Traffic()
    traffic.run(todo)
    assert len(traffic.started) == len(todo)
    assert fullest(traffic, todo, "ip_weight", 5.0) <= 20
    assert fullest(traffic, todo, "account_weight", 5.0) <= 20
    assert fullest(traffic, todo, "requests", 1.0) <= 6
    assert fullest(traffic, todo, "orders", 1.0) <= 4


@given(st.lists(calls, min_size=1, max_size=40))
def test_who_need_not_stand_in_line_is_who_would_go_on_joining_it(todo: list[Call]) -> None:
    traffic = Traffic()
    traffic.run(todo)
    assert {number for number, could in traffic.could_go.items() if could} == (
        traffic.went_on_joining
    )


@given(st.lists(calls, min_size=1, max_size=40))
def test_a_lane_keeps_its_order(todo: list[Call]) -> None:  # L5
    traffic = Traffic()
    traffic.run(todo)
    for lane in Priority:
        gone = [number for number in traffic.order if todo[number].lane is lane]
        assert gone == sorted(gone)


@given(st.lists(calls, max_size=30), st.lists(calls, max_size=30))
def test_a_cancel_overtakes_whatever_joins_after_it(before: list[Call], after: list[Call]) -> None:
    """Traffic that joins below a cancel, at the same moment or later, does not delay it."""
    cancel = Call(0.5, 0.1, Priority.CANCEL, 1)
    below = [call for call in after if call.lane is not Priority.CANCEL]
    alone, crowded = Traffic(), Traffic()
    alone.run([*before, cancel])
    crowded.run([*before, cancel, *below])
    assert crowded.started[len(before)] <= alone.started[len(before)]


@given(st.lists(calls, max_size=40))
def test_a_lone_cancel_never_waits_behind_placements(todo: list[Call]) -> None:  # L7
    placements = [call for call in todo if call.lane is Priority.PLACE]
    traffic = Traffic()
    traffic.run([*placements, Call(0.0, 0.1, Priority.CANCEL, 1)])
    last = len(placements)
    assert traffic.started[last] == traffic.joined[last]

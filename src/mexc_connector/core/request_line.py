"""The line in front of the exchange: who may go when budgets are short.

Rules, cited in the code and in the tests; L1 to L4 stand in `rate_limit`:

- L5  Three lanes: cancels before placements before everything else. Within a lane, order of
      arrival.
- L6  A request goes only if the head of every higher lane, if one waits, still finds room in all
      budgets afterwards. So nobody ever waits longer because a lower lane went first, and what a
      higher lane cannot use (it waits for the order bucket, say) is not withheld from the lower.
- L7  Placements leave a few orders a second free for cancels; reads leave a few requests a second
      free for orders, once somebody trades. A request that could not go otherwise, because it
      costs nearly a whole budget, waits until the budget is empty.

`RequestLine` holds no clock and never waits: who asks too early is told how long to wait at least.
"""

from collections import deque
from enum import IntEnum, unique

import msgspec

from mexc_connector.common.config import RateLimitConfig
from mexc_connector.core.rate_limit import NO_COST, RateLimiter, RateUsage, RequestCost


@unique
class Priority(IntEnum):
    """The lanes, first served first."""

    CANCEL = 0
    PLACE = 1
    READ = 2


class Ticket:
    """A place in line; compared by identity."""

    __slots__ = ("cost", "is_waiting", "priority")

    def __init__(self, cost: RequestCost, priority: Priority) -> None:
        self.cost = cost
        self.priority = priority
        self.is_waiting = True

    def __repr__(self) -> str:
        return f"<Ticket {self.priority.name} {self.cost!r}>"


class LaneUsage(msgspec.Struct, frozen=True):
    """One lane: requests that wait now, that went since the start, and their waiting together."""

    priority: Priority
    waiting: int
    gone: int
    waited_s: float


class RequestLine:
    """Three lanes in front of one `RateLimiter`."""

    def __init__(self, limits: RateLimitConfig) -> None:
        self._limiter = RateLimiter(limits)
        self._lanes: dict[Priority, deque[Ticket]] = {lane: deque() for lane in Priority}
        self._queued = dict.fromkeys(Priority, NO_COST)
        self._kept = dict.fromkeys(Priority, NO_COST)
        self._kept[Priority.PLACE] = _room(limits, limits.cancel_reserve)
        self._kept_by_reads = _room(limits, limits.trading_reserve)

    def keep_room_for_trading(self) -> None:
        """Let reads leave room for orders from now on (L7)."""
        self._kept[Priority.READ] = self._kept_by_reads

    def join(self, cost: RequestCost, priority: Priority) -> Ticket:
        """Take the last place in a lane. It must be given up with `ask` or with `leave`."""
        ticket = Ticket(cost, priority)
        self._lanes[priority].append(ticket)
        self._queued[priority] += cost
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give up a place. Nothing happens if the ticket has gone already."""
        if ticket.is_waiting:
            ticket.is_waiting = False
            self._lanes[ticket.priority].remove(ticket)
            self._queued[ticket.priority] -= ticket.cost

    def go(self, cost: RequestCost, priority: Priority, now: float) -> bool:
        """Let a request go that need not stand in line; False, and nothing done, if it has to.

        The same as `join` and `ask` for who finds its lane empty and the budgets with room.
        """
        if self._lanes[priority] or self._wait_s(cost, priority, now) > 0:
            return False
        self._limiter.start(cost)
        return True

    def ask(self, ticket: Ticket, now: float) -> float:
        """Let the head of a lane go and return 0, or return the seconds to wait at least.

        What went must be given to `finish` when the request has its answer, or has failed.
        Raises `UsageError` for a cost that is larger than a whole budget.
        """
        wait_s = self.wait_s(ticket, now)
        if wait_s == 0:
            self.leave(ticket)
            self._limiter.start(ticket.cost)
        return wait_s

    def wait_s(self, ticket: Ticket, now: float) -> float:
        """Return what `ask` would answer to the head of a lane, without letting it go."""
        return self._wait_s(ticket.cost, ticket.priority, now)

    def _wait_s(self, cost: RequestCost, priority: Priority, now: float) -> float:
        ahead = NO_COST
        for lane, tickets in self._lanes.items():
            if tickets and lane < priority:
                ahead += tickets[0].cost + self._kept[lane]  # L6
        return self._limiter.wait_s(cost, now, ahead=ahead, kept=self._kept[priority])

    def expected_wait_s(self, cost: RequestCost, priority: Priority, now: float) -> float:
        """Estimate the wait of a request that joins now: a lower bound."""
        queued = NO_COST
        for lane in Priority:
            if lane <= priority:
                queued += self._queued[lane]
        return self._limiter.expected_wait_s(
            cost, queued=queued, now=now, kept=self._kept[priority]
        )

    def finish(self, cost: RequestCost, now: float) -> None:
        """Say that a request that went has its answer, or that none will come."""
        self._limiter.finish(cost, now)

    def withdraw(self, cost: RequestCost) -> None:
        """Say that a request that went was not sent after all."""
        self._limiter.withdraw(cost)

    def pause(self, seconds: float, now: float) -> None:
        """Let nothing go for `seconds` (L3)."""
        self._limiter.pause(seconds, now)

    def paused_s(self, now: float) -> float:
        """Return the seconds that are left of a pause, 0 without one."""
        return self._limiter.paused_s(now)

    def waiting(self, priority: Priority) -> int:
        """Return how many stand in a lane."""
        return len(self._lanes[priority])

    def usage(self, now: float) -> RateUsage:
        """Return how full each budget is."""
        return self._limiter.usage(now)

    def __repr__(self) -> str:
        lanes = ", ".join(f"{len(self._lanes[lane])} {lane.name.lower()}" for lane in Priority)
        return f"<RequestLine {lanes} waiting, {self._limiter!r}>"


def _room(limits: RateLimitConfig, per_second: int) -> RequestCost:
    """Return the room for `per_second` orders a second, and for their weight over a window."""
    weight = round(per_second * limits.window_s)
    return RequestCost(
        ip_weight=weight, account_weight=weight, requests=per_second, orders=per_second
    )

"""Request budgets, counted by us because the exchange sends no used-weight headers.

Rules, cited in the code and in the tests:

- L1  Every request takes its cost out of several sliding windows at once: weight per address,
      weight per account, requests of any kind, and orders (placed and cancelled alike). It goes
      when all of them have room.
- L2  The exchange counts a request when it arrives, which we cannot see: some time after we sent
      it and before we had the answer. So a request counts from its start, and leaves a window
      only one window length after its answer. No sliding window that the exchange could lay over
      the arrivals then holds more than its budget, whatever the network does.
- L3  A pause (`Retry-After`, the firewall) stops everything. It can be made longer, not shorter.
- L4  Nothing is booked ahead. Who has to wait asks again; `request_line` keeps the order, and a
      caller that gives up while waiting leaves nothing behind.

`RateLimiter` holds no clock: times are seconds of any monotonic clock, never going back.
"""

import math
from collections import deque

import msgspec

from mexc_connector.common.config import RateLimitConfig
from mexc_connector.common.errors import UsageError

SECOND_S = 1.0


class RequestCost(msgspec.Struct, frozen=True):
    """What one request takes from each budget."""

    ip_weight: int = 0
    account_weight: int = 0
    requests: int = 1
    orders: int = 0

    def __add__(self, other: "RequestCost") -> "RequestCost":
        return RequestCost(
            self.ip_weight + other.ip_weight,
            self.account_weight + other.account_weight,
            self.requests + other.requests,
            self.orders + other.orders,
        )

    def __sub__(self, other: "RequestCost") -> "RequestCost":
        return RequestCost(
            self.ip_weight - other.ip_weight,
            self.account_weight - other.account_weight,
            self.requests - other.requests,
            self.orders - other.orders,
        )


NO_COST = RequestCost(requests=0)


class RateUsage(msgspec.Struct, frozen=True):
    """Budgets as they stand: units that count at this moment, of how many, and the pause left."""

    ip_weight: int
    ip_weight_limit: int
    account_weight: int
    account_weight_limit: int
    requests: int
    requests_limit: int
    orders: int
    orders_limit: int
    paused_s: float


class SlidingWindow:
    """At most `capacity` units in any `length_s` seconds, units in flight included (L2)."""

    def __init__(self, name: str, capacity: int, length_s: float) -> None:
        self.name = name
        self.capacity = capacity
        self.length_s = length_s
        self._in_flight = 0
        self._answered: deque[tuple[float, int]] = deque()
        self._answered_units = 0

    def used(self, now: float) -> int:
        """Return the units that count at `now`."""
        self._forget(now)
        return self._in_flight + self._answered_units

    def wait_s(self, units: int, now: float, *, ahead: int = 0, kept: int = 0) -> float:
        """Return 0 if `units` fit at `now`, else the seconds before which they cannot fit.

        They fit only if the `ahead` units of others still do, and `kept` units stay free besides;
        but what needs nearly the whole window gets it empty.
        """
        counted = self._in_flight + self._answered_units  # or less, if some of it has expired
        if counted + units + ahead + kept <= self.capacity:
            return 0.0
        if units > self.capacity:
            raise UsageError(
                f"a request that costs {units} never fits the {self.name} budget of {self.capacity}"
            )
        if units == 0:
            return 0.0
        if units + ahead > self.capacity:  # the others go first, and then stay for a window
            return self.length_s
        excess = self.used(now) + min(units + ahead + kept, self.capacity) - self.capacity
        if excess <= 0:
            return 0.0
        for answered_at, answered_units in self._answered:
            excess -= answered_units
            if excess <= 0:
                return answered_at + self.length_s - now
        return self.length_s  # requests in flight hold the rest; none of them leaves sooner

    def wait_behind_s(self, units: int, queued: int, now: float, *, kept: int = 0) -> float:
        """Estimate the wait of `units` behind `queued` units, if every answer were immediate."""
        if units == 0:
            return 0.0
        usable = max(1, self.capacity - kept)
        rounds, rest = divmod(queued + units - 1, usable)
        return rounds * self.length_s + self.wait_s(rest + 1, now, kept=kept)

    def start(self, units: int) -> None:
        """Count `units` as in flight."""
        self._in_flight += units

    def finish(self, units: int, now: float) -> None:
        """Let `units` in flight expire one window length after `now`."""
        if units:
            self._in_flight -= units
            self._answered.append((now, units))
            self._answered_units += units
            self._forget(now)

    def withdraw(self, units: int) -> None:
        """Forget `units` in flight: they were not sent after all."""
        self._in_flight -= units

    def _forget(self, now: float) -> None:
        while self._answered and self._answered[0][0] + self.length_s <= now:
            self._answered_units -= self._answered.popleft()[1]

    def __repr__(self) -> str:
        used = self._in_flight + self._answered_units
        return f"<SlidingWindow {self.name} {used}/{self.capacity} in {self.length_s} s>"


class RateLimiter:
    """All budgets of one address and account together (L1), and the pause (L3)."""

    def __init__(self, limits: RateLimitConfig) -> None:
        self._ip = SlidingWindow("address weight", limits.ip_weight, limits.window_s)
        self._account = SlidingWindow("account weight", limits.account_weight, limits.window_s)
        self._requests = SlidingWindow("requests per second", limits.requests_per_second, SECOND_S)
        self._orders = SlidingWindow("orders per second", limits.orders_per_second, SECOND_S)
        self._paused_until = -math.inf

    def wait_s(
        self,
        cost: RequestCost,
        now: float,
        *,
        ahead: RequestCost = NO_COST,
        kept: RequestCost = NO_COST,
    ) -> float:
        """Return 0 if a request may start now, else the seconds to wait at least (L1).

        `ahead` must still fit afterwards, `kept` is to stay free besides. Raises `UsageError` for
        a cost that is larger than a whole budget.
        """
        return max(
            self.paused_s(now),
            self._ip.wait_s(cost.ip_weight, now, ahead=ahead.ip_weight, kept=kept.ip_weight),
            self._account.wait_s(
                cost.account_weight, now, ahead=ahead.account_weight, kept=kept.account_weight
            ),
            self._requests.wait_s(cost.requests, now, ahead=ahead.requests, kept=kept.requests),
            self._orders.wait_s(cost.orders, now, ahead=ahead.orders, kept=kept.orders),
        )

    def reserve(self, cost: RequestCost, now: float) -> float:
        """Book `cost` and return 0, or book nothing and return the seconds to wait (L1, L4).

        The wait is a lower bound: ask again after it. What was booked must be given to `finish`
        when the request has its answer, or has failed.
        """
        wait_s = self.wait_s(cost, now)
        if wait_s == 0:
            self.start(cost)
        return wait_s

    def start(self, cost: RequestCost) -> None:
        """Book `cost`, whether or not there is room: `wait_s` was 0, or the caller knows why."""
        self._ip.start(cost.ip_weight)
        self._account.start(cost.account_weight)
        self._requests.start(cost.requests)
        self._orders.start(cost.orders)

    def finish(self, cost: RequestCost, now: float) -> None:
        """Say that a booked request has its answer, or that none will come."""
        self._ip.finish(cost.ip_weight, now)
        self._account.finish(cost.account_weight, now)
        self._requests.finish(cost.requests, now)
        self._orders.finish(cost.orders, now)

    def withdraw(self, cost: RequestCost) -> None:
        """Say that a booked request was not sent after all."""
        self._ip.withdraw(cost.ip_weight)
        self._account.withdraw(cost.account_weight)
        self._requests.withdraw(cost.requests)
        self._orders.withdraw(cost.orders)

    def expected_wait_s(
        self, cost: RequestCost, *, queued: RequestCost, now: float, kept: RequestCost = NO_COST
    ) -> float:
        """Estimate the wait of a request that comes after `queued` ones: a lower bound."""
        return max(
            self.paused_s(now),
            self._ip.wait_behind_s(cost.ip_weight, queued.ip_weight, now, kept=kept.ip_weight),
            self._account.wait_behind_s(
                cost.account_weight, queued.account_weight, now, kept=kept.account_weight
            ),
            self._requests.wait_behind_s(cost.requests, queued.requests, now, kept=kept.requests),
            self._orders.wait_behind_s(cost.orders, queued.orders, now, kept=kept.orders),
        )

    def pause(self, seconds: float, now: float) -> None:
        """Let nothing start for `seconds` (L3). A longer pause under way stays as it is."""
        self._paused_until = max(self._paused_until, now + seconds)

    def paused_s(self, now: float) -> float:
        """Return the seconds that are left of a pause, 0 without one."""
        return max(0.0, self._paused_until - now)

    def usage(self, now: float) -> RateUsage:
        """Return how full each budget is."""
        return RateUsage(
            ip_weight=self._ip.used(now),
            ip_weight_limit=self._ip.capacity,
            account_weight=self._account.used(now),
            account_weight_limit=self._account.capacity,
            requests=self._requests.used(now),
            requests_limit=self._requests.capacity,
            orders=self._orders.used(now),
            orders_limit=self._orders.capacity,
            paused_s=self.paused_s(now),
        )

    def __repr__(self) -> str:
        return f"<RateLimiter {self._ip!r} {self._account!r} {self._requests!r} {self._orders!r}>"

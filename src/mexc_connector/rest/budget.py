"""The queue in front of the exchange: three lanes, paced by `core.request_line`.

Within a lane whoever comes first goes first, so two thousand snapshots asked for at once delay a
later read by the budget they use up, but no stream of light calls can starve a heavy one. Cancels
and placements overtake reads. Give one `RequestBudget` to all clients behind one address: budgets
and pauses are theirs together.
"""

import asyncio

from mexc_connector.common.circuit import CircuitOpen
from mexc_connector.common.clock import Clock
from mexc_connector.common.config import RateLimitConfig
from mexc_connector.common.errors import RateLimitError
from mexc_connector.core.rate_limit import RateUsage, RequestCost
from mexc_connector.core.request_line import LaneUsage, Priority, RequestLine


class RequestBudget:
    """Lets requests go when the exchange's limits have room for them."""

    def __init__(self, limits: RateLimitConfig, *, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._line = RequestLine(limits)
        self._max_wait_s = limits.max_wait_s
        self._heads: dict[Priority, asyncio.Lock] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gone = dict.fromkeys(Priority, 0)
        self._waited_s = dict.fromkeys(Priority, 0.0)
        self._blocked_until = float("-inf")

    def keep_room_for_trading(self) -> None:
        """Let reads leave `limits.trading_reserve` free from now on: somebody trades."""
        self._line.keep_room_for_trading()

    def turn(
        self, cost: RequestCost, *, endpoint: str, priority: Priority = Priority.READ
    ) -> "Turn":
        """Wait for room, count the request while it is under way; gives the seconds waited.

        Raises `RateLimitError` without waiting when the turn would come later than
        `limits.max_wait_s`, and when a pause that begins meanwhile lasts longer than that.
        A caller that is cancelled while waiting has booked nothing.
        """
        return Turn(self, cost, endpoint, priority)

    def finish(self, cost: RequestCost) -> None:
        """Say that a request that was waited for has its answer, or that none will come."""
        self._line.finish(cost, self._clock.now())

    def withdraw(self, cost: RequestCost) -> None:
        """Say that a request that was waited for was not sent after all."""
        self._line.withdraw(cost)

    async def wait(self, cost: RequestCost, *, endpoint: str, priority: Priority) -> float:
        """Wait for room and count the request; what `turn` does at its start."""
        arrived = self._clock.now()
        if self._line.go(cost, priority, arrived):  # 13 us less than a place in line
            self._gone[priority] += 1
            return 0.0
        self._refuse_if_late(self.expected_wait_s(cost, priority=priority), endpoint)
        ticket = self._line.join(cost, priority)
        try:
            async with self._head(priority):
                while (wait_s := self._line.ask(ticket, self._clock.now())) > 0:
                    self._refuse_if_late(self._clock.now() + wait_s - arrived, endpoint)
                    await self._clock.sleep(wait_s)
        finally:
            self._line.leave(ticket)
        waited_s = self._clock.now() - arrived
        self._gone[priority] += 1
        self._waited_s[priority] += waited_s
        return waited_s

    def _head(self, lane: Priority) -> asyncio.Lock:
        """Return who may stand first in a lane: locks of one loop, and a budget outlives loops."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._heads = loop, {lane: asyncio.Lock() for lane in Priority}
        return self._heads[lane]

    def _refuse_if_late(self, wait_s: float, endpoint: str) -> None:
        if wait_s > self._max_wait_s:
            raise RateLimitError(
                f"not sent: its turn comes in {wait_s:.1f} s, max_wait_s is {self._max_wait_s:g}",
                endpoint=endpoint,
                retry_after=wait_s,
            )

    def expected_wait_s(self, cost: RequestCost, *, priority: Priority = Priority.READ) -> float:
        """Return how long a request made now has to wait, if answers take no time."""
        return self._line.expected_wait_s(cost, priority, self._clock.now())

    def pause(self, seconds: float) -> None:
        """Let nothing go for `seconds`; what waits stays in line."""
        self._line.pause(seconds, self._clock.now())

    def block(self, seconds: float) -> None:
        """Let nothing go for `seconds`, because the firewall answered."""
        self._blocked_until = max(self._blocked_until, self._clock.now() + seconds)
        self.pause(seconds)

    @property
    def blocked_s(self) -> float:
        """Seconds left of the pause after the firewall's last answer."""
        return max(0.0, self._blocked_until - self._clock.now())

    @property
    def paused_s(self) -> float:
        """Seconds left of a pause."""
        return self._line.paused_s(self._clock.now())

    def usage(self) -> RateUsage:
        """Return how full each budget is."""
        return self._line.usage(self._clock.now())

    def lanes(self) -> tuple[LaneUsage, ...]:
        """Return what each lane waits for and has waited, the first to be served first."""
        return tuple(
            LaneUsage(
                priority=lane,
                waiting=self._line.waiting(lane),
                gone=self._gone[lane],
                waited_s=self._waited_s[lane],
            )
            for lane in Priority
        )

    def __repr__(self) -> str:
        return f"<RequestBudget {self._line!r}>"


class Turn:
    """`async with` around one request: waits at its start, and is over with its answer."""

    __slots__ = ("_budget", "_cost", "_endpoint", "_priority")

    def __init__(
        self, budget: RequestBudget, cost: RequestCost, endpoint: str, priority: Priority
    ) -> None:
        self._budget = budget
        self._cost = cost
        self._endpoint = endpoint
        self._priority = priority

    async def __aenter__(self) -> float:
        return await self._budget.wait(self._cost, endpoint=self._endpoint, priority=self._priority)

    async def __aexit__(
        self, error_type: type[BaseException] | None, error: object, traceback: object
    ) -> None:
        if error_type is CircuitOpen:
            self._budget.withdraw(self._cost)
        else:
            self._budget.finish(self._cost)

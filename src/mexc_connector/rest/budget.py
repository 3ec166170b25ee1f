"""The queue in front of the exchange: order of arrival, paced by `core.rate_limit`.

One line for all requests. Whoever comes first goes first, so two thousand snapshots asked for at
once delay a later call by the budget they use up, but no stream of light calls can starve a heavy
one. Give one `RequestBudget` to all clients behind one address: budgets and pauses are theirs
together.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import RateLimitConfig
from mexc_connector.common.errors import RateLimitError
from mexc_connector.core.rate_limit import NO_COST, RateLimiter, RateUsage, RequestCost


class RequestBudget:
    """Lets requests go when the exchange's limits have room for them."""

    def __init__(self, limits: RateLimitConfig, *, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._limiter = RateLimiter(limits)
        self._max_wait_s = limits.max_wait_s
        self._line = asyncio.Lock()
        self._queued = NO_COST

    @asynccontextmanager
    async def turn(self, cost: RequestCost, *, endpoint: str) -> AsyncIterator[float]:
        """Wait for room, count the request while it is under way; gives the seconds waited.

        Raises `RateLimitError` without waiting when the turn would come later than
        `limits.max_wait_s`, and when a pause that begins meanwhile lasts longer than that.
        A caller that is cancelled while waiting has booked nothing.
        """
        waited_s = await self._wait(cost, endpoint)
        try:
            yield waited_s
        finally:
            self._limiter.finish(cost, self._clock.now())

    async def _wait(self, cost: RequestCost, endpoint: str) -> float:
        arrived = self._clock.now()
        self._refuse_if_late(self.expected_wait_s(cost), endpoint)
        self._queued += cost
        try:
            async with self._line:
                while (wait_s := self._limiter.reserve(cost, self._clock.now())) > 0:
                    self._refuse_if_late(self._clock.now() + wait_s - arrived, endpoint)
                    await self._clock.sleep(wait_s)
        finally:
            self._queued -= cost
        return self._clock.now() - arrived

    def _refuse_if_late(self, wait_s: float, endpoint: str) -> None:
        if wait_s > self._max_wait_s:
            raise RateLimitError(
                f"not sent: its turn comes in {wait_s:.1f} s, max_wait_s is {self._max_wait_s:g}",
                endpoint=endpoint,
                retry_after=wait_s,
            )

    def expected_wait_s(self, cost: RequestCost) -> float:
        """Return how long a request made now has to wait, if answers take no time."""
        return self._limiter.expected_wait_s(cost, queued=self._queued, now=self._clock.now())

    def pause(self, seconds: float) -> None:
        """Let nothing go for `seconds`; what waits stays in line."""
        self._limiter.pause(seconds, self._clock.now())

    @property
    def paused_s(self) -> float:
        """Seconds left of a pause."""
        return self._limiter.paused_s(self._clock.now())

    def usage(self) -> RateUsage:
        """Return how full each budget is."""
        return self._limiter.usage(self._clock.now())

    def __repr__(self) -> str:
        return f"<RequestBudget {self._queued.requests} waiting, {self._limiter!r}>"

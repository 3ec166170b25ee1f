"""One request for all who ask at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import SessionClosed
from mexc_connector.rest.transport import CLOSE_TIMEOUT_S

T = TypeVar("T")


class SharedRead(Generic[T]):
    """Makes one request for however many callers, and none of them gets an answer that is too old.

    A caller joins the request under way, but takes its answer only if the request left after the
    caller had asked: else an order placed in between would be missing from its balances. Whoever
    came too late shares the next request. `fetch` returns the result and the time it was sent at.
    """

    def __init__(
        self, fetch: Callable[[], Awaitable[tuple[T, float]]], *, clock: Clock, name: str
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._name = name
        self._flight: asyncio.Task[tuple[T, float]] | None = None
        self._is_closed = False
        self.calls = 0
        self.requests = 0

    async def get(self) -> T:
        """Return an answer from after this call. Raises what the request raises.

        Cancelling one caller leaves the request to the others.
        """
        self.calls += 1
        asked_at = self._clock.now()
        while True:
            if self._is_closed:
                raise SessionClosed("the client is closed")
            if self._flight is None:
                self.requests += 1
                self._flight = asyncio.create_task(self._run(), name=f"mexc {self._name}")
                self._flight.add_done_callback(self._on_landed)
            result, sent_at = await asyncio.shield(self._flight)
            if sent_at >= asked_at:
                return result

    async def _run(self) -> tuple[T, float]:
        return await self._fetch()

    def _on_landed(self, task: asyncio.Task[tuple[T, float]]) -> None:
        self._flight = None
        if not task.cancelled():
            task.exception()  # every caller may be gone; then nobody else retrieves it

    async def close(self) -> None:
        """Wait for the request under way, which its client ends. May be called twice."""
        self._is_closed = True
        if self._flight is not None:
            await asyncio.wait([self._flight], timeout=CLOSE_TIMEOUT_S)

"""Async iteration over pushed events: what a slow consumer loses is bounded, and it is told.

A stream has a producer that pushes synchronously and a consumer that iterates. They share an
`Inlet`; the consumer's end is a `Watch`. Nothing but the consumer holds the `Watch`, so one that
was abandoned (a `break` out of `async for`) is collected, and that releases its subscription.
"""

import asyncio
import contextlib
import weakref
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from mexc_connector.common.errors import EventsLost, UsageError
from mexc_connector.common.registration import GuardedCallback, Registration, Release

__all__ = ["GuardedCallback", "Inlet", "Opener", "Registration", "Release", "Watch"]

T = TypeVar("T")


class Inlet(Generic[T]):
    """The producer's end of a watch. Every method is synchronous and belongs to the loop's thread.

    With a `capacity` it is a queue: once full, new events are dropped and counted in `lost` until
    the consumer has taken what was queued and has been told. Without one it keeps the latest
    event only and counts in `skipped` those that nobody took.
    """

    __slots__ = (
        "_capacity",
        "_dropped",
        "_error",
        "_has_ended",
        "_items",
        "_waiter",
        "lost",
        "skipped",
        "stream",
    )

    def __init__(self, stream: str, *, capacity: int | None) -> None:
        self.stream = stream
        self.skipped = 0
        self.lost = 0
        self._capacity = capacity
        self._items: deque[T] = deque()
        self._dropped = 0
        self._error: Exception | None = None
        self._has_ended = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def has_ended(self) -> bool:
        """Whether `fail`, `finish` or the consumer has ended it; pushes are ignored then."""
        return self._has_ended

    def push(self, event: T) -> None:
        """Hand over one event; never waits."""
        if self._has_ended:
            return
        items = self._items
        if self._capacity is None:
            if items:
                self.skipped += 1
                items[0] = event
                return
        elif self._dropped or len(items) >= self._capacity:
            # Order is kept: nothing is queued behind a loss before the loss is reported.
            self._dropped += 1
            self.lost += 1
            return
        items.append(event)
        self._wake()

    def fail(self, error: Exception) -> None:
        """End the stream: the consumer gets what is queued, then `error` once, then the end."""
        if not self._has_ended:
            self._error = error
            self._has_ended = True
            self._wake()

    def finish(self) -> None:
        """End the stream: the consumer gets what is queued, then the end."""
        if not self._has_ended:
            self._has_ended = True
            self._wake()

    def discard(self) -> None:
        """End the stream and forget what is queued: the consumer has left."""
        self._items.clear()
        self._dropped = 0
        self._error = None
        self._has_ended = True
        self._wake()

    async def take(self) -> T:
        """Wait for the next event. Cancellation takes nothing out.

        Raises `EventsLost` after an overflow, the error of `fail` once, `StopAsyncIteration` at
        the end, and `UsageError` while another task is waiting.
        """
        while not self._items:
            if self._dropped:
                lost, self._dropped = self._dropped, 0
                raise EventsLost(self.stream, lost)
            self.raise_failure()
            if self._has_ended:
                raise StopAsyncIteration
            await self._wait()
        return self._items.popleft()

    def raise_failure(self) -> None:
        """Raise the error of `fail`, once, if nothing is queued before it."""
        if self._error is not None and not self._items:
            error, self._error = self._error, None
            raise error

    async def _wait(self) -> None:
        if self._waiter is not None:
            raise UsageError(f"{self.stream}: one watch serves one task at a time; make another")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def __repr__(self) -> str:
        state = "ended" if self._has_ended else f"{len(self._items)} waiting"
        return f"<Inlet {self.stream}: {state}, skipped {self.skipped}, lost {self.lost}>"


Opener = Callable[[Inlet[T]], Awaitable[Release]]
"""Attaches an inlet to its stream; raises what the consumer shall see. When it is cancelled it
withdraws the wish itself."""


class _Lease(Generic[T]):
    """What a started watch holds of its stream. It knows the inlet, never the watch."""

    __slots__ = ("_inlet", "_is_over", "_loop", "_release", "opening")

    def __init__(self, inlet: Inlet[T], opener: Opener[T]) -> None:
        self._inlet = inlet
        self._loop = asyncio.get_running_loop()
        self._release: Release | None = None
        self._is_over = False
        self.opening = self._loop.create_task(
            self._open(inlet, opener), name=f"mexc watch {inlet.stream}"
        )

    async def _open(self, inlet: Inlet[T], opener: Opener[T]) -> None:
        try:
            release = await opener(inlet)
        except Exception as error:  # handed to who asked, whatever it is
            inlet.fail(error)
            return
        if self._is_over:
            release()
        else:
            self._release = release

    def end(self) -> None:
        """Give the subscription back, or stop asking for it."""
        if self._is_over:
            return
        self._is_over = True
        self._inlet.discard()
        self.opening.cancel()
        if self._release is not None:
            self._release()
            self._release = None

    def end_soon(self) -> None:
        """`end`, asked for by the garbage collector: at any moment, on any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing is left to release
            self._loop.call_soon_threadsafe(self.end)


class Watch(AsyncIterator[T]):
    """Async iterator over one stream. `async for`, or `async with` to end it at a known place.

    The subscription is made by the first `__anext__` or by entering; a refusal is raised there.
    Cancelling `__anext__` loses no event. Dropping the watch, `aclose` and leaving `async with`
    give the subscription back. Watches of one stream are independent of each other.

    A latest-state watch hands out the newest event and counts the ones in between in `skipped`.
    A queue watch hands out every event; a consumer too slow for its bounded queue gets
    `EventsLost` at the place of the gap, and may go on iterating from there.
    """

    __slots__ = ("__weakref__", "_inlet", "_lease", "_opener")

    def __init__(self, stream: str, opener: Opener[T], *, capacity: int | None) -> None:
        self._inlet: Inlet[T] = Inlet(stream, capacity=capacity)
        self._opener = opener
        self._lease: _Lease[T] | None = None

    @classmethod
    def of_latest(cls, stream: str, opener: Opener[T]) -> Self:
        """Make a watch that hands out the latest state."""
        return cls(stream, opener, capacity=None)

    @classmethod
    def of_queue(cls, stream: str, opener: Opener[T], *, capacity: int) -> Self:
        """Make a watch that hands out every event and may be `capacity` events behind."""
        return cls(stream, opener, capacity=capacity)

    @property
    def stream(self) -> str:
        """Name of the stream, as errors give it."""
        return self._inlet.stream

    @property
    def skipped(self) -> int:
        """Events that were replaced by a newer one before anybody took them."""
        return self._inlet.skipped

    @property
    def lost(self) -> int:
        """Events dropped because the queue was full; `EventsLost` has told or will tell."""
        return self._inlet.lost

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if not self._inlet.has_ended:
            self._start()
        return await self._inlet.take()

    async def __aenter__(self) -> Self:
        if self._inlet.has_ended:
            raise UsageError(f"{self.stream}: this watch has ended; make another")
        lease = self._start()
        try:
            # Not awaited directly: a cancellation of ours must not race with the opening's own.
            await asyncio.wait((lease.opening,))
        except asyncio.CancelledError:
            await self.aclose()
            raise
        self._inlet.raise_failure()
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the watch and give its subscription back; a pending `__anext__` stops. Idempotent."""
        if self._lease is None:
            self._inlet.discard()
            return
        self._lease.end()
        await asyncio.wait((self._lease.opening,))

    def _start(self) -> _Lease[T]:
        if self._lease is None:
            self._lease = _Lease(self._inlet, self._opener)
            weakref.finalize(self, self._lease.end_soon).atexit = False
        return self._lease

    def __repr__(self) -> str:
        started = "not started" if self._lease is None else "started"
        return f"<Watch {self.stream}: {started}, skipped {self.skipped}, lost {self.lost}>"

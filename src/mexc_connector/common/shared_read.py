"""One request, or one piece of work, for all who ask at once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Generic, TypeVar

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import MexcError, SessionClosed

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)


async def result_of(shared: asyncio.Task[T], *, ended: Callable[[], MexcError]) -> T:
    """Wait for a task that others wait for as well: cancelling the caller leaves it to them.

    Raises what the task raises, and `ended()` if its owner cancelled it: nobody cancelled the
    caller then, and no cancellation may come out of its call.

    Not by `asyncio.shield`: from Python 3.14 on that tells the event loop's exception handler of a
    task which fails after its caller was cancelled, as if nobody had an eye on it.
    """
    try:
        await asyncio.wait([shared])
        return shared.result()
    except asyncio.CancelledError:
        caller = asyncio.current_task()
        if shared.cancelled() and not (caller is not None and caller.cancelling()):
            raise ended() from None
        raise


class SingleFlight(Generic[T]):
    """Runs `job` once for however many join while it is under way."""

    def __init__(self, job: Callable[[], Awaitable[T]], *, name: str) -> None:
        self._job = job
        self._name = name
        self._task: asyncio.Task[T] | None = None
        self._is_closed = False

    @property
    def is_under_way(self) -> bool:
        """Whether whoever joins now shares a run that has begun."""
        return self._task is not None

    def require_open(self) -> None:
        """Raise `SessionClosed` after `close`."""
        if self._is_closed:
            raise SessionClosed("the client is closed")

    async def join(self) -> T:
        """Return the result of the run under way, or of a new one. Raises what it raises.

        Cancelling one caller leaves the run to the others; `close` ends it with `SessionClosed`.
        """
        self.require_open()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"mexc {self._name}")
            self._task.add_done_callback(self._on_landed)
        return await result_of(self._task, ended=lambda: SessionClosed("the client was closed"))

    async def close(self) -> None:
        """End the run under way. May be called twice."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> T:
        return await self._job()

    def _on_landed(self, task: asyncio.Task[T]) -> None:
        self._task = None
        if not task.cancelled():
            task.exception()  # every caller may be gone; then nobody else retrieves it


class SharedRead(Generic[T]):
    """Makes one request for however many callers, and none of them gets an answer that is too old.

    A caller joins the request under way, but takes its answer only if the request left after the
    caller had asked: else an order placed in between would be missing from its balances. Whoever
    came too late shares the next request. `fetch` returns the result and the time it was sent at.
    """

    def __init__(
        self, fetch: Callable[[], Awaitable[tuple[T, float]]], *, clock: Clock, name: str
    ) -> None:
        self._clock = clock
        self._flight = SingleFlight(fetch, name=name)
        self.calls = 0
        self.requests = 0

    async def get(self) -> T:
        """Return an answer from after this call. Raises what the request raises.

        Cancelling one caller leaves the request to the others.
        """
        self.calls += 1
        asked_at = self._clock.now()
        while True:
            self._flight.require_open()
            self.requests += not self._flight.is_under_way
            result, sent_at = await self._flight.join()
            if sent_at >= asked_at:
                return result

    async def close(self) -> None:
        """End the request under way. May be called twice."""
        await self._flight.close()


class JointWork(Generic[Key]):
    """Does one piece of work for all who want it at once, and for as long as anybody does.

    Unlike a read it leaves something behind, so when the last caller is cancelled it is too.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._under_way: dict[Key, _Work] = {}

    async def join(self, key: Key, job: Callable[[], Coroutine[None, None, None]]) -> None:
        """Return when the work under `key` is done: the one under way, or `job`."""
        while (work := self._under_way.get(key)) is not None and not work.callers:
            await asyncio.wait([work.task])  # it is being undone
        if work is None:
            work = self._under_way[key] = self._begin(key, job)
        work.callers += 1
        try:
            await asyncio.wait([work.task])
        finally:
            work.callers -= 1
            if not work.callers and not work.task.done():
                work.task.cancel()
                await asyncio.wait([work.task])
        work.task.result()

    def _begin(self, key: Key, job: Callable[[], Coroutine[None, None, None]]) -> "_Work":
        task = asyncio.create_task(job(), name=f"mexc {self._name} {key}")

        def forget(ended: asyncio.Task[None]) -> None:
            del self._under_way[key]
            if not ended.cancelled():
                ended.exception()  # every caller may be gone; then nobody else retrieves it

        task.add_done_callback(forget)
        return _Work(task)


class _Work:
    __slots__ = ("callers", "task")

    def __init__(self, task: asyncio.Task[None]) -> None:
        self.task = task
        self.callers = 0

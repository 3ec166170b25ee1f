"""Outlet: events of the account handed to any number of iterators and callbacks."""

from collections.abc import Callable
from typing import Generic, TypeVar

from mexc_connector.common.errors import SessionClosed
from mexc_connector.common.registration import GuardedCallback, Registration, Release
from mexc_connector.common.watch import Inlet, Watch

T = TypeVar("T")


class Outlet(Generic[T]):
    """Hands every event to every consumer. Nothing has to be granted: the session has it all."""

    def __init__(self, stream: str, *, queue_size: int) -> None:
        self.callback_errors = 0
        self._stream = stream
        self._queue_size = queue_size
        self._inlets: tuple[Inlet[T], ...] = ()
        self._callbacks: tuple[GuardedCallback[T], ...] = ()
        self._is_closed = False

    def watch(self) -> Watch[T]:
        """Return a watch over every event from its first use on; `EventsLost` if it overflows."""
        return Watch.of_queue(self._stream, self._attach, capacity=self._queue_size)

    def on(self, callback: Callable[[T], object]) -> Registration:
        """Call `callback(event)` for every event from now on."""
        guarded = GuardedCallback(self._stream, callback, on_failure=self._count_error)
        self._callbacks = (*self._callbacks, guarded)

        def release() -> None:
            self._callbacks = tuple(other for other in self._callbacks if other is not guarded)

        return Registration(self._stream, release=release)

    def push(self, event: T) -> None:
        """Hand an event out; never waits and never raises."""
        for inlet in self._inlets:
            inlet.push(event)
        for callback in self._callbacks:
            callback(event)

    def finish(self) -> None:
        """End every watch and forget every callback."""
        self._is_closed = True
        for inlet in self._inlets:
            inlet.finish()
        self._inlets, self._callbacks = (), ()

    async def _attach(self, inlet: Inlet[T]) -> Release:
        if self._is_closed:
            raise SessionClosed(f"{self._stream}: the session is closed")
        self._inlets = (*self._inlets, inlet)

        def release() -> None:
            self._inlets = tuple(other for other in self._inlets if other is not inlet)

        return release

    def _count_error(self) -> None:
        self.callback_errors += 1

    def __repr__(self) -> str:
        return f"<Outlet {self._stream}: {len(self._inlets)} watches>"

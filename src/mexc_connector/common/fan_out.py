"""FanOut: events that are there anyway, handed to any number of iterators and callbacks."""

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from mexc_connector.common.errors import SessionClosed
from mexc_connector.common.registration import GuardedCallback, Registration, Release
from mexc_connector.common.watch import Inlet, Watch

T = TypeVar("T")


class FanOut(Generic[T]):
    """Hands every event to every consumer. Nothing has to be granted for it.

    `callback_errors` counts what callbacks raised; `on_callback_error` is told as well.
    """

    def __init__(
        self,
        stream: str,
        *,
        queue_size: int,
        on_callback_error: Callable[[], None] | None = None,
    ) -> None:
        self.stream = stream
        self.callback_errors = 0
        self._queue_size = queue_size
        self._on_callback_error = on_callback_error
        # Replaced, never changed in place: an event may be under way over them.
        self._inlets: tuple[Inlet[T], ...] = ()
        self._callbacks: tuple[GuardedCallback[T], ...] = ()
        self._registrations: dict[int, Registration] = {}
        self._is_finished = False

    def watch(self) -> Watch[T]:
        """Return a watch over every event from its first use on; `EventsLost` if it overflows."""
        return Watch.of_queue(self.stream, self._attach, capacity=self._queue_size)

    def register(self, callback: Callable[[T], object]) -> Registration:
        """Call `callback` for every event from now on."""
        guarded = GuardedCallback(self.stream, callback, on_failure=self._count_error)
        self._callbacks = (*self._callbacks, guarded)
        registration = Registration(self.stream, release=partial(self._forget, guarded))
        self._registrations[id(guarded)] = registration
        return registration

    def push(self, event: T) -> None:
        """Hand an event out; never waits and never raises."""
        for inlet in self._inlets:
            inlet.push(event)
        for callback in self._callbacks:
            callback(event)

    def finish(self) -> None:
        """End every watch and close every registration: the client was closed."""
        self._is_finished = True
        inlets, self._inlets = self._inlets, ()
        for inlet in inlets:
            inlet.finish()
        for registration in tuple(self._registrations.values()):
            registration.close()

    async def _attach(self, inlet: Inlet[T]) -> Release:
        if self._is_finished:
            raise SessionClosed(f"{self.stream}: the session is closed")
        self._inlets = (*self._inlets, inlet)
        return partial(self._detach, inlet)

    def _detach(self, inlet: Inlet[T]) -> None:
        self._inlets = tuple(other for other in self._inlets if other is not inlet)

    def _forget(self, callback: GuardedCallback[T]) -> None:
        self._callbacks = tuple(other for other in self._callbacks if other is not callback)
        self._registrations.pop(id(callback), None)

    def _count_error(self) -> None:
        self.callback_errors += 1
        if self._on_callback_error is not None:
            self._on_callback_error()

    def __repr__(self) -> str:
        watches, callbacks = len(self._inlets), len(self._callbacks)
        return f"<FanOut {self.stream}: {watches} watches, {callbacks} callbacks>"

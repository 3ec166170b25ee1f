"""FanOut: one kind of decoded event for any number of consumers, over a channel that is held."""

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from mexc_connector.common.errors import SessionClosed
from mexc_connector.common.registration import GuardedCallback, Registration, Release
from mexc_connector.common.watch import Inlet, Watch
from mexc_connector.ws.feed import CallbackConsumer, Consumer

T = TypeVar("T")


class FanOut(Generic[T]):
    """Hands every event to every consumer. Unlike a `Feed` it subscribes to nothing itself."""

    def __init__(
        self, stream: str, *, queue_size: int, on_callback_error: Callable[[], None]
    ) -> None:
        self.stream = stream
        self._queue_size = queue_size
        self._on_callback_error = on_callback_error
        self._consumers: tuple[Consumer[T], ...] = ()
        self._is_finished = False

    def watch(self) -> Watch[T]:
        """Return a watch that hands out every event from its first use on."""
        return Watch.of_queue(self.stream, self._attach, capacity=self._queue_size)

    def register(self, callback: Callable[[T], object]) -> Registration:
        """Call `callback` for every event from now on."""
        guarded = GuardedCallback(self.stream, callback, on_failure=self._on_callback_error)
        consumer = CallbackConsumer(guarded)
        self._join(consumer)
        consumer.registration = Registration(self.stream, release=partial(self._leave, consumer))
        return consumer.registration

    def push(self, event: T) -> None:
        """Hand an event out."""
        for consumer in self._consumers:
            consumer.push(event)

    def finish(self) -> None:
        """End every consumer: the client was closed."""
        self._is_finished = True
        consumers, self._consumers = self._consumers, ()
        for consumer in consumers:
            consumer.finish()

    async def _attach(self, inlet: Inlet[T]) -> Release:
        if self._is_finished:
            raise SessionClosed(f"{self.stream}: the streams are closed")
        self._join(inlet)
        return partial(self._leave, inlet)

    def _join(self, consumer: Consumer[T]) -> None:
        # Replaced, never changed in place: an event may be under way over them.
        self._consumers = (*self._consumers, consumer)

    def _leave(self, consumer: Consumer[T]) -> None:
        self._consumers = tuple(other for other in self._consumers if other is not consumer)

    def __repr__(self) -> str:
        return f"<FanOut {self.stream}: {len(self._consumers)} consumers>"

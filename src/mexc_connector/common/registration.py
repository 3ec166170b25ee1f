"""Synchronous callbacks: how they are registered, acknowledged, guarded and given back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Generic, Self, TypeVar

from mexc_connector.common.errors import SessionClosed, UsageError
from mexc_connector.common.log_fields import fields_of, log_fields

T = TypeVar("T")

Release = Callable[[], None]
"""Gives a subscription back: synchronous, on the loop's thread, harmless when repeated."""

_logger = logging.getLogger("mexc_connector.callbacks")


class GuardedCallback(Generic[T]):
    """A user's callback that cannot break the stream it listens to.

    What it raises is counted in `failures` and told to `on_failure`; the first time it is logged
    with its traceback.
    """

    __slots__ = ("_callback", "_on_failure", "_stream", "failures")

    def __init__(
        self,
        stream: str,
        callback: Callable[[T], object],
        *,
        on_failure: Callable[[], None] | None = None,
    ) -> None:
        self._stream = stream
        self._callback = callback
        self._on_failure = on_failure
        self.failures = 0

    def __call__(self, event: T) -> None:
        """Pass `event` on."""
        try:
            self._callback(event)
        except Exception:
            self.failures += 1
            if self._on_failure is not None:
                self._on_failure()
            if self.failures == 1:
                _logger.exception(
                    "%s: callback %r raised; it stays registered, further errors are only counted",
                    self._stream,
                    self._callback,
                    extra=fields_of(event, stream=self._stream),
                )


class Registration:
    """A registered callback: in force at once, awaitable until the exchange has acknowledged it.

    `await mexc.on_trades(...)` returns the registration, or raises `SubscriptionRefused` or what
    else went wrong. Whoever does not await gets a refusal as a warning in the log. Dropping the
    registration changes nothing: the callback stays until `close` or until the client closes.
    """

    __slots__ = ("_awaiting", "_error", "_is_closed", "_release", "_task", "stream")

    def __init__(
        self,
        stream: str,
        *,
        release: Release,
        acknowledged: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Wrap a callback that is registered already.

        `acknowledged` returns once the exchange has granted the stream; None where nothing has to
        be granted. When it fails, `release` is called.
        """
        self.stream = stream
        self._release = release
        self._error: Exception | None = None
        self._awaiting = 0
        self._is_closed = False
        self._task: asyncio.Task[None] | None = None
        if acknowledged is not None:
            self._task = asyncio.get_running_loop().create_task(
                self._settle(acknowledged), name=f"mexc registration {stream}"
            )

    @property
    def is_closed(self) -> bool:
        """Whether the callback is no longer registered."""
        return self._is_closed

    def close(self) -> None:
        """Remove the callback and give its subscription back. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
        self._release()

    def __await__(self) -> Generator[Any, None, Self]:
        return self._wait().__await__()

    async def _wait(self) -> Self:
        if self._task is not None:
            self._awaiting += 1
            try:
                await asyncio.wait((self._task,))
            finally:
                self._awaiting -= 1
        if self._error is not None:
            raise self._error
        if self._is_closed:
            raise UsageError(f"{self.stream}: this registration was closed")
        return self

    async def _settle(self, acknowledged: Callable[[], Awaitable[None]]) -> None:
        try:
            await acknowledged()
        except Exception as error:  # kept for who awaits, whatever it is
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._is_closed = True
        self._release()
        if not self._awaiting and not isinstance(error, SessionClosed):
            fields = log_fields(stream=self.stream)
            _logger.warning("%s: not registered: %s", self.stream, error, extra=fields)

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "registered"
        return f"<Registration {self.stream}: {state}>"

"""Alarm: one timer of the loop, set to a deadline of an injected clock."""

import asyncio
from collections.abc import Callable

from mexc_connector.common.clock import Clock


class Alarm:
    """Calls back once when `deadline` has passed. Setting it again replaces the deadline."""

    __slots__ = ("_clock", "_handle")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._handle: asyncio.TimerHandle | None = None

    def set(self, deadline: float | None, callback: Callable[[], None]) -> None:
        """Call `callback` at `deadline`, in seconds of the clock; None means never."""
        self.cancel()
        if deadline is not None:
            delay = max(0.0, deadline - self._clock.now())
            self._handle = self._clock.call_later(delay, callback)

    def cancel(self) -> None:
        """Do not call back."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

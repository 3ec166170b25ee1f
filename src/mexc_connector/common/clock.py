"""The only place that reads the time or sleeps. Shells take a `Clock`; tests hand in their own."""

import asyncio
import time
from collections.abc import Callable


class Clock:
    """Real time."""

    def now(self) -> float:
        """Seconds of a monotonic clock; only differences mean anything."""
        return time.monotonic()

    def time_ns(self) -> int:
        """Nanoseconds since the Unix epoch by this machine's clock."""
        return time.time_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait; nothing at all for zero or less."""
        if seconds > 0:
            await asyncio.sleep(seconds)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Have the running loop call back once in so many seconds; at once for zero or less."""
        return asyncio.get_running_loop().call_later(seconds, callback)

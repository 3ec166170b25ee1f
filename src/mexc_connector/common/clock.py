"""The only place that reads the time or sleeps. Shells take a `Clock`; tests hand in their own."""

import asyncio
import time


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

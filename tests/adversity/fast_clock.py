"""A clock that runs so many times as fast as the wall's, for days that pass in minutes."""

import asyncio
import time
from collections.abc import Callable

from mexc_connector.common.clock import Clock


class FastClock(Clock):
    """Everything that the connector times by its clock happens `speed` times as soon.

    Sockets stay as slow as they are: time limits of requests and connections are the loop's.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._zero = time.monotonic()
        self._began_ns = time.time_ns()

    def now(self) -> float:
        return (time.monotonic() - self._zero) * self.speed

    def time_ns(self) -> int:
        return self._began_ns + int(self.now() * 1e9)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self.speed)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return super().call_later(seconds / self.speed, callback)

"""A session that takes a burst, with a heartbeat that shows how long its loop was blocked."""

import asyncio
import time
from contextlib import AsyncExitStack

from benchmarks.contenders.receiving_ours import Receiving, receiving

BEAT_S = 0.001


class Heartbeat:
    """Beats every millisecond and keeps the longest delay of a beat, in seconds.

    `blocked_s` is by the wall clock, `worked_s` the CPU time of that span: on a busy machine the
    first also counts what other processes took.
    """

    def __init__(self) -> None:
        self.blocked_s = self.worked_s = 0.0
        self._loop = asyncio.get_running_loop()
        self._wall, self._work = time.perf_counter(), time.process_time()
        self._handle = self._loop.call_later(BEAT_S, self._beat)

    def stop(self) -> None:
        """Beat no more."""
        self._handle.cancel()

    def _beat(self) -> None:
        wall, work = time.perf_counter(), time.process_time()
        self.blocked_s = max(self.blocked_s, wall - self._wall - BEAT_S)
        self.worked_s = max(self.worked_s, work - self._work)
        self._wall, self._work = wall, work
        self._handle = self._loop.call_later(BEAT_S, self._beat)


class Round:
    """One burst: delays in milliseconds."""

    def __init__(self, stack: AsyncExitStack, lane: Receiving, frames: int) -> None:
        self.close = stack.aclose
        self._lane = lane
        self._frames = frames

    async def __call__(self) -> dict[str, float]:
        """Take the burst; every frame calls back and the book ends as the exchange's."""
        heartbeat = Heartbeat()
        started = time.perf_counter()
        try:
            await self._lane.play(f"burst {self._frames}", self._frames)
            taken_s = time.perf_counter() - started
            await asyncio.sleep(2 * BEAT_S)  # the beat that the last frames held up
        finally:
            heartbeat.stop()
        return {
            "blocked": heartbeat.blocked_s * 1e3,
            "worked": heartbeat.worked_s * 1e3,
            "taken": taken_s * 1e3,
            "lost": self._lane.missing,
        }


async def prepare(folder: str, frames: int) -> Round:
    """Open everything."""
    stack = AsyncExitStack()
    return Round(stack, await receiving(stack, folder), frames)

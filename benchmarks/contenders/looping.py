"""Our client on one event loop: frames, and small REST answers one after the other."""

import time
from contextlib import AsyncExitStack

from benchmarks.contenders.receiving_ours import Receiving, receiving


class Round:
    """CPU and waiting per frame and per REST answer."""

    def __init__(
        self, stack: AsyncExitStack, lane: Receiving, *, burst: int, paced: int, reads: int
    ) -> None:
        self.close = stack.aclose
        self._lane = lane
        self._burst, self._paced, self._reads = burst, paced, reads

    async def __call__(self) -> dict[str, float]:
        """Do each once."""
        burst_s = await self._lane.play(f"burst {self._burst}", self._burst)
        paced_s = await self._lane.play(f"paced {self._paced} 1", self._paced)
        rest = self._lane.mexc.public_rest
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(self._reads):
            await rest.ping()
        cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
        return {
            "burst": burst_s / self._burst * 1e6,
            "paced": paced_s / self._paced * 1e6,
            "rest cpu": cpu_s / self._reads * 1e6,
            "rest wall": wall_s / self._reads * 1e6,
        }


async def prepare(folder: str, burst: int, paced: int, reads: int) -> Round:
    """Open everything."""
    stack = AsyncExitStack()
    lane = await receiving(stack, folder)
    return Round(stack, lane, burst=burst, paced=paced, reads=reads)

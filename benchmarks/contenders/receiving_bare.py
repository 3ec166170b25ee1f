"""A bare `websockets` loop that receives the same frames from the same server and drops them."""

import asyncio
import time
from contextlib import AsyncExitStack

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.frames import CHANNEL
from benchmarks.servers import Server, prepared_exchange

_LIMIT_S = 30.0


class Round:
    """CPU per frame: in a burst, and frame by frame."""

    def __init__(
        self,
        stack: AsyncExitStack,
        server: Server,
        socket: ClientConnection,
        *,
        burst: int,
        paced: int,
    ) -> None:
        self.close = stack.aclose
        self._server = server
        self._socket = socket
        self._burst = burst
        self._paced = paced

    async def __call__(self) -> dict[str, float]:
        """Receive one burst, then some frames one by one."""
        burst_s = await self._receive(f"burst {self._burst}", self._burst)
        paced_s = await self._receive(f"paced {self._paced} 1", self._paced)
        return {"burst": burst_s / self._burst * 1e6, "paced": paced_s / self._paced * 1e6}

    async def _receive(self, command: str, frames: int) -> float:
        recv = self._socket.recv
        self._server.command(command)
        started = time.process_time()
        async with asyncio.timeout(_LIMIT_S):
            for _ in range(frames):
                await recv()
        return time.process_time() - started


async def prepare(folder: str, burst: int, paced: int) -> Round:
    """Connect and subscribe."""
    stack = AsyncExitStack()
    server = stack.enter_context(prepared_exchange(folder))
    # Uncompressed, as the exchange sends; the queue's default makes it pause reading in bursts.
    socket = await stack.enter_async_context(
        connect(server.ws, compression=None, ping_interval=None, max_queue=None)
    )
    await socket.send(f'{{"method":"SUBSCRIPTION","params":["{CHANNEL}"],"id":1}}')
    await socket.recv()
    return Round(stack, server, socket, burst=burst, paced=paced)

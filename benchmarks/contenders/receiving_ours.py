"""Our whole client over loopback: session, socket, decoder, book, the user's callback."""

import asyncio
import time
from contextlib import AsyncExitStack

from benchmarks.contenders import WrongResult, require_book
from benchmarks.contenders.depth_ours import SYMBOL, book_of
from benchmarks.recording import Book, read
from benchmarks.servers import Server, prepared_exchange
from mexc_connector import MexcConfig, MexcExchange, OrderBook, RateLimitConfig, StreamConfig

_LIMIT_S = 30.0


class Receiving:
    """A session over one market whose recording is played piece by piece."""

    def __init__(self, server: Server, mexc: MexcExchange, after: Book, frames: int) -> None:
        self._server = server
        self.mexc = mexc
        self._after = after
        self._left = frames
        self._wanted = 0
        self._is_done = asyncio.Event()
        mexc.on_orderbook(SYMBOL, self._on_book)

    async def play(self, command: str, frames: int) -> float:
        """Have frames played and wait for the last one's callback; return CPU seconds."""
        self._wanted = frames
        self._is_done.clear()
        self._server.command(command)
        started = time.process_time()
        async with asyncio.timeout(_LIMIT_S):
            await self._is_done.wait()
        spent = time.process_time() - started
        self._left -= frames
        if self._left == 0:
            require_book("ours", book_of(self.mexc.orderbook), self._after)
        resyncs = self.mexc.get_performance_metrics()["orderbook_resyncs"]
        if resyncs:
            raise WrongResult(f"ours: {resyncs} resyncs")
        return spent

    @property
    def missing(self) -> int:
        """Callbacks that the last play still owes, below zero for too many."""
        return self._wanted

    def _on_book(self, book: OrderBook) -> None:
        self._wanted -= 1
        if self._wanted == 0:
            self._is_done.set()


async def receiving(stack: AsyncExitStack, folder: str, *, latency_one_in: int = 0) -> Receiving:
    """Start a server for the recording and a session on it; `stack` ends both."""
    recording = read(folder)
    server = stack.enter_context(prepared_exchange(folder))
    streams = StreamConfig(latency_one_in=latency_one_in)
    config = MexcConfig(
        rest_url=server.rest,
        stream_url=server.ws,
        streams=streams,
        limits=RateLimitConfig.lifted(),
    )
    exchange = MexcExchange(config=config, environment={})
    mexc = await stack.enter_async_context(exchange.session([SYMBOL]))
    return Receiving(server, mexc, recording.after, len(recording.frames))


class Round:
    """CPU per frame: in a burst, and frame by frame."""

    def __init__(self, stack: AsyncExitStack, lane: Receiving, burst: int, paced: int) -> None:
        self.close = stack.aclose
        self._lane = lane
        self._burst = burst
        self._paced = paced

    async def __call__(self) -> dict[str, float]:
        """Play one burst, then some frames one by one."""
        burst_s = await self._lane.play(f"burst {self._burst}", self._burst)
        paced_s = await self._lane.play(f"paced {self._paced} 1", self._paced)
        return {"burst": burst_s / self._burst * 1e6, "paced": paced_s / self._paced * 1e6}


async def prepare(folder: str, burst: int, paced: int, latency_one_in: int = 0) -> Round:
    """Open everything."""
    stack = AsyncExitStack()
    lane = await receiving(stack, folder, latency_one_in=latency_one_in)
    return Round(stack, lane, burst, paced)

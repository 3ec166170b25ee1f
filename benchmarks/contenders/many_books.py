"""A session that keeps the books of a whole exchange; what its process then holds."""

import asyncio
import gc
import os
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.contenders import WrongResult
from benchmarks.contenders.depth_ours import book_of
from benchmarks.recording import read
from benchmarks.servers import prepared_exchange
from mexc_connector import MexcConfig, MexcExchange, RateLimitConfig, Symbol


def resident_mb() -> float:
    """Return what this process holds in memory, in MB of a million bytes. Linux only."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Round:
    """Sync the books of all markets of a prepared exchange."""

    def __init__(
        self, stack: AsyncExitStack, mexc: MexcExchange, symbols: list[Symbol], folder: str
    ) -> None:
        self.close = stack.aclose
        self._mexc = mexc
        self._symbols = symbols
        self._before = read(folder).before

    async def __call__(self) -> dict[str, float]:
        """Add all markets to the idle session and return what they cost."""
        gc.collect()
        idle_mb = resident_mb()
        await asyncio.gather(*(self._mexc.add_symbol(symbol) for symbol in self._symbols))
        gc.collect()
        above_mb = resident_mb() - idle_mb
        for symbol in self._symbols:
            if book_of(self._mexc.get_orderbook(symbol)) != self._before:
                raise WrongResult(f"the book of {symbol} is not the exchange's")
        return {"idle": idle_mb, "above": above_mb, "per book": above_mb / len(self._symbols) * 1e3}


async def prepare(folder: str, symbols: int) -> Round:
    """Open a session without any market."""
    stack = AsyncExitStack()
    server = stack.enter_context(prepared_exchange(folder, symbols=symbols))
    config = MexcConfig(rest_url=server.rest, stream_url=server.ws, limits=RateLimitConfig.lifted())
    exchange = MexcExchange(config=config, environment={})
    mexc = await stack.enter_async_context(exchange.session())
    symbol_map = await mexc.public_rest.get_symbol_map()
    return Round(stack, mexc, list(symbol_map), folder)

"""Reads of a live session's memory: books, and symbols in both spellings."""

import time
import timeit
from contextlib import AsyncExitStack

from benchmarks.contenders import WrongResult
from benchmarks.contenders.depth_ours import SYMBOL
from benchmarks.servers import prepared_exchange
from mexc_connector import MexcConfig, MexcExchange

STATEMENTS = {
    "get_orderbook(symbol)": "get_orderbook(symbol)",
    "book.best_bid": "book.best_bid",
    "book.best_ask": "book.best_ask",
    "book.bids[0].price": "book.bids[0].price",
    "book.mid_price": "book.mid_price",
    "get_orderbook(symbol).best_bid.price": "get_orderbook(symbol).best_bid.price",
    "symbol_map.to_exchange(symbol)": "to_exchange(symbol)",
    "symbol_map.from_exchange(text)": "from_exchange(text)",
    "an empty loop": "pass",
}


class Round:
    """CPU nanoseconds per statement, the loop around it included."""

    def __init__(self, stack: AsyncExitStack, names: dict[str, object], repeats: int) -> None:
        self.close = stack.aclose
        self._repeats = repeats
        self._timers = {
            name: timeit.Timer(statement, globals=names, timer=time.process_time)
            for name, statement in STATEMENTS.items()
        }

    def __call__(self) -> dict[str, float]:
        """Run every statement many times."""
        repeats = self._repeats
        return {name: t.timeit(repeats) / repeats * 1e9 for name, t in self._timers.items()}


async def prepare(folder: str, symbols: int, repeats: int) -> Round:
    """Open a session over one market of `symbols`; its book is live."""
    stack = AsyncExitStack()
    server = stack.enter_context(prepared_exchange(folder, symbols=symbols))
    config = MexcConfig(rest_url=server.rest, stream_url=server.ws)
    exchange = MexcExchange(config=config, environment={})
    mexc = await stack.enter_async_context(exchange.session([SYMBOL]))
    symbol_map = await mexc.public_rest.get_symbol_map()
    if symbol_map.from_exchange("BTCUSDT") != SYMBOL or len(symbol_map) != symbols:
        raise WrongResult("not the symbol map of this exchange")
    names = {
        "get_orderbook": mexc.get_orderbook,
        "book": mexc.get_orderbook(SYMBOL),
        "symbol": SYMBOL,
        "text": "BTCUSDT",
        "to_exchange": symbol_map.to_exchange,
        "from_exchange": symbol_map.from_exchange,
    }
    return Round(stack, names, repeats)

"""ccxt.pro's way with the same frame: its `handle_message`, on a book that it has loaded.

That is decoding with `protobuf`, turning the message into a dict, dispatch by channel, and its
deltas into its book. Left out in its favour: its client in front (a clock reading, a dispatch by
frame type), its queue before that, and the futures of whoever watches.
"""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import ccxt.pro

from benchmarks.contenders import Round, WrongResult, require_book, round_over
from benchmarks.recording import Book, Recording

SYMBOL = "BTC/USDT"
_MARKET = {
    "id": "BTCUSDT",
    "symbol": SYMBOL,
    "base": "BTC",
    "quote": "USDT",
    "baseId": "BTC",
    "quoteId": "USDT",
    "type": "spot",
    "spot": True,
    "active": True,
    "precision": {"amount": 1e-8, "price": 1e-2},
}


async def prepare(folders: Mapping[str, str]) -> Round:
    """Prepare an exchange that knows its market, and a client that never connects."""
    exchange = ccxt.pro.mexc()
    exchange.set_markets([_MARKET])
    client = exchange.client(exchange.urls["api"]["ws"]["spot"])
    await exchange.close()  # what it opened is not used; its books and its client stay
    return round_over(folders, partial(_play, exchange, client))


def _play(exchange: Any, client: Any, recording: Recording) -> float:
    before = recording.before
    exchange.orderbooks[SYMBOL] = exchange.order_book(
        {
            "symbol": SYMBOL,
            "bids": [list(level) for level in before.bids],
            "asks": [list(level) for level in before.asks],
            "nonce": before.version,
        }
    )
    handle = exchange.handle_message
    started = time.process_time_ns()
    for frame in recording.frames:
        handle(client, frame)
    elapsed_ns = time.process_time_ns() - started
    _require(exchange.orderbooks[SYMBOL], recording.after)
    return elapsed_ns


def _require(book: Any, after: Book) -> None:
    """Compare the levels. Its nonce is a diff's first version, so it may lag the exchange's."""
    if not book["nonce"] <= after.version:
        raise WrongResult("ccxt.pro: a version from the future")
    found = Book(after.version, *([tuple(level) for level in book[s]] for s in ("bids", "asks")))
    require_book("ccxt.pro", found, after)

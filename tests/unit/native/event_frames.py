"""What the tests of events share: the head of a frame, and readers that take bodies alone."""

import pytest

from mexc_connector.common.models import BookTicker, OrderBookSnapshot, Trade
from mexc_connector.common.symbols import AssetName, Symbol
from tests.fuzz.wire import CHANNEL, SEND_TIME, Body, content, integer

hot = pytest.importorskip("mexc_connector.native._hot")

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))
NAME = content(CHANNEL, "c")
HEAD = NAME + integer(SEND_TIME, 9)
QUOTE = content(1, "1") + content(2, "2") + content(3, "3") + content(4, "4")


def trades(*items: bytes, head: bytes = HEAD) -> list[Trade] | None:
    body = b"".join(content(1, item) for item in items)
    answer: list[Trade] | None = hot.read_trades(head + content(Body.TRADES, body), BTC_USDT, 5)
    return answer


def ticker(body: bytes, *, head: bytes = HEAD) -> BookTicker | None:
    frame = head + content(Body.BOOK_TICKER, body)
    answer: BookTicker | None = hot.read_book_ticker(frame, BTC_USDT, 5)
    return answer


def batch(*items: bytes, rest: bytes = b"") -> tuple[BookTicker, ...] | None:
    body = b"".join(content(1, item) for item in items) + rest
    frame = HEAD + content(Body.BOOK_TICKER_BATCH, body)
    answer: tuple[BookTicker, ...] | None = hot.read_book_ticker_batch(frame, BTC_USDT, 5)
    return answer


def top(body: bytes, *, levels: int = 5, head: bytes = HEAD) -> OrderBookSnapshot | None:
    frame = head + content(Body.LIMIT_DEPTH, body)
    answer: OrderBookSnapshot | None = hot.read_limit_depth(frame, BTC_USDT, levels, 5)
    return answer

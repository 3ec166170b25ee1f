"""Events straight from a frame's bytes: what `native._hot` can do and the reference cannot.

The reference declines every frame; `proto.decode` reads it then, over `protobuf`.
"""

from mexc_connector.common.models import BookTicker, OrderBookSnapshot, Trade
from mexc_connector.common.symbols import Symbol


def read_trades(frame: bytes, symbol: Symbol, received_ns: int) -> list[Trade] | None:
    """Read the trades of one push, in the exchange's order; None to decline."""
    return None


def read_book_ticker(frame: bytes, symbol: Symbol, received_ns: int) -> BookTicker | None:
    """Read the best bid and ask of one push; None to decline."""
    return None


def read_book_ticker_batch(
    frame: bytes, symbol: Symbol, received_ns: int
) -> tuple[BookTicker, ...] | None:
    """Read the quotes of one batch, in the exchange's order; None to decline."""
    return None


def read_limit_depth(
    frame: bytes, symbol: Symbol, levels: int, received_ns: int
) -> OrderBookSnapshot | None:
    """Read the top `levels` of a book; None to decline."""
    return None


def quote_texts(frame: bytes) -> bytes | None:
    """Return prices and sizes of a ticker as one value that repeats as they do; None to decline."""
    return None


def read_stamps(frame: bytes) -> tuple[int, int, int] | None:
    """Read when the exchange had the newest order or trade of a push, made it and sent it.

    Milliseconds of its clock, 0 where it does not say; None to decline.
    """
    return None


def read_copy_key(frame: bytes) -> int | str | None:
    """Read what `proto.copy_key` reads off a push; None where it has none, and to decline.

    For frames that another reader, or `BookHead.advance`, has taken: no farther than it must does
    this one look.
    """
    return None

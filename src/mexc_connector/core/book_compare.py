"""Two views of one book at one version, compared level by level."""

from collections.abc import Iterable
from itertools import islice

import msgspec

from mexc_connector.common.enums import Side
from mexc_connector.common.integrity import LevelDifference
from mexc_connector.common.models import BookTicker, OrderBookSnapshot
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.levels import Levels

_LISTED_DIFFERENCES = 10


class LevelMatch(msgspec.Struct, frozen=True):
    """How many of the levels that either view shows are the same in both."""

    equal: int
    compared: int
    differences: tuple[LevelDifference, ...]


class SideCopy(msgspec.Struct, frozen=True):
    """The best levels of a side; deeper than `horizon` nothing is known, None if it ends there."""

    levels: dict[float, float]
    horizon: float | None


class BookCopy(msgspec.Struct, frozen=True):
    """The best levels of a book at a version."""

    version: int
    top: BookTicker
    bids: SideCopy
    asks: SideCopy


def copy_of_book(book: LiveOrderBook, limit: int) -> BookCopy:
    """Copy the best `limit` levels a side. O(limit)."""
    bids = _side(book.bid_levels, len(book.bid_levels), book.bid_levels.horizon, limit)
    asks = _side(book.ask_levels, len(book.ask_levels), book.ask_levels.horizon, limit)
    return BookCopy(book.head.version, top_of(book), bids, asks)


def copy_of_snapshot(snapshot: OrderBookSnapshot, limit: int) -> BookCopy:
    """Copy the best `limit` levels a side of a snapshot. O(limit)."""
    bids, asks = snapshot.bids, snapshot.asks
    top = BookTicker(
        symbol=snapshot.symbol,
        bid_price=bids[0].price if bids else None,
        bid_size=bids[0].size if bids else None,
        ask_price=asks[0].price if asks else None,
        ask_size=asks[0].size if asks else None,
        version=snapshot.version,
        exchange_time_ms=snapshot.exchange_time_ms,
        received_ns=snapshot.received_ns,
    )
    return BookCopy(
        snapshot.version,
        top,
        _side(((e.price, e.size) for e in bids), len(bids), snapshot.bid_horizon, limit),
        _side(((e.price, e.size) for e in asks), len(asks), snapshot.ask_horizon, limit),
    )


def top_of(book: LiveOrderBook) -> BookTicker:
    """Return the book's best levels as a ticker would show them."""
    bid_price, bid_size = _best(book.bid_levels)
    ask_price, ask_size = _best(book.ask_levels)
    return BookTicker(
        symbol=book.symbol,
        bid_price=bid_price,
        bid_size=bid_size,
        ask_price=ask_price,
        ask_size=ask_size,
        version=book.head.version,
        exchange_time_ms=book.head.exchange_time_ms,
        received_ns=book.head.confirmed_ns or 0,
    )


def _best(levels: Levels) -> tuple[float, float] | tuple[None, None]:
    return levels.at(0) if len(levels) else (None, None)


def compare_books(ours: BookCopy, theirs: BookCopy) -> LevelMatch:
    """Compare as deep as both are known."""
    bids = _compare_sides(Side.BUY, ours.bids, theirs.bids)
    asks = _compare_sides(Side.SELL, ours.asks, theirs.asks)
    differences = (bids.differences + asks.differences)[:_LISTED_DIFFERENCES]
    return LevelMatch(bids.equal + asks.equal, bids.compared + asks.compared, differences)


def compare_tops(ours: BookTicker, theirs: BookTicker) -> LevelMatch:
    """Compare the best level of each side; a size that the ticker does not tell is not compared."""
    differences: list[LevelDifference] = []
    for side, price, size, their_price, their_size in (
        (Side.BUY, ours.bid_price, ours.bid_size, theirs.bid_price, theirs.bid_size),
        (Side.SELL, ours.ask_price, ours.ask_size, theirs.ask_price, theirs.ask_size),
    ):
        if price == their_price:
            if their_size is not None and size != their_size and price is not None:
                differences.append(LevelDifference(side, price, size or 0.0, their_size))
            continue
        if price is not None:
            differences.append(LevelDifference(side, price, size or 0.0, 0.0))
        if their_price is not None:
            differences.append(LevelDifference(side, their_price, 0.0, their_size or 0.0))
    wrong_sides = len({difference.side for difference in differences})
    return LevelMatch(2 - wrong_sides, 2, tuple(differences))


def _side(
    levels: Levels | Iterable[tuple[float, float]], count: int, horizon: float | None, limit: int
) -> SideCopy:
    best = list(islice(levels, limit))
    return SideCopy(dict(best), best[-1][0] if count > limit else horizon)


def _compare_sides(side: Side, ours: SideCopy, theirs: SideCopy) -> LevelMatch:
    sign = 1 if side is Side.BUY else -1
    ends = [sign * end for end in (ours.horizon, theirs.horizon) if end is not None]
    end = max(ends, default=None)  # the nearer of the two
    prices = [price for price in ours.levels | theirs.levels if end is None or sign * price >= end]
    prices.sort(reverse=side is Side.BUY)
    differences = tuple(
        LevelDifference(side, price, ours.levels.get(price, 0.0), theirs.levels.get(price, 0.0))
        for price in prices
        if ours.levels.get(price) != theirs.levels.get(price)
    )
    return LevelMatch(len(prices) - len(differences), len(prices), differences)

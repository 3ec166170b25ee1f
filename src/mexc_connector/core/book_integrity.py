"""BookIntegrity: is a book right whose versions are? What else the exchange says of it tells.

Two checks, each at one and the same version only: its top against the book ticker (R17), and its
best levels against a snapshot (R15, R16). What never meets the book at its version is counted and
proves nothing. A check that finds several fresh books wrong in a row is itself in doubt: it goes
on reporting, but gives no more reason to resync until it has agreed once.
"""

import msgspec

from mexc_connector.common.integrity import BookMismatch, IntegrityCheck, IntegrityMetrics
from mexc_connector.common.models import BookTicker, OrderBookSnapshot
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_compare import (
    BookCopy,
    LevelMatch,
    compare_books,
    compare_tops,
    copy_of_book,
    copy_of_snapshot,
    top_of,
)


class _Counts(msgspec.Struct):
    """`IntegrityMetrics` while it is being counted."""

    tickers_compared: int = 0
    tickers_missed: int = 0
    ticker_mismatches: int = 0
    audits_compared: int = 0
    audits_missed: int = 0
    audit_mismatches: int = 0
    levels_compared: int = 0
    levels_equal: int = 0
    last_match_score: float | None = None


class BookIntegrity:
    """The checks of one book. Pure: no clock, no socket, no await.

    `compared_levels` and `doubted_after` are those of `IntegrityConfig`. `awaited` is the ticker
    whose version the book has not reached yet; while it is None `on_book` need not be called.
    `last_mismatch` is the latest evidence, `confirmed_ns` when an audit last found no difference.
    """

    def __init__(
        self, book: LiveOrderBook, *, compared_levels: int = 100, doubted_after: int = 3
    ) -> None:
        self.awaited: BookTicker | None = None
        self.last_mismatch: BookMismatch | None = None
        self.confirmed_ns: int | None = None
        self._counts = _Counts()
        self._book = book
        self._compared_levels = compared_levels
        self._doubted_after = doubted_after
        self._in_a_row = dict.fromkeys(IntegrityCheck, 0)
        self._found: list[BookMismatch] = []

    @property
    def metrics(self) -> IntegrityMetrics:
        """The figures as they are now."""
        return IntegrityMetrics(**msgspec.structs.asdict(self._counts))

    @property
    def is_in_doubt(self) -> bool:
        """Whether a check contradicts fresh books in a row, which are read on nevertheless."""
        return any(count > self._doubted_after for count in self._in_a_row.values())

    def on_ticker(self, ticker: BookTicker) -> BookMismatch | None:
        """R17: compare a live book with a ticker, now or once it has reached its version."""
        version, at = ticker.version, self._book.head.version
        if version is None or self._is_repeated(version):
            return None
        if version < at:
            self._counts.tickers_missed += 1
            return None
        if version > at:
            if self.awaited is not None:
                self._counts.tickers_missed += 1
            self.awaited = ticker
            return None
        return self._compare_top(ticker)

    def on_book(self) -> BookMismatch | None:
        """R17: the book has moved, perhaps to the version of the ticker that is awaited."""
        awaited = self.awaited
        if awaited is None or awaited.version is None:
            return None
        at = self._book.head.version
        if awaited.version > at:
            return None
        self.awaited = None
        if awaited.version < at:
            self._counts.tickers_missed += 1
            return None
        return self._compare_top(awaited)

    def on_snapshot(self, snapshot: OrderBookSnapshot) -> BookMismatch | None:
        """R15: compare a live book with a snapshot of its own version."""
        ours = self.copy()
        return self._compare_levels(ours, copy_of_snapshot(snapshot, self._compared_levels))

    def copy(self) -> BookCopy:
        """Copy what an audit compares, before a snapshot replaces the book's levels."""
        return copy_of_book(self._book, self._compared_levels)

    def on_reloaded(self, before: BookCopy) -> BookMismatch | None:
        """R16: a snapshot and what was held have replaced the levels: compare old and new."""
        if self._book.head.version != before.version:
            self._counts.audits_missed += 1
            return None
        return self._compare_levels(before, self.copy())

    def on_audit_missed(self) -> None:
        """R15: the snapshot was of another version than the book."""
        self._counts.audits_missed += 1

    def forget(self) -> None:
        """The book is no longer live: what was awaited cannot be met."""
        if self.awaited is not None:
            self._counts.tickers_missed += 1
            self.awaited = None

    def take_found(self) -> list[BookMismatch]:
        """Hand out the evidence found since the last call."""
        found, self._found = self._found, []
        return found

    # Inside.

    def _is_repeated(self, version: int) -> bool:
        return self.awaited is not None and self.awaited.version == version

    def _compare_top(self, ticker: BookTicker) -> BookMismatch | None:
        ours = top_of(self._book)
        match = compare_tops(ours, ticker)
        self._counts.tickers_compared += 1
        self._counts.ticker_mismatches += bool(match.differences)
        return self._judge(IntegrityCheck.TICKER, match, ours, ticker)

    def _compare_levels(self, ours: BookCopy, theirs: BookCopy) -> BookMismatch | None:
        match = compare_books(ours, theirs)
        counts = self._counts
        counts.audits_compared += 1
        counts.audit_mismatches += bool(match.differences)
        counts.levels_compared += match.compared
        counts.levels_equal += match.equal
        counts.last_match_score = match.equal / match.compared if match.compared else 1.0
        if not match.differences:
            self.confirmed_ns = theirs.top.received_ns
        return self._judge(IntegrityCheck.AUDIT, match, ours.top, theirs.top)

    def _judge(
        self, check: IntegrityCheck, match: LevelMatch, ours: BookTicker, theirs: BookTicker
    ) -> BookMismatch | None:
        if not match.differences:
            self._in_a_row[check] = 0
            return None
        self._in_a_row[check] += 1
        mismatch = BookMismatch(
            symbol=self._book.symbol,
            check=check,
            version=self._book.head.version,
            book_top=ours,
            exchange_top=theirs,
            differences=match.differences,
            levels_equal=match.equal,
            levels_compared=match.compared,
            has_resynced=self._in_a_row[check] <= self._doubted_after,
        )
        self._found.append(mismatch)
        self.last_mismatch = mismatch
        return mismatch

    def __repr__(self) -> str:
        return f"<BookIntegrity {self.metrics!r}>"

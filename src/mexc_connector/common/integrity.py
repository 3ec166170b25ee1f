"""What comparing a book with other words of the exchange about it gives: evidence and figures."""

from enum import StrEnum, unique

import msgspec

from mexc_connector.common.enums import Side
from mexc_connector.common.models import BookTicker
from mexc_connector.common.symbols import Symbol


@unique
class IntegrityCheck(StrEnum):
    """What a book was compared with, at one and the same version."""

    TICKER = "TICKER"
    """The best bid and ask of the book ticker's stream."""

    AUDIT = "AUDIT"
    """The best levels of a snapshot over REST."""


class LevelDifference(msgspec.Struct, frozen=True):
    """A level that the book and the exchange see differently; size 0 where there is none."""

    side: Side
    price: float
    book_size: float
    exchange_size: float


class BookMismatch(msgspec.Struct, frozen=True):
    """Evidence that a book was wrong although its versions were right.

    `book_top` and `exchange_top` are both sides' best levels with version and times: of the book
    when its last change was sent and received, of the exchange's word likewise. `differences`
    lists ten levels at most. `levels_equal` of `levels_compared` agreed. `has_resynced` is false
    once the check itself is in doubt, because fresh books differ as well: see R17.
    """

    symbol: Symbol
    check: IntegrityCheck
    version: int
    book_top: BookTicker
    exchange_top: BookTicker
    differences: tuple[LevelDifference, ...]
    levels_equal: int
    levels_compared: int
    has_resynced: bool


class IntegrityMetrics(msgspec.Struct, frozen=True):
    """Comparisons of one book, or of all books together.

    `tickers_compared` met the book at their version, `tickers_missed` never did and prove nothing.
    `audits_compared` are snapshots at the book's version, `audits_missed` those at another one.
    `last_match_score` is the share of levels that agreed in the last audit, 0 to 1: over several
    books the worst of them. None before the first audit.
    """

    tickers_compared: int = 0
    tickers_missed: int = 0
    ticker_mismatches: int = 0
    audits_compared: int = 0
    audits_missed: int = 0
    audit_mismatches: int = 0
    levels_compared: int = 0
    levels_equal: int = 0
    last_match_score: float | None = None

    @property
    def match_score(self) -> float | None:
        """Share of levels that agreed in all audits, 0 to 1; None before the first one."""
        return self.levels_equal / self.levels_compared if self.levels_compared else None

    def plus(self, other: "IntegrityMetrics") -> "IntegrityMetrics":
        """Return the figures of both together."""
        scores = [s for s in (self.last_match_score, other.last_match_score) if s is not None]
        sums = {
            name: getattr(self, name) + getattr(other, name)
            for name in self.__struct_fields__
            if name != "last_match_score"
        }
        return IntegrityMetrics(**sums, last_match_score=min(scores, default=None))

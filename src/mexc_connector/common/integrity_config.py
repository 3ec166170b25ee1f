"""Options of the checks of a book beyond its versions."""

from mexc_connector.common.options import Options, require


class IntegrityConfig(Options, frozen=True, kw_only=True):
    """How books are compared with other words of the exchange (docs/order_book.md, R15 and R17).

    `check_tickers`: compare the top with the book tickers of a market that somebody watches.
    `watch_tickers`: watch them for that purpose alone, at one subscription a book. `audit_every_s`:
    how often a book that moves is compared with a snapshot, weight 3 each and paced by
    `BookConfig.audits_per_second`; 0 for never, which leaves the audits of quiet books.
    `compared_levels`: per side. `kept_mismatches`: evidence kept over all books, the oldest goes
    first. `doubted_after`: mismatches of a check in a row, each followed by a new snapshot, after
    which it reports but does not resync, until it agrees again.
    """

    check_tickers: bool = True
    watch_tickers: bool = False
    audit_every_s: float = 600.0
    compared_levels: int = 100
    kept_mismatches: int = 50
    doubted_after: int = 3

    def __post_init__(self) -> None:
        for name in ("compared_levels", "kept_mismatches", "doubted_after"):
            require(getattr(self, name) >= 1, f"{name} must be at least 1")
        self.require_not_negative("audit_every_s")

"""IntegrityDesk: what the checks of all books share, their evidence and their tickers."""

import logging
from collections import deque
from collections.abc import Callable

from mexc_connector.common.fan_out import FanOut
from mexc_connector.common.integrity import BookMismatch
from mexc_connector.common.integrity_config import IntegrityConfig
from mexc_connector.common.log_fields import log_fields
from mexc_connector.common.models import BookTicker
from mexc_connector.common.registration import Release
from mexc_connector.common.symbols import Symbol

_logger = logging.getLogger("mexc_connector.books")

QuoteSource = Callable[[Symbol, Callable[[BookTicker], None]], Release]
"""Shows the book tickers of a market to a function until it is released."""

_QUEUE = 1000


class IntegrityDesk:
    """Keeps the latest mismatches and hands them to who listens.

    `quotes` is None where nobody can show tickers: R17 is not checked then.
    """

    def __init__(self, config: IntegrityConfig, quotes: QuoteSource | None = None) -> None:
        self.config = config
        self.events: FanOut[BookMismatch] = FanOut("book mismatches", queue_size=_QUEUE)
        self._quotes = quotes if config.check_tickers else None
        self._kept: deque[BookMismatch] = deque(maxlen=config.kept_mismatches)
        self._releases: dict[Symbol, Release] = {}

    @property
    def kept(self) -> tuple[BookMismatch, ...]:
        """The latest mismatches, oldest first."""
        return tuple(self._kept)

    def show_quotes(self, symbol: Symbol, callback: Callable[[BookTicker], None]) -> None:
        """Have `callback` see the tickers of a market, if there is a source of them."""
        if self._quotes is not None:
            self._releases[symbol] = self._quotes(symbol, callback)

    def hide_quotes(self, symbol: Symbol) -> None:
        """End it. Nothing happens if there is nothing to end."""
        release = self._releases.pop(symbol, None)
        if release is not None:
            release()

    def report(self, mismatch: BookMismatch) -> None:
        """Keep evidence, log it and hand it out."""
        self._kept.append(mismatch)
        _logger.warning(
            "%s: %s contradicts the book at version %d: %d of %d levels agree",
            mismatch.symbol,
            mismatch.check,
            mismatch.version,
            mismatch.levels_equal,
            mismatch.levels_compared,
            extra=log_fields(symbol=mismatch.symbol),
        )
        self.events.push(mismatch)

    def __repr__(self) -> str:
        return f"<IntegrityDesk {len(self._kept)} mismatches kept>"

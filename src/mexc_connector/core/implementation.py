"""Which hot path runs: the compiled one where it was built, else the reference.

Both have the same types, results and errors; `native/_hot.pyx` says how that is kept.
"""

import warnings
from typing import TYPE_CHECKING, Literal

__all__ = [
    "IMPLEMENTATION",
    "BookHead",
    "Levels",
    "OrderBookEntryPool",
    "SideReader",
    "quote_texts",
    "read_book_ticker",
    "read_book_ticker_batch",
    "read_copy_key",
    "read_limit_depth",
    "read_stamps",
    "read_trades",
]

from mexc_connector.core.book_head import BookHead
from mexc_connector.core.entry_pool import OrderBookEntryPool
from mexc_connector.core.frame_readers import (
    quote_texts,
    read_book_ticker,
    read_book_ticker_batch,
    read_copy_key,
    read_limit_depth,
    read_stamps,
    read_trades,
)
from mexc_connector.core.levels import Levels
from mexc_connector.core.side_view import SideReader

IMPLEMENTATION: Literal["compiled", "reference"] = "reference"
"""Which one runs: decided at import, and never changed."""

if not TYPE_CHECKING:  # the twins have the reference's types
    try:
        from mexc_connector.native._hot import (
            BookHead,
            Levels,
            OrderBookEntryPool,
            SideReader,
            quote_texts,
            read_book_ticker,
            read_book_ticker_batch,
            read_copy_key,
            read_limit_depth,
            read_stamps,
            read_trades,
        )
    except ModuleNotFoundError:
        pass
    except ImportError as error:  # built for something else than what runs here
        warnings.warn(f"the compiled hot path cannot be loaded: {error}", stacklevel=2)
    else:
        IMPLEMENTATION = "compiled"

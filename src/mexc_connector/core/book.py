"""LiveOrderBook: the book that `BookSync` keeps in step and that users read.

[hot] Its benchmark is the depth frame, decoded and applied.

It holds no rule of its own: `BookSync` loads it, applies diffs and says when it may not be read.
"""

from collections.abc import Callable, Sequence
from math import inf

from mexc_connector.common.enums import Side, UnsyncReason
from mexc_connector.common.errors import OrderBookNotSynced
from mexc_connector.common.models import BookDiff, OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.order_book import BookDepth, FillEstimate, OrderBook
from mexc_connector.common.symbols import Symbol
from mexc_connector.core import book_queries
from mexc_connector.core.implementation import BookHead, Levels, OrderBookEntryPool, SideReader


class LiveOrderBook(OrderBook):
    """One market's book. `time_ns` reads the clock that stamps what arrives."""

    def __init__(
        self, symbol: Symbol, *, time_ns: Callable[[], int], pool: OrderBookEntryPool
    ) -> None:
        self._symbol = symbol
        self._time_ns = time_ns
        self._reason: UnsyncReason | None = UnsyncReason.NOT_STARTED
        self.bid_levels = Levels(1)
        self.ask_levels = Levels(-1)
        self.head = BookHead(self.bid_levels, self.ask_levels)
        self._bids = _SideView(self.require_synced, self.head, self.bid_levels, pool)
        self._asks = _SideView(self.require_synced, self.head, self.ask_levels, pool)

    def __repr__(self) -> str:
        if self._reason is not None:
            return f"<OrderBook {self._symbol} not synced: {self._reason}>"
        bid, ask = self.bid_levels.best_price(), self.ask_levels.best_price()
        counts = f"{len(self.bid_levels)}+{len(self.ask_levels)} levels"
        return (
            f"<OrderBook {self._symbol} {bid!r} | {ask!r}, {counts}, version {self.head.version}>"
        )

    # What BookSync drives.

    def load(self, snapshot: OrderBookSnapshot) -> None:
        """Take over a whole snapshot; the book may be read from now on."""
        self.bid_levels.load(((e.price, e.size) for e in snapshot.bids), snapshot.bid_horizon)
        self.ask_levels.load(((e.price, e.size) for e in snapshot.asks), snapshot.ask_horizon)
        head = self.head
        head.version = snapshot.version
        head.exchange_time_ms = snapshot.exchange_time_ms
        head.confirmed_ns = snapshot.received_ns
        head.applied_since_load = 0
        head.is_readable = True
        self._reason = None

    def apply(self, diff: BookDiff) -> None:
        """Set the levels of a diff that follows this version."""
        self.bid_levels.apply(diff.bids)
        self.ask_levels.apply(diff.asks)
        head = self.head
        head.version = diff.to_version
        head.exchange_time_ms = diff.exchange_time_ms
        head.confirmed_ns = diff.received_ns
        head.applied += 1
        head.applied_since_load += 1

    def confirm(self, now_ns: int) -> None:
        """Note that the exchange has this very version."""
        self.head.confirmed_ns = now_ns

    def mark_unsynced(self, reason: UnsyncReason) -> None:
        """Forget all levels; reading raises until the next `load`."""
        self._reason = reason
        head = self.head
        head.is_readable = False
        head.epoch = head.version = -1
        head.applied_since_load = 0
        self.bid_levels.clear()
        self.ask_levels.clear()

    def fault(self) -> UnsyncReason | None:
        """Return what proves the levels wrong: a crossed top, or a top past the horizon."""
        bids, asks = self.bid_levels, self.ask_levels
        bid, ask = bids.best_price(), asks.best_price()
        if bid is not None and ask is not None:
            return UnsyncReason.CROSSED if bid >= ask else None
        if (bid is None and bids.horizon is not None) or (ask is None and asks.horizon is not None):
            return UnsyncReason.BEYOND_HORIZON
        return None

    def is_thin(self) -> bool:
        """Whether so few of a side's disclosed levels are left that a new snapshot is wanted."""
        return self.bid_levels.is_thin() or self.ask_levels.is_thin()

    # What users read.

    def require_synced(self) -> None:
        """Raise `OrderBookNotSynced` unless the book may be read."""
        if self._reason is not None:
            raise OrderBookNotSynced(str(self._symbol), self._reason)

    @property
    def symbol(self) -> Symbol:
        """The market."""
        return self._symbol

    @property
    def is_synced(self) -> bool:
        """Whether the book may be read at this moment."""
        return self._reason is None

    @property
    def unsync_reason(self) -> UnsyncReason | None:
        """Why the book cannot be read; None while it can."""
        return self._reason

    @property
    def age_s(self) -> float:
        """Seconds since the exchange last confirmed the book."""
        confirmed_ns = self.head.confirmed_ns
        return inf if confirmed_ns is None else max(self._time_ns() - confirmed_ns, 0) / 1e9

    @property
    def version(self) -> int:
        """The exchange's counter that the book stands at."""
        self.require_synced()
        return self.head.version

    @property
    def exchange_time_ms(self) -> int | None:
        """When the exchange sent what was applied last."""
        self.require_synced()
        return self.head.exchange_time_ms

    @property
    def bids(self) -> "_SideView":
        """Buy levels, best first."""
        self.require_synced()
        return self._bids

    @property
    def asks(self) -> "_SideView":
        """Sell levels, best first."""
        self.require_synced()
        return self._asks

    @property
    def best_bid(self) -> OrderBookEntry | None:
        """Highest buy level."""
        return self._bids.top()

    @property
    def best_ask(self) -> OrderBookEntry | None:
        """Lowest sell level."""
        return self._asks.top()

    @property
    def mid_price(self) -> float | None:
        """Mean of best bid and best ask."""
        self.require_synced()
        bid, ask = self.bid_levels.best_price(), self.ask_levels.best_price()
        return None if bid is None or ask is None else (bid + ask) / 2

    @property
    def spread(self) -> float | None:
        """Best ask minus best bid."""
        self.require_synced()
        bid, ask = self.bid_levels.best_price(), self.ask_levels.best_price()
        return None if bid is None or ask is None else ask - bid

    @property
    def bid_horizon(self) -> float | None:
        """Deepest buy price that is known."""
        self.require_synced()
        return self.bid_levels.horizon

    @property
    def ask_horizon(self) -> float | None:
        """Deepest sell price that is known."""
        self.require_synced()
        return self.ask_levels.horizon

    def depth(self, side: Side, *, low: float, high: float) -> BookDepth:
        """Add up what rests on one side between two prices."""
        self.require_synced()
        return book_queries.depth(self._symbol, self._resting(side), low=low, high=high)

    def estimate_fill(
        self, side: Side, *, amount: float | None = None, quote_amount: float | None = None
    ) -> FillEstimate:
        """Return the volume-weighted price to fill an amount now."""
        self.require_synced()
        levels = self._resting(side.opposite)
        return book_queries.estimate_fill(
            self._symbol, levels, amount=amount, quote_amount=quote_amount
        )

    def fillable_amount(self, side: Side, *, worst_price: float) -> float:
        """Return the largest base amount that can be taken at `worst_price` or better."""
        self.require_synced()
        levels = self._resting(side.opposite)
        return book_queries.fillable_amount(self._symbol, levels, worst_price=worst_price)

    def snapshot(self, *, levels: int | None = None) -> OrderBookSnapshot:
        """Return an immutable copy."""
        self.require_synced()
        bids, bid_horizon = book_queries.copy_side(self.bid_levels, levels)
        asks, ask_horizon = book_queries.copy_side(self.ask_levels, levels)
        return OrderBookSnapshot(
            symbol=self._symbol,
            bids=bids,
            asks=asks,
            version=self.head.version,
            exchange_time_ms=self.head.exchange_time_ms,
            received_ns=self.head.confirmed_ns or 0,
            bid_horizon=bid_horizon,
            ask_horizon=ask_horizon,
        )

    def _resting(self, side: Side) -> Levels:
        return self.bid_levels if side is Side.BUY else self.ask_levels


class _SideView(SideReader, Sequence[OrderBookEntry]):
    """One side as a sequence of entries, best first; follows the book."""

    __slots__ = ()

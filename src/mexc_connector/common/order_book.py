"""OrderBook: what a bot may ask of a live book, whatever keeps it in step with the exchange."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import msgspec

from mexc_connector.common.enums import Side, UnsyncReason
from mexc_connector.common.models import OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import Symbol


class BookDepth(msgspec.Struct, frozen=True):
    """What rests within a price range: `amount` in base, `quote_amount` in quote."""

    amount: float
    quote_amount: float
    levels: int


class FillEstimate(msgspec.Struct, frozen=True):
    """What taking liquidity now would give, before fees.

    `average_price` is weighted by volume, `worst_price` is that of the last level touched.
    """

    amount: float
    quote_amount: float
    average_price: float
    worst_price: float
    levels: int


class PoolStats(msgspec.Struct, frozen=True):
    """What a pool has done: entries in it, entries built since, entries used again."""

    size: int
    built: int
    reused: int

    @property
    def reuse_rate(self) -> float:
        """Share of requests that were served without building, 0 to 1."""
        requests = self.built + self.reused
        return self.reused / requests if requests else 0.0


class OrderBook(ABC):
    """A live order book. All reads are synchronous and describe one moment between two awaits.

    While the book is not in step with the exchange every read of prices, sizes or version raises
    `OrderBookNotSynced`; `is_synced`, `unsync_reason` and `age_s` never raise.

    Entries come from a pool. One that you hold is never changed under your hands; one that you
    let go of is used again. Views (`bids`, `asks`) follow the book; `snapshot()` stays as it was.

    Levels deeper than the exchange's snapshot disclosed are unknown, not empty: views end at the
    horizon, and questions that would reach past it raise `BeyondHorizon`.
    """

    @property
    @abstractmethod
    def symbol(self) -> Symbol:
        """The market."""

    @property
    @abstractmethod
    def is_synced(self) -> bool:
        """Whether the book may be read at this moment."""

    @property
    @abstractmethod
    def unsync_reason(self) -> UnsyncReason | None:
        """Why the book cannot be read; None while it can."""

    @property
    @abstractmethod
    def age_s(self) -> float:
        """Seconds since the exchange last confirmed the book; infinity before the first time.

        A quiet market ages until the next change or the next comparison over REST.
        """

    @property
    @abstractmethod
    def version(self) -> int:
        """The exchange's counter; the book is exactly the exchange's at this version."""

    @property
    @abstractmethod
    def exchange_time_ms(self) -> int | None:
        """When the exchange sent what was applied last, by its own clock; None if it said not."""

    @property
    @abstractmethod
    def bids(self) -> Sequence[OrderBookEntry]:
        """Buy levels, best first. `bids[0]` is O(1), `bids[i]` and slices O(1) per level."""

    @property
    @abstractmethod
    def asks(self) -> Sequence[OrderBookEntry]:
        """Sell levels, best first, like `bids`."""

    @property
    @abstractmethod
    def best_bid(self) -> OrderBookEntry | None:
        """Highest buy level; None when nobody buys. O(1)."""

    @property
    @abstractmethod
    def best_ask(self) -> OrderBookEntry | None:
        """Lowest sell level; None when nobody sells. O(1)."""

    @property
    @abstractmethod
    def mid_price(self) -> float | None:
        """Mean of best bid and best ask; None when a side is empty. O(1)."""

    @property
    @abstractmethod
    def spread(self) -> float | None:
        """Best ask minus best bid, always above zero; None when a side is empty. O(1)."""

    @property
    @abstractmethod
    def bid_horizon(self) -> float | None:
        """Deepest buy price that is known; None when every level is."""

    @property
    @abstractmethod
    def ask_horizon(self) -> float | None:
        """Deepest sell price that is known; None when every level is."""

    @abstractmethod
    def depth(self, side: Side, *, low: float, high: float) -> BookDepth:
        """Add up what rests on one side between two prices, both included.

        `side` is that of the resting orders: `Side.BUY` adds up bids. O(levels in the range).
        Raises `BeyondHorizon` when the range reaches past the known levels, `UsageError` when
        `low` is above `high` or either is not a number.
        """

    @abstractmethod
    def estimate_fill(
        self, side: Side, *, amount: float | None = None, quote_amount: float | None = None
    ) -> FillEstimate:
        """Return the volume-weighted price to fill an amount, or to spend a quote amount, now.

        `side` is that of the taker: `Side.BUY` takes asks. Give exactly one of the two, above
        zero. O(levels touched). Raises `InsufficientDepth` when the side holds less,
        `BeyondHorizon` when only the known part of it does, `UsageError` for a bad amount.
        """

    @abstractmethod
    def fillable_amount(self, side: Side, *, worst_price: float) -> float:
        """Return the largest base amount that can be taken at `worst_price` or better.

        `side` is that of the taker. 0.0 when nothing rests there. O(levels touched). Raises
        `BeyondHorizon` when `worst_price` lies past the known levels.
        """

    @abstractmethod
    def snapshot(self, *, levels: int | None = None) -> OrderBookSnapshot:
        """Return an immutable copy, of the best `levels` a side or of all. O(levels)."""

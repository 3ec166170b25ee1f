"""What users receive: frozen structs in plain units.

Numbers are floats, correctly rounded from the exchange's text. `amount` is in the base asset,
`quote_amount` in the quote asset, `size` the quantity of a book level. `exchange_time_ms` is the
exchange's clock, `received_ns` this machine's, in nanoseconds since the Unix epoch (0 where the
event did not come from a stream).
"""

from typing import NewType

import msgspec

from mexc_connector.common.enums import KlineInterval, Side
from mexc_connector.common.symbols import Symbol

TradeId = NewType("TradeId", str)
"""Identity of a public trade; opaque text. The exchange sends it since 2026-06-17."""


class OrderBookEntry(msgspec.Struct, frozen=True, gc=False):
    """One level: `price` in quote per base, `size` in base."""

    price: float
    size: float


class OrderBookSnapshot(msgspec.Struct, frozen=True):
    """An immutable copy of a book, best price first on both sides.

    `version` is the exchange's counter for this market; the levels include that version's change.
    `bid_horizon` and `ask_horizon` are the last prices that the source disclosed: deeper levels
    are unknown, not empty. None means that the side ends there.
    """

    symbol: Symbol
    bids: tuple[OrderBookEntry, ...]
    asks: tuple[OrderBookEntry, ...]
    version: int
    exchange_time_ms: int | None
    received_ns: int = 0
    bid_horizon: float | None = None
    ask_horizon: float | None = None


class BookDiff(msgspec.Struct, frozen=True, gc=False):
    """Changed levels of one push: `(price, size)` pairs with absolute sizes, 0 deletes.

    Covers the closed range of versions from `from_version` to `to_version`.
    """

    from_version: int
    to_version: int
    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    exchange_time_ms: int | None = None
    received_ns: int = 0


class Trade(msgspec.Struct, frozen=True):
    """One public trade; `side` is the taker's. `trade_id` is None where the source has none."""

    symbol: Symbol
    price: float
    amount: float
    side: Side
    exchange_time_ms: int
    trade_id: TradeId | None = None
    received_ns: int = 0

    @property
    def quote_amount(self) -> float:
        """Price times amount."""
        return self.price * self.amount


class AggregateTrade(msgspec.Struct, frozen=True):
    """Trades of one taker order at one price. The time is exact to the second only."""

    symbol: Symbol
    price: float
    amount: float
    side: Side
    exchange_time_ms: int


class BookTicker(msgspec.Struct, frozen=True):
    """Best bid and ask. A side without orders has price and size None.

    `version` is the book's counter where the source states it (streams, since 2026-06-17).
    """

    symbol: Symbol
    bid_price: float | None
    bid_size: float | None
    ask_price: float | None
    ask_size: float | None
    version: int | None = None
    exchange_time_ms: int | None = None
    received_ns: int = 0


class Kline(msgspec.Struct, frozen=True):
    """One candle. `close_time_ms` is the open of the next one.

    `is_closed` tells whether the candle can still change: over REST by the exchange's clock, on
    the stream once a newer window has begun (the exchange marks no candle as final).
    """

    symbol: Symbol
    interval: KlineInterval
    open_time_ms: int
    close_time_ms: int
    open: float
    high: float
    low: float
    close: float
    amount: float
    quote_amount: float
    is_closed: bool
    received_ns: int = 0


class MiniTicker(msgspec.Struct, frozen=True):
    """Rolling figures of one market. Rates are fractions (0.0354 is 3.54 %).

    `rate` compares with the start of the UTC+8 day, `zoned_rate` with that of the zone asked for;
    the `last_close_*` figures compare with the previous close. None where nothing was sent.
    """

    symbol: Symbol
    price: float
    rate: float | None
    zoned_rate: float | None
    high: float | None
    low: float | None
    amount: float | None
    quote_amount: float | None
    last_close_rate: float | None
    last_close_zoned_rate: float | None
    last_close_high: float | None
    last_close_low: float | None
    exchange_time_ms: int | None = None
    received_ns: int = 0


class Ticker(msgspec.Struct, frozen=True):
    """Figures of the last 24 hours. `price_change_rate` is a fraction (0.004 is 0.4 %).

    Every figure may be None: the exchange sends empty text or null for markets that are quiet.
    """

    symbol: Symbol
    last_price: float | None
    open_price: float | None
    high_price: float | None
    low_price: float | None
    previous_close_price: float | None
    price_change: float | None
    price_change_rate: float | None
    bid_price: float | None
    bid_size: float | None
    ask_price: float | None
    ask_size: float | None
    amount: float | None
    quote_amount: float | None
    open_time_ms: int | None
    close_time_ms: int | None


class PriceTicker(msgspec.Struct, frozen=True):
    """Last traded price; None for a market that never traded."""

    symbol: Symbol
    price: float | None


class AveragePrice(msgspec.Struct, frozen=True):
    """Average price over the last `minutes` minutes."""

    symbol: Symbol
    price: float
    minutes: int


class OfflineSymbol(msgspec.Struct, frozen=True):
    """A market that is suspended or delisted, in the exchange's spelling.

    It may be missing from `exchangeInfo`, so there is no pair to name it by.
    """

    exchange_symbol: str
    is_delisted: bool
    offline_time_ms: int | None


class Announcement(msgspec.Struct, frozen=True):
    """One public announcement of the exchange."""

    title: str
    url: str
    posted_ms: int
    language: str

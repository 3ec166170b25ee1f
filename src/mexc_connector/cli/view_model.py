"""The demo's view model: collects what a session tells, hands out frozen frames to draw.

Pure: time arrives as an argument, books are only read.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from math import inf, isfinite

import msgspec

from mexc_connector.cli.number_text import decimals_of
from mexc_connector.cli.rates import CounterRate, EventRate, LatencySummary, LatencyWindow
from mexc_connector.common.enums import BookState, ConnectionState, UnsyncReason
from mexc_connector.common.instrument import SymbolInfo
from mexc_connector.common.models import OrderBookEntry, Trade
from mexc_connector.common.order_book import OrderBook
from mexc_connector.common.symbols import Symbol

TAPE_LENGTH = 60


class LinkFigures(msgspec.Struct, frozen=True):
    """What a session's streams look like at one moment; `frames` and `updates` are counters."""

    state: ConnectionState
    links: int
    open_links: int
    reconnects: int
    resyncs: int
    frames: int
    updates: int


class MarketFrame(msgspec.Struct, frozen=True):
    """One market at one moment. Without levels, `state` says why the book cannot be read.

    `levels` are best first. `trades` are newest first. `age_ms` is the time since the exchange
    last confirmed the book, None before the first time.
    """

    name: str
    price_decimals: int
    size_decimals: int
    state: str
    is_synced: bool
    bids: tuple[OrderBookEntry, ...]
    asks: tuple[OrderBookEntry, ...]
    trades: tuple[Trade, ...]
    updates_per_second: int
    age_ms: float | None
    latency: LatencySummary | None

    @property
    def best_bid(self) -> OrderBookEntry | None:
        """Highest buy level, if the book is synced and has one."""
        return self.bids[0] if self.bids else None

    @property
    def best_ask(self) -> OrderBookEntry | None:
        """Lowest sell level, if the book is synced and has one."""
        return self.asks[0] if self.asks else None

    @property
    def mid_price(self) -> float | None:
        """Mean of best bid and best ask."""
        if not (self.bids and self.asks):
            return None
        return (self.bids[0].price + self.asks[0].price) / 2

    @property
    def spread(self) -> float | None:
        """Best ask minus best bid, in quote."""
        if not (self.bids and self.asks):
            return None
        return self.asks[0].price - self.bids[0].price


class DemoFrame(msgspec.Struct, frozen=True):
    """All that one picture shows. `source` names where the data comes from."""

    source: str
    age_s: float
    links: LinkFigures
    frames_per_second: float
    updates_per_second: float
    latency: LatencySummary | None
    markets: tuple[MarketFrame, ...]


class MarketView:
    """Collects what is told about one market; without a book it is still to be synced."""

    def __init__(self, info: SymbolInfo) -> None:
        self.book: OrderBook | None = None
        self._info = info
        self._price_decimals = decimals_of(info.tick_size)
        self._size_decimals = decimals_of(info.step_size)
        self._trades: deque[Trade] = deque(maxlen=TAPE_LENGTH)
        self._updates = EventRate()
        self._latencies = LatencyWindow()

    def on_update(self, now: float) -> None:
        """The book changed."""
        self._updates.count(now)

    def on_latency(self, latency_ms: float, now: float) -> None:
        """An update took that long from the exchange's sending to our receiving."""
        self._latencies.add(latency_ms, now)

    def on_trade(self, trade: Trade) -> None:
        """Somebody traded."""
        self._trades.appendleft(trade)

    def frame(self, now: float, *, levels: int) -> MarketFrame:
        """Return the market as it is, with at most `levels` a side."""
        book = self.book
        is_synced = book is not None and book.is_synced
        age_ms = inf if book is None else book.age_s * 1000
        return MarketFrame(
            name=self._info.exchange_symbol,
            price_decimals=self._price_decimals,
            size_decimals=self._size_decimals,
            state=_state_of(book),
            is_synced=is_synced,
            bids=tuple(book.bids[:levels]) if book is not None and is_synced else (),
            asks=tuple(book.asks[:levels]) if book is not None and is_synced else (),
            trades=tuple(self._trades),
            updates_per_second=self._updates.per_second(now),
            age_ms=age_ms if isfinite(age_ms) else None,
            latency=self._latencies.summary(now),
        )


class DemoView:
    """Collects what is told about a whole session, `source` being the name of its exchange.

    The markets are shown in the order of `infos`.
    """

    def __init__(self, source: str, infos: Iterable[SymbolInfo], *, started_at: float) -> None:
        self._source = source
        self._started_at = started_at
        self._markets = {info.symbol: MarketView(info) for info in infos}
        self._latencies = LatencyWindow()
        self._frames = CounterRate()
        self._updates = CounterRate()

    def attach(self, book: OrderBook) -> None:
        """Read a market's levels from this book from now on."""
        self._markets[book.symbol].book = book

    def on_book(self, symbol: Symbol, *, latency_ms: float | None, now: float) -> None:
        """A book changed; `latency_ms` where the change told when it was sent."""
        market = self._markets[symbol]
        market.on_update(now)
        if latency_ms is not None:
            market.on_latency(latency_ms, now)
            self._latencies.add(latency_ms, now)

    def on_trade(self, trade: Trade) -> None:
        """Somebody traded in one of the markets."""
        self._markets[trade.symbol].on_trade(trade)

    def frame(self, links: LinkFigures, now: float, *, levels: int) -> DemoFrame:
        """Return all that is to be shown at `now`, with at most `levels` a side."""
        return DemoFrame(
            source=self._source,
            age_s=now - self._started_at,
            links=links,
            frames_per_second=self._frames.read(links.frames, now),
            updates_per_second=self._updates.read(links.updates, now),
            latency=self._latencies.summary(now),
            markets=tuple(market.frame(now, levels=levels) for market in self._markets.values()),
        )


def _state_of(book: OrderBook | None) -> str:
    if book is None:
        return str(UnsyncReason.SYNCING)
    return str(book.unsync_reason or BookState.LIVE)


def cumulative_sizes(levels: Sequence[OrderBookEntry]) -> list[float]:
    """Return, for each level, what rests there and at all better prices together."""
    total = 0.0
    return [total := total + level.size for level in levels]

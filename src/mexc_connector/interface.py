"""BaseExchangeInterface: what a bot may rely on, whatever the exchange behind it."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Self

from mexc_connector.common.enums import (
    ConnectionState,
    KlineInterval,
    ReadyWhen,
    TickerZone,
)
from mexc_connector.common.health import DegradedEvent, SessionHealth
from mexc_connector.common.instrument import SymbolInfo
from mexc_connector.common.integrity import BookMismatch, IntegrityMetrics
from mexc_connector.common.models import BookTicker, Kline, MiniTicker, Trade
from mexc_connector.common.order_book import OrderBook
from mexc_connector.common.registration import Registration
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.trade_gap import TradeGap
from mexc_connector.common.watch import Watch
from mexc_connector.trading_interface import TradingInterface


class BaseExchangeInterface(TradingInterface):
    """Markets and an account of one exchange, kept in memory for the length of a session.

    This half is about markets and works without keys; `TradingInterface` is the account's half.

    Everything belongs to the event loop that entered the session. Plain methods read memory or
    register something and return at once; awaited ones talk to the exchange. Outside a session
    they raise `SessionClosed`, all but `health`.

    `watch_...` returns an async iterator, `on_...` calls a synchronous function for the same
    events. Both subscribe by themselves; both tell a refusal to who asked: the iterator when it
    is first awaited, the registration when it is awaited.
    """

    # Life.

    @abstractmethod
    def session(
        self,
        symbols: Iterable[Symbol] = (),
        *,
        ready_when: ReadyWhen = ReadyWhen.SYNCED,
        journal: str | Path | None = None,
    ) -> AbstractAsyncContextManager[Self]:
        """Connect, load the rules of all symbols, keep the books of these; clean up at the end.

        With API keys orders and balances are read and followed too. `journal` is a file in which
        every order is noted before it leaves; orders that an earlier session left in it are
        accounted for in `recovery` when the body runs.

        A start that fails, or is cancelled, leaves nothing behind. Raises `UnknownSymbol`,
        `SubscriptionRefused`, `OrderBookNotSynced` (not in time), `TransportError`, and with keys
        `AuthenticationError`, `PermissionDenied` and `JournalError`. With
        `ReadyWhen.SUBSCRIBED` the body runs while the books still sync: see `wait_synced`.
        """

    @abstractmethod
    async def close(self) -> None:
        """End the session. May be called twice, and from within it."""

    @abstractmethod
    async def add_symbol(self, symbol: Symbol) -> None:
        """Keep this market's book too. When it returns the book can be read.

        Adding an active symbol only waits for its book. Raises like `session`; a failure or a
        cancellation leaves the symbol inactive.
        """

    @abstractmethod
    async def remove_symbol(self, symbol: Symbol) -> None:
        """Stop keeping this market's book; watches of it end. Removing it twice is fine."""

    @property
    @abstractmethod
    def active_symbols(self) -> tuple[Symbol, ...]:
        """The markets whose books are kept, in the order in which they were added."""

    @abstractmethod
    async def wait_synced(self, symbol: Symbol, *, timeout_s: float | None = None) -> None:
        """Wait until an active market's book can be read; `OrderBookNotSynced` if not in time."""

    @property
    @abstractmethod
    def state(self) -> ConnectionState:
        """State of the streams: the worst of all links."""

    @property
    @abstractmethod
    def is_connected(self) -> bool:
        """Whether every link is open."""

    @abstractmethod
    def on_connection(self, callback: Callable[[ConnectionEvent], object]) -> Registration:
        """Call `callback(event)` whenever a link changes its state."""

    # Books and rules.

    @property
    @abstractmethod
    def orderbook(self) -> OrderBook:
        """The book of the one active symbol. With none or several it raises `UsageError`."""

    @abstractmethod
    def get_orderbook(self, symbol: Symbol) -> OrderBook:
        """Return an active market's book, live or not; a dictionary look-up."""

    @property
    @abstractmethod
    def orderbooks(self) -> Mapping[Symbol, OrderBook]:
        """All books that are kept: read-only, follows the session."""

    @abstractmethod
    async def get_symbol_info(self, symbol: Symbol) -> SymbolInfo:
        """Return a market's rules, at most five minutes old. Raises `UnknownSymbol`."""

    # Events.

    @abstractmethod
    def watch_orderbook(self, symbol: Symbol) -> Watch[OrderBook]:
        """Iterate over an active market's book: as it is, then after each change of it.

        Hands out the latest state and counts what it `skipped`. That the book stops or starts
        being readable is a change too: look at `is_synced`.
        """

    @abstractmethod
    def on_orderbook(self, symbol: Symbol, callback: Callable[[OrderBook], object]) -> Registration:
        """Call `callback(book)` after each change of an active market's book."""

    @abstractmethod
    def watch_trades(self, symbol: Symbol) -> Watch[Trade]:
        """Iterate over public trades; `EventsLost` if the consumer is too slow for the queue."""

    @abstractmethod
    def on_trades(self, symbol: Symbol, callback: Callable[[Trade], object]) -> Registration:
        """Call `callback(trade)` for each public trade."""

    @abstractmethod
    def watch_trade_gaps(self) -> Watch[TradeGap]:
        """Iterate over the breaks of all tapes of trades, each once it is over.

        A closed gap lacks nothing: what was missed was handed out in its place. An open one says
        why that is not proven.
        """

    @abstractmethod
    def on_trade_gaps(self, callback: Callable[[TradeGap], object]) -> Registration:
        """Call `callback(gap)` for each break of a tape of trades, once it is over."""

    @abstractmethod
    def watch_book_mismatches(self) -> Watch[BookMismatch]:
        """Iterate over what contradicts a book at its own version: evidence, book by book.

        Such a book is unsynced with `MISMATCH` before this is told, and loaded anew.
        """

    @abstractmethod
    def on_book_mismatches(self, callback: Callable[[BookMismatch], object]) -> Registration:
        """Call `callback(mismatch)` for what contradicts a book at its own version."""

    @property
    @abstractmethod
    def book_mismatches(self) -> tuple[BookMismatch, ...]:
        """The latest mismatches of all books, oldest first; bounded."""

    @abstractmethod
    def get_book_integrity(self, symbol: Symbol) -> IntegrityMetrics:
        """Return what comparing an active market's book with the exchange gave so far."""

    @abstractmethod
    def watch_book_ticker(self, symbol: Symbol) -> Watch[BookTicker]:
        """Iterate over changes of the best bid and ask; the latest one, with a count of skipped."""

    @abstractmethod
    def on_book_ticker(
        self, symbol: Symbol, callback: Callable[[BookTicker], object]
    ) -> Registration:
        """Call `callback(ticker)` when the best bid or ask changes."""

    @abstractmethod
    def watch_klines(self, symbol: Symbol, interval: KlineInterval) -> Watch[Kline]:
        """Iterate over the running candle, about once a second, and each closed one."""

    @abstractmethod
    def on_klines(
        self, symbol: Symbol, interval: KlineInterval, callback: Callable[[Kline], object]
    ) -> Registration:
        """Call `callback(kline)` for the running candle and each closed one."""

    @abstractmethod
    def watch_mini_tickers(
        self, *, zone: TickerZone = TickerZone.H24
    ) -> Watch[tuple[MiniTicker, ...]]:
        """Iterate over the rolling figures of all markets, about every three seconds."""

    @abstractmethod
    def on_mini_tickers(
        self,
        callback: Callable[[tuple[MiniTicker, ...]], object],
        *,
        zone: TickerZone = TickerZone.H24,
    ) -> Registration:
        """Call `callback(tickers)` with the rolling figures of all markets."""

    # Insight.

    @abstractmethod
    def health(self) -> SessionHealth:
        """Return one answer for the whole session, from memory: verdict, reasons, every part.

        Never raises: outside a session the verdict is `DOWN`. Holds no secret, costs no request.
        O(books and tapes).
        """

    @abstractmethod
    def watch_degraded(self) -> Watch[DegradedEvent]:
        """Iterate over degraded modes as they begin and end; those that hold are in `health()`."""

    @abstractmethod
    def on_degraded(self, callback: Callable[[DegradedEvent], object]) -> Registration:
        """Call `callback(event)` when a degraded mode begins or ends.

        Lost links are told at once, the rest within half a second.
        """

    @abstractmethod
    def get_performance_metrics(self) -> dict[str, float]:
        """Return counters of the session, flat, for dashboards and logs.

        At least `orderbook_updates`, `api_calls_saved`, `cache_hits`, `cache_misses`,
        `total_cache_requests`, `cache_hit_rate_percent`, `active_symbols_count` and
        `cached_orders_count`.
        """

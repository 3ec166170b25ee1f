"""From pushes to events, one translator for each kind of channel.

[hot] Book tickers that repeat are dropped on their text, before a number is read.

A translator is called with every push of its channel and returns the events in it, none if it says
nothing new. `reset` tells it that the connection was lost. The hot ones have a twin of `translate`,
`read`, which takes the bytes of a frame and answers None for what it leaves to `translate`.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from mexc_connector.common.models import BookTicker, Kline, MiniTicker, OrderBookSnapshot, Trade
from mexc_connector.common.symbols import Symbol, SymbolMap
from mexc_connector.core.implementation import (
    quote_texts,
    read_book_ticker,
    read_book_ticker_batch,
    read_limit_depth,
    read_trades,
)
from mexc_connector.core.stream_filters import CandleCloser, RepeatFilter, VersionFilter
from mexc_connector.proto import decode, decode_summaries
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.counters import EventCounters

T_co = TypeVar("T_co", covariant=True)

# A busy market makes some hundred trades a second; a reconnect takes a second or two.
_REMEMBERED_TRADES = 4096


class Translator(Protocol[T_co]):
    """Turns the pushes of one channel into events. Raises `ProtocolViolation` for a bad body.

    `knows_copies`: whether it drops what says nothing new when several connections bring the same
    pushes, one of them later than the other. Where it does not, it is given one connection's only.
    """

    @property
    def knows_copies(self) -> bool:
        """Whether pushes may come by several connections."""

    def translate(self, push: PushDataV3ApiWrapper, received_ns: int) -> Sequence[T_co]:
        """Return the events of one push."""

    def reset(self) -> None:
        """Forget what only holds within one connection."""


@runtime_checkable
class FrameReader(Protocol[T_co]):
    """A translator that reads frames."""

    def read(self, frame: bytes, received_ns: int) -> Sequence[T_co] | None:
        """Return the events of one frame, None to leave it to `translate`."""


class TradeTranslator:
    """Trades, each once, also across reconnects as far as the exchange numbers them."""

    knows_copies = True

    def __init__(self, symbol: Symbol, counters: EventCounters) -> None:
        self._symbol = symbol
        self._counters = counters
        self._repeats = RepeatFilter(_REMEMBERED_TRADES)

    def translate(self, push: PushDataV3ApiWrapper, received_ns: int) -> Sequence[Trade]:
        """Return the trades that were not seen before."""
        return self._fresh(decode.trades(push, self._symbol, received_ns))

    def read(self, frame: bytes, received_ns: int) -> Sequence[Trade] | None:
        """Do the same from the frame's bytes."""
        trades = read_trades(frame, self._symbol, received_ns)
        return None if trades is None else self._fresh(trades)

    def _fresh(self, trades: list[Trade]) -> list[Trade]:
        is_new = self._repeats.is_new
        fresh = [trade for trade in trades if trade.trade_id is None or is_new(trade.trade_id)]
        self._counters.repeated_trades += len(trades) - len(fresh)
        return fresh

    def reset(self) -> None:
        """Keep the memory: repeats come after a reconnect."""


class BookTickerTranslator:
    """Best bid and ask, when they change; the exchange repeats them every interval."""

    knows_copies = True

    def __init__(self, symbol: Symbol, counters: EventCounters) -> None:
        self._symbol = symbol
        self._counters = counters
        self._last: bytes | None = None
        self._versions = VersionFilter()

    def translate(self, push: PushDataV3ApiWrapper, received_ns: int) -> Sequence[BookTicker]:
        """Return the quote if price or size of a side has changed."""
        quote = push.publicAggreBookTicker
        shown = (quote.bidPrice, quote.bidQuantity, quote.askPrice, quote.askQuantity)
        texts = "\0".join(shown).encode()
        if texts == self._last:
            self._counters.unchanged_book_tickers += 1
            return ()
        return self._current(decode.book_ticker(push, self._symbol, received_ns), texts)

    def read(self, frame: bytes, received_ns: int) -> Sequence[BookTicker] | None:
        """Do the same from the frame's bytes."""
        texts = quote_texts(frame)
        if texts is None:
            return None
        if texts == self._last:
            self._counters.unchanged_book_tickers += 1
            return ()
        ticker = read_book_ticker(frame, self._symbol, received_ns)
        return None if ticker is None else self._current(ticker, texts)

    def _current(self, ticker: BookTicker, texts: bytes) -> Sequence[BookTicker]:
        if ticker.version is not None and not self._versions.is_current(ticker.version):
            self._counters.stale_events += 1
            return ()
        self._last = texts
        return (ticker,)

    def reset(self) -> None:
        """Hand the next quote out even if it is unchanged: that it still holds is news then."""
        self._last = None
        self._versions.reset()


class BookTickerBatchTranslator:
    """Batches of quotes, as the exchange makes them; empty ones are dropped."""

    knows_copies = False

    def __init__(self, symbol: Symbol) -> None:
        self._symbol = symbol

    def translate(
        self, push: PushDataV3ApiWrapper, received_ns: int
    ) -> Sequence[tuple[BookTicker, ...]]:
        """Return the batch."""
        batch = decode.book_ticker_batch(push, self._symbol, received_ns)
        return (batch,) if batch else ()

    def read(self, frame: bytes, received_ns: int) -> Sequence[tuple[BookTicker, ...]] | None:
        """Do the same from the frame's bytes."""
        batch = read_book_ticker_batch(frame, self._symbol, received_ns)
        if batch is None:
            return None
        return (batch,) if batch else ()

    def reset(self) -> None:
        """Nothing is remembered."""


class LimitDepthTranslator:
    """The top of a book, each state newer than the last one."""

    knows_copies = True

    def __init__(self, symbol: Symbol, levels: int, counters: EventCounters) -> None:
        self._symbol = symbol
        self._levels = levels
        self._counters = counters
        self._versions = VersionFilter()

    def translate(
        self, push: PushDataV3ApiWrapper, received_ns: int
    ) -> Sequence[OrderBookSnapshot]:
        """Return the state unless a newer one came before it."""
        snapshot = decode_summaries.limit_depth(
            push, self._symbol, levels=self._levels, received_ns=received_ns
        )
        return self._current(snapshot)

    def read(self, frame: bytes, received_ns: int) -> Sequence[OrderBookSnapshot] | None:
        """Do the same from the frame's bytes."""
        snapshot = read_limit_depth(frame, self._symbol, self._levels, received_ns)
        return None if snapshot is None else self._current(snapshot)

    def _current(self, snapshot: OrderBookSnapshot) -> Sequence[OrderBookSnapshot]:
        if self._versions.is_newer(snapshot.version):
            return (snapshot,)
        self._counters.stale_events += 1
        return ()

    def reset(self) -> None:
        """Accept any version next."""
        self._versions.reset()


class KlineTranslator:
    """The running candle, and each candle once more when it has closed."""

    knows_copies = True

    def __init__(self, symbol: Symbol, counters: EventCounters) -> None:
        self._symbol = symbol
        self._counters = counters
        self._closer = CandleCloser()

    def translate(self, push: PushDataV3ApiWrapper, received_ns: int) -> Sequence[Kline]:
        """Return the candle that closed, if one did, and the running one."""
        events = self._closer.on_kline(decode_summaries.kline(push, self._symbol, received_ns))
        if not events:
            self._counters.stale_events += 1
        return events

    def reset(self) -> None:
        """Do not close a candle whose end was not watched."""
        self._closer.reset()


class MiniTickerTranslator:
    """Rolling figures of one market."""

    knows_copies = False

    def __init__(self, symbol: Symbol) -> None:
        self._symbol = symbol

    def translate(self, push: PushDataV3ApiWrapper, received_ns: int) -> Sequence[MiniTicker]:
        """Return the figures."""
        return (decode_summaries.mini_ticker(push, self._symbol, received_ns),)

    def reset(self) -> None:
        """Nothing is remembered."""


class MiniTickersTranslator:
    """Rolling figures of all markets. `symbol_map` gives the map that is valid now."""

    knows_copies = False

    def __init__(self, symbol_map: Callable[[], SymbolMap], counters: EventCounters) -> None:
        self._symbol_map = symbol_map
        self._counters = counters

    def translate(
        self, push: PushDataV3ApiWrapper, received_ns: int
    ) -> Sequence[tuple[MiniTicker, ...]]:
        """Return the figures of the markets that the map knows."""
        found = decode_summaries.mini_tickers(push, self._symbol_map(), received_ns)
        self._counters.unknown_markets += found.unknown
        return (found.tickers,) if found.tickers else ()

    def reset(self) -> None:
        """Nothing is remembered."""

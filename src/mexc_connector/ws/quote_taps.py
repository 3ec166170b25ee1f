"""QuoteTaps: a look at the book tickers that somebody watches, for who checks books with them.

[hot] A market without a tap pays one look-up per ticker.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mexc_connector.common.models import BookTicker
from mexc_connector.common.registration import Release
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.implementation import read_book_ticker
from mexc_connector.proto import decode
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.streams import Stream
from mexc_connector.ws.translators import FrameReader, Translator

QuoteListener = Callable[[BookTicker], None]

_ONE_UNCHANGED_IN = 10
"""The exchange repeats an unchanged quote every interval, under a newer version: now and then one
is read for the tap, ten a second at most, since it says that the top still holds."""


class QuoteTaps:
    """Who wants to see the tickers of which market: one listener each."""

    def __init__(self) -> None:
        self.listeners: dict[Symbol, QuoteListener] = {}

    def put(self, symbol: Symbol, listener: QuoteListener) -> Release:
        """Show `listener` the tickers of a market, before their consumers see them."""
        self.listeners[symbol] = listener

        def release() -> None:
            if self.listeners.get(symbol) is listener:
                del self.listeners[symbol]

        return release

    def tapped(self, stream: Stream[BookTicker], symbol: Symbol) -> Stream[BookTicker]:
        """Return the same stream with its tickers shown."""

        def make_translator(counters: EventCounters) -> Translator[BookTicker]:
            translator = stream.make_translator(counters)
            assert isinstance(translator, FrameReader)  # noqa: S101 - that of tickers is one
            return _TappedQuotes(translator, translator.read, symbol, self.listeners)

        return replace(stream, make_translator=make_translator)


class _TappedQuotes:
    """A translator of book tickers that shows them, and some of the unchanged ones."""

    def __init__(
        self,
        translator: Translator[BookTicker],
        read: Callable[[bytes, int], Sequence[BookTicker] | None],
        symbol: Symbol,
        listeners: dict[Symbol, QuoteListener],
    ) -> None:
        self.knows_copies = translator.knows_copies
        self._translator = translator
        self._read = read
        self._symbol = symbol
        self._listeners = listeners
        self._unchanged = 0

    def translate(self, push: PushDataV3ApiWrapper, received_ns: int) -> Sequence[BookTicker]:
        """Return the quote if price or size of a side has changed."""
        tickers = self._translator.translate(push, received_ns)
        listener = self._listeners.get(self._symbol)
        if listener is not None:
            if tickers:
                listener(tickers[0])
            elif self._is_turn():
                listener(decode.book_ticker(push, self._symbol, received_ns))
        return tickers

    def read(self, frame: bytes, received_ns: int) -> Sequence[BookTicker] | None:
        """Do the same from the frame's bytes."""
        tickers = self._read(frame, received_ns)
        listener = self._listeners.get(self._symbol)
        if listener is None or tickers is None:
            return tickers
        if tickers:
            listener(tickers[0])
        elif self._is_turn():
            ticker = read_book_ticker(frame, self._symbol, received_ns)
            if ticker is not None:
                listener(ticker)
        return tickers

    def reset(self) -> None:
        """Hand the next quote out even if it is unchanged."""
        self._translator.reset()

    def _is_turn(self) -> bool:
        self._unchanged = (self._unchanged + 1) % _ONE_UNCHANGED_IN
        return self._unchanged == 0

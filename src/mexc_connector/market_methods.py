"""MarketMethods: the market events of the facade; every method delegates to the open session."""

from abc import abstractmethod
from collections.abc import Callable

from mexc_connector.common.enums import KlineInterval, TickerZone
from mexc_connector.common.integrity import BookMismatch, IntegrityMetrics
from mexc_connector.common.models import BookTicker, Kline, MiniTicker, Trade
from mexc_connector.common.order_book import OrderBook
from mexc_connector.common.registration import Registration
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.trade_gap import TradeGap
from mexc_connector.common.watch import Watch
from mexc_connector.interface import BaseExchangeInterface
from mexc_connector.wiring import Parts


class MarketMethods(BaseExchangeInterface):
    """Implements the events of `BaseExchangeInterface` for whoever can say what is open."""

    @abstractmethod
    def _open_parts(self) -> Parts:
        """Return the open session. Raises `SessionClosed`."""

    def watch_orderbook(self, symbol: Symbol) -> Watch[OrderBook]:
        """Iterate over an active market's book: as it is, then after each change of it."""
        return self._open_parts().feed.watch(symbol)

    def on_orderbook(self, symbol: Symbol, callback: Callable[[OrderBook], object]) -> Registration:
        """Call `callback(book)` after each change of an active market's book."""
        return self._open_parts().feed.on_update(symbol, callback)

    def watch_trades(self, symbol: Symbol) -> Watch[Trade]:
        """Iterate over public trades."""
        return self._open_parts().streams.watch_trades(symbol)

    def on_trades(self, symbol: Symbol, callback: Callable[[Trade], object]) -> Registration:
        """Call `callback(trade)` for each public trade."""
        return self._open_parts().streams.on_trades(symbol, callback)

    def watch_trade_gaps(self) -> Watch[TradeGap]:
        """Iterate over the breaks of all tapes of trades, each once it is over."""
        return self._open_parts().streams.tapes.gaps.watch()

    def on_trade_gaps(self, callback: Callable[[TradeGap], object]) -> Registration:
        """Call `callback(gap)` for each break of a tape of trades, once it is over."""
        return self._open_parts().streams.tapes.gaps.register(callback)

    def watch_book_mismatches(self) -> Watch[BookMismatch]:
        """Iterate over what contradicts a book at its own version."""
        return self._open_parts().feed.integrity.events.watch()

    def on_book_mismatches(self, callback: Callable[[BookMismatch], object]) -> Registration:
        """Call `callback(mismatch)` for what contradicts a book at its own version."""
        return self._open_parts().feed.integrity.events.register(callback)

    @property
    def book_mismatches(self) -> tuple[BookMismatch, ...]:
        """The latest mismatches of all books, oldest first."""
        return self._open_parts().feed.integrity.kept

    def get_book_integrity(self, symbol: Symbol) -> IntegrityMetrics:
        """Return what comparing an active market's book with the exchange gave so far."""
        return self._open_parts().feed.integrity_of(symbol).metrics

    def watch_book_ticker(self, symbol: Symbol) -> Watch[BookTicker]:
        """Iterate over changes of the best bid and ask."""
        return self._open_parts().streams.watch_book_ticker(symbol)

    def on_book_ticker(
        self, symbol: Symbol, callback: Callable[[BookTicker], object]
    ) -> Registration:
        """Call `callback(ticker)` when the best bid or ask changes."""
        return self._open_parts().streams.on_book_ticker(symbol, callback)

    def watch_klines(self, symbol: Symbol, interval: KlineInterval) -> Watch[Kline]:
        """Iterate over the running candle and each closed one."""
        return self._open_parts().streams.watch_klines(symbol, interval)

    def on_klines(
        self, symbol: Symbol, interval: KlineInterval, callback: Callable[[Kline], object]
    ) -> Registration:
        """Call `callback(kline)` for the running candle and each closed one."""
        return self._open_parts().streams.on_klines(symbol, interval, callback)

    def watch_mini_tickers(
        self, *, zone: TickerZone = TickerZone.H24
    ) -> Watch[tuple[MiniTicker, ...]]:
        """Iterate over the rolling figures of all markets."""
        return self._open_parts().streams.watch_mini_tickers(zone)

    def on_mini_tickers(
        self,
        callback: Callable[[tuple[MiniTicker, ...]], object],
        *,
        zone: TickerZone = TickerZone.H24,
    ) -> Registration:
        """Call `callback(tickers)` with the rolling figures of all markets."""
        return self._open_parts().streams.on_mini_tickers(zone, callback)

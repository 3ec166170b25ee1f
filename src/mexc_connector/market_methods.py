"""MarketMethods: the market events of the facade; every method delegates to the open session."""

from abc import abstractmethod
from collections.abc import Callable

from mexc_connector.common.enums import KlineInterval, TickerZone
from mexc_connector.common.models import BookTicker, Kline, MiniTicker, Trade
from mexc_connector.common.order_book import OrderBook
from mexc_connector.common.registration import Registration
from mexc_connector.common.symbols import Symbol
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

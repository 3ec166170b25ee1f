"""LastPrices: the last traded price of markets that orders are placed in, by the trade stream.

The exchange bounds limit prices around it. An order costs no request for it: until the first trade
has been seen, and while a link is down, the price is unknown and the exchange is the judge (O20).
"""

from collections.abc import Callable, Iterable

from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.models import Trade
from mexc_connector.common.registration import Registration
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.common.symbols import Symbol

FollowTrades = Callable[[Symbol, Callable[[Trade], object]], Registration]


class LastPrices:
    """Follows markets from the moment somebody asks about them. `follow` registers for trades."""

    def __init__(self, follow: FollowTrades) -> None:
        self._follow_trades = follow
        self._registrations: dict[Symbol, Registration] = {}
        self._prices: dict[Symbol, float] = {}

    def follow(self, symbols: Iterable[Symbol]) -> None:
        """Begin to follow markets; those that are followed already are left alone."""
        for symbol in symbols:
            known = self._registrations.get(symbol)
            if known is None or known.is_closed:
                self._registrations[symbol] = self._follow_trades(symbol, self._on_trade)

    def get(self, symbol: Symbol) -> float | None:
        """Return the last price, None while it is not known; the market is followed from now on."""
        self.follow((symbol,))
        return self._prices.get(symbol)

    def on_connection(self, event: ConnectionEvent) -> None:
        """Forget all prices while a link is down: trades may be missed."""
        if event.state is not ConnectionState.OPEN:
            self._prices.clear()

    def _on_trade(self, trade: Trade) -> None:
        self._prices[trade.symbol] = trade.price

    def __repr__(self) -> str:
        return f"<LastPrices {len(self._prices)} of {len(self._registrations)} markets>"

"""GuardReadings: what the guards want to know of an order and of the books, read from memory."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from mexc_connector.common.errors import InsufficientDepth, OrderBookNotSynced
from mexc_connector.common.guard_config import GuardConfig, PriceReference
from mexc_connector.common.order_book import FillEstimate, OrderBook
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.guard_limits import BookReading, ProposedOrder
from mexc_connector.core.order_check import CheckedOrder

Books = Callable[[], Mapping[Symbol, OrderBook]]


class GuardReadings:
    """Reads only what the guards that are on ask for. Sends nothing."""

    def __init__(
        self,
        config: GuardConfig,
        *,
        books: Books,
        last_price: Callable[[Symbol], float | None],
        open_orders: Callable[[], int],
    ) -> None:
        self._config = config
        self._books = books
        self._last_price = last_price
        self._open_orders = open_orders

    def books(self) -> dict[Symbol, BookReading]:
        """Return the state of every book; nothing if no guard asks."""
        if self._config.stale_book is None:
            return {}
        return {symbol: _reading(book) for symbol, book in self._books().items()}

    def order(self, order: CheckedOrder, *, replaced: int = 0) -> ProposedOrder:
        """Return an order as the guards see it; `replaced` open orders go before it comes."""
        book = self._books().get(order.symbol)
        estimate = None
        if order.price is None and (self._config.price_band or self._config.order_value):
            estimate = _estimate(order, book)
        return ProposedOrder(
            symbol=order.symbol,
            price=order.price if estimate is None else estimate.worst_price,
            quote_amount=_value(order, estimate),
            reference_price=self._reference_price(order.symbol, book),
            book=None if book is None else _reading(book),
            open_orders=self._open_orders() - replaced if self._config.open_orders else 0,
        )

    def _reference_price(self, symbol: Symbol, book: OrderBook | None) -> float | None:
        band = self._config.price_band
        if band is None:
            return None
        if band.reference is PriceReference.LAST:
            return self._last_price(symbol)
        return book.mid_price if book is not None and book.is_synced else None


def _reading(book: OrderBook) -> BookReading:
    return BookReading(book.is_synced, book.age_s)


def _estimate(order: CheckedOrder, book: OrderBook | None) -> FillEstimate | None:
    """Return what the book would give a market order; None where that cannot be told."""
    amount = None if order.amount is None else float(order.amount)
    quote_amount = None if order.quote_amount is None else float(order.quote_amount)
    try:
        if book is None:
            return None
        return book.estimate_fill(order.side, amount=amount, quote_amount=quote_amount)
    except (OrderBookNotSynced, InsufficientDepth):
        return None


def _value(order: CheckedOrder, estimate: FillEstimate | None) -> Decimal | float | None:
    if order.quote_amount is not None:
        return order.quote_amount
    if order.price is not None and order.amount is not None:
        return order.price * order.amount
    return None if estimate is None else estimate.quote_amount

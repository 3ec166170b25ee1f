"""What the guards make of one reading: within the limit, or a breach of it. No state.

What is not known does not pass (G4 of core/guards.py).
"""

from decimal import Decimal

import msgspec

from mexc_connector.common.guard_config import (
    OpenOrdersGuard,
    OrderValueGuard,
    PriceBandGuard,
    StaleBookGuard,
)
from mexc_connector.common.guards import Guard, GuardTripped
from mexc_connector.common.symbols import Symbol


class BookReading(msgspec.Struct, frozen=True):
    """A book at one moment: `age_s` since it was confirmed, infinity before the first time."""

    is_synced: bool
    age_s: float


class ProposedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the guards see it; None stands for what is not known.

    `price` is the limit, or the worst price that the book would give a market order.
    `open_orders` counts the others.
    """

    symbol: Symbol
    price: Decimal | float | None = None
    quote_amount: Decimal | float | None = None
    reference_price: float | None = None
    book: BookReading | None = None
    open_orders: int = 0


class Breach(msgspec.Struct, frozen=True):
    """A limit that is not kept, with what was measured."""

    reason: str
    value: float | None = None
    limit: float | None = None

    def error(self, guard: Guard) -> GuardTripped:
        """Return it as the caller gets it."""
        return GuardTripped(guard, self.reason, value=self.value, limit=self.limit)


def judged_book(guard: StaleBookGuard, book: BookReading | None) -> Breach | None:
    """Return why a book is nothing to trade on."""
    if book is None:
        return Breach("no book of this market is kept", limit=guard.max_age_s)
    if not book.is_synced:
        return Breach("the book is not in step with the exchange", book.age_s, guard.max_age_s)
    if book.age_s > guard.max_age_s:
        return Breach(f"the book was confirmed {book.age_s:.3f} s ago", book.age_s, guard.max_age_s)
    return None


def judged_price(guard: PriceBandGuard, order: ProposedOrder) -> Breach | None:
    """Return why a price is too far from the market, in either direction."""
    if not order.reference_price or order.price is None:
        return Breach("there is no price to compare with", limit=guard.max_distance)
    reference, price = _exact(order.reference_price), _exact(order.price)
    if abs(price - reference) <= _exact(guard.max_distance) * reference:
        return None
    distance = float(abs(price - reference) / reference)
    reason = f"{price} is {distance:.2%} from {guard.reference} {reference}"
    return Breach(reason, distance, guard.max_distance)


def judged_value(guard: OrderValueGuard, order: ProposedOrder) -> Breach | None:
    """Return why an order is worth too much."""
    quote = order.symbol.quote
    most = guard.max_quote_amounts.get(quote)
    if most is None:
        return Breach(f"no maximum value is set for {quote}")
    if order.quote_amount is None:
        return Breach("the value of the order is not known", limit=most)
    value = _exact(order.quote_amount)
    if value <= _exact(most):
        return None
    return Breach(f"worth {value} {quote}, {most!r} allowed", float(value), most)


def judged_open_orders(guard: OpenOrdersGuard, order: ProposedOrder) -> Breach | None:
    """Return why one more open order is one too many."""
    if order.open_orders < guard.max_orders:
        return None
    reason = f"{order.open_orders} orders are open, {guard.max_orders} allowed"
    return Breach(reason, order.open_orders, guard.max_orders)


def _exact(number: Decimal | float) -> Decimal:
    """Return the number as it is written, so that what stands at a limit is within it."""
    return number if isinstance(number, Decimal) else Decimal(repr(number))

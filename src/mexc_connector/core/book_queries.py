"""Questions about one side of a book, as plain functions over its levels."""

from itertools import islice
from math import isfinite, isnan

from mexc_connector.common.errors import BeyondHorizon, InsufficientDepth, UsageError
from mexc_connector.common.models import OrderBookEntry
from mexc_connector.common.order_book import BookDepth, FillEstimate
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.levels import Levels


def depth(symbol: Symbol, levels: Levels, *, low: float, high: float) -> BookDepth:
    """Add up the levels between two prices, both included."""
    if isnan(low) or isnan(high) or low > high:
        raise UsageError(f"a price range needs low <= high, not {low!r} to {high!r}")
    amount = quote_amount = 0.0
    count = 0
    deep_end = levels.deeper(low, high)
    for price, size in levels:
        if not levels.is_at_or_better(price, deep_end):
            break
        if low <= price <= high:
            amount += size
            quote_amount += price * size
            count += 1
    if not levels.reaches(deep_end):
        raise BeyondHorizon(str(symbol), amount, _horizon(levels))
    return BookDepth(amount=amount, quote_amount=quote_amount, levels=count)


def estimate_fill(
    symbol: Symbol, levels: Levels, *, amount: float | None, quote_amount: float | None
) -> FillEstimate:
    """Walk the levels until the amount, or the quote amount, is filled."""
    wanted = _exactly_one(amount, quote_amount)
    filled = spent = 0.0
    for count, (price, size) in enumerate(levels, start=1):
        reached = filled + size if amount is not None else spent + price * size
        if reached >= wanted:
            share = wanted - filled if amount is not None else (wanted - spent) / price
            taken = filled + min(share, size)
            cost = spent + min(share, size) * price
            return FillEstimate(
                amount=wanted if amount is not None else taken,
                quote_amount=wanted if quote_amount is not None else cost,
                average_price=cost / taken,
                worst_price=price,
                levels=count,
            )
        filled += size
        spent += price * size
    available = filled if amount is not None else spent
    if levels.horizon is not None:
        raise BeyondHorizon(str(symbol), available, levels.horizon)
    raise InsufficientDepth(str(symbol), available)


def fillable_amount(symbol: Symbol, levels: Levels, *, worst_price: float) -> float:
    """Add up the sizes of all levels at a price or better."""
    if isnan(worst_price):
        raise UsageError("worst_price is not a number")
    total = 0.0
    for price, size in levels:
        if not levels.is_at_or_better(price, worst_price):
            break
        total += size
    if not levels.reaches(worst_price):
        raise BeyondHorizon(str(symbol), total, _horizon(levels))
    return total


def copy_side(levels: Levels, limit: int | None) -> tuple[tuple[OrderBookEntry, ...], float | None]:
    """Return the best `limit` levels as entries of their own, and the copy's own horizon."""
    if limit is not None and limit < 1:
        raise UsageError(f"levels must be at least 1, not {limit!r}")
    entries = tuple(OrderBookEntry(price, size) for price, size in islice(levels, limit))
    if len(entries) == len(levels):
        return entries, levels.horizon
    return entries, entries[-1].price


def _exactly_one(amount: float | None, quote_amount: float | None) -> float:
    if (amount is None) == (quote_amount is None):
        raise UsageError("give either amount or quote_amount")
    wanted = amount if amount is not None else quote_amount
    if wanted is None or not isfinite(wanted) or wanted <= 0:
        raise UsageError(f"an amount to fill must be above zero, not {wanted!r}")
    return wanted


def _horizon(levels: Levels) -> float:
    assert levels.horizon is not None  # noqa: S101 - callers have just asked `reaches`
    return levels.horizon

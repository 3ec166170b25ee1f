"""The rules of a market: steps, minimums, what may be traded; and exact rounding to them."""

import decimal
import re
from decimal import Decimal
from enum import Enum, unique

import msgspec

from mexc_connector.common.enums import MarketStatus, OrderType, TradableSides
from mexc_connector.common.errors import UsageError
from mexc_connector.common.symbols import Symbol

Number = float | int | str | Decimal
"""What a price or an amount may be given as. A float counts by its `repr`."""

_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_LARGEST_EXPONENT = 40  # far beyond any price or amount; keeps exact arithmetic small
_EXACT = decimal.Context(
    prec=4 * _LARGEST_EXPONENT, traps=[decimal.InvalidOperation, decimal.Inexact]
)


@unique
class Rounding(Enum):
    """Where a value between two steps goes: below, above, or to the nearer one, even on a tie."""

    DOWN = "DOWN"
    UP = "UP"
    NEAREST = "NEAREST"


def exact_decimal(value: Number, *, name: str = "value") -> Decimal:
    """Return `value` as an exact `Decimal`; a float by its `repr`, so 0.1 is 0.1.

    Raises `UsageError`, with `name` in its text, for NaN, infinities, booleans, text that is not
    a plain ASCII number, and magnitudes that no market has (beyond 40 digits on either side).
    """
    number = _parsed(value)
    if number is None or not number.is_finite():
        raise UsageError(f"{name} must be a finite number, not {value!r}")
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or exponent < -_LARGEST_EXPONENT:
        raise UsageError(f"{name} has too many decimals: {value!r}")
    if len(digits) + exponent > _LARGEST_EXPONENT:
        raise UsageError(f"{name} is too large: {value!r}")
    return number


def _parsed(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(int(value))
    if isinstance(value, float):
        return Decimal(float.__repr__(value))  # subclasses, as numpy's, have other reprs
    if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value):
        return Decimal(value)
    return None


def round_to_step(value: Number, step: Decimal, *, rounding: Rounding) -> Decimal:
    """Return the multiple of `step` that `rounding` leads to, written with the step's decimals."""
    number = exact_decimal(value)
    with decimal.localcontext(_EXACT):
        whole, rest = divmod(number, step)
        steps = whole
        if rest:
            floor = whole - 1 if number < 0 else whole
            steps = floor + _share_above(number - floor * step, step, floor, rounding)
        return (steps * step + 0).quantize(step)  # adding 0 turns -0 into 0


def _share_above(above: Decimal, step: Decimal, floor: Decimal, rounding: Rounding) -> int:
    """Return 1 if a value that lies `above` the multiple `floor` goes up, else 0."""
    if rounding is not Rounding.NEAREST:
        return int(rounding is Rounding.UP)
    if above * 2 == step:
        return int(floor % 2 != 0)
    return int(above * 2 > step)


class SymbolInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of one market, exact. None means that the exchange states no such rule.

    `tick_size` and `step_size` are the steps of prices and of amounts: 10 to the power of minus
    the published precision. The exchange never states the amount step and is known to refuse its
    own precision on some markets; `MexcConfig.step_size_overrides` makes it coarser.
    `min_amount` is in base; `min_quote_amount` and `max_quote_amount` bound the value of a limit
    order in quote, the `_market` ones that of a market order. Commissions are default rates as
    fractions (0.0005 is 0.05 %). `order_types` is what the exchange lists: it accepts immediate
    or cancel and fill or kill without ever listing them; a missing `MARKET` is meant.
    `max_buy_premium` and `max_sell_discount` bound limit prices around the last price, as
    fractions: a buy costs at most last * (1 + premium), a sell at least last * (1 - discount).
    `is_special_treatment` marks a market under a risk warning.

    Source: Spot v3 docs, "Exchange Information", read 2026-11-20.
    """

    symbol: Symbol
    exchange_symbol: str
    full_name: str
    status: MarketStatus
    is_api_trading_allowed: bool
    tradable_sides: TradableSides
    order_types: frozenset[OrderType]
    base_precision: int
    quote_precision: int
    step_size: Decimal
    tick_size: Decimal
    min_amount: Decimal | None
    min_quote_amount: Decimal | None
    min_quote_amount_market: Decimal | None
    max_quote_amount: Decimal | None
    max_quote_amount_market: Decimal | None
    maker_commission: Decimal | None
    taker_commission: Decimal | None
    max_buy_premium: Decimal | None
    max_sell_discount: Decimal | None
    is_special_treatment: bool
    contract_address: str
    listed_ms: int | None

    @property
    def is_tradable(self) -> bool:
        """Online, open to the API, and open on one side at least."""
        return (
            self.status is MarketStatus.ONLINE
            and self.is_api_trading_allowed
            and self.tradable_sides is not TradableSides.NONE
        )

    def round_price(self, price: Number, *, rounding: Rounding = Rounding.NEAREST) -> Decimal:
        """Return a valid price next to `price`. Raises `UsageError` for what is no number."""
        return round_to_step(price, self.tick_size, rounding=rounding)

    def round_amount(self, amount: Number, *, rounding: Rounding = Rounding.DOWN) -> Decimal:
        """Return a valid amount next to `amount`, by default not above it."""
        return round_to_step(amount, self.step_size, rounding=rounding)

    def round_quote_amount(
        self, quote_amount: Number, *, rounding: Rounding = Rounding.DOWN
    ) -> Decimal:
        """Return a quote amount that a market order accepts: the decimals of the price.

        One decimal more is refused with " amount scale is invalid".
        """
        return round_to_step(quote_amount, self.tick_size, rounding=rounding)


class ExchangeInfo(msgspec.Struct, frozen=True):
    """Rules of all markets, and the exchange's clock when it stated them."""

    exchange_time_ms: int
    symbols: tuple[SymbolInfo, ...]

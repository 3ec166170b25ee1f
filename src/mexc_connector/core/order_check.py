"""An order as asked for, checked against the rules of its market, made exact, ready to be written.

Every broken rule is an `OrderRefused` that names the rule and, where there is one, the nearest
value that obeys it. Nothing is ever rounded here. Rules, by the name that the error carries:

- `side`, `order_type`, `time_in_force`   what is wanted exists, and the market lists its type
- `trading_enabled`, `tradable_side`      the market is online, open to the API and to this side
- `sizing`                                which of amount, price and quote amount belong together
- `price`, `amount`, `quote_amount`       finite numbers above zero
- `tick_size`, `step_size`, `quote_step`  multiples of the market's steps
- `min_amount`                            in base
- `min_quote_amount`, `max_quote_amount`  price times amount; for market orders the quote amount
- `price_band`                            around the last price, where that is given

What the exchange does not state cannot be checked: unknown states pass and are its to refuse. The
value of a market order sized in base is not known beforehand, so its bounds are left to it too.
"""

import decimal
from decimal import Decimal

import msgspec

from mexc_connector.common.enums import (
    MarketStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TradableSides,
)
from mexc_connector.common.errors import OrderRefused, UsageError
from mexc_connector.common.instrument import Number, Rounding, SymbolInfo, exact_decimal
from mexc_connector.common.instrument import round_to_step as rounded
from mexc_connector.common.orders import OrderAmounts
from mexc_connector.common.symbols import Symbol

_EXACT = decimal.Context(prec=200, traps=[decimal.InvalidOperation, decimal.Inexact])
_NEVER_LISTED = frozenset({OrderType.IMMEDIATE_OR_CANCEL, OrderType.FILL_OR_KILL})
_CLOSED_SIDES = {
    TradableSides.NONE: frozenset(Side),
    TradableSides.BUY_ONLY: frozenset({Side.SELL}),
    TradableSides.SELL_ONLY: frozenset({Side.BUY}),
}

_TYPES = {
    (OrderType.LIMIT, TimeInForce.GTC): OrderType.LIMIT,
    (OrderType.LIMIT, TimeInForce.IOC): OrderType.IMMEDIATE_OR_CANCEL,
    (OrderType.LIMIT, TimeInForce.FOK): OrderType.FILL_OR_KILL,
    (OrderType.LIMIT, TimeInForce.POST_ONLY): OrderType.LIMIT_MAKER,
    (OrderType.LIMIT_MAKER, TimeInForce.POST_ONLY): OrderType.LIMIT_MAKER,
    (OrderType.LIMIT_MAKER, TimeInForce.GTC): OrderType.LIMIT_MAKER,
    (OrderType.IMMEDIATE_OR_CANCEL, TimeInForce.IOC): OrderType.IMMEDIATE_OR_CANCEL,
    (OrderType.FILL_OR_KILL, TimeInForce.FOK): OrderType.FILL_OR_KILL,
}


class CheckedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that obeys the rules of its market, exact.

    `price` is None for market orders; of `amount` and `quote_amount` one is set. Make it with
    `checked_order`.
    """

    symbol: Symbol
    exchange_symbol: str
    side: Side
    order_type: OrderType
    price: Decimal | None = None
    amount: Decimal | None = None
    quote_amount: Decimal | None = None
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE

    @property
    def exact(self) -> OrderAmounts:
        """The amounts as an `Order` carries them, with nothing filled."""
        return OrderAmounts(price=self.price, amount=self.amount, quote_amount=self.quote_amount)


def checked_order(
    info: SymbolInfo,
    *,
    side: Side,
    order_type: OrderType = OrderType.LIMIT,
    amount: Number | None = None,
    price: Number | None = None,
    quote_amount: Number | None = None,
    time_in_force: TimeInForce | None = None,
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE,
    reference_price: Number | None = None,
) -> CheckedOrder:
    """Return the order if it obeys the rules of the market, else raise `OrderRefused`.

    Limit orders need `amount` (base) and `price`, market orders one of `amount` and
    `quote_amount`. `reference_price` is the last traded price: given, the price band is checked.
    """
    _require_choices(side, self_trade_prevention)
    wanted_type = wire_order_type(order_type, time_in_force)
    _require_open(info, side, wanted_type)
    _require_sizing(wanted_type, amount=amount, price=price, quote_amount=quote_amount)
    order = CheckedOrder(
        symbol=info.symbol,
        exchange_symbol=info.exchange_symbol,
        side=side,
        order_type=wanted_type,
        price=None if price is None else _stepped(price, "price", "tick_size", info.tick_size),
        amount=None if amount is None else _amount(info, amount),
        quote_amount=(
            None
            if quote_amount is None
            else _stepped(quote_amount, "quote_amount", "quote_step", info.tick_size)
        ),
        self_trade_prevention=self_trade_prevention,
    )
    with decimal.localcontext(_EXACT):
        _require_value(info, order)
        if reference_price is not None:
            _require_band(info, order, _positive(reference_price, "reference_price"))
    return order


def _require_choices(side: object, self_trade_prevention: object) -> None:
    if not isinstance(side, Side):
        raise OrderRefused(f"{side!r} is no Side", rule="side")
    if not isinstance(self_trade_prevention, SelfTradePrevention):
        raise UsageError(f"{self_trade_prevention!r} is no SelfTradePrevention")


def wire_order_type(order_type: OrderType, time_in_force: TimeInForce | None) -> OrderType:
    """Return the exchange's order type for a type and a time in force.

    The exchange ignores a `timeInForce` parameter and lets such an order rest, so post-only, IOC
    and FOK are types of their own. What it does not offer raises `OrderRefused`.
    """
    if not isinstance(order_type, OrderType):
        raise OrderRefused(f"{order_type!r} is no OrderType", rule="order_type")
    if time_in_force is None:
        return order_type
    wanted = _TYPES.get((order_type, time_in_force))
    if wanted is None:
        hint = "; market orders take none" if order_type is OrderType.MARKET else ""
        raise OrderRefused(
            f"{order_type} orders cannot be {time_in_force}{hint}", rule="time_in_force"
        )
    return wanted


def _require_open(info: SymbolInfo, side: Side, order_type: OrderType) -> None:
    if info.status in (MarketStatus.PAUSED, MarketStatus.OFFLINE):
        raise OrderRefused(f"{info.symbol} is {info.status.lower()}", rule="trading_enabled")
    if not info.is_api_trading_allowed:
        raise OrderRefused(f"{info.symbol} is closed to the API", rule="trading_enabled")
    if side in _CLOSED_SIDES.get(info.tradable_sides, frozenset()):
        raise OrderRefused(
            f"{side} is closed on {info.symbol}: {info.tradable_sides}", rule="tradable_side"
        )
    is_listed = not info.order_types or order_type in info.order_types
    if not is_listed and order_type not in _NEVER_LISTED:
        listed = ", ".join(sorted(info.order_types))
        raise OrderRefused(
            f"{info.symbol} takes no {order_type} orders, only {listed}", rule="order_type"
        )


def _require_sizing(
    order_type: OrderType,
    *,
    amount: Number | None,
    price: Number | None,
    quote_amount: Number | None,
) -> None:
    if order_type is OrderType.MARKET:
        if price is not None:
            raise OrderRefused("a MARKET order takes no price", rule="sizing")
        if (amount is None) == (quote_amount is None):
            raise OrderRefused("a MARKET order takes amount or quote_amount, one", rule="sizing")
        return
    if quote_amount is not None:
        raise OrderRefused(f"quote_amount is for MARKET, not for {order_type}", rule="sizing")
    if amount is None or price is None:
        raise OrderRefused(f"a {order_type} order needs amount and price", rule="sizing")


def _amount(info: SymbolInfo, value: Number) -> Decimal:
    amount = _stepped(value, "amount", "step_size", info.step_size, minimum=info.min_amount)
    if info.min_amount is not None and amount < info.min_amount:
        raise OrderRefused(
            f"amount {plain(amount)} is below {plain(info.min_amount)}",
            rule="min_amount",
            nearest=plain(_least(info.step_size, info.min_amount)),
        )
    return amount


def _stepped(
    value: Number, name: str, rule: str, step: Decimal, *, minimum: Decimal | None = None
) -> Decimal:
    """Return `value` exactly if it is a positive multiple of `step`."""
    exact = _positive(value, name, step=step, minimum=minimum)
    if _EXACT.remainder(exact, step):
        nearest = rounded(exact, step, rounding=Rounding.NEAREST)
        raise OrderRefused(
            f"{name} {plain(exact)} is no multiple of {plain(step)}",
            rule=rule,
            nearest=plain(max(nearest, _least(step, minimum))),
        )
    return exact


def _least(step: Decimal, minimum: Decimal | None) -> Decimal:
    """Return the smallest multiple of `step` that is above 0 and not below `minimum`."""
    if minimum is None:
        return step
    return max(step, rounded(minimum, step, rounding=Rounding.UP))


def _positive(
    value: Number, name: str, *, step: Decimal | None = None, minimum: Decimal | None = None
) -> Decimal:
    try:
        exact = exact_decimal(value, name=name)
    except UsageError as error:
        raise OrderRefused(str(error), rule=name) from error
    if exact <= 0:
        nearest = None if step is None else plain(_least(step, minimum))
        raise OrderRefused(f"{name} must be above 0, not {value!r}", rule=name, nearest=nearest)
    return exact


def _require_value(info: SymbolInfo, order: CheckedOrder) -> None:
    if order.quote_amount is not None:
        low, high = info.min_quote_amount_market, info.max_quote_amount_market
        value, step, step_value = order.quote_amount, info.tick_size, info.tick_size
    elif order.price is not None and order.amount is not None:
        low, high = info.min_quote_amount, info.max_quote_amount
        value, step = order.price * order.amount, info.step_size
        step_value = order.price * step  # the nearest valid value is an amount at this price
    else:
        return
    if low is not None and value < low:
        steps, rest = divmod(low, step_value)
        raise OrderRefused(
            f"the order is worth {plain(value)} {info.symbol.quote}, below {plain(low)}",
            rule="min_quote_amount",
            nearest=plain((steps + bool(rest)) * step),
        )
    if high is not None and value > high:
        nearest = high // step_value * step
        raise OrderRefused(
            f"the order is worth {plain(value)} {info.symbol.quote}, above {plain(high)}",
            rule="max_quote_amount",
            nearest=plain(nearest) if nearest else None,
        )


def _require_band(info: SymbolInfo, order: CheckedOrder, last: Decimal) -> None:
    if order.price is None:
        return
    if order.side is Side.BUY and info.max_buy_premium is not None:
        bound = last * (1 + info.max_buy_premium)
        is_outside, rounding = order.price > bound, Rounding.DOWN
    elif order.side is Side.SELL and info.max_sell_discount is not None:
        bound = last * (1 - info.max_sell_discount)
        is_outside, rounding = order.price < bound, Rounding.UP
    else:
        return
    if is_outside:
        raise OrderRefused(
            f"price {plain(order.price)} is beyond {plain(bound)}, the bound around the last "
            f"price {plain(last)}",
            rule="price_band",
            nearest=plain(rounded(bound, info.tick_size, rounding=rounding)),
        )


def plain(value: Decimal) -> str:
    """Write a number without exponent and without padding zeros, as the exchange takes it."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

"""The rules of each market, read from its own row of exchangeInfo: what it says is what holds."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from mexc_connector.sim.client_orders import NewOrder, base_atoms, quote_atoms
from mexc_connector.sim.errors import Refusal, SimError, TradeRefusal
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.fees import RATES, FeeRates
from mexc_connector.sim.fixed_point import Scale
from mexc_connector.sim.ledger import ATOMS
from mexc_connector.sim.market import Market
from mexc_connector.sim.matching import OrderKind, Side
from mexc_connector.sim.order_requests import OrderRequest
from mexc_connector.sim.rest_general import OFFLINE
from mexc_connector.sim.rest_replies import SymbolRow

ONLINE = "1"
SUSPENDED = 2
SIDES_OPEN = {Side.BUY: (1, 2), Side.SELL: (1, 3)}
"""Values of `tradeSideType` that let a side trade."""
PRICE_FILTER = "PERCENT_PRICE_BY_SIDE"


class TradingRules(msgspec.Struct, frozen=True, kw_only=True):
    """One market's rules in ticks, lots and atoms."""

    row: SymbolRow
    rates: FeeRates
    least_lots: Fraction
    least_amount: int
    most_amount: int
    least_market_amount: int
    most_market_amount: int
    band_up: Fraction | None
    band_down: Fraction | None


class RuleBook:
    """Rules by market, and the check of an order against them."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._rules: dict[str, TradingRules] = {}

    def market(self, symbol: str) -> Market:
        """Find a market; raises the order side's refusal for a symbol that is not listed."""
        market = self._exchange.market(symbol)
        if market is not None:
            return market
        for offline in (*OFFLINE, *self._exchange.offline.values()):
            if offline.symbol == symbol:
                if offline.state == SUSPENDED:
                    raise TradeRefusal(30000, "suspended transaction for the symbol")
                raise TradeRefusal(30014, "invalid symbol")
        raise TradeRefusal(10007, "bad symbol")

    def rules(self, market: Market) -> TradingRules:
        """Give a market's rules."""
        rules = self._rules.get(market.symbol)
        if rules is None:
            rules = self._rules[market.symbol] = _read(
                market, self._exchange.symbol_row(market.listing)
            )
        return rules

    def check(self, request: OrderRequest) -> NewOrder:
        """Hold an order to the rules of its market; raises the refusal for the first it breaks."""
        market = self.market(request.symbol)
        rules = self.rules(market)
        # Asked anew each time: a market may be halted while it trades.
        _check_trading(self._exchange.symbol_row(market.listing), request)
        order = NewOrder(
            market=market,
            side=request.side,
            kind=request.kind,
            price=_units(market.prices, request.price, "price scale is invalid"),
            lots=_units(market.quantities, request.quantity, "quantity scale is invalid"),
            quote_amount=_quote_amount(market, request.quote_amount),
            client_order_id=request.client_order_id,
            stp_mode=request.stp_mode,
        )
        _check_size(rules, order)
        if order.price is not None:
            _check_band(rules, order, order.price)
        return order


def _read(market: Market, row: SymbolRow) -> TradingRules:
    band = next((item for item in row.filters if item.filterType == PRICE_FILTER), None)
    return TradingRules(
        row=row,
        rates=FeeRates(RATES.parse(row.makerCommission), RATES.parse(row.takerCommission)),
        least_lots=Fraction(row.baseSizePrecision) * market.quantities.unit,
        least_amount=ATOMS.parse(row.quoteAmountPrecision),
        most_amount=ATOMS.parse(row.maxQuoteAmount),
        least_market_amount=ATOMS.parse(row.quoteAmountPrecisionMarket),
        most_market_amount=ATOMS.parse(row.maxQuoteAmountMarket),
        band_up=Fraction(band.bidMultiplierUp) if band else None,
        band_down=Fraction(band.askMultiplierDown) if band else None,
    )


def _check_trading(row: SymbolRow, request: OrderRequest) -> None:
    if not row.isSpotTradingAllowed:
        raise TradeRefusal(10007, "symbol not support api")
    if row.status != ONLINE:
        raise TradeRefusal(30016, "trading disabled")
    if row.tradeSideType not in SIDES_OPEN[request.side]:
        raise TradeRefusal(
            30001, "The current transaction direction is not allowed to place an order"
        )
    # IMMEDIATE_OR_CANCEL and FILL_OR_KILL are never listed and always taken.
    if request.kind is OrderKind.MARKET and "MARKET" not in row.orderTypes:
        raise TradeRefusal(30018, "market order is disabled")
    if (
        request.kind in (OrderKind.LIMIT, OrderKind.LIMIT_MAKER)
        and request.kind not in row.orderTypes
    ):
        raise TradeRefusal(30041, "current order type can not place order")


def _units(scale: Scale, text: str | None, refusal: str) -> int | None:
    if text is None:
        return None
    try:
        return scale.parse(text)
    except SimError as error:
        raise Refusal(400, 400, refusal) from error


def _quote_amount(market: Market, text: str | None) -> int | None:
    # The leading blank is the exchange's own.
    cents = _units(market.prices, text, " amount scale is invalid")
    if cents is None:
        return None
    factor: int = ATOMS.unit // market.prices.unit
    return cents * factor


def _check_size(rules: TradingRules, order: NewOrder) -> None:
    market, listing = order.market, order.market.listing
    is_market = order.kind is OrderKind.MARKET
    least = rules.least_market_amount if is_market else rules.least_amount
    most = rules.most_market_amount if is_market else rules.most_amount
    if order.lots is not None and (order.lots < rules.least_lots or not order.lots):
        smallest = max(rules.least_lots, Fraction(1))
        raise _too_small(ATOMS.plain(base_atoms(market, -(-smallest // 1))), listing.base)
    amount = order.quote_amount
    if amount is None and order.lots is not None:
        price = order.price if order.price is not None else market.last_price()
        if price is None:
            return
        amount = quote_atoms(market, price * order.lots)
    if amount is None or amount < least or not amount:
        raise _too_small(ATOMS.plain(least), listing.quote)
    if amount > most:
        raise TradeRefusal(
            30003,
            "The maximum transaction volume cannot be greater than:"
            f"{ATOMS.plain(most)}{listing.quote}",
        )


def _too_small(least: str, asset: str) -> TradeRefusal:
    return TradeRefusal(30002, f"The minimum transaction volume cannot be less than:{least}{asset}")


def _check_band(rules: TradingRules, order: NewOrder, price: int) -> None:
    last = order.market.last_price()
    if last is None:
        return
    too_high = (
        order.side is Side.BUY and rules.band_up is not None and price > last * (1 + rules.band_up)
    )
    too_low = (
        order.side is Side.SELL
        and rules.band_down is not None
        and price < last * (1 - rules.band_down)
    )
    if too_high or too_low:
        raise TradeRefusal(30087, "Order price exceeds allowed range")

"""Pushed bytes to models: orders, fills and balances of one account.

Amounts are exact. Empty text is tolerated where a missing amount means none so far; nothing else is
made up, because whoever trades by it loses money: a body without a balance, or whose figures
contradict each other, raises `ProtocolViolation`, and REST knows the truth.
"""

from decimal import Decimal

from mexc_connector.common.enums import OrderStatus, OrderType, Side
from mexc_connector.common.models import TradeId
from mexc_connector.common.orders import (
    ZERO,
    AssetBalance,
    BalanceAmounts,
    ClientOrderId,
    Fill,
    FillAmounts,
    Order,
    OrderAmounts,
    OrderId,
)
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.proto import numbers
from mexc_connector.proto.body import Reading, pushed_ms
from mexc_connector.proto.generated.account_pb2 import PrivateOrdersV3Api
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

_SIDES = {1: Side.BUY, 2: Side.SELL}

# 100 and above are placed on the web only: stop or take-profit, and the two legs of an OCO. They
# become limit orders when they trigger.
_OCO_TYPES = (101, 102)
_ORDER_TYPES = {
    1: OrderType.LIMIT,
    2: OrderType.LIMIT_MAKER,
    3: OrderType.IMMEDIATE_OR_CANCEL,
    4: OrderType.FILL_OR_KILL,
    5: OrderType.MARKET,
    100: OrderType.LIMIT,
    101: OrderType.LIMIT,
    102: OrderType.LIMIT,
}

# 5 and 6 both mean that the filled part stands and the rest is gone: finished, never open.
_STATUSES = {
    1: OrderStatus.NEW,
    2: OrderStatus.FILLED,
    3: OrderStatus.PARTIALLY_FILLED,
    4: OrderStatus.CANCELED,
    5: OrderStatus.PARTIALLY_CANCELED,
    6: OrderStatus.PARTIALLY_CANCELED,
}
_STATUSES_WITH_FILLS = frozenset(
    {OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED, OrderStatus.PARTIALLY_CANCELED}
)


def order(push: PushDataV3ApiWrapper, symbol: Symbol) -> Order:
    """Read the state of one order. Raises `ProtocolViolation`.

    The body knows when the order was created but not when it changed, so `updated_ms` is when the
    push was sent. A market order has no price here: the one on the wire is a protection that the
    exchange adds.
    """
    with Reading(push, "privateOrders"):
        body = push.privateOrders
        amounts = _order_amounts(body)
        return Order(
            symbol=symbol,
            side=_side(body.tradeType),
            order_type=_order_type(body),
            status=_status(body, amounts),
            exact=amounts,
            order_id=OrderId(_named("order id", body.id)),
            client_order_id=ClientOrderId(body.clientId) if body.clientId else None,
            created_ms=body.createTime or None,
            updated_ms=pushed_ms(push),
        )


def fill(push: PushDataV3ApiWrapper, symbol: Symbol, received_ns: int) -> Fill:
    """Read one execution. Raises `ProtocolViolation`. A rebate is a fee below zero."""
    with Reading(push, "privateDeals"):
        body = push.privateDeals
        fee = numbers.exact_signed(body.feeAmount) if body.feeAmount else ZERO
        if fee and not body.feeCurrency:
            raise ValueError("a fee in no currency")
        time_ms = body.time or pushed_ms(push)
        if time_ms is None:
            raise ValueError("no time")
        return Fill(
            symbol=symbol,
            order_id=OrderId(_named("order id", body.orderId)),
            client_order_id=ClientOrderId(body.clientOrderId) if body.clientOrderId else None,
            trade_id=TradeId(_named("trade id", body.tradeId)),
            side=_side(body.tradeType),
            exact=FillAmounts(
                price=numbers.exact_positive(body.price),
                amount=numbers.exact_positive(body.quantity),
                quote_amount=numbers.exact_non_negative(body.amount),
                fee=fee,
            ),
            fee_asset=AssetName(body.feeCurrency or symbol.quote),
            is_maker=body.isMaker,
            is_self_trade=body.isSelfTrade,
            exchange_time_ms=time_ms,
            received_ns=received_ns,
        )


def balance(push: PushDataV3ApiWrapper) -> AssetBalance:
    """Read what the account holds of one asset after a change. Raises `ProtocolViolation`.

    `updated_ms` is when the change was settled, which can be minutes before it was pushed.
    """
    with Reading(push, "privateAccount"):
        body = push.privateAccount
        return AssetBalance(
            asset=AssetName(_named("asset", body.vcoinName)),
            exact=BalanceAmounts(
                free=numbers.exact_non_negative(body.balanceAmount),
                locked=numbers.exact_non_negative(body.frozenAmount),
            ),
            updated_ms=body.time or None,
        )


def _order_amounts(body: PrivateOrdersV3Api) -> OrderAmounts:
    price: Decimal | None
    amount: Decimal | None = _amount(body.quantity)
    quote_amount: Decimal | None = None
    if _order_type(body) is OrderType.MARKET:
        price = None
        # The quote amount is zero for orders that were sized in base.
        quote_amount = _amount(body.amount) or None
        if quote_amount is not None:
            amount = None
    else:
        price = _amount(body.price) or None
        if price is None and body.orderType < 100:
            raise ValueError("a limit order without a price")
    if amount is not None and not amount:
        raise ValueError("an order for nothing")
    return OrderAmounts(
        price=price,
        amount=amount,
        quote_amount=quote_amount,
        amount_filled=_amount(body.cumulativeQuantity),
        quote_amount_filled=_amount(body.cumulativeAmount),
    )


def _status(body: PrivateOrdersV3Api, amounts: OrderAmounts) -> OrderStatus:
    if body.status == 0 and body.orderType in _OCO_TYPES:
        return OrderStatus.PENDING_NEW  # a leg that has not been triggered
    status = _STATUSES.get(body.status)
    if status is None:
        raise ValueError(f"status {body.status}")
    filled = amounts.amount_filled
    if status in _STATUSES_WITH_FILLS and not filled:
        raise ValueError(f"status {status} and nothing filled")
    if amounts.amount is not None:
        if filled > amounts.amount:
            raise ValueError("more filled than ordered")
        if status is OrderStatus.FILLED and filled < amounts.amount:
            raise ValueError("status FILLED and not all is filled")
    return status


def _order_type(body: PrivateOrdersV3Api) -> OrderType:
    order_type = _ORDER_TYPES.get(body.orderType)
    if order_type is None:
        raise ValueError(f"orderType {body.orderType}")
    return order_type


def _side(trade_type: int) -> Side:
    side = _SIDES.get(trade_type)
    if side is None:
        raise ValueError(f"tradeType {trade_type}")
    return side


def _amount(text: str) -> Decimal:
    return numbers.exact_non_negative(text) if text else ZERO


def _named(what: str, text: str) -> str:
    if not text:
        raise ValueError(f"no {what}")
    return text

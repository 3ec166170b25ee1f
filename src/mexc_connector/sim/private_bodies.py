"""Protobuf bodies of the private channels, and the pieces of the wrapper around them."""

from __future__ import annotations

import hashlib

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim.client_orders import ClientFill, ClientOrder, OrderState, quote_atoms
from mexc_connector.sim.fixed_point import ratio_text
from mexc_connector.sim.ledger import ATOM_DIGITS, ATOMS, BalanceChange, signed_text
from mexc_connector.sim.market import Market
from mexc_connector.sim.matching import OrderKind

ORDERS = "spot@private.orders.v3.api.pb"
DEALS = "spot@private.deals.v3.api.pb"
ACCOUNT = "spot@private.account.v3.api.pb"
CHANNELS = (ORDERS, DEALS, ACCOUNT)

KINDS = {
    OrderKind.LIMIT: 1,
    OrderKind.LIMIT_MAKER: 2,
    OrderKind.IMMEDIATE_OR_CANCEL: 3,
    OrderKind.FILL_OR_KILL: 4,
    OrderKind.MARKET: 5,
}
STATES = {
    OrderState.NEW: 1,
    OrderState.FILLED: 2,
    OrderState.PARTIALLY_FILLED: 3,
    OrderState.CANCELED: 4,
    OrderState.PARTIALLY_CANCELED: 5,
}


def turnover_exact(market: Market, turnover: int) -> str:
    """Write price times quantity with all its decimals."""
    return market.turnovers.plain(turnover)


def average_price(order: ClientOrder) -> str:
    """Write the average price of the fills, cut at 18 decimals; 0 before the first."""
    if not order.executed_lots:
        return "0"
    return ratio_text(
        order.turnover, order.executed_lots * order.market.prices.unit, digits=ATOM_DIGITS
    )


def order_body(order: ClientOrder) -> bytes:
    """Encode an order as it is now. It carries its creation time and no other."""
    asked, market = order.asked, order.market
    wrapper = PushDataV3ApiWrapper()
    body = wrapper.privateOrders
    lots_text = market.quantities.plain
    body.id = order.order_id
    body.clientId = asked.client_order_id or ""
    body.price = market.prices.plain(order.price)
    body.orderType = KINDS[asked.kind]
    body.tradeType = asked.side
    body.isMaker = order.is_maker
    if asked.quote_amount is None:
        body.quantity, body.amount = lots_text(order.lots), "0"
        body.remainQuantity, body.remainAmount = lots_text(order.remaining), "0"
    else:
        left = asked.quote_amount - quote_atoms(market, order.turnover)
        if order.state is OrderState.FILLED:
            left = 0  # less than a lot costs
        body.quantity, body.amount = lots_text(order.executed_lots), ATOMS.plain(asked.quote_amount)
        body.remainQuantity, body.remainAmount = "0", ATOMS.plain(max(0, left))
    body.avgPrice = average_price(order)
    if order.last_lots:
        body.lastDealQuantity = lots_text(order.last_lots)
    body.cumulativeQuantity = lots_text(order.executed_lots)
    body.cumulativeAmount = turnover_exact(market, order.turnover)
    body.status = STATES[order.state]
    body.createTime = order.created_ms
    return wrapper.SerializeToString()


def deal_body(fill: ClientFill) -> bytes:
    """Encode one fill."""
    order, market = fill.order, fill.order.market
    wrapper = PushDataV3ApiWrapper()
    body = wrapper.privateDeals
    body.price = market.prices.plain(fill.price)
    body.quantity = market.quantities.plain(fill.lots)
    body.amount = turnover_exact(market, fill.price * fill.lots)
    body.tradeType = order.asked.side
    body.isMaker = fill.is_maker
    body.isSelfTrade = fill.is_self_trade
    body.tradeId = fill.trade_id
    body.clientOrderId = order.asked.client_order_id or ""
    body.orderId = order.order_id
    body.feeAmount = ATOMS.plain(fill.fee.atoms)
    body.feeCurrency = fill.fee.asset
    body.time = fill.time_ms
    return wrapper.SerializeToString()


def account_body(change: BalanceChange, time_ms: int) -> bytes:
    """Encode one change of a balance: absolute amounts after it, and the signed differences."""
    wrapper = PushDataV3ApiWrapper(createTime=time_ms)
    body = wrapper.privateAccount
    body.vcoinName = change.asset
    body.coinId = hashlib.md5(change.asset.encode(), usedforsecurity=False).hexdigest()
    body.balanceAmount = ATOMS.plain(change.free)
    body.balanceAmountChange = signed_text(change.free_change)
    body.frozenAmount = ATOMS.plain(change.locked)
    body.frozenAmountChange = signed_text(change.locked_change)
    body.type = change.kind
    body.time = time_ms
    return wrapper.SerializeToString()

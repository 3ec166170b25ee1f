"""Short ways to write down orders and fills."""

from decimal import Decimal

from mexc_connector.common.enums import OrderStatus, OrderType, Side
from mexc_connector.common.models import TradeId
from mexc_connector.common.orders import (
    ClientOrderId,
    Fill,
    FillAmounts,
    Order,
    OrderAmounts,
    OrderId,
)
from mexc_connector.common.symbols import AssetName, Symbol

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
ETH = Symbol(AssetName("ETH"), AssetName("USDT"))


def order(
    status: OrderStatus = OrderStatus.NEW,
    *,
    filled: str = "0",
    order_id: str | None = "X1",
    client_order_id: str | None = "mine",
    symbol: Symbol = BTC,
    side: Side = Side.BUY,
    amount: str | None = "10",
    price: str | None = "100",
    created_ms: int | None = 1_000,
    updated_ms: int | None = None,
) -> Order:
    return Order(
        symbol=symbol,
        side=side,
        order_type=OrderType.LIMIT,
        status=status,
        exact=OrderAmounts(
            price=None if price is None else Decimal(price),
            amount=None if amount is None else Decimal(amount),
            amount_filled=Decimal(filled),
            quote_amount_filled=Decimal(filled) * 100,
        ),
        order_id=None if order_id is None else OrderId(order_id),
        client_order_id=None if client_order_id is None else ClientOrderId(client_order_id),
        created_ms=created_ms,
        updated_ms=updated_ms,
    )


def intent(client_order_id: str = "mine", *, symbol: Symbol = BTC, amount: str = "10") -> Order:
    return order(
        OrderStatus.PENDING_NEW,
        order_id=None,
        client_order_id=client_order_id,
        symbol=symbol,
        amount=amount,
        created_ms=None,
    )


def fill(
    trade_id: str,
    amount: str = "1",
    *,
    order_id: str = "X1",
    client_order_id: str | None = "mine",
    symbol: Symbol = BTC,
    side: Side = Side.BUY,
    exchange_time_ms: int = 2_000,
) -> Fill:
    return Fill(
        symbol=symbol,
        order_id=OrderId(order_id),
        client_order_id=None if client_order_id is None else ClientOrderId(client_order_id),
        trade_id=TradeId(trade_id),
        side=side,
        exact=FillAmounts(
            price=Decimal(100),
            amount=Decimal(amount),
            quote_amount=Decimal(amount) * 100,
            fee=Decimal("0.001"),
        ),
        fee_asset=AssetName("USDT"),
        is_maker=True,
        is_self_trade=False,
        exchange_time_ms=exchange_time_ms,
    )

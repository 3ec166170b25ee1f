"""From the exchange's private rows to models. Raises `ValueError` for what cannot be true."""

from decimal import Decimal

from mexc_connector.common.account import (
    AccountInfo,
    ApiKeyInfo,
    Currency,
    CurrencyNetwork,
    KycStatus,
    SelfTradeGroup,
    SelfTradeGroupId,
    TradeFee,
)
from mexc_connector.common.enums import OrderStatus, OrderType, Side
from mexc_connector.common.instrument import exact_decimal
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
from mexc_connector.rest import wire_private as wire

_STATUSES = {
    "NEW": OrderStatus.NEW,
    "PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED,
    "FILLED": OrderStatus.FILLED,
    "CANCELED": OrderStatus.CANCELED,
    "PARTIALLY_CANCELED": OrderStatus.PARTIALLY_CANCELED,
    # Not documented, but prepared for by clients of the exchange.
    "PENDING": OrderStatus.PENDING_NEW,
    "REJECTED": OrderStatus.REJECTED,
    "EXPIRED": OrderStatus.CANCELED,
}
_TYPES = {
    **{order_type.value: order_type for order_type in OrderType},
    "LIMIT_ORDER": OrderType.LIMIT,
    # Stop orders are placed on the web only; when they trigger they become one of these.
    "STOP_LIMIT": OrderType.LIMIT,
    "STOP_LIMIT_ORDER": OrderType.LIMIT,
    "STOP_MARKET": OrderType.MARKET,
    "STOP_MARKET_ORDER": OrderType.MARKET,
}
_PERMANENT = -999
_MOST_DECIMALS = 40
"""Of an asset's smallest part; the exchange's assets have 18 at most."""


def order(row: wire.OrderRow, symbol: Symbol) -> Order:
    """Return one order of a query.

    A status that is not known reads `UNKNOWN`. A type that is not known reads as limit order if
    it has a price: an order placed elsewhere must not hide all others.
    """
    return _order(row, symbol, row.client_order_id)


def canceled_order(row: wire.OrderRow, symbol: Symbol) -> Order:
    """Return what the reply to a cancel says: perhaps no status, perhaps the one before.

    Its `clientOrderId` names the cancel, `origClientOrderId` the order.
    """
    return _order(row, symbol, row.orig_client_order_id)


def _order(row: wire.OrderRow, symbol: Symbol, client_order_id: str | None) -> Order:
    price = _optional_amount(row.price, "a price") or None
    order_type = _TYPES.get(row.type) or (OrderType.LIMIT if price else OrderType.MARKET)
    is_market = order_type is OrderType.MARKET
    asked = _agreed("an amount", row.orig_qty, row.qty, row.misspelt_qty)
    quote_asked = _optional_amount(row.orig_quote_order_qty, "a quote amount") or None
    return Order(
        symbol=symbol,
        side=Side(row.side),
        order_type=order_type,
        status=_STATUSES.get(row.status or "", OrderStatus.UNKNOWN),
        exact=OrderAmounts(
            # Of a market order it is a protective price, or the last price that it traded at.
            price=None if is_market else price,
            # A market order sized in quote has amount 0; a limit order has its value as quote.
            amount=(asked or None) if is_market else asked,
            quote_amount=quote_asked if is_market else None,
            amount_filled=_agreed("an amount", row.executed_qty) or ZERO,
            quote_amount_filled=_agreed(
                "a quote amount", row.cummulative_quote_qty, row.cumulative_quote_qty
            )
            or ZERO,
        ),
        order_id=order_id(row.order_id),
        client_order_id=ClientOrderId(client_order_id) if client_order_id else None,
        created_ms=row.time,
        updated_ms=row.update_time,
    )


def order_id(value: wire.Identifier | None) -> OrderId:
    """Return an order id, opaque text."""
    if value is None or value == "":
        raise ValueError("an order without an id")
    return OrderId(str(value))


def fill(row: wire.MyTradeRow, symbol: Symbol) -> Fill:
    """Return one fill."""
    return Fill(
        symbol=symbol,
        order_id=order_id(row.order_id),
        client_order_id=ClientOrderId(row.client_order_id) if row.client_order_id else None,
        trade_id=TradeId(str(row.id)),
        side=Side.BUY if row.is_buyer else Side.SELL,
        exact=FillAmounts(
            price=_amount(row.price, "a price"),
            amount=_amount(row.qty, "an amount"),
            quote_amount=_amount(row.quote_qty, "a quote amount"),
            fee=ZERO if row.commission is None else _signed(row.commission, "a fee"),
        ),
        fee_asset=AssetName(row.commission_asset or ""),
        is_maker=row.is_maker,
        is_self_trade=row.is_self_trade,
        exchange_time_ms=row.time,
    )


def account(reply: wire.AccountReply, *, requested_ms: int, received_ms: int) -> AccountInfo:
    """Return the account."""
    return AccountInfo(
        can_trade=reply.can_trade,
        can_withdraw=reply.can_withdraw,
        can_deposit=reply.can_deposit,
        account_type=reply.account_type or "",
        permissions=tuple(reply.permissions or ()),
        balances=tuple(
            AssetBalance(
                asset=AssetName(row.asset),
                exact=BalanceAmounts(
                    free=_amount(row.free, "a balance"), locked=_amount(row.locked, "a balance")
                ),
            )
            for row in reply.balances
        ),
        requested_ms=requested_ms,
        received_ms=received_ms,
    )


def trade_fee(reply: wire.Wrapped[wire.TradeFeeData], symbol: Symbol) -> TradeFee:
    """Return the fees; a rebate is a fee below zero."""
    return TradeFee(
        symbol,
        maker=_signed(reply.data.maker_commission, "a fee"),
        taker=_signed(reply.data.taker_commission, "a fee"),
    )


def kyc_status(reply: wire.KycReply) -> KycStatus:
    """Return the status, `UNKNOWN` for one that is not documented."""
    text = str(reply.status)
    return KycStatus(text) if text in set(KycStatus) else KycStatus.UNKNOWN


def api_key_info(reply: wire.ApiKeyReply) -> ApiKeyInfo:
    """Return what the exchange says of the key."""
    days = reply.remaining_validity
    return ApiKeyInfo(
        note=reply.note or "",
        permissions=frozenset(_listed(reply.permissions)),
        remaining_days=None if days is None or days == _PERMANENT else max(0, days),
        ip_white_list=_listed(reply.ip_white_list),
        status=reply.status or "",
        created="" if reply.create_time is None else str(reply.create_time),
    )


def self_trade_group(row: wire.SelfTradeGroupRow) -> SelfTradeGroup:
    """Return one group."""
    return SelfTradeGroup(
        group_id=SelfTradeGroupId(str(row.trade_group_id)),
        name=row.trade_group_name,
        uids=_listed(row.trade_group_uid),
        created_ms=row.create_time,
        updated_ms=row.update_time,
    )


def currency(row: wire.CurrencyRow) -> Currency:
    """Return one asset."""
    return Currency(
        asset=AssetName(row.coin),
        name=row.name or row.documented_name or "",
        networks=tuple(_network(network) for network in row.network_list or ()),
    )


def _network(row: wire.NetworkRow) -> CurrencyNetwork:
    return CurrencyNetwork(
        network=row.net_work or None,
        long_name=row.network,
        is_deposit_enabled=row.deposit_enable,
        is_withdraw_enabled=row.withdraw_enable,
        is_memo_required=bool(row.same_address),
        min_confirmations=row.min_confirm,
        withdraw_fee=_optional_amount(row.withdraw_fee, "a fee"),
        withdraw_min=_optional_amount(row.withdraw_min, "an amount"),
        withdraw_max=_optional_amount(row.withdraw_max, "an amount"),
        withdraw_step=_withdraw_step(row.withdraw_integer_multiple),
        contract_address=row.contract or None,
    )


def _withdraw_step(value: str | int | None) -> Decimal | None:
    """Read the two forms: a step (`"0.000001"`), and a count of decimals (`"18"`)."""
    if value is None or value == "":
        return None
    number = exact_decimal(value, name="withdrawIntegerMultiple")
    if number != number.to_integral_value():
        return number
    if abs(number) > _MOST_DECIMALS:
        raise ValueError(f"withdrawIntegerMultiple of {value}")
    return Decimal(1).scaleb(-int(number))


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _signed(value: Decimal, name: str) -> Decimal:
    return exact_decimal(value, name=name) or ZERO  # 0E-18 reads as 0


def _amount(value: Decimal, name: str) -> Decimal:
    number = _signed(value, name)
    if number < 0:
        raise ValueError(f"{name} of {value}")
    return number


def _optional_amount(value: Decimal | None, name: str) -> Decimal | None:
    return None if value is None else _amount(value, name)


def _agreed(name: str, *values: Decimal | None) -> Decimal | None:
    """Return the one value that is written under several names."""
    given = {_amount(value, name) for value in values if value is not None}
    if len(given) > 1:
        raise ValueError(f"{name} of {' and of '.join(sorted(str(value) for value in given))}")
    return given.pop() if given else None

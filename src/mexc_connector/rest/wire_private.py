"""Private replies in the exchange's spelling; see `wire`. Amounts are read to the last digit.

Names drift: `origQty` is also documented as `Qty` and seen as `origOty`, `cummulativeQuoteQty` (so
spelled) also as `cumulativeQuoteQty`. All are read; `private_models` wants them to agree.
"""

from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.rest.answer import Answer

T = TypeVar("T")

Identifier = int | str
"""Written as a number or as text; opaque."""


class _Object(msgspec.Struct, frozen=True, rename="camel"):
    """A JSON object; our names in snake case, theirs in camel case."""


class Wrapped(msgspec.Struct, Generic[T], frozen=True):
    """A reply around the one that matters; its code was judged before."""

    data: T


class OrderAck(_Object, frozen=True):
    """Reply of placing an order: that it was taken, and nothing of what became of it."""

    symbol: str
    order_id: Identifier
    transact_time: int | None = None


class BatchEntry(_Object, frozen=True):
    """One entry of the reply to a batch: an order's id, or a code and a text."""

    order_id: Identifier | None = None
    new_client_order_id: str | None = None
    code: int | None = None
    msg: str | None = None


class OrderRow(_Object, frozen=True):
    """One order, of a query or of a cancel; the latter may hold half of it."""

    symbol: str
    order_id: Identifier
    side: str
    type: str
    status: str | None = None
    client_order_id: str | None = None
    orig_client_order_id: str | None = None
    price: Decimal | None = None
    orig_qty: Decimal | None = None
    qty: Decimal | None = msgspec.field(default=None, name="Qty")
    misspelt_qty: Decimal | None = msgspec.field(default=None, name="origOty")
    executed_qty: Decimal | None = None
    cummulative_quote_qty: Decimal | None = None
    cumulative_quote_qty: Decimal | None = None
    orig_quote_order_qty: Decimal | None = None
    time: int | None = None
    update_time: int | None = None


class MyTradeRow(_Object, frozen=True):
    """One fill of `myTrades`; its time is exact to the second."""

    symbol: str
    id: Identifier
    order_id: Identifier
    price: Decimal
    qty: Decimal
    quote_qty: Decimal
    time: int
    is_buyer: bool
    is_maker: bool
    is_self_trade: bool = False
    commission: Decimal | None = None
    commission_asset: str | None = None
    client_order_id: str | None = None


class BalanceRow(_Object, frozen=True):
    """One asset of the account."""

    asset: str
    free: Decimal
    locked: Decimal


class AccountReply(_Object, frozen=True):
    """Reply of `account`."""

    balances: list[BalanceRow]
    can_trade: bool = False
    can_withdraw: bool = False
    can_deposit: bool = False
    account_type: str | None = None
    permissions: list[str] | None = None


class TradeFeeData(_Object, frozen=True):
    """Bare numbers, also written `0E-18`."""

    maker_commission: Decimal
    taker_commission: Decimal


class MxDeductData(_Object, frozen=True):
    """Whether fees are paid in MX."""

    mx_deduct_enable: bool


class KycReply(_Object, frozen=True):
    """Reply of `kyc/status`."""

    status: Identifier


class UidReply(_Object, frozen=True):
    """Reply of `uid`."""

    uid: Identifier


class ApiKeyReply(_Object, frozen=True):
    """Reply of `apiKeyInfo`: -999 days are for ever, `createTime` is ISO 8601 or milliseconds."""

    note: str | None = None
    permissions: str | None = None
    remaining_validity: int | None = None
    ip_white_list: str | None = None
    status: str | None = None
    create_time: Identifier | None = None


class SelfTradeGroupRow(_Object, frozen=True):
    """One self-trade-prevention group."""

    trade_group_name: str
    trade_group_id: Identifier
    trade_group_uid: str | None = None
    create_time: int | None = None
    update_time: int | None = None


class ListenKeyReply(_Object, frozen=True):
    """Reply about one listen key."""

    listen_key: str


class ListenKeysReply(_Object, frozen=True):
    """Reply of the list of listen keys; the counts are newer than the documentation."""

    listen_key: list[str] | None = None
    total: int | None = None
    available: int | None = None


class NetworkRow(_Object, frozen=True):
    """One chain of an asset. `network` is the long, `netWork` the short name."""

    network: str
    net_work: str | None = None
    deposit_enable: bool = False
    withdraw_enable: bool = False
    same_address: bool | None = None
    min_confirm: int | None = None
    withdraw_fee: Decimal | None = None
    withdraw_min: Decimal | None = None
    withdraw_max: Decimal | None = None
    withdraw_integer_multiple: str | int | None = None
    contract: str | None = None


class CurrencyRow(_Object, frozen=True):
    """One asset; its name is documented with a capital letter."""

    coin: str
    name: str | None = None
    documented_name: str | None = msgspec.field(default=None, name="Name")
    network_list: list[NetworkRow] | None = None


def decode_secret(answer: Answer, form: type[T]) -> T:
    """Read an answer that holds a secret: the `ProtocolViolation` keeps none of it."""
    try:
        return msgspec.json.decode(answer.body, type=form, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolViolation(
            "the answer has another form than it should; it is withheld because it may hold a key",
            endpoint=answer.endpoint,
        ) from None

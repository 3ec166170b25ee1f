"""Orders, fills and balances as users receive them.

Every amount is kept exactly as the exchange wrote it and read in two ways: `order.amount_filled`
is a float, `order.exact.amount_filled` the same as a `Decimal`. Cheap tokens have balances of 18
digits, more than a float holds.
"""

from decimal import Decimal
from typing import NewType

import msgspec

from mexc_connector.common.enums import OrderStatus, OrderType, Side
from mexc_connector.common.models import TradeId
from mexc_connector.common.symbols import AssetName, Symbol

OrderId = NewType("OrderId", str)
"""The exchange's id of an order: opaque text in several forms."""

ClientOrderId = NewType("ClientOrderId", str)
"""Our id of an order: 1 to 32 characters of `A-Z a-z 0-9 - _`, ours alone for its lifetime."""

ZERO = Decimal(0)


class OrderAmounts(msgspec.Struct, frozen=True, kw_only=True):
    """The exact amounts of an order.

    `price` is None for market orders; `amount` (base) or `quote_amount` is None where the order
    was sized by the other one.
    """

    price: Decimal | None = None
    amount: Decimal | None = None
    quote_amount: Decimal | None = None
    amount_filled: Decimal = ZERO
    quote_amount_filled: Decimal = ZERO


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order of ours as it is known at a moment; a later state is another object.

    `order_id` is None until the exchange has named it. `client_order_id` is None only for orders
    that were placed elsewhere without one. Times are the exchange's clock.
    """

    symbol: Symbol
    side: Side
    order_type: OrderType
    status: OrderStatus
    exact: OrderAmounts
    order_id: OrderId | None = None
    client_order_id: ClientOrderId | None = None
    created_ms: int | None = None
    updated_ms: int | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing can happen to the order any more."""
        return self.status.is_done

    @property
    def price(self) -> float | None:
        """Limit price; None for market orders."""
        return None if self.exact.price is None else float(self.exact.price)

    @property
    def amount(self) -> float | None:
        """Base amount asked for; None for orders sized in quote."""
        return None if self.exact.amount is None else float(self.exact.amount)

    @property
    def quote_amount(self) -> float | None:
        """Quote amount asked for; None for orders sized in base."""
        return None if self.exact.quote_amount is None else float(self.exact.quote_amount)

    @property
    def amount_filled(self) -> float:
        """Base amount traded so far."""
        return float(self.exact.amount_filled)

    @property
    def quote_amount_filled(self) -> float:
        """Quote amount traded so far, before fees."""
        return float(self.exact.quote_amount_filled)

    @property
    def amount_remaining(self) -> float | None:
        """Base amount not traded; None for orders sized in quote."""
        if self.exact.amount is None:
            return None
        return float(self.exact.amount - self.exact.amount_filled)

    @property
    def average_price(self) -> float | None:
        """Volume-weighted price of the fills; None before the first."""
        if not self.exact.amount_filled:
            return None
        return float(self.exact.quote_amount_filled / self.exact.amount_filled)


class FillAmounts(msgspec.Struct, frozen=True, kw_only=True):
    """The exact amounts of a fill. `fee` is in the fill's `fee_asset`, above zero when paid."""

    price: Decimal
    amount: Decimal
    quote_amount: Decimal
    fee: Decimal


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of one of our orders; `trade_id` is unique within its market."""

    symbol: Symbol
    order_id: OrderId
    client_order_id: ClientOrderId | None
    trade_id: TradeId
    side: Side
    exact: FillAmounts
    fee_asset: AssetName
    is_maker: bool
    is_self_trade: bool
    exchange_time_ms: int
    received_ns: int = 0

    @property
    def price(self) -> float:
        """Price in quote per base."""
        return float(self.exact.price)

    @property
    def amount(self) -> float:
        """Base amount."""
        return float(self.exact.amount)

    @property
    def quote_amount(self) -> float:
        """Quote amount, before the fee."""
        return float(self.exact.quote_amount)

    @property
    def fee(self) -> float:
        """Fee in `fee_asset`."""
        return float(self.exact.fee)


class BalanceAmounts(msgspec.Struct, frozen=True, kw_only=True):
    """The exact amounts of a balance."""

    free: Decimal
    locked: Decimal


class AssetBalance(msgspec.Struct, frozen=True, kw_only=True):
    """What the account holds of one asset. `locked` backs open orders."""

    asset: AssetName
    exact: BalanceAmounts
    updated_ms: int | None = None

    @property
    def free(self) -> float:
        """Available amount."""
        return float(self.exact.free)

    @property
    def locked(self) -> float:
        """Amount that open orders hold."""
        return float(self.exact.locked)

    @property
    def total(self) -> float:
        """Free and locked together."""
        return float(self.exact.free + self.exact.locked)

"""What an account shows to a test: exact numbers, whatever the network did to the replies."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from mexc_connector.sim.accounts import Account
from mexc_connector.sim.client_orders import ClientFill, ClientOrder
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.ledger import ATOMS
from mexc_connector.sim.trading_desk import TradingDesk


class Balance(msgspec.Struct, frozen=True):
    """One asset of an account."""

    free: Decimal
    locked: Decimal


class AccountOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order as the exchange has it now; `price` is None for MARKET."""

    symbol: str
    order_id: str
    client_order_id: str | None
    side: str
    kind: str
    status: str
    price: Decimal | None
    quantity: Decimal | None
    quote_amount: Decimal | None
    filled: Decimal
    quote_filled: Decimal
    created_ms: int
    cancel_reason: str | None


class AccountFill(msgspec.Struct, frozen=True, kw_only=True):
    """One fill."""

    symbol: str
    order_id: str
    client_order_id: str | None
    trade_id: str
    side: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    is_maker: bool
    is_self_trade: bool
    time_ms: int


class AccountView:
    """One account of a running simulator. Everything it gives is a copy of the moment."""

    def __init__(self, account: Account, desk: TradingDesk) -> None:
        self._account = account
        self._desk = desk

    @property
    def uid(self) -> str:
        """The number that GET uid tells."""
        return self._account.uid

    def balances(self) -> dict[str, Balance]:
        """Give every asset that the account ever held."""
        purses = self._desk.ledger.purses[self._account.owner]
        return {
            asset: Balance(ATOMS.exact(purse.free), ATOMS.exact(purse.locked))
            for asset, purse in purses.items()
        }

    def orders(self) -> list[AccountOrder]:
        """Give all orders, oldest first."""
        return [_order(order) for order in self._account.orders.values()]

    def open_orders(self) -> list[AccountOrder]:
        """Give the orders to which something can still happen, oldest first."""
        return [_order(order) for order in self._account.open_orders.values()]

    def fills(self) -> list[AccountFill]:
        """Give all fills, oldest first."""
        return [_fill(fill) for fill in self._account.fills]

    def deposit(self, asset: str, amount: str | int | Decimal) -> None:
        """Pay in; the account stream tells it. Raises `SimError` for an amount not above zero."""
        atoms = ATOMS.parse(amount)
        if atoms <= 0:
            raise SimError(f"A deposit must be above zero, not {amount}.")
        self._desk.ledger.deposit(self._account.owner, asset, atoms)


def _order(order: ClientOrder) -> AccountOrder:
    asked, market = order.asked, order.market
    quote_amount = asked.quote_amount
    return AccountOrder(
        symbol=order.symbol,
        order_id=order.order_id,
        client_order_id=asked.client_order_id,
        side=asked.side.name,
        kind=asked.kind.value,
        status=order.state.value,
        price=None if asked.price is None else market.prices.exact(asked.price),
        quantity=None if asked.lots is None else market.quantities.exact(asked.lots),
        quote_amount=None if quote_amount is None else ATOMS.exact(quote_amount),
        filled=market.quantities.exact(order.executed_lots),
        quote_filled=market.turnovers.exact(order.turnover),
        created_ms=order.created_ms,
        cancel_reason=order.cancel_reason,
    )


def _fill(fill: ClientFill) -> AccountFill:
    order, market = fill.order, fill.order.market
    return AccountFill(
        symbol=order.symbol,
        order_id=order.order_id,
        client_order_id=order.asked.client_order_id,
        trade_id=fill.trade_id,
        side=order.asked.side.name,
        price=market.prices.exact(fill.price),
        quantity=market.quantities.exact(fill.lots),
        fee=ATOMS.exact(fill.fee.atoms),
        fee_asset=fill.fee.asset,
        is_maker=fill.is_maker,
        is_self_trade=fill.is_self_trade,
        time_ms=fill.time_ms,
    )

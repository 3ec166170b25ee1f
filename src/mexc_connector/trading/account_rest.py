"""What the trading shell needs of the exchange over REST. It never sees the client behind it."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from mexc_connector.common.instrument import SymbolInfo
from mexc_connector.common.orders import AssetBalance, ClientOrderId, Fill, Order, OrderId
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.order_check import CheckedOrder

SymbolRules = Callable[[Symbol], Awaitable[SymbolInfo]]
"""Reads the rules of a market, from a copy of a few minutes' age."""


class AccountRest(Protocol):
    """The private REST client.

    A command that may have been carried out although its answer was lost raises
    `OrderOutcomeUnknown`; every other error of a command is certain: nothing happened.
    `UnknownOrder` means that the exchange does not find the order.
    """

    async def send_checked(
        self,
        order: CheckedOrder,
        client_order_id: ClientOrderId,
        *,
        admit: Callable[[], object] | None = None,
    ) -> Order:
        """Send an order, once. `admit` is called right before; what it raises stops the order."""

    async def cancel_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Cancel one order."""

    async def cancel_open_orders(self, *symbols: Symbol) -> Iterable[Order]:
        """Cancel all orders of some markets."""

    async def cancel_all_orders(self) -> None:
        """Cancel all orders of the account."""

    async def get_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Read one order; finds orders of the last seven days."""

    async def get_open_orders(self, symbol: Symbol | None = None) -> Iterable[Order]:
        """Read the open orders of one market, or of all."""

    async def get_my_trades(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        start_ms: int | None = None,
    ) -> Iterable[Fill]:
        """Read fills of the last month."""

    async def get_account_balances(self) -> Iterable[AssetBalance]:
        """Read every balance that is not zero."""

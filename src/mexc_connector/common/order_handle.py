"""OrderHandle: one order of ours, followed through its life."""

from abc import ABC, abstractmethod

from mexc_connector.common.enums import OrderStatus, OrderType, Side
from mexc_connector.common.orders import ClientOrderId, Fill, Order, OrderAmounts, OrderId
from mexc_connector.common.symbols import Symbol


class OrderHandle(ABC):
    """An order that was placed: what is known of it now, and ways to wait for more.

    `order` is the state of this moment; the other properties read from it. A handle stays valid
    after the session: it then shows what was known last.
    """

    @property
    @abstractmethod
    def order(self) -> Order:
        """The order as it is known now; a later state is another object."""

    @property
    @abstractmethod
    def fills(self) -> tuple[Fill, ...]:
        """The fills that are known one by one. They may lag `amount_filled` for a moment."""

    @abstractmethod
    async def settled(self) -> Order:
        """Wait until it is known whether the order exists; `REJECTED` if it does not.

        Returns at once unless the answer to the placement was lost. Raises `OrderOutcomeUnknown`
        when no evidence can settle it any more, and `SessionClosed`.
        """

    @abstractmethod
    async def done(self) -> Order:
        """Wait until nothing can happen to the order any more. Raises like `settled`."""

    @abstractmethod
    async def cancel(self) -> Order:
        """Cancel what is left of the order; see `cancel_order` of the exchange."""

    @property
    def symbol(self) -> Symbol:
        """The market."""
        return self.order.symbol

    @property
    def side(self) -> Side:
        """Bought or sold."""
        return self.order.side

    @property
    def order_type(self) -> OrderType:
        """The exchange's type."""
        return self.order.order_type

    @property
    def status(self) -> OrderStatus:
        """The state now."""
        return self.order.status

    @property
    def is_done(self) -> bool:
        """Whether nothing can happen to the order any more."""
        return self.order.is_done

    @property
    def order_id(self) -> OrderId | None:
        """The exchange's id; None until it is known."""
        return self.order.order_id

    @property
    def client_order_id(self) -> ClientOrderId | None:
        """Our id."""
        return self.order.client_order_id

    @property
    def exact(self) -> OrderAmounts:
        """The exact amounts."""
        return self.order.exact

    @property
    def price(self) -> float | None:
        """Limit price; None for market orders."""
        return self.order.price

    @property
    def amount(self) -> float | None:
        """Base amount asked for; None for orders sized in quote."""
        return self.order.amount

    @property
    def quote_amount(self) -> float | None:
        """Quote amount asked for; None for orders sized in base."""
        return self.order.quote_amount

    @property
    def amount_filled(self) -> float:
        """Base amount traded so far."""
        return self.order.amount_filled

    @property
    def amount_remaining(self) -> float | None:
        """Base amount not traded; None for orders sized in quote."""
        return self.order.amount_remaining

    @property
    def average_price(self) -> float | None:
        """Volume-weighted price of the fills; None before the first."""
        return self.order.average_price

    def __repr__(self) -> str:
        order = self.order
        return (
            f"<OrderHandle {order.side} {order.symbol} {order.status}"
            f" {order.exact.amount_filled} filled, client order id {order.client_order_id}>"
        )

"""TrackedHandle: the handle of an order, on top of the board."""

from collections.abc import Awaitable, Callable

from mexc_connector.common.errors import OrderOutcomeUnknown
from mexc_connector.common.order_handle import OrderHandle
from mexc_connector.common.orders import Fill, Order
from mexc_connector.core.tracked_order import TrackedOrder
from mexc_connector.trading.order_board import OrderBoard


class TrackedHandle(OrderHandle):
    """Follows one order of the tracker, also after the tracker has forgotten it."""

    def __init__(
        self,
        record: TrackedOrder,
        board: OrderBoard,
        cancel: Callable[[TrackedOrder], Awaitable[Order]],
    ) -> None:
        self._record = record
        self._board = board
        self._cancel = cancel

    @property
    def order(self) -> Order:
        """The order as it is known now."""
        return self._record.order

    @property
    def fills(self) -> tuple[Fill, ...]:
        """The fills that are known one by one."""
        return tuple(self._record.fills.values())

    async def settled(self) -> Order:
        """Wait until it is known whether the order exists."""
        return await self._wait(_is_settled)

    async def done(self) -> Order:
        """Wait until nothing can happen to the order any more."""
        return await self._wait(_is_over)

    async def cancel(self) -> Order:
        """Cancel what is left of the order."""
        return await self._cancel(self._record)

    async def _wait(self, condition: Callable[[TrackedOrder], bool]) -> Order:
        order = await self._board.wait_until(self._record, condition)
        if self._record.is_given_up:
            raise OrderOutcomeUnknown(order.client_order_id or "")
        return order


def _is_settled(record: TrackedOrder) -> bool:
    return record.is_settled or record.is_given_up


def _is_over(record: TrackedOrder) -> bool:
    return record.is_over

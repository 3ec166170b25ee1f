"""OrderCanceller: takes orders off the book, and does not return before it knows how they ended.

A cancellation is idempotent in effect, so one whose answer was lost is repeated (O13). Its reply
is no evidence of the final state: it may repeat the state before, or leave the fills out. What
counts is the private stream, and where that is late, the order read again (O14).
"""

import asyncio
from enum import Enum, unique

import msgspec

from mexc_connector.common.clock import Clock
from mexc_connector.common.enums import OrderStatus
from mexc_connector.common.errors import (
    ExchangeUnavailable,
    OrderAlreadyDone,
    OrderOutcomeUnknown,
    ProtocolViolation,
    RateLimitError,
    TransportError,
    UnknownOrder,
)
from mexc_connector.common.orders import ClientOrderId, Order, OrderId
from mexc_connector.common.shared_read import result_of
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.trading_config import TradingConfig
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.core.tracked_order import TrackedOrder
from mexc_connector.trading.account_rest import AccountRest
from mexc_connector.trading.order_board import OrderBoard
from mexc_connector.trading.order_settler import wait_or_sleep

_CANCELED = (OrderStatus.CANCELED, OrderStatus.PARTIALLY_CANCELED)
_NO_ANSWER = (TransportError, ExchangeUnavailable, RateLimitError, ProtocolViolation)


@unique
class _Reply(Enum):
    TAKEN = "the exchange took the cancellation"
    NOT_FOUND = "it knows no such open order"
    LOST = "its answer was lost"


class OrderCanceller:
    """Cancels single orders. However many ask for one order at once, it is canceled once."""

    def __init__(
        self, board: OrderBoard, rest: AccountRest, *, config: TradingConfig, clock: Clock
    ) -> None:
        self._board = board
        self._rest = rest
        self._config = config
        self._clock = clock
        self._under_way: dict[int, asyncio.Task[Order]] = {}

    async def cancel_unknown(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Cancel an order that nothing is known of; it is adopted. Raises like `cancel`.

        `UnknownOrder` if the exchange does not know it either.
        """
        was_lost = False
        try:
            report = await self._rest.cancel_order(
                symbol, order_id=order_id, client_order_id=client_order_id
            )
        except UnknownOrder:
            pass
        except OrderOutcomeUnknown as error:
            was_lost = not isinstance(error.__cause__, UnknownOrder)
        else:
            return await self._confirmed(self._adopted(without_state(report)))
        try:
            report = await self._rest.get_order(
                symbol, order_id=order_id, client_order_id=client_order_id
            )
        except _NO_ANSWER as error:
            if not was_lost:
                raise  # certain: there was nothing to cancel
            raise OrderOutcomeUnknown(client_order_id, order_id=order_id) from error
        record = self._adopted(report)
        if not record.is_over:
            return await self.cancel(record)
        if was_lost and record.order.status in _CANCELED:
            return record.order
        raise OrderAlreadyDone(record.order)

    async def cancel(self, record: TrackedOrder) -> Order:
        """Cancel an order and return its final state.

        Raises `OrderAlreadyDone` when it had ended before, `OrderOutcomeUnknown` when nothing
        could be learned within `cancel_timeout_s` or before the session closed, and what the
        exchange refuses it with. The returned order may still be open if the exchange took the
        cancellation but did not show its effect in time: look at `is_done`.
        """
        if record.is_over:
            raise OrderAlreadyDone(record.order)
        task = self._under_way.get(record.key)
        if task is None:
            task = asyncio.create_task(
                self._cancel(record), name=f"mexc cancel {record.order.order_id}"
            )
            self._under_way[record.key] = task
            task.add_done_callback(lambda ended: self._forget(record, ended))
        # It is ended by a session that closes; the cancellation may have left.
        return await result_of(task, ended=lambda: _unknown(record.order))

    async def close(self) -> None:
        """End what is under way. May be called twice."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def confirm(self, record: TrackedOrder) -> Order:
        """Wait for the end of an order whose cancellation was accepted, see `cancel`."""
        return await self._confirmed(record)

    def _adopted(self, report: Order) -> TrackedOrder:
        self._board.on_order(report)
        record = self._board.tracker.find(order_id=report.order_id)
        if record is None:  # a tracker that keeps no finished orders
            return TrackedOrder(-1, report, is_ours=False)
        return record

    async def _cancel(self, record: TrackedOrder) -> Order:
        self._board.on_cancel_intent(record)
        give_up_at = self._clock.now() + self._config.cancel_timeout_s
        was_lost = False  # an attempt of ours may have been carried out
        attempt = 0
        while True:
            try:
                reply = await self._send(record)
            except (TransportError, RateLimitError):
                if not was_lost:
                    raise  # certain: nothing was sent, or it was refused
                reply = _Reply.LOST
            if reply is _Reply.TAKEN:
                return await self._confirmed(record)
            was_lost |= reply is _Reply.LOST
            if await self._has_ended(record):
                if was_lost and record.order.status in _CANCELED:
                    return record.order
                raise OrderAlreadyDone(record.order)
            if self._clock.now() >= give_up_at:
                raise _unknown(record.order)
            await self._pause(record, attempt)
            attempt += 1

    async def _send(self, record: TrackedOrder) -> _Reply:
        order = record.order
        try:
            report = await self._rest.cancel_order(
                order.symbol, order_id=order.order_id, client_order_id=_only_name(order)
            )
        except UnknownOrder:
            return _Reply.NOT_FOUND
        except OrderOutcomeUnknown as error:
            # -2011 says "finished, or never there": the tables count that as unknown, too.
            return _Reply.NOT_FOUND if isinstance(error.__cause__, UnknownOrder) else _Reply.LOST
        self._board.on_order(without_state(_named(report, record.order)))
        return _Reply.TAKEN

    async def _has_ended(self, record: TrackedOrder) -> bool:
        """Read the order after a cancellation that found none, or got no answer."""
        if not record.is_over:
            await self._read(record)
        return record.is_over

    async def _confirmed(self, record: TrackedOrder) -> Order:
        """Wait for the stream to tell the end of a canceled order, then ask for it."""
        give_up_at = self._clock.now() + self._config.cancel_timeout_s
        attempt = 0
        if await self._ends_within(record, self._config.cancel_confirm_s):
            return record.order
        while self._clock.now() < give_up_at:
            await self._read(record)
            if record.is_over:
                break
            await self._pause(record, attempt)
            attempt += 1
        return record.order

    async def _read(self, record: TrackedOrder) -> None:
        """Ask for the order; that it is not found (yet), or no answer, changes nothing."""
        order = record.order
        try:
            report = await self._rest.get_order(
                order.symbol, order_id=order.order_id, client_order_id=_only_name(order)
            )
        except (UnknownOrder, *_NO_ANSWER):
            return
        self._board.on_order(_named(report, record.order))

    async def _pause(self, record: TrackedOrder, attempt: int) -> None:
        delay_s = backoff_delay(
            attempt, base_s=self._config.lookup_base_s, max_s=self._config.lookup_max_s, jitter=0.0
        )
        await self._ends_within(record, delay_s)

    async def _ends_within(self, record: TrackedOrder, seconds: float) -> bool:
        return await wait_or_sleep(
            self._board, record, lambda order: order.is_over, self._clock, seconds
        )

    def _forget(self, record: TrackedOrder, task: asyncio.Task[Order]) -> None:
        del self._under_way[record.key]
        if not task.cancelled():
            task.exception()  # who asked may be gone; then nobody else retrieves it


def without_state(report: Order) -> Order:
    """Return the reply to a cancellation as proof that the order exists, and of nothing more."""
    if not report.status.is_done:
        return report
    return msgspec.structs.replace(report, status=OrderStatus.UNKNOWN)


def _unknown(order: Order) -> OrderOutcomeUnknown:
    return OrderOutcomeUnknown(order.client_order_id, order_id=order.order_id)


def _named(report: Order, order: Order) -> Order:
    """Return the reply with the client id of the order that it is about; replies may lack it."""
    return msgspec.structs.replace(report, client_order_id=order.client_order_id)


def _only_name(order: Order) -> ClientOrderId | None:
    """Return the client id of an order that the exchange has not named yet."""
    return order.client_order_id if order.order_id is None else None

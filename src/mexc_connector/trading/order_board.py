"""OrderBoard: the order tracker with what hangs on it: journal, watchers, and those who wait.

Whatever learns something about an order hands it to the board, and only to the board: the desk
its replies, the account feed its pushes, the settler and the reconciler what they read.
"""

import asyncio
import logging
from collections.abc import Callable

from mexc_connector.common.enums import OrderStatus
from mexc_connector.common.errors import JournalError, SessionClosed
from mexc_connector.common.fan_out import FanOut
from mexc_connector.common.log_fields import log_fields
from mexc_connector.common.orders import ClientOrderId, Fill, Order
from mexc_connector.core.journal_records import (
    Accepted,
    CancelIntent,
    Finished,
    OutcomeUnknown,
    Record,
    intent_of,
)
from mexc_connector.core.order_events import Contradiction, FillCounted, OrderChanged
from mexc_connector.core.order_tracker import Events, OrderTracker
from mexc_connector.core.tracked_order import TrackedOrder
from mexc_connector.trading.journal_file import OrderJournal

_logger = logging.getLogger("mexc_connector.orders")


class OrderBoard:
    """All that is known of orders, and everybody who wants to know."""

    def __init__(
        self, tracker: OrderTracker, *, journal: OrderJournal | None, queue_size: int
    ) -> None:
        self.tracker = tracker
        self.orders: FanOut[Order] = FanOut("orders", queue_size=queue_size)
        self.fills: FanOut[Fill] = FanOut("fills", queue_size=queue_size)
        self.journal_failures = 0
        self._journal = journal
        # Orders that the journal does not know to be finished, and whether it has their order id.
        self._journaled: dict[int, bool] = {}
        self._given_up: set[int] = set()
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}
        self._is_closed = False

    # What happens to orders.

    async def intend(self, order: Order, sent_ms: int) -> TrackedOrder:
        """Note an order that is about to be sent; when this returns, the journal has it.

        `sent_ms` is the exchange's clock.

        Raises `UsageError` for an id in use, and `JournalError`: the order must not be sent then.
        """
        self._take(self.tracker.on_intent(order, sent_ms=sent_ms))
        record = self._tracked(order.client_order_id)
        if self._journal is None:
            return record
        self._journaled[record.key] = False
        try:
            await self._journal.append_durably(intent_of(order, sent_ms))
        except BaseException:
            self.on_rejected(record, "not sent: the intent was not written")
            raise
        return record

    def restore(self, order: Order, sent_ms: int) -> TrackedOrder:
        """Note an order that the journal of an earlier session knows of."""
        self._take(self.tracker.on_intent(order, sent_ms=sent_ms))
        record = self._tracked(order.client_order_id)
        self._journaled[record.key] = order.order_id is not None
        return record

    def on_order(self, report: Order) -> None:
        """Take in what a reply or the stream says of an order."""
        self._take(self.tracker.on_order(report))

    def on_fill(self, fill: Fill) -> None:
        """Take in a fill."""
        self._take(self.tracker.on_fill(fill))

    def on_cancel_intent(self, record: TrackedOrder) -> None:
        """Note that a cancellation is about to be sent."""
        client_order_id = record.order.client_order_id
        if record.key in self._journaled and client_order_id is not None:
            self._write(CancelIntent(client_order_id=client_order_id), record.order)

    def on_outcome_unknown(self, record: TrackedOrder) -> None:
        """Note that the answer to a placement was lost."""
        self._take(self.tracker.on_outcome_unknown(_client_id(record)))

    def on_rejected(self, record: TrackedOrder, reason: str) -> None:
        """Note that a placement was refused, or never arrived."""
        fields = log_fields(order=record.order)
        _logger.debug("%s rejected: %s", record.order.client_order_id, reason, extra=fields)
        self._take(self.tracker.on_rejected(_client_id(record)))

    def on_given_up(self, record: TrackedOrder, reason: str) -> None:
        """Note that nothing can tell what became of an order that is not open."""
        _logger.warning("%s: %s", record.order, reason, extra=log_fields(order=record.order))
        if record.key in self._journaled:
            self._given_up.add(record.key)
        self._take(self.tracker.on_given_up(record))

    # Waiting.

    async def wait_until(
        self, record: TrackedOrder, condition: Callable[[TrackedOrder], bool]
    ) -> Order:
        """Wait until `condition` holds for an order. Raises `SessionClosed` if it never will."""
        while not condition(record):
            if self._is_closed:
                raise SessionClosed("the session ended before the order did")
            change = asyncio.get_running_loop().create_future()
            waiting = self._waiting.setdefault(record.key, [])
            waiting.append(change)
            try:
                await change
            finally:
                if change in waiting:
                    waiting.remove(change)
                if not waiting and self._waiting.get(record.key) is waiting:
                    del self._waiting[record.key]
        return record.order

    def close(self) -> None:
        """End watches and waits. What is known stays readable."""
        self._is_closed = True
        self.orders.finish()
        self.fills.finish()
        for key in tuple(self._waiting):
            self._wake(key)

    # Inside.

    def _tracked(self, client_order_id: ClientOrderId | None) -> TrackedOrder:
        record = self.tracker.find(client_order_id=client_order_id)
        assert record is not None  # noqa: S101 - it was inserted by the line before
        return record

    def _take(self, events: Events) -> None:
        for event in events:
            if isinstance(event, OrderChanged):
                self._journal_outcome(event)
                self.orders.push(event.order)
                self._wake(event.key)
                if event.absorbed_key is not None:
                    self._wake(event.absorbed_key)
            elif isinstance(event, FillCounted):
                self.fills.push(event.fill)
            else:
                self._report(event)

    def _report(self, event: Contradiction) -> None:
        _logger.warning(
            "%s (order id %s, client order id %s)",
            event.problem,
            event.order_id,
            event.client_order_id,
            extra=log_fields(order_id=event.order_id, client_order_id=event.client_order_id),
        )

    def _wake(self, key: int) -> None:
        for change in self._waiting.pop(key, ()):
            if not change.done():
                change.set_result(None)

    def _journal_outcome(self, event: OrderChanged) -> None:
        order, key = event.order, event.key
        client_order_id = order.client_order_id
        if self._journal is None or client_order_id is None:
            return
        is_back = event.previous is OrderStatus.REJECTED or key in self._given_up
        if is_back and not event.is_over:
            # O7, O12: it exists after all. The journal believes that it is finished: begin anew.
            self._given_up.discard(key)
            self._journaled[key] = False
            self._write(intent_of(order, order.created_ms or 0), order)
        if key not in self._journaled:
            return
        if event.is_over:
            del self._journaled[key]
            self._write(_finished(client_order_id, order), order)
        elif order.order_id is not None and not self._journaled[key]:
            self._journaled[key] = True
            accepted = Accepted(client_order_id=client_order_id, order_id=order.order_id)
            self._write(accepted, order)
        elif order.status is OrderStatus.UNKNOWN:
            self._write(OutcomeUnknown(client_order_id=client_order_id), order)

    def _write(self, record: Record, order: Order) -> None:
        """Append an outcome. A failure is loud but stops nothing: no order waits for it.

        The journal refuses the next intent by itself while it cannot be written, and an outcome
        that it lacks is asked for again at the next start.
        """
        if self._journal is None:
            return
        try:
            self._journal.append(record)
        except JournalError:
            self.journal_failures += 1
            fields = log_fields(order=order, journal=self._journal.path)
            _logger.exception("an outcome is not in the journal", extra=fields)

    def __repr__(self) -> str:
        return f"<OrderBoard {self.tracker!r}>"


def _client_id(record: TrackedOrder) -> ClientOrderId:
    client_order_id = record.order.client_order_id
    assert client_order_id is not None  # noqa: S101 - only orders of ours are judged by us
    return client_order_id


def _finished(client_order_id: ClientOrderId, order: Order) -> Finished:
    return Finished(
        client_order_id=client_order_id,
        status=order.status,
        order_id=order.order_id,
        amount_filled=order.exact.amount_filled,
        quote_amount_filled=order.exact.quote_amount_filled,
    )

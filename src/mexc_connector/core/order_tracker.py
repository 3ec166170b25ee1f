"""OrderTracker: one truth per order, from intents, replies, stream reports and fills.

What comes in may be late, repeated, or out of order: REST answers and the two private channels
race, and a reconciliation after a reconnect says again what is known. Theory of operation:

- Whatever names an order (our id, theirs, or both) leads to one `TrackedOrder`; a report that
  brings both ids together unites what was kept apart.
- Merging is a join (core/tracked_order.py), so the order of arrival does not matter.
- Every input returns the events it caused; an input that says nothing new returns none.
- Orders that are over move to an LRU cache, where late fills still find them. What is kept of
  fills without an order, and of trade ids, is bounded too.

The rules are numbered in docs/orders.md.
"""

from collections import OrderedDict

import msgspec

from mexc_connector.common.enums import OrderStatus
from mexc_connector.common.errors import UsageError
from mexc_connector.common.models import TradeId
from mexc_connector.common.orders import ClientOrderId, Fill, Order, OrderId
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.completed_orders import CompletedOrders
from mexc_connector.core.order_events import (
    Contradiction,
    FillCounted,
    OrderChanged,
    TrackerCounts,
    TrackerEvent,
)
from mexc_connector.core.tracked_order import TrackedOrder

Events = tuple[TrackerEvent, ...]

_FEWEST_TRADE_IDS = 10_000
_TRADE_IDS_PER_ORDER = 10
_LOOSE_FILL_ORDERS = 1_000


class OrderTracker:
    """All orders of the account that are known. `completed_limit` bounds the finished ones."""

    def __init__(self, *, completed_limit: int) -> None:
        self._open: dict[int, TrackedOrder] = {}
        self._completed: CompletedOrders[int, TrackedOrder] = CompletedOrders(completed_limit)
        self._by_order_id: dict[OrderId, TrackedOrder] = {}
        self._by_client_id: dict[ClientOrderId, TrackedOrder] = {}
        # O4: fills of orders that nobody has reported yet.
        self._loose: OrderedDict[OrderId, list[Fill]] = OrderedDict()
        self._trade_ids: CompletedOrders[tuple[Symbol, TradeId], bool] = CompletedOrders(
            max(_FEWEST_TRADE_IDS, completed_limit * _TRADE_IDS_PER_ORDER)
        )
        self._missing_fills: dict[int, TrackedOrder] = {}
        self._next_key = 0
        self.counts = TrackerCounts()

    # Inputs.

    def on_intent(self, order: Order, *, sent_ms: int | None = None) -> Events:
        """Note an order that is about to be sent, or that a journal knows of (O1).

        `sent_ms` is the exchange's clock; it tells the order from an older one with the same id.
        Raises `UsageError` for a client order id that was used before.
        """
        if order.client_order_id is None:
            raise UsageError("an order needs a client order id")
        if order.client_order_id in self._by_client_id:
            raise UsageError(
                f"client order id {order.client_order_id} was used before; each order needs its own"
            )
        record = self._insert(order, is_ours=True)
        record.sent_ms = sent_ms
        return (self._changed(record, None),)

    def on_order(self, report: Order) -> Events:
        """Take in what a reply or the stream says of an order (O2, O5, O6)."""
        self.counts.reports += 1
        record, noted = self._record_of(report)
        if record is None:
            if report.order_id is None:
                return (self._contradiction("a report that names no known order", report),)
            self.counts.adopted += 1
            record = self._insert(report, is_ours=False)
            return (*noted, self._changed(record, None))
        if record.is_of_another_market(report):
            return (*noted, self._contradiction("one id for orders of two markets", report))
        if record.disagrees_on_amount(report):
            noted += (self._contradiction("another amount than the one asked for", report),)
        before = record.order
        record.merge(report)
        self.counts.repeated_reports += record.is_as(before)
        return noted + self._after(record, before)

    def on_fill(self, fill: Fill) -> Events:
        """Count a fill, once by its trade id; late ones of finished orders included (O8)."""
        record = self._record_of_fill(fill)
        identity = (fill.symbol, fill.trade_id)
        is_new = identity not in self._trade_ids
        self._trade_ids.add(identity, value=True)
        if record is None:
            if is_new:
                self._keep_loose(fill)
            return self._counted(fill, is_new=is_new)
        if (record.order.symbol, record.order.side) != (fill.symbol, fill.side):
            noted = self._counted(fill, is_new=is_new)
            return (*noted, self._contradiction("a fill of another market", record.order))
        before = record.order
        counted = record.named(fill)
        noted = self._counted(counted, is_new=is_new)
        self._learn_order_id(record, fill.order_id)
        record.add_fill(counted)
        limit = record.order.exact.amount
        if is_new and limit is not None and record.amount_in_fills > limit:
            noted += (self._contradiction("fills add up to more than the order", before),)
        return noted + self._after(record, before)

    def on_outcome_unknown(self, client_order_id: ClientOrderId) -> Events:
        """Note that the answer to a placement was lost; evidence that is there already stands."""
        record = self._by_client_id[client_order_id]
        if record.is_settled or record.order.status is OrderStatus.UNKNOWN:
            return ()
        return self._set_status(record, OrderStatus.UNKNOWN)

    def on_rejected(self, client_order_id: ClientOrderId) -> Events:
        """Note that a placement was refused, or that it never arrived (O7)."""
        record = self._by_client_id[client_order_id]
        if record.order.status is OrderStatus.REJECTED:
            return ()
        if record.is_settled:
            return (self._contradiction("rejected although it was reported", record.order),)
        return self._set_status(record, OrderStatus.REJECTED)

    def on_given_up(self, record: TrackedOrder) -> Events:
        """Note that no evidence can tell what became of an order that is not open (O12)."""
        if record.is_over:
            return ()
        if record.order.order_id is not None:  # it may have been absorbed since it was found
            record = self._by_order_id.get(record.order.order_id, record)
        record.is_given_up = True
        return self._set_status(record, OrderStatus.UNKNOWN)

    # Questions.

    def find(
        self, *, order_id: OrderId | None = None, client_order_id: ClientOrderId | None = None
    ) -> TrackedOrder | None:
        """Return what is known of an order, by either id; a look-up counts as a use."""
        record = self._by_order_id.get(order_id) if order_id is not None else None
        if record is None and client_order_id is not None:
            record = self._by_client_id.get(client_order_id)
        if record is not None:
            self._completed.touch(record.key)
        return record

    @property
    def open_orders(self) -> tuple[Order, ...]:
        """Every order that is not over, those under way and the unknown ones included."""
        return tuple(record.order for record in self._open.values())

    @property
    def open_records(self) -> tuple[TrackedOrder, ...]:
        """The same with everything that is known of each."""
        return tuple(self._open.values())

    @property
    def missing_fills(self) -> tuple[Order, ...]:
        """Orders of which more was traded than the fills that are known add up to (O8)."""
        return tuple(record.order for record in self._missing_fills.values())

    @property
    def completed_count(self) -> int:
        """How many orders that are over are kept."""
        return len(self._completed)

    def __repr__(self) -> str:
        return f"<OrderTracker {len(self._open)} open, {len(self._completed)} completed>"

    # Inside.

    def _record_of(self, report: Order) -> tuple[TrackedOrder | None, Events]:
        """Find the order by both ids; unite what turns out to be one order (O2, O3)."""
        theirs = None if report.order_id is None else self._by_order_id.get(report.order_id)
        if report.client_order_id is None:
            return theirs, ()
        ours = self._by_client_id.get(report.client_order_id)
        if ours is None or ours is theirs:
            return theirs, ()
        is_named = ours.order.order_id is not None
        if (is_named and ours.order.order_id != report.order_id) or ours.is_younger_than(report):
            # O3: a client id that somebody used twice; the exchange does not forbid it.
            return theirs, (self._contradiction("client order id used twice", report),)
        if theirs is None:
            return ours, ()
        return ours, self._unite(ours, theirs)

    def _unite(self, ours: TrackedOrder, theirs: TrackedOrder) -> Events:
        if ours.is_of_another_market(theirs.order):
            return (self._contradiction("one id for orders of two markets", theirs.order),)
        before = ours.order
        self._drop(theirs)
        ours.absorb(theirs)
        return self._after(ours, before)

    def _record_of_fill(self, fill: Fill) -> TrackedOrder | None:
        record = self._by_order_id.get(fill.order_id)
        if record is None and fill.client_order_id is not None:
            record = self._by_client_id.get(fill.client_order_id)
            if record is not None and record.order.order_id is not None:
                return None  # O3: the client id of some other order
        return record

    def _insert(self, order: Order, *, is_ours: bool) -> TrackedOrder:
        record = TrackedOrder(self._next_key, order, is_ours)
        self._next_key += 1
        self._file(record)
        return record

    def _file(self, record: TrackedOrder) -> None:
        """Index an order under the ids it has by now and give it the fills that waited for it."""
        order = record.order
        if order.client_order_id is not None:
            self._by_client_id.setdefault(order.client_order_id, record)
        if order.order_id is not None:
            self._by_order_id[order.order_id] = record
            for fill in self._loose.pop(order.order_id, ()):
                record.add_fill(record.named(fill))
        record.show_in_absorbed()
        if record.misses_fills:
            self._missing_fills[record.key] = record
        else:
            self._missing_fills.pop(record.key, None)
        if not record.is_over:
            self._completed.remove(record.key)
            self._open[record.key] = record
            return
        self._open.pop(record.key, None)
        evicted = self._completed.add(record.key, record)
        if evicted is not None:
            self._drop(evicted)

    def _drop(self, record: TrackedOrder) -> None:
        order = record.order
        self._open.pop(record.key, None)
        self._completed.remove(record.key)
        self._missing_fills.pop(record.key, None)
        if order.order_id is not None and self._by_order_id.get(order.order_id) is record:
            del self._by_order_id[order.order_id]
        client_order_id = order.client_order_id
        if client_order_id is not None and self._by_client_id.get(client_order_id) is record:
            del self._by_client_id[client_order_id]

    def _learn_order_id(self, record: TrackedOrder, order_id: OrderId) -> None:
        if record.order.order_id is None:
            record.order = msgspec.structs.replace(record.order, order_id=order_id)

    def _set_status(self, record: TrackedOrder, status: OrderStatus) -> Events:
        before = record.order
        record.order = msgspec.structs.replace(before, status=status)
        self._file(record)
        return (self._changed(record, before.status),)

    def _after(self, record: TrackedOrder, before: Order) -> Events:
        is_repeated = record.is_as(before)
        record.is_given_up &= is_repeated
        self._file(record)
        if is_repeated:
            return ()
        changed = self._changed(record, before.status)
        if before.status is OrderStatus.REJECTED:
            problem = "exists although it counted as never arrived"
            return (self._contradiction(problem, record.order), changed)
        return (changed,)

    def _counted(self, fill: Fill, *, is_new: bool) -> Events:
        if not is_new:
            self.counts.repeated_fills += 1
            return ()
        self.counts.fills += 1
        return (FillCounted(fill),)

    def _keep_loose(self, fill: Fill) -> None:
        self._loose.setdefault(fill.order_id, []).append(fill)
        if len(self._loose) > _LOOSE_FILL_ORDERS:
            self.counts.forgotten_fills += len(self._loose.popitem(last=False)[1])

    def _changed(self, record: TrackedOrder, previous: OrderStatus | None) -> OrderChanged:
        absorbed_key = None if record.absorbed is None else record.absorbed.key
        return OrderChanged(record.key, record.order, previous, record.is_over, absorbed_key)

    def _contradiction(self, problem: str, order: Order) -> Contradiction:
        self.counts.contradictions += 1
        return Contradiction(problem, order.order_id, order.client_order_id)

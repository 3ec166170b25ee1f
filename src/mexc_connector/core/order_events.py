"""What the order tracker answers with: changed orders, new fills, contradictions; its counts."""

import msgspec

from mexc_connector.common.enums import OrderStatus
from mexc_connector.common.orders import ClientOrderId, Fill, Order, OrderId


class OrderChanged(msgspec.Struct, frozen=True):
    """The order is not what it was; `previous` is its status before, None if it is new.

    `key` tells orders apart for as long as the tracker lives, whatever ids they have so far.
    `is_over` covers finished orders and those whose end nothing can tell any more. `absorbed_key`
    was the key of the same order while it was kept apart.
    """

    key: int
    order: Order
    previous: OrderStatus | None
    is_over: bool
    absorbed_key: int | None = None


class FillCounted(msgspec.Struct, frozen=True):
    """A fill that was not known before. Each is told once."""

    fill: Fill


class Contradiction(msgspec.Struct, frozen=True):
    """Two statements that cannot both be true, in words. The tracker says which one it kept."""

    problem: str
    order_id: OrderId | None = None
    client_order_id: ClientOrderId | None = None


TrackerEvent = OrderChanged | FillCounted | Contradiction


class TrackerCounts(msgspec.Struct):
    """What went through the tracker so far."""

    reports: int = 0
    repeated_reports: int = 0
    fills: int = 0
    repeated_fills: int = 0
    adopted: int = 0
    contradictions: int = 0
    forgotten_fills: int = 0

"""TrackedOrder: what is known of one order, and how a report or a fill adds to it.

Merging is a join: the result does not depend on the order in which reports and fills arrive, nor
on how often. Rule numbers are those of docs/orders.md.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import msgspec

from mexc_connector.common.enums import OrderStatus
from mexc_connector.common.models import TradeId
from mexc_connector.common.orders import ZERO, Fill, Order, OrderAmounts

T = TypeVar("T")

CLOCK_SLACK_MS = 5_000
"""How far our idea of the exchange's clock and its own times, some to the second, may differ."""

_PROGRESS = {
    OrderStatus.UNKNOWN: 0,
    OrderStatus.PENDING_NEW: 1,
    OrderStatus.NEW: 2,
    OrderStatus.PARTIALLY_FILLED: 3,
    OrderStatus.REJECTED: 4,
    OrderStatus.CANCELED: 5,
    OrderStatus.PARTIALLY_CANCELED: 6,
    OrderStatus.FILLED: 7,
}
"""How far an order has come: a report never moves it down (O5)."""


class TrackedOrder(msgspec.Struct, eq=False):
    """One order of the account. `is_ours` tells that this process, or its journal, intended it.

    `is_given_up` marks an unknown outcome that no evidence can settle any more (O12).
    `sent_ms` is the exchange's clock when ours was sent, as far as we knew it.
    `amount_in_fills` and its twin add up the fills that are known one by one.
    `absorbed` is what was kept apart until both turned out to be one (O2). The tracker knows it no
    more; for who follows it still, it shows the same.
    """

    key: int
    order: Order
    is_ours: bool
    sent_ms: int | None = None
    fills: dict[TradeId, Fill] = {}
    is_given_up: bool = False
    amount_in_fills: Decimal = ZERO
    quote_amount_in_fills: Decimal = ZERO
    absorbed: "TrackedOrder | None" = None

    @property
    def is_settled(self) -> bool:
        """Whether it is known that the order exists, or that it does not."""
        return self.order.order_id is not None or self.order.status.is_done

    @property
    def is_over(self) -> bool:
        """Whether nothing can happen to the order any more."""
        return self.order.status.is_done or self.is_given_up

    @property
    def misses_fills(self) -> bool:
        """Whether more was traded than the fills that are known add up to (O8)."""
        return self.amount_in_fills < self.order.exact.amount_filled

    def is_younger_than(self, report: Order) -> bool:
        """Whether `report` is of an order that was there before ours was sent (O3)."""
        if self.sent_ms is None or report.created_ms is None:
            return False
        return report.created_ms < self.sent_ms - CLOCK_SLACK_MS

    def is_of_another_market(self, report: Order) -> bool:
        """Whether `report` cannot be about this order, whatever ids it carries (O9)."""
        return report.symbol != self.order.symbol or report.side is not self.order.side

    def disagrees_on_amount(self, report: Order) -> bool:
        """Whether `report` states another amount than the one that we asked for (O9)."""
        stated, intended = report.exact.amount, self.order.exact.amount
        return self.is_ours and None not in (stated, intended) and stated != intended

    def is_as(self, before: Order) -> bool:
        """Whether nothing but times has changed: repeated reports carry later ones."""
        now = self.order
        return (
            now.status is before.status
            and now.exact == before.exact
            and now.order_id == before.order_id
            and now.client_order_id == before.client_order_id
        )

    def named(self, fill: Fill) -> Fill:
        """Return the fill with the client id that the order is known to have."""
        name = self.order.client_order_id
        if fill.client_order_id == name:
            return fill
        return msgspec.structs.replace(fill, client_order_id=name)

    def merge(self, report: Order) -> None:
        """Take over what `report` adds; what is known already, or older, changes nothing."""
        known = self.order
        # O7: existence beats our belief that it never arrived; a rejection under the exchange's
        # own id is its word and stands.
        is_belief = known.status is OrderStatus.REJECTED and known.order_id is None
        later = max(known.status, report.status, key=_PROGRESS.__getitem__)
        self._restate(report, report.status if is_belief else later)

    def add_fill(self, fill: Fill) -> None:
        """Count a fill; one that is there already changes nothing."""
        if fill.trade_id in self.fills:
            return
        self.fills[fill.trade_id] = fill
        self.amount_in_fills += fill.exact.amount
        self.quote_amount_in_fills += fill.exact.quote_amount
        self._restate(self.order, self.order.status)

    def absorb(self, other: "TrackedOrder") -> None:
        """Take over all that is known of `other`: it is the same order."""
        self.absorbed = other
        self.merge(other.order)
        for fill in other.fills.values():
            self.add_fill(fill)

    def show_in_absorbed(self) -> None:
        """Have what was absorbed show the same."""
        if self.absorbed is not None:
            self.absorbed.order = self.order
            self.absorbed.fills = self.fills
            self.absorbed.is_given_up = self.is_given_up

    def _restate(self, report: Order, status: OrderStatus) -> None:
        ours = self.order
        amounts = self._amounts_with(report.exact)
        self.order = msgspec.structs.replace(
            ours,
            status=_derived(status, amounts),
            exact=amounts,
            order_id=_first(ours.order_id, report.order_id),
            client_order_id=_first(ours.client_order_id, report.client_order_id),
            created_ms=_extreme(min, ours.created_ms, report.created_ms),
            updated_ms=_extreme(max, ours.updated_ms, report.updated_ms),
        )

    def _amounts_with(self, reported: OrderAmounts) -> OrderAmounts:
        """Join the amounts: what was asked for stays, what was filled only grows (O6)."""
        known = self.order.exact
        filled = max(known.amount_filled, reported.amount_filled, self.amount_in_fills)
        quote_filled = max(
            known.quote_amount_filled, reported.quote_amount_filled, self.quote_amount_in_fills
        )
        if self.is_ours:  # what we asked for is known better than any report restates it
            return msgspec.structs.replace(
                known, amount_filled=filled, quote_amount_filled=quote_filled
            )
        return OrderAmounts(
            price=_first(known.price, reported.price),
            amount=_first(known.amount, reported.amount),
            quote_amount=_first(known.quote_amount, reported.quote_amount),
            amount_filled=filled,
            quote_amount_filled=quote_filled,
        )


def _derived(status: OrderStatus, amounts: OrderAmounts) -> OrderStatus:
    """Return the state that the filled amounts add up to (O6)."""
    if amounts.amount_filled <= 0:
        return status
    if amounts.amount is not None and amounts.amount_filled >= amounts.amount:
        return OrderStatus.FILLED
    if status is OrderStatus.CANCELED:
        return OrderStatus.PARTIALLY_CANCELED
    if status.is_done and status is not OrderStatus.REJECTED:
        return status
    return OrderStatus.PARTIALLY_FILLED


def _first(known: T | None, stated: T | None) -> T | None:
    return stated if known is None else known


def _extreme(
    choose: Callable[[int, int], int], known: int | None, stated: int | None
) -> int | None:
    if known is None or stated is None:
        return _first(known, stated)
    return choose(known, stated)

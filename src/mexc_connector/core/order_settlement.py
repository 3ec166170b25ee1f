"""What settles a placement whose answer was lost. Pure: time is an argument, in seconds.

The evidence is asked for in this order (O10 to O12 of docs/orders.md):

    WAIT for the private stream -> QUERY by client id, again and again, with growing pauses
      -> once the request can no longer arrive: QUERY, LIST_OPEN, LIST_FILLS -> ABSENT

A request may still arrive after its answer was given up: the exchange takes it for as long as its
`recvWindow` lasts. Absence counts only after that, and after the grace for the exchange's
read-after-write delay. Whoever finds the order feeds it to the tracker and drops the settlement.
"""

from collections.abc import Callable, Iterable
from enum import Enum, unique

import msgspec

from mexc_connector.common.enums import OrderStatus
from mexc_connector.common.orders import ClientOrderId, Fill, Order, OrderId
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.core.tracked_order import CLOCK_SLACK_MS


@unique
class SettlementStep(Enum):
    """What is to be done next about an unknown outcome."""

    QUERY = "ask for the order by its client id"
    LIST_OPEN = "look for it among the open orders"
    LIST_FILLS = "look for it among the recent fills"
    ABSENT = "it never arrived, and never will"
    UNPROVABLE = "absence proves nothing any more"


class SettlementTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds. `arrival_window_s` is how long a sent request may still be taken in."""

    stream_wait_s: float
    pause_base_s: float
    pause_max_s: float
    grace_s: float
    arrival_window_s: float
    lookup_s: float


class NextStep(msgspec.Struct, frozen=True):
    """A step, and the seconds to wait before it. Evidence that comes meanwhile ends the matter."""

    step: SettlementStep
    wait_s: float


_ROUND = (SettlementStep.QUERY, SettlementStep.LIST_OPEN, SettlementStep.LIST_FILLS)


class Settlement:
    """One unknown outcome. `age_s`: how long ago it was sent, for one read from a journal."""

    def __init__(self, times: SettlementTimes, *, now: float, age_s: float = 0.0) -> None:
        self._times = times
        self._sent_at = now - max(0.0, age_s)
        self._counts_from = self._sent_at + max(times.grace_s, times.arrival_window_s)
        self._not_before = now if age_s > times.stream_wait_s else now + times.stream_wait_s
        self._pauses = 0
        # Place in the last round, which has to lie wholly behind `_counts_from`.
        self._round = 0
        self._is_ambiguous = False

    def next_step(self, now: float) -> NextStep:
        """Return what to do next."""
        if self._is_ambiguous:
            return NextStep(SettlementStep.UNPROVABLE, 0.0)
        if self._round == len(_ROUND):
            is_findable = now - self._sent_at < self._times.lookup_s
            step = SettlementStep.ABSENT if is_findable else SettlementStep.UNPROVABLE
            return NextStep(step, 0.0)
        return NextStep(_ROUND[self._round], max(0.0, self._not_before - now))

    def on_absent(self, asked_at: float, now: float) -> None:
        """Note that the last step did not find the order. `asked_at` is when it was sent."""
        if asked_at < self._counts_from:
            self._round = 0
            self._pause(now)
            self._not_before = min(self._not_before, max(now, self._counts_from))
            return
        self._round += 1
        self._pauses = 0
        self._not_before = now

    def on_failed(self, now: float) -> None:
        """Note that the last step got no answer; it will be repeated."""
        self._pause(now)

    def on_ambiguous(self) -> None:
        """Note that something was found which may be the order or another one just like it."""
        self._is_ambiguous = True

    def _pause(self, now: float) -> None:
        times = self._times
        self._not_before = now + backoff_delay(
            self._pauses, base_s=times.pause_base_s, max_s=times.pause_max_s, jitter=0.0
        )
        self._pauses += 1

    def __repr__(self) -> str:
        return f"<Settlement at {_ROUND[min(self._round, 2)].name}, {self._pauses} pauses>"


class Verdict(msgspec.Struct, frozen=True):
    """What a list says: the order itself, or one that looks like it and has no client id."""

    found: Order | None = None
    lookalike: Order | None = None


def judge_orders(
    orders: Iterable[Order],
    intent: Order,
    *,
    sent_ms: int,
    is_known: Callable[[OrderId], bool],
) -> Verdict:
    """Look for `intent` in a list of orders. `is_known` tells the ids of orders known before."""
    lookalike = None
    for order in orders:
        if order.client_order_id == intent.client_order_id:
            return Verdict(found=order)
        if order.client_order_id or order.order_id is None or is_known(order.order_id):
            continue
        if _could_be(order, intent, sent_ms):
            lookalike = order
    return Verdict(lookalike=lookalike)


def strangers_in(
    fills: Iterable[Fill],
    client_order_id: ClientOrderId | None,
    *,
    is_known: Callable[[OrderId], bool],
) -> tuple[OrderId, ...]:
    """Return the orders behind `fills` that have to be looked at: ours, and those without a name.

    Fills that carry our client id come first.
    """
    ours = dict.fromkeys(f.order_id for f in fills if f.client_order_id == client_order_id)
    unnamed = dict.fromkeys(
        fill.order_id for fill in fills if not fill.client_order_id and not is_known(fill.order_id)
    )
    return tuple(ours | unnamed)


def _could_be(order: Order, intent: Order, sent_ms: int) -> bool:
    if (order.symbol, order.side, order.order_type) != (
        intent.symbol,
        intent.side,
        intent.order_type,
    ):
        return False
    if order.created_ms is not None and order.created_ms < sent_ms - CLOCK_SLACK_MS:
        return False
    for stated, intended in (
        (order.exact.price, intent.exact.price),
        (order.exact.amount, intent.exact.amount),
    ):
        if None not in (stated, intended) and stated != intended:
            return False
    return order.status is not OrderStatus.REJECTED

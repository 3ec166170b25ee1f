"""A price-time-priority order book in whole ticks and lots.

Rules:
1. A price level is a queue: first come, first filled. A taker fills at the maker's price.
2. Every change of a level's total adds exactly one to the version and is remembered in `changes`
   until `forget_changes`, so that a diff can name a closed, gapless range of versions.
3. The book never stands crossed: what could trade has traded before `submit` returns.
4. A taker with a `TradeGuard` does not trade with the owners that the guard names: it takes their
   orders out of its way, or stops at the first of them, or both.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import msgspec


class Side(IntEnum):
    """Direction of an order; the values are those of the wire's `tradeType`."""

    BUY = 1
    SELL = 2


class OrderKind(StrEnum):
    """Order types as a request spells them."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    LIMIT_MAKER = "LIMIT_MAKER"
    IMMEDIATE_OR_CANCEL = "IMMEDIATE_OR_CANCEL"
    FILL_OR_KILL = "FILL_OR_KILL"


RESTING_KINDS = frozenset({OrderKind.LIMIT, OrderKind.LIMIT_MAKER})


# Books of 2,000 markets hold half a million objects, none of which can be part of a cycle: tracked,
# they would stop everything for 0.3 s whenever the garbage collector walks through them.
class Order(msgspec.Struct, gc=False):
    """One order; `price` in ticks (ignored for MARKET), `remaining` in lots."""

    order_id: int
    owner: int
    side: Side
    price: int
    remaining: int


class Fill(msgspec.Struct, frozen=True, gc=False):
    """One match: `lots` at the maker's `price` against `maker`."""

    maker: Order
    price: int
    lots: int


@dataclass(slots=True)
class TradeGuard:
    """What a taker must not trade with, and what came of it."""

    owners: frozenset[int]
    cancels_maker: bool
    cancels_taker: bool
    removed: list[Order] = field(default_factory=list)
    """Makers that were taken out of the book, their `remaining` as it was."""
    is_stopped: bool = False
    """Whether the taker met a maker at which it ends."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """One version step: the level's total before it; `key` is the price, negative for asks."""

    key: int
    lots_before: int


class PriceLevel(msgspec.Struct, gc=False):
    """The queue of one price and the lots in it."""

    orders: dict[int, Order] = msgspec.field(default_factory=dict)
    total: int = 0


class BookSide:
    """One side of the book. `keys` ascend and end with the best price; asks are stored negated."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side is Side.BUY else -1
        self.keys: list[int] = []
        self.levels: dict[int, PriceLevel] = {}

    @property
    def best(self) -> int | None:
        """Best price in ticks, None when the side is empty."""
        return self.keys[-1] * self.sign if self.keys else None

    def is_reached_by(self, limit: int | None) -> bool:
        """Say whether an opposing order with this limit (None: any price) trades at once."""
        return bool(self.keys) and (limit is None or self.keys[-1] >= limit * self.sign)

    def lots_within(self, limit: int | None) -> int:
        """Sum the lots that an opposing order with this limit could take."""
        total = 0
        for key in reversed(self.keys):
            if limit is not None and key < limit * self.sign:
                break
            total += self.levels[key * self.sign].total
        return total

    def makers_within(self, limit: int | None, guard: TradeGuard | None) -> Iterator[Order]:
        """Yield the orders that an opposing one would trade with, in the order of its trades."""
        for key in reversed(self.keys):
            if limit is not None and key < limit * self.sign:
                return
            for maker in self.levels[key * self.sign].orders.values():
                if guard is None or maker.owner not in guard.owners:
                    yield maker
                elif guard.cancels_taker:
                    return

    def best_first(self, count: int | None = None) -> Iterator[tuple[int, int]]:
        """Yield (price, lots) from the best level outwards, at most `count` of them."""
        keys = self.keys if count is None else self.keys[-count:] if count else []
        for key in reversed(keys):
            price = key * self.sign
            yield price, self.levels[price].total

    def add(self, order: Order) -> int:
        """Queue `order` at its price; give the level's lots before it."""
        level = self.levels.get(order.price)
        if level is None:
            level = self.levels[order.price] = PriceLevel()
            insort(self.keys, order.price * self.sign)
        before = level.total
        level.orders[order.order_id] = order
        level.total = before + order.remaining
        return before

    def reduce(self, order: Order, lots: int) -> int:
        """Take `lots` off `order`, dropping what becomes empty; give the level's lots before."""
        level = self.levels[order.price]
        before = level.total
        order.remaining -= lots
        level.total = before - lots
        if not order.remaining:
            del level.orders[order.order_id]
            if not level.orders:
                del self.levels[order.price]
                key = order.price * self.sign
                if self.keys[-1] == key:
                    self.keys.pop()
                else:
                    del self.keys[bisect_left(self.keys, key)]
        return before


class MatchingBook:
    """Both sides, the live orders by id, the version and the changes since the last diff."""

    __slots__ = ("asks", "bids", "changes", "orders", "past", "version")

    def __init__(self, version: int, *, remembered_changes: int = 0) -> None:
        self.version = version
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)
        self.orders: dict[int, Order] = {}
        self.changes: list[int] = []
        self.past: deque[Change] | None = (
            deque(maxlen=remembered_changes) if remembered_changes else None
        )

    def submit(self, order: Order, kind: OrderKind, guard: TradeGuard | None = None) -> list[Fill]:
        """Match `order` and rest what its kind lets rest; `order.remaining` is what did not trade.

        A LIMIT_MAKER that would trade and a FILL_OR_KILL that cannot fill change nothing.
        """
        opposite = self.asks if order.side is Side.BUY else self.bids
        limit = None if kind is OrderKind.MARKET else order.price
        reached = opposite.is_reached_by(limit)
        if reached and kind is OrderKind.LIMIT_MAKER:
            return []
        if kind is OrderKind.FILL_OR_KILL and not self._can_fill(order, limit, opposite, guard):
            return []
        fills = self._take(order, limit, opposite, guard) if reached else []
        if order.remaining and kind in RESTING_KINDS and not (guard and guard.is_stopped):
            own = self.bids if order.side is Side.BUY else self.asks
            self.orders[order.order_id] = order
            self._step(own.sign * order.price, own.add(order))
        return fills

    def remember(self, changes: int) -> None:
        """Remember up to so many changes from now on, and those that are remembered already."""
        self.past = deque(self.past or (), maxlen=changes)

    def cancel(self, order_id: int) -> Order | None:
        """Take an order out; None when it is not (or no longer) in the book."""
        order = self.orders.pop(order_id, None)
        if order is None:
            return None
        own = self.bids if order.side is Side.BUY else self.asks
        left = order.remaining
        self._step(own.sign * order.price, own.reduce(order, left))
        order.remaining = left
        return order

    def forget_changes(self) -> None:
        """Start the next diff: what changed until now has been published."""
        self.changes.clear()

    def _can_fill(
        self, order: Order, limit: int | None, opposite: BookSide, guard: TradeGuard | None
    ) -> bool:
        if guard is None:
            return opposite.lots_within(limit) >= order.remaining
        wanted = order.remaining
        for maker in opposite.makers_within(limit, guard):
            wanted -= maker.remaining
            if wanted <= 0:
                return True
        return False

    def _take(
        self, order: Order, limit: int | None, opposite: BookSide, guard: TradeGuard | None
    ) -> list[Fill]:
        fills = []
        while order.remaining and opposite.is_reached_by(limit):
            price = opposite.keys[-1] * opposite.sign
            maker = next(iter(opposite.levels[price].orders.values()))
            if guard is not None and maker.owner in guard.owners:
                if guard.cancels_maker:
                    self.cancel(maker.order_id)
                    guard.removed.append(maker)
                if guard.cancels_taker:
                    guard.is_stopped = True
                    break
                continue
            lots = min(order.remaining, maker.remaining)
            order.remaining -= lots
            self._step(opposite.sign * price, opposite.reduce(maker, lots))
            if not maker.remaining:
                del self.orders[maker.order_id]
            fills.append(Fill(maker, price, lots))
        return fills

    def _step(self, key: int, lots_before: int) -> None:
        self.version += 1
        self.changes.append(key)
        if self.past is not None:
            self.past.append(Change(key, lots_before))

"""Limits of one account: its weight pool, and how often it may place and cancel. Pure."""

from __future__ import annotations

import math

from mexc_connector.sim.options import SimLimits

SECOND_MS = 1_000


class _Window:
    """A count that begins anew at every multiple of its length."""

    __slots__ = ("_length_ms", "_limit", "_number", "_used")

    def __init__(self, limit: int, length_ms: int) -> None:
        self._limit = limit
        self._length_ms = length_ms
        self._number = -1
        self._used = 0

    def has_room(self, amount: int, now_ms: int) -> bool:
        number = now_ms // self._length_ms
        if number != self._number:
            self._number, self._used = number, 0
        return self._used + amount <= self._limit

    def use(self, amount: int) -> None:
        self._used += amount

    def ends_in_s(self, now_ms: int) -> int:
        return max(1, math.ceil(((self._number + 1) * self._length_ms - now_ms) / 1000))


class AccountLimiter:
    """What one account has used up. Times are in ms and never go back."""

    __slots__ = ("_orders", "_weight")

    def __init__(self, limits: SimLimits) -> None:
        self._weight = _Window(limits.account_weight_per_window, limits.weight_window_ms)
        self._orders = _Window(limits.orders_per_second, SECOND_MS)

    def judge(self, weight: int, now_ms: int, *, is_order: bool) -> int:
        """Count a request and give 0, or give the whole seconds it must wait and count nothing."""
        if not self._weight.has_room(weight, now_ms):
            return self._weight.ends_in_s(now_ms)
        if is_order:
            if not self._orders.has_room(1, now_ms):
                return self._orders.ends_in_s(now_ms)
            self._orders.use(1)
        self._weight.use(weight)
        return 0

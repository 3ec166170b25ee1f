"""OrderBookEntryPool: hands out book entries and uses again those that nobody holds any more.

An entry is frozen for its reader. The pool rewrites one only if the reference count proves that
the pool is its sole owner, so an entry that somebody keeps never changes. Where reference counts
prove nothing (other interpreters, free-threaded builds) the pool builds every entry afresh.
"""

import sys

from msgspec.structs import force_setattr

from mexc_connector.common.models import OrderBookEntry
from mexc_connector.common.order_book import PoolStats

_DEFAULT_SIZE = 256


class OrderBookEntryPool:
    """A ring of `size` entries. One request is O(1)."""

    def __init__(self, size: int = _DEFAULT_SIZE) -> None:
        self._ring = [OrderBookEntry(0.0, 0.0) for _ in range(max(size, 1))]
        self._cursor = 0
        self._built = 0
        self._reused = 0
        self._references_when_free = _references_when_free(self._ring)

    def entry(self, price: float, size: float) -> OrderBookEntry:
        """Return an entry with these values; it stays as it is for as long as you hold it."""
        cursor = self._cursor
        ring = self._ring
        self._cursor = cursor + 1 if cursor + 1 < len(ring) else 0
        entry = ring[cursor]
        if sys.getrefcount(entry) == self._references_when_free:
            force_setattr(entry, "price", price)
            force_setattr(entry, "size", size)
            self._reused += 1
            return entry
        entry = ring[cursor] = OrderBookEntry(price, size)
        self._built += 1
        return entry

    def get_pool_stats(self) -> PoolStats:
        """Return the counts since the pool was made."""
        return PoolStats(size=len(self._ring), built=self._built, reused=self._reused)


def _references_when_free(ring: list[OrderBookEntry]) -> int:
    """Return what `getrefcount` says of an entry that only the ring and one local name hold."""
    gil_enabled = getattr(sys, "_is_gil_enabled", None)
    if sys.implementation.name != "cpython" or (gil_enabled is not None and not gil_enabled()):
        return -1
    entry = ring[0]
    return sys.getrefcount(entry)

"""CompletedOrders: finished orders kept in memory, the least recently used ones dropped first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class CompletedOrders(Generic[K, V]):
    """An LRU cache with a size limit. `limit` 0 keeps nothing."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[K, V] = OrderedDict()

    def add(self, key: K, value: V) -> V | None:
        """Keep `value` as the most recently used; return what had to leave for it, if anything."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) <= self._limit:
            return None
        return self._entries.popitem(last=False)[1]

    def touch(self, key: K) -> None:
        """Note that the entry was used. Nothing happens for one that is not kept."""
        if key in self._entries:
            self._entries.move_to_end(key)

    def remove(self, key: K) -> None:
        """Forget the entry. Nothing happens for one that is not kept."""
        self._entries.pop(key, None)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<CompletedOrders {len(self)} of at most {self._limit}>"

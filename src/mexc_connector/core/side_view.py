"""SideReader: one side of a live book as entries, best first."""

from collections.abc import Callable, Iterator
from typing import overload

from mexc_connector.common.models import OrderBookEntry
from mexc_connector.core.book_head import BookHead
from mexc_connector.core.entry_pool import OrderBookEntryPool
from mexc_connector.core.levels import Levels


class SideReader:
    """Reads entries through the pool and follows the book; a sequence but for the mixin methods.

    `require_synced` raises what a reader of a book that may not be read shall see.
    """

    __slots__ = ("_head", "_levels", "_pool", "_require_synced")

    def __init__(
        self,
        require_synced: Callable[[], None],
        head: BookHead,
        levels: Levels,
        pool: OrderBookEntryPool,
    ) -> None:
        self._require_synced = require_synced
        self._head = head
        self._levels = levels
        self._pool = pool

    def top(self) -> OrderBookEntry | None:
        """Return the best entry, None on an empty side."""
        self._check()
        return self._pool.entry(*self._levels.at(0)) if len(self._levels) else None

    @overload
    def __getitem__(self, index: int) -> OrderBookEntry: ...
    @overload
    def __getitem__(self, index: slice) -> list[OrderBookEntry]: ...
    def __getitem__(self, index: int | slice) -> OrderBookEntry | list[OrderBookEntry]:
        self._check()
        entry, at = self._pool.entry, self._levels.at
        if isinstance(index, slice):
            return [entry(*at(depth)) for depth in range(*index.indices(len(self._levels)))]
        depth = index if index >= 0 else index + len(self._levels)
        if depth < 0:
            raise IndexError(index)
        return entry(*at(depth))

    def __len__(self) -> int:
        self._check()
        return len(self._levels)

    def __iter__(self) -> Iterator[OrderBookEntry]:
        """Iterate over the side as it was when the iteration began."""
        return iter(self[:])

    def __repr__(self) -> str:
        return repr(self[:]) if self._head.is_readable else "<not synced>"

    def _check(self) -> None:
        if not self._head.is_readable:
            self._require_synced()

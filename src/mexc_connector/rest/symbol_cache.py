"""The copy of the symbol rules that is kept in memory, and what is known of missing markets."""

import asyncio
from collections.abc import Awaitable, Callable

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import SessionClosed
from mexc_connector.rest.symbol_rules import SymbolTable
from mexc_connector.rest.transport import CLOSE_TIMEOUT_S


class SymbolCache:
    """Keeps a `SymbolTable` for a while; however many ask at once, one request is made."""

    def __init__(
        self, fetch: Callable[[], Awaitable[SymbolTable]], *, clock: Clock, life_s: float
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._life_s = life_s
        self._table: SymbolTable | None = None
        self._loaded_at = 0.0
        self._loading: asyncio.Task[SymbolTable] | None = None
        self._is_closed = False
        self.hits = 0
        self.misses = 0

    async def get(self, *, max_age_s: float | None = None) -> SymbolTable:
        """Return the table, read again if older than `max_age_s` (by default its life).

        Cancelling one caller leaves the request to the others. Raises what the request raises.
        """
        if self._is_closed:
            raise SessionClosed("the client is closed")
        limit_s = self._life_s if max_age_s is None else max_age_s
        if self._table is not None and self._clock.now() - self._loaded_at <= limit_s:
            self.hits += 1
            return self._table
        if self._loading is None:
            self.misses += 1
            self._loading = asyncio.create_task(self._load(), name="mexc exchangeInfo")
            self._loading.add_done_callback(self._on_loaded)
        else:
            self.hits += 1
        return await asyncio.shield(self._loading)

    async def _load(self) -> SymbolTable:
        table = await self._fetch()
        self._table, self._loaded_at = table, self._clock.now()
        return table

    def _on_loaded(self, task: asyncio.Task[SymbolTable]) -> None:
        self._loading = None
        if not task.cancelled():
            task.exception()  # every caller may be gone; then nobody else retrieves it

    def expire(self) -> None:
        """Let the next `get` read again: the exchange contradicted the table."""
        self._loaded_at = float("-inf")

    @property
    def unreadable(self) -> int:
        """Rows that the present table leaves out."""
        return 0 if self._table is None else self._table.unreadable

    async def close(self) -> None:
        """End the request under way; its callers get `SessionClosed`. May be called twice."""
        self._is_closed = True
        if self._loading is not None:
            await asyncio.wait([self._loading], timeout=CLOSE_TIMEOUT_S)

"""The copy of the symbol rules that is kept in memory, and what is known of missing markets."""

from collections.abc import Awaitable, Callable

from mexc_connector.common.clock import Clock
from mexc_connector.common.shared_read import SingleFlight
from mexc_connector.rest.symbol_rules import SymbolTable


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
        self._loading = SingleFlight(self._load, name="exchangeInfo")
        self.hits = 0
        self.misses = 0

    async def get(self, *, max_age_s: float | None = None) -> SymbolTable:
        """Return the table, read again if older than `max_age_s` (by default its life).

        Cancelling one caller leaves the request to the others. Raises what the request raises.
        """
        self._loading.require_open()
        limit_s = self._life_s if max_age_s is None else max_age_s
        if self._table is not None and self._clock.now() - self._loaded_at <= limit_s:
            self.hits += 1
            return self._table
        if self._loading.is_under_way:
            self.hits += 1
        else:
            self.misses += 1
        return await self._loading.join()

    async def _load(self) -> SymbolTable:
        table = await self._fetch()
        self._table, self._loaded_at = table, self._clock.now()
        return table

    def expire(self) -> None:
        """Let the next `get` read again: the exchange contradicted the table."""
        self._loaded_at = float("-inf")

    @property
    def unreadable(self) -> int:
        """Rows that the present table leaves out."""
        return 0 if self._table is None else self._table.unreadable

    async def close(self) -> None:
        """End the request under way; its callers get `SessionClosed`. May be called twice."""
        await self._loading.close()

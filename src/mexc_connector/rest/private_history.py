"""Past orders and fills, newest first, past the exchange's limits on one reply.

Neither endpoint has a cursor, and what a full reply leaves out is not told. So a window whose reply
is full is asked again in halves, down to one second, the resolution that fills are stamped with.
Halves share their border; what comes twice is kept once.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from mexc_connector.common.errors import BadRequest, UsageError
from mexc_connector.common.orders import Fill, Order, OrderId
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.signing import Parameters
from mexc_connector.rest import endpoints, wire
from mexc_connector.rest import private_models as models
from mexc_connector.rest import wire_private as private
from mexc_connector.rest.answer import Answer
from mexc_connector.rest.private_link import PrivateLink

SECOND_MS = 1_000
DAY_MS = 24 * 60 * 60 * SECOND_MS
ORDERS_KEPT_MS = 7 * DAY_MS
FILLS_KEPT_MS = 30 * DAY_MS
MOST_ROWS = 1_000
OLD_MOST_FILLS = 100  # documented until 2025: some servers may still hold to it, silently or not
_CLOCK_MARGIN_MS = 60_000

Row = TypeVar("Row")


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """One reply. `is_full`: there may be more. `is_cut`: there is more than is ever disclosed."""

    answer: Answer
    rows: Sequence[Row]
    is_full: bool
    is_cut: bool = False


async def newest_first(
    fetch: Callable[[int, int], Awaitable[Page[Row]]],
    *,
    start_ms: int,
    end_ms: int,
    limit: int | None,
    identity: Callable[[Row], tuple[int, str]],
) -> list[Row]:
    """Return the newest `limit` rows of [start_ms, end_ms], all for None, each once.

    `identity` is a row's time and its id. Raises `ProtocolViolation` rather than leave a gap.
    """
    found: dict[str, Row] = {}
    windows = [(start_ms, end_ms)]  # the newest is the last
    while windows and (limit is None or len(found) < limit):
        start, end = windows.pop()
        page = await fetch(start, end)
        middle = (start + end) // 2 // SECOND_MS * SECOND_MS
        if page.is_full and start < middle < end:
            windows += [(start, middle), (middle, end)]
            continue
        if page.is_cut:
            raise wire.violation(page.answer, "one second or two hold more rows than are disclosed")
        found.update((identity(row)[1], row) for row in page.rows)
    return sorted(found.values(), key=identity, reverse=True)[:limit]


class HistoryEndpoints:
    """The endpoints about past orders and fills of one market."""

    def __init__(self, link: PrivateLink) -> None:
        self._link = link
        self._most_fills = MOST_ROWS

    async def all_orders(
        self, symbol: Symbol, *, start_ms: int | None, end_ms: int | None, limit: int | None
    ) -> list[Order]:
        """Read orders of the last 7 days; see `MexcPrivateSpotRest.get_all_orders`."""
        name = await self._link.name_of(symbol)

        async def fetch(start: int, end: int) -> Page[Order]:
            parameters = _window(name, start, end, MOST_ROWS)
            answer = await self._link.read(endpoints.ALL_ORDERS, parameters)

            def build(row: private.OrderRow) -> Order:
                _require_about(row.symbol, name)
                return models.order(row, symbol)

            rows = wire.convert_rows(answer, private.OrderRow, build)
            is_full = len(rows) >= MOST_ROWS
            return Page(answer, rows, is_full, is_cut=is_full)

        start, end = await self._bounds(start_ms, end_ms, kept_ms=ORDERS_KEPT_MS)
        return await newest_first(
            fetch, start_ms=start, end_ms=end, limit=limit, identity=_order_identity
        )

    async def my_trades(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None,
        start_ms: int | None,
        end_ms: int | None,
        limit: int | None,
    ) -> list[Fill]:
        """Read fills of the last month; see `MexcPrivateSpotRest.get_my_trades`."""
        name = await self._link.name_of(symbol)
        of_order = [] if order_id is None else [("orderId", order_id)]

        def build(row: private.MyTradeRow) -> Fill:
            _require_about(row.symbol, name)
            if order_id is not None and str(row.order_id) != order_id:
                raise ValueError(f"a fill of order {row.order_id}")
            return models.fill(row, symbol)

        async def fetch(start: int, end: int) -> Page[Fill]:
            window = _window(name, start, end, self._most_fills)
            answer = await self._read_fills([*window, *of_order])
            rows = wire.convert_rows(answer, private.MyTradeRow, build)
            is_cut = len(rows) >= self._most_fills
            return Page(answer, rows, is_cut or len(rows) == OLD_MOST_FILLS, is_cut=is_cut)

        start, end = await self._bounds(start_ms, end_ms, kept_ms=FILLS_KEPT_MS)
        # A fill is stamped with the second that it happened in: a later start would miss it.
        start = start // SECOND_MS * SECOND_MS
        return await newest_first(
            fetch, start_ms=start, end_ms=end, limit=limit, identity=_fill_identity
        )

    async def _read_fills(self, parameters: list[tuple[str, str | int]]) -> Answer:
        try:
            return await self._link.read(endpoints.MY_TRADES, parameters)
        except BadRequest:
            if self._most_fills == OLD_MOST_FILLS:
                raise
            smaller = [
                (name, OLD_MOST_FILLS if name == "limit" else value) for name, value in parameters
            ]
            answer = await self._link.read(endpoints.MY_TRADES, smaller)
            self._most_fills = OLD_MOST_FILLS  # it was the limit that the exchange disliked
            return answer

    async def _bounds(
        self, start_ms: int | None, end_ms: int | None, *, kept_ms: int
    ) -> tuple[int, int]:
        """Return a window with both ends: all that the exchange keeps, where the caller has none.

        Without an explicit window the exchange looks back 24 hours only.
        """
        now_ms = await self._link.exchange_now_ms()
        end = now_ms + _CLOCK_MARGIN_MS if end_ms is None else end_ms
        start = now_ms - kept_ms + _CLOCK_MARGIN_MS if start_ms is None else start_ms
        if start > end:
            raise UsageError(f"the window ends at {end}, before what the exchange keeps ({start})")
        return start, end


def _window(exchange_symbol: str, start: int, end: int, limit: int) -> Parameters:
    return [("symbol", exchange_symbol), ("startTime", start), ("endTime", end), ("limit", limit)]


def _require_about(found: str, exchange_symbol: str) -> None:
    if found != exchange_symbol:
        raise ValueError(f"a row about {found}")


def _order_identity(order: Order) -> tuple[int, str]:
    return order.created_ms or 0, order.order_id or ""


def _fill_identity(fill: Fill) -> tuple[int, str]:
    return fill.exchange_time_ms, fill.trade_id

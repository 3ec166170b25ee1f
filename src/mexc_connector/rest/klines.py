"""Candles past the exchange's 500 rows a request.

Every request names both ends of a window that holds at most 500 candles. What the exchange does
when a window holds more (it could keep the first or the last rows) then never matters. Its
`endTime` is exclusive; rows outside the window are dropped all the same.

A window without any candle is a hole: before the listing, or while the market was suspended.
Coarser candles, months and then days, tell where it ends, so that a hole of years costs two
requests and not thousands.
"""

from functools import partial
from typing import Protocol

from mexc_connector.common.enums import KlineInterval
from mexc_connector.common.models import Kline
from mexc_connector.common.symbols import Symbol
from mexc_connector.rest import arguments, endpoints, market_data, wire
from mexc_connector.rest.session import RestSession
from mexc_connector.rest.symbol_directory import SymbolDirectory

ROWS_PER_REQUEST = 500

_DAY_MS = 24 * 60 * 60 * 1000
_SHORTEST_MONTH_MS = 28 * _DAY_MS
_LONGEST_MONTH_MS = 31 * _DAY_MS
_CLOCK_MARGIN_MS = 60_000


class KlineSource(Protocol):
    """One request for candles."""

    async def __call__(
        self, interval: KlineInterval, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> list[Kline]:
        """Return at most `limit` candles that open in [start_ms, end_ms), oldest first.

        Without times: the newest ones.
        """


class KlinePager:
    """Reads candles of one market and interval page by page."""

    def __init__(self, source: KlineSource, interval: KlineInterval) -> None:
        self._source = source
        self._interval = interval
        self._step_ms = _shortest_ms(interval)

    async def forward(self, *, start_ms: int, end_ms: int, limit: int) -> list[Kline]:
        """Return the first `limit` candles that open in [start_ms, end_ms), oldest first."""
        found: list[Kline] = []
        cursor, trusted_until = start_ms, 0
        while cursor < end_ms and len(found) < limit:
            window_end = min(end_ms, cursor + self._window_ms(limit - len(found)))
            page = await self._page(cursor, window_end)
            found += page
            cursor = window_end
            if not page and self._is_worth_skipping(end_ms - cursor) and cursor >= trusted_until:
                cursor, trusted_until = await self._hole_end(cursor, end_ms)
        return found[:limit]

    async def backward(self, *, end_ms: int | None, limit: int) -> list[Kline]:
        """Return the last `limit` candles that open before `end_ms` (None: now), oldest first."""
        if end_ms is None:
            rows = min(limit, ROWS_PER_REQUEST)
            newest = await self._source(self._interval, start_ms=None, end_ms=None, limit=rows)
            if not newest:
                return []
            pages, count, cursor = [newest], len(newest), newest[0].open_time_ms
        else:
            pages, count, cursor = [], 0, end_ms
        trusted_from = cursor
        while cursor > 0 and count < limit:
            window_start = max(0, cursor - self._window_ms(limit - count))
            page = await self._page(window_start, cursor)
            pages.append(page)
            count += len(page)
            cursor = window_start
            if not page and self._is_worth_skipping(cursor) and cursor <= trusted_from:
                cursor, trusted_from = await self._hole_start(cursor)
        return [kline for page in reversed(pages) for kline in page][-limit:]

    def _window_ms(self, wanted: int) -> int:
        return min(wanted, ROWS_PER_REQUEST) * self._step_ms

    def _is_worth_skipping(self, rest_ms: int) -> bool:
        return rest_ms > 2 * ROWS_PER_REQUEST * self._step_ms

    async def _page(self, start_ms: int, end_ms: int) -> list[Kline]:
        return await self._source(
            self._interval, start_ms=start_ms, end_ms=end_ms, limit=ROWS_PER_REQUEST
        )

    async def _hole_end(self, cursor: int, end_ms: int) -> tuple[int, int]:
        """Return where candles begin at or after `cursor`, and until when that is certain."""
        trusted_until = cursor
        for coarse, longest_ms in self._coarser():
            reach = min(end_ms, cursor + ROWS_PER_REQUEST * _shortest_ms(coarse) - longest_ms)
            rows = await self._source(
                coarse,
                start_ms=max(0, cursor - longest_ms),
                end_ms=reach,
                limit=ROWS_PER_REQUEST,
            )
            first = next((row for row in rows if row.close_time_ms > cursor), None)
            if first is None:
                return reach, reach
            cursor = max(cursor, first.open_time_ms)
            trusted_until = first.close_time_ms
        return cursor, trusted_until

    async def _hole_start(self, cursor: int) -> tuple[int, int]:
        """Return where candles end at or before `cursor`, and down to when that is certain."""
        trusted_from = cursor
        for coarse, _ in self._coarser():
            reach = max(0, cursor - ROWS_PER_REQUEST * _shortest_ms(coarse))
            rows = await self._source(coarse, start_ms=reach, end_ms=cursor, limit=ROWS_PER_REQUEST)
            if not rows:
                return reach, reach
            cursor = min(cursor, rows[-1].close_time_ms)
            trusted_from = rows[-1].open_time_ms
        return cursor, trusted_from

    def _coarser(self) -> list[tuple[KlineInterval, int]]:
        choices = [(KlineInterval.MONTH_1, _LONGEST_MONTH_MS), (KlineInterval.DAY_1, _DAY_MS)]
        return [choice for choice in choices if _shortest_ms(choice[0]) > self._step_ms]


def _shortest_ms(interval: KlineInterval) -> int:
    return interval.duration_ms or _SHORTEST_MONTH_MS


class MarketKlines:
    """The candles of one market, one request at a time: the `KlineSource` of the real thing."""

    def __init__(self, session: RestSession, symbols: SymbolDirectory, symbol: Symbol) -> None:
        self._session = session
        self._symbols = symbols
        self._symbol = symbol

    async def __call__(
        self, interval: KlineInterval, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> list[Kline]:
        """Return at most `limit` candles that open in [start_ms, end_ms), oldest first."""
        times = (("startTime", start_ms), ("endTime", end_ms))
        parameters: list[tuple[str, str | int]] = [
            ("interval", arguments.rest_interval(interval)),
            *((name, value) for name, value in times if value is not None),
            ("limit", limit),
        ]
        answer = await self._symbols.read_about(self._symbol, endpoints.KLINES, parameters)
        # What the exchange answers was true after we asked: a candle that had ended by then
        # cannot change any more.
        build = partial(
            market_data.kline,
            symbol=self._symbol,
            interval=interval,
            now_ms=self._session.exchange_clock.at_ms(answer.sent_at),
        )
        rows = wire.convert_rows(answer, wire.KlineRow, build)
        return market_data.klines_between(rows, start_ms=start_ms, end_ms=end_ms)


async def read_klines(
    session: RestSession,
    symbols: SymbolDirectory,
    symbol: Symbol,
    interval: KlineInterval,
    *,
    start_ms: int | None,
    end_ms: int | None,
    limit: int,
) -> list[Kline]:
    """Read candles forward from `start_ms`, or backward from `end_ms` or now without a start."""
    await session.keep_clock_synced()
    pager = KlinePager(MarketKlines(session, symbols, symbol), interval)
    if start_ms is None and end_ms is None:
        return await pager.backward(end_ms=None, limit=limit)
    # Nothing opens in the future: an end in the year 3000 must not be paged towards.
    latest_ms = session.exchange_clock.now_ms() + _CLOCK_MARGIN_MS
    end_ms = latest_ms if end_ms is None else min(end_ms, latest_ms)
    if start_ms is None:
        return await pager.backward(end_ms=end_ms, limit=limit)
    return await pager.forward(start_ms=start_ms, end_ms=end_ms, limit=limit)

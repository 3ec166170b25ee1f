"""Day statistics from the candles: the rolling 24 hours and the calendar day of a time zone."""

from __future__ import annotations

import msgspec

from mexc_connector.sim.candles import Candle, merged
from mexc_connector.sim.chart import Chart, minute_of
from mexc_connector.sim.intervals import DAY_MS, HOUR_MS, MINUTE_MS

ROLLING = "24H"
HOME_ZONE = "UTC+8"
# fmt: off
_ZONE_NAMES = (
    "UTC-10", "UTC-8", "UTC-7", "UTC-6", "UTC-5", "UTC-4", "UTC-3", "UTC+0", "UTC+1", "UTC+2",
    "UTC+3", "UTC+4", "UTC+4:30", "UTC+5", "UTC+5:30", "UTC+6", "UTC+7", "UTC+8", "UTC+9",
    "UTC+10", "UTC+11", "UTC+12", "UTC+12:45", "UTC+13",
)
# fmt: on


def _offset_ms(name: str) -> int:
    hours, _, minutes = name[4:].partition(":")
    offset = int(hours) * HOUR_MS + int(minutes or 0) * MINUTE_MS
    return -offset if name[3] == "-" else offset


ZONE_OFFSETS_MS = {name: _offset_ms(name) for name in _ZONE_NAMES}
ZONES = frozenset({ROLLING, *ZONE_OFFSETS_MS})
"""Every time zone that a mini ticker channel may name."""


class DayReference(msgspec.Struct, frozen=True, gc=False):
    """What a zone's change is measured against: its day's first price and the close before it."""

    opening: int
    close_before: int


class DayStatistics:
    """Rolling and zoned figures of one market; whole minutes are summed once a minute."""

    __slots__ = ("_chart", "_minute_ms", "_references", "_whole_minutes")

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._minute_ms = -1
        self._whole_minutes: Candle | None = None
        self._references: dict[str, DayReference] = {}

    def rolling(self, now_ms: int) -> Candle | None:
        """Sum the last 24 hours, from a whole minute on; None when nothing ever traded."""
        minute_ms = minute_of(now_ms)
        start_ms = minute_ms - DAY_MS + MINUTE_MS
        if minute_ms != self._minute_ms:
            self._minute_ms = minute_ms
            self._references.clear()
            self._whole_minutes = self._chart.total(start_ms, minute_ms)
        running = self._chart.live.within(minute_ms, minute_ms + MINUTE_MS)
        day = merged(start_ms, [self._whole_minutes, *running] if self._whole_minutes else running)
        if day is None:
            before = self._chart.closing_before(start_ms)
            return None if before is None else Candle.flat(start_ms, before)
        return day

    def reference(self, zone: str, now_ms: int) -> DayReference | None:
        """Give the prices a zone's day is compared with; None when nothing ever traded."""
        day = self.rolling(now_ms)
        if day is None:
            return None
        known = self._references.get(zone)
        if known is not None:
            return known
        start_ms = day.start_ms
        if zone != ROLLING:
            start_ms = now_ms - (now_ms + ZONE_OFFSETS_MS[zone]) % DAY_MS
        first = self._chart.opening_from(start_ms)
        before = self._chart.closing_before(start_ms)
        opening = day.closing if first is None else first
        reference = DayReference(opening, opening if before is None else before)
        if first is not None:
            self._references[zone] = reference
        return reference

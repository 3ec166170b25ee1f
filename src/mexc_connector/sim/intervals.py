"""Kline intervals: both spellings, and which window an instant belongs to."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
MONDAY_MS = 4 * DAY_MS
"""The epoch was a Thursday; the exchange's weeks begin on Monday, 00:00 UTC."""


class Interval(msgspec.Struct, frozen=True):
    """One interval; `length_ms` is None for months, `rest_name` None where REST has no name."""

    stream_name: str
    rest_name: str | None
    length_ms: int | None
    offset_ms: int = 0

    def start_of(self, time_ms: int) -> int:
        """Give the start of the window that holds `time_ms`, in ms."""
        if self.length_ms is None:
            day = datetime.fromtimestamp(time_ms / 1000, UTC)
            return int(datetime(day.year, day.month, 1, tzinfo=UTC).timestamp()) * 1000
        return time_ms - (time_ms - self.offset_ms) % self.length_ms

    def end_of(self, start_ms: int) -> int:
        """Give the end of the window that begins at `start_ms`: the start of the next one."""
        if self.length_ms is None:
            return self.start_of(start_ms + 32 * DAY_MS)
        return start_ms + self.length_ms

    def back(self, start_ms: int, windows: int) -> int:
        """Give the start of the window that lies `windows` before the one at `start_ms`."""
        if self.length_ms is not None:
            return start_ms - windows * self.length_ms
        for _ in range(windows):
            start_ms = self.start_of(start_ms - 1)
        return start_ms


INTERVALS = (
    Interval("Min1", "1m", MINUTE_MS),
    Interval("Min5", "5m", 5 * MINUTE_MS),
    Interval("Min15", "15m", 15 * MINUTE_MS),
    Interval("Min30", "30m", 30 * MINUTE_MS),
    Interval("Min60", "60m", HOUR_MS),
    Interval("Hour4", "4h", 4 * HOUR_MS),
    Interval("Hour8", None, 8 * HOUR_MS),
    Interval("Day1", "1d", DAY_MS),
    Interval("Week1", "1W", WEEK_MS, MONDAY_MS),
    Interval("Month1", "1M", None),
)
BY_STREAM_NAME = {interval.stream_name: interval for interval in INTERVALS}
BY_REST_NAME = {
    interval.rest_name: interval for interval in INTERVALS if interval.rest_name is not None
}

"""All candles of one market: the generated past and the minutes that were traded, as one."""

from __future__ import annotations

from collections.abc import Iterator

from mexc_connector.sim.candles import Candle, MinuteBars, merged
from mexc_connector.sim.history import Past
from mexc_connector.sim.intervals import MINUTE_MS, Interval
from mexc_connector.sim.prints import Print


class Chart:
    """Candles of every window. Bounds are in ms and fall on whole minutes."""

    __slots__ = ("live", "past")

    def __init__(self, past: Past | None, *, keep: int) -> None:
        self.past = past
        self.live = MinuteBars(keep=keep)

    def add(self, trade: Print) -> None:
        """Count a trade that is not older than the newest one counted."""
        self.live.add(trade)

    @property
    def first_ms(self) -> int | None:
        """When the oldest candle begins, None when nothing ever traded."""
        if self.past is not None:
            return self.past.first_open_ms
        first = self.live.first_from(0)
        return first.start_ms if first else None

    def total(self, start_ms: int, end_ms: int) -> Candle | None:
        """Sum what traded in start_ms <= t < end_ms; None when nothing did."""
        bars = self.live.within(start_ms, end_ms)
        if self.past is not None and start_ms < self.past.end_ms:
            older = self.past.total(start_ms, end_ms)
            if older is not None:
                bars = [older, *bars]
        return merged(start_ms, bars)

    def window(self, interval: Interval, start_ms: int) -> Candle | None:
        """Sum one window; None when nothing traded in it."""
        return self.total(start_ms, interval.end_of(start_ms))

    def opening_from(self, time_ms: int) -> int | None:
        """Give the price of the first trade at `time_ms` or later, None without any."""
        if self.past is not None and time_ms < self.past.end_ms:
            return self.past.price_at(max(time_ms, self.past.first_open_ms))
        first = self.live.first_from(time_ms)
        return first.opening if first else None

    def closing_before(self, time_ms: int) -> int | None:
        """Give the price of the last trade before `time_ms`, None without any."""
        last = self.live.last_before(time_ms)
        if last is not None:
            return last.closing
        if self.past is None or time_ms <= self.past.first_open_ms:
            return None
        return self.past.price_at(time_ms)

    def rows(self, interval: Interval, first_ms: int, end_ms: int) -> Iterator[Candle]:
        """Yield the candles of the windows that begin in first_ms <= t < end_ms, without gaps.

        A window without trades repeats the close before it, and windows before the first trade do
        not exist.
        """
        oldest_ms = self.first_ms
        if oldest_ms is None:
            return
        start = interval.start_of(max(first_ms, oldest_ms))
        if start < first_ms:
            start = interval.end_of(start)
        close = self.closing_before(start)
        while start < end_ms:
            candle = self.window(interval, start)
            if candle is None and close is not None:
                candle = Candle.flat(start, close)
            if candle is not None:
                yield candle
                close = candle.closing
            start = interval.end_of(start)


def minute_of(time_ms: int) -> int:
    """Give the start of the minute that holds `time_ms`, in ms."""
    return time_ms - time_ms % MINUTE_MS

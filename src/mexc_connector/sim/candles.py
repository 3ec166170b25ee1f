"""Candles made of trades: a minute bar for every minute in which something traded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from mexc_connector.sim.intervals import MINUTE_MS
from mexc_connector.sim.prints import Print


class Candle(msgspec.Struct, gc=False):
    """One window's trades: prices in ticks, `lots` of base, `turnover` in ticks times lots."""

    start_ms: int
    opening: int
    highest: int
    lowest: int
    closing: int
    lots: int = 0
    turnover: int = 0

    @classmethod
    def flat(cls, start_ms: int, price: int) -> Candle:
        """Give the candle of a window without trades."""
        return cls(start_ms, price, price, price, price)

    def add(self, trade: Print) -> None:
        """Count one more trade, the newest of the window."""
        price = trade.price
        if price > self.highest:
            self.highest = price
        elif price < self.lowest:
            self.lowest = price
        self.closing = price
        self.lots += trade.lots
        self.turnover += price * trade.lots

    def merge(self, later: Candle) -> None:
        """Append a later candle to this one."""
        self.highest = max(self.highest, later.highest)
        self.lowest = min(self.lowest, later.lowest)
        self.closing = later.closing
        self.lots += later.lots
        self.turnover += later.turnover


def candle_of(start_ms: int, trade: Print) -> Candle:
    """Begin a window with its first trade."""
    candle = Candle.flat(start_ms, trade.price)
    candle.add(trade)
    return candle


def merged(start_ms: int, bars: Iterable[Candle]) -> Candle | None:
    """Sum consecutive bars into one window; None without any."""
    total: Candle | None = None
    for bar in bars:
        if total is None:
            total = replace(bar, start_ms=start_ms)
        else:
            total.merge(bar)
    return total


class MinuteBars:
    """The minutes in which something traded, oldest first, at most `keep` of them."""

    __slots__ = ("_keep", "_starts", "bars")

    def __init__(self, *, keep: int) -> None:
        self._keep = keep
        self._starts: list[int] = []
        self.bars: list[Candle] = []

    def add(self, trade: Print) -> None:
        """Count a trade that is not older than the newest one counted."""
        bars = self.bars
        if bars and trade.time_ms < bars[-1].start_ms + MINUTE_MS:
            bars[-1].add(trade)
            return
        start_ms = trade.time_ms - trade.time_ms % MINUTE_MS
        self._starts.append(start_ms)
        bars.append(candle_of(start_ms, trade))
        if len(bars) > self._keep + self._keep // 4:
            del bars[: -self._keep], self._starts[: -self._keep]

    def within(self, start_ms: int, end_ms: int) -> list[Candle]:
        """Give the bars whose minute begins in start_ms <= t < end_ms."""
        starts = self._starts
        return self.bars[bisect_left(starts, start_ms) : bisect_left(starts, end_ms)]

    def last_before(self, time_ms: int) -> Candle | None:
        """Give the newest bar whose minute began before `time_ms`."""
        position = bisect_left(self._starts, time_ms)
        return self.bars[position - 1] if position else None

    def first_from(self, time_ms: int) -> Candle | None:
        """Give the oldest bar whose minute began at `time_ms` or later."""
        position = bisect_left(self._starts, time_ms)
        return self.bars[position] if position < len(self.bars) else None

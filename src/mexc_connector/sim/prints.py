"""Public trades: what was printed, kept for about a day."""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter

import msgspec

from mexc_connector.sim.matching import Side

DAY_MS = 86_400_000
ID_EPOCH_MS = 1_615_782_200_000
"""The instant that turns the ids of captured trades (2026-09-25) into their times."""
IDS_PER_MS_BITS = 22
IDS_PER_MARKET = 512


class Print(msgspec.Struct, frozen=True, gc=False):
    """One trade: `price` in ticks, `lots`, the taker's side, the first half of the trade id."""

    time_ms: int
    price: int
    lots: int
    taker: Side
    trade_id: int


def id_at(time_ms: int, market_index: int) -> int:
    """Give the first trade or order id that a market can use in this millisecond."""
    return (max(0, time_ms - ID_EPOCH_MS) << IDS_PER_MS_BITS) + market_index * IDS_PER_MARKET


def trade_id_text(first_half: int) -> str:
    """Write a trade id as the captures show it: two consecutive numbers, each with a leg mark."""
    return f"{first_half}X0_{first_half + 1}X0"


class Tape:
    """The trades of one market in time order, at most `keep` of them and none older than a day."""

    __slots__ = ("_keep", "_market_index", "_next_id", "prints")

    def __init__(self, market_index: int, *, keep: int) -> None:
        self.prints: list[Print] = []
        self._keep = keep
        self._market_index = market_index
        self._next_id = 0

    @property
    def last(self) -> Print | None:
        """The newest trade, None before the first."""
        return self.prints[-1] if self.prints else None

    def add(self, time_ms: int, price: int, lots: int, taker: Side) -> Print:
        """Print a trade and give it the next id."""
        trade_id = max(self._next_id, id_at(time_ms, self._market_index))
        self._next_id = trade_id + 2
        trade = Print(time_ms, price, lots, taker, trade_id)
        self.prints.append(trade)
        if len(self.prints) > self._keep + self._keep // 4:
            self._trim(time_ms)
        return trade

    def since(self, start_ms: int) -> list[Print]:
        """Give the trades from `start_ms` on, oldest first."""
        return self.prints[self._position(start_ms) :]

    def between(self, start_ms: int, end_ms: int) -> list[Print]:
        """Give the trades with start_ms <= time < end_ms, oldest first."""
        return self.prints[self._position(start_ms) : self._position(end_ms)]

    def _position(self, time_ms: int) -> int:
        return bisect_left(self.prints, time_ms, key=attrgetter("time_ms"))

    def _trim(self, now_ms: int) -> None:
        day_old = self._position(now_ms - DAY_MS)
        del self.prints[: max(day_old, len(self.prints) - self._keep)]

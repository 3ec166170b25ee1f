"""What a market did before the simulator started: made from the seed, where somebody looks.

The past is a tree. Days follow each other back from the starting price; a day is cut into its
hours, an hour into its minutes and a minute into its trades, each cut exact (see `refinement`). So
every candle agrees with every other one, whatever was asked for first, and nothing needs to be
kept: what the shelf forgets is made again, the same. The past ends with the last whole minute
before the start.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from random import Random
from typing import Final

from mexc_connector.sim.candles import Candle, merged
from mexc_connector.sim.catalog import Listing
from mexc_connector.sim.intervals import DAY_MS, HOUR_MS, MINUTE_MS
from mexc_connector.sim.matching import Side
from mexc_connector.sim.prints import Print, id_at
from mexc_connector.sim.refinement import BOUNCE_TICKS, HOURS_EDGE, MINUTES_EDGE, deals, split

LIQUID_DAYS = 1_100
QUIET_DAYS = 700
DAILY_VOLATILITY = 0.015
"""A little above what the agents make of a day."""
HOMING_PER_DAY = 0.01
LOTS_PER_ACTION = 0.08
LOTS_PER_TRADE = 0.26
"""In usual orders: measured over 20 minutes of nine living markets, so that the past fits them."""
FEWEST_LOTS_PER_MINUTE = 2_000
DAYS_PER_CHUNK = 32

Bars = list[Candle]
ShelfKey = tuple[int, int, int]


class Shelf:
    """Bars made lately, of all markets of an exchange together: the least used go first."""

    def __init__(self, *, room: int) -> None:
        self._room = room
        self._bars: OrderedDict[ShelfKey, Bars] = OrderedDict()

    def __len__(self) -> int:
        return len(self._bars)

    def get(self, key: ShelfKey, make: Callable[[int], Bars]) -> Bars:
        """Give the bars of (market, length, start), making them from the start if need be."""
        bars = self._bars.get(key)
        if bars is None:
            bars = self._bars[key] = make(key[2])
            if len(self._bars) > self._room:
                self._bars.popitem(last=False)
        else:
            self._bars.move_to_end(key)
        return bars


def first_open_ms(listing: Listing, start_ms: int) -> int:
    """Give when a market with a past was listed: some midnight, in ms."""
    days = LIQUID_DAYS if listing.is_liquid else QUIET_DAYS
    return max(0, (start_ms // DAY_MS - days) * DAY_MS)


class Past:
    """All candles and trades of one market before its start. Windows begin and end at minutes."""

    __slots__ = ("_chunk_prices", "_listing", "_seed", "_shelf", "end_ms", "first_open_ms")

    def __init__(self, listing: Listing, *, seed: int, start_ms: int, shelf: Shelf) -> None:
        self._listing: Final = listing
        self._seed: Final = seed
        self._shelf: Final = shelf
        self.end_ms: Final = start_ms - start_ms % MINUTE_MS
        self.first_open_ms: Final = first_open_ms(listing, start_ms)
        self._chunk_prices = [float(listing.start_price)]

    def total(self, start_ms: int, end_ms: int) -> Candle | None:
        """Sum the minutes with start_ms <= t < end_ms; None when the past holds none of them."""
        start_ms, end_ms = max(start_ms, self.first_open_ms), min(end_ms, self.end_ms)
        bars: Bars = []
        while start_ms < end_ms:
            for length_ms, bars_at in (
                (DAY_MS, self._days),
                (HOUR_MS, self._hours),
                (MINUTE_MS, self._minutes),
            ):
                next_ms = min(start_ms - start_ms % length_ms + length_ms, self.end_ms)
                if not start_ms % length_ms and next_ms <= end_ms:
                    bars.append(bars_at(start_ms))
                    start_ms = next_ms
                    break
        return merged(bars[0].start_ms, bars) if bars else None

    def price_at(self, time_ms: int) -> int:
        """Give the price with which a minute opened and the one before it closed."""
        if time_ms >= self.end_ms:
            return self._listing.start_price
        if time_ms % HOUR_MS == 0:  # spares the cut into minutes
            return self._hours(time_ms).opening
        return self._minutes(time_ms).opening

    def prints(self, start_ms: int, end_ms: int, limit: int) -> list[Print]:
        """Give the newest `limit` trades with start_ms <= time < end_ms, oldest first."""
        start_ms, end_ms = max(start_ms, self.first_open_ms), min(end_ms, self.end_ms)
        minute_ms = (end_ms - 1) // MINUTE_MS * MINUTE_MS
        found: list[Print] = []
        while minute_ms > start_ms - MINUTE_MS and len(found) < limit:
            inside = self._prints_of(self._minutes(minute_ms))
            found[:0] = [trade for trade in inside if start_ms <= trade.time_ms < end_ms]
            minute_ms -= MINUTE_MS
        return found[-limit:]

    def _days(self, day_ms: int) -> Candle:
        number = (self.end_ms - 1) // DAY_MS - day_ms // DAY_MS
        chunk, place = divmod(number, DAYS_PER_CHUNK)
        return self._shelf.get((self._listing.index, DAY_MS, chunk), self._make_days)[place]

    def _hours(self, hour_ms: int) -> Candle:
        day_ms = hour_ms - hour_ms % DAY_MS
        bars = self._shelf.get((self._listing.index, HOUR_MS, day_ms), self._make_hours)
        return bars[(hour_ms - day_ms) // HOUR_MS]

    def _minutes(self, minute_ms: int) -> Candle:
        hour_ms = minute_ms - minute_ms % HOUR_MS
        bars = self._shelf.get((self._listing.index, MINUTE_MS, hour_ms), self._make_minutes)
        return bars[(minute_ms - hour_ms) // MINUTE_MS]

    def _make_days(self, chunk: int) -> Bars:
        """Walk back over a chunk of days; chunk 0 begins with the day of the start."""
        while len(self._chunk_prices) <= chunk:
            self._walk_days(len(self._chunk_prices) - 1)
        return self._walk_days(chunk)

    def _walk_days(self, chunk: int) -> Bars:
        listing, price, bars = self._listing, self._chunk_prices[chunk], []
        rng = self._rng("days", chunk)
        random = rng.random
        usual_lots = listing.events_per_second * 60 * LOTS_PER_ACTION * listing.typical_lots
        minute_lots = max(FEWEST_LOTS_PER_MINUTE, usual_lots)
        first_day = (self.end_ms - 1) // DAY_MS - chunk * DAYS_PER_CHUNK
        for day in range(first_day, first_day - DAYS_PER_CHUNK, -1):
            start_ms, closing = day * DAY_MS, max(1, round(price))
            minutes = (min(start_ms + DAY_MS, self.end_ms) - start_ms) // MINUTE_MS
            deviation = (
                DAILY_VOLATILITY * (0.5 + random()) * math.sqrt(minutes * MINUTE_MS / DAY_MS)
            )
            shock = (random() + random() + random() - 1.5) * 2.0
            homing = -HOMING_PER_DAY * math.log(price / listing.start_price)
            price = max(1.0, price * math.exp(deviation * shock + homing))
            opening = max(1, round(price))
            reach = 0.8 * deviation * price + 2 * BOUNCE_TICKS
            bar = Candle(
                start_ms,
                opening,
                max(opening, closing) + int(reach * random() + 0.5),
                max(1, min(opening, closing) - int(reach * random() + 0.5)),
                closing,
            )
            bar.lots = int(minutes * minute_lots * math.exp(random() + random() - 1.1))
            typical = bar.opening + bar.highest + bar.lowest + bar.closing
            bar.turnover = typical * bar.lots // 4
            bars.append(bar)
        if len(self._chunk_prices) == chunk + 1:
            self._chunk_prices.append(price)
        return bars

    def _make_hours(self, day_ms: int) -> Bars:
        return self._cut(day_ms, DAY_MS, HOUR_MS, self._days(day_ms), HOURS_EDGE)

    def _make_minutes(self, hour_ms: int) -> Bars:
        return self._cut(hour_ms, HOUR_MS, MINUTE_MS, self._hours(hour_ms), MINUTES_EDGE)

    def _cut(self, start_ms: int, whole_ms: int, part_ms: int, bar: Candle, edge: int) -> Bars:
        end_ms = min(start_ms + whole_ms, self.end_ms)
        lengths = [
            (min(part_start_ms + part_ms, end_ms) - part_start_ms) // MINUTE_MS
            for part_start_ms in range(start_ms, end_ms, part_ms)
        ]
        return split(bar, lengths, self._rng(str(part_ms), start_ms), edge=edge)

    def _prints_of(self, bar: Candle) -> list[Print]:
        rng = self._rng("trades", bar.start_ms)
        usual_lots = LOTS_PER_TRADE * self._listing.typical_lots
        found = deals(bar, int(bar.lots / usual_lots), rng)
        times = sorted(bar.start_ms + int(rng.random() * MINUTE_MS) for _ in found)
        prints, before, taken_id = [], found[0].price, 0
        for (price, lots), time_ms in zip(found, times, strict=True):
            is_buy = price > before or (price == before and rng.random() < 0.5)
            taken_id = max(taken_id + 2, id_at(time_ms, self._listing.index))
            side = Side.BUY if is_buy else Side.SELL
            prints.append(Print(time_ms, price, lots, side, taken_id))
            before = price
        return prints

    def _rng(self, purpose: str, number: int) -> Random:
        return Random(f"{self._seed}:{self._listing.symbol}:{purpose}:{number}")

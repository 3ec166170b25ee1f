"""Cutting a candle into shorter candles, and a minute into trades, so that they sum to it exactly.

Rules:
1. The parts begin at the whole's opening, end at its closing, and each opens where the one before
   it closed. One part reaches the highest price, another one the lowest.
2. Lots and turnover of the parts sum to the whole's, to the last lot and tick.
3. A part's average price keeps off both ends of its range, less far with every cut. That room is
   what lets the next cut, and at last the trades, hit the turnover exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from mexc_connector.sim.candles import Candle
from mexc_connector.sim.intervals import MINUTE_MS

HOURS_EDGE = 8
"""An hour's average price keeps an eighth of its range away from both ends."""
MINUTES_EDGE = 10
RANGE_PER_DEVIATION = 1.6
"""Range of a random walk over its standard deviation."""
WICK_SHARE = 0.9
BOUNCE_TICKS = 5
"""What trades on both sides of a spread add to a range at the most, at either end."""
RESERVED_SHARE = 4
"""A quarter of the lots is dealt out by time alone, so that no part is left with too few."""
FEWEST_LOTS = 16
"""Lots per trade at least: smaller ones could not be shifted between prices."""


class Extremes(NamedTuple):
    """Which parts reach the highest and the lowest price."""

    high: int
    low: int


class Deal(NamedTuple):
    """One trade of a minute: price in ticks, and lots."""

    price: int
    lots: int


def split(whole: Candle, minutes: Sequence[int], rng: Random, *, edge: int) -> list[Candle]:
    """Cut `whole` into consecutive parts of so many minutes each.

    `edge` is `HOURS_EDGE` or `MINUTES_EDGE`.
    """
    if len(minutes) == 1:
        return [replace(whole)]
    ends = list(accumulate(minutes))
    extremes = _extremes(len(ends), rng)
    deviation = (whole.highest - whole.lowest) / (RANGE_PER_DEVIATION * math.sqrt(ends[-1]))
    path = _path(whole, ends, extremes, deviation, rng)
    parts = []
    for number, end in enumerate(ends):
        opening, closing = path[number], path[number + 1]
        reach = WICK_SHARE * deviation * math.sqrt(minutes[number]) + BOUNCE_TICKS
        above, below = int(reach * rng.random() + 0.5), int(reach * rng.random() + 0.5)
        highest = min(whole.highest, max(opening, closing) + above)
        lowest = max(whole.lowest, min(opening, closing) - below)
        start_ms = whole.start_ms + (end - minutes[number]) * MINUTE_MS
        parts.append(Candle(start_ms, opening, highest, lowest, closing))
    parts[extremes.high].highest, parts[extremes.low].lowest = whole.highest, whole.lowest
    weights = _normal([length * (0.5 - 0.5 * math.log(1.0 - rng.random())) for length in minutes])
    reserved = [whole.lots * length // (RESERVED_SHARE * ends[-1]) for length in minutes]
    prices = [(part.opening + part.highest + part.lowest + part.closing) / 4 for part in parts]
    for part, lots in zip(
        parts, _deal_lots(whole.lots, whole.turnover, prices, weights, reserved), strict=True
    ):
        part.lots = lots
    _deal_turnover(whole, parts, edge)
    return parts


def deals(bar: Candle, count: int, rng: Random) -> list[Deal]:
    """Cut a minute into about `count` trades, oldest first, that make exactly this candle."""
    count = max(4, min(count, bar.lots // FEWEST_LOTS))
    ends = list(range(1, count))
    deviation = (bar.highest - bar.lowest) / (RANGE_PER_DEVIATION * math.sqrt(count))
    # The first trade makes the opening price and the last one the closing price.
    inner = _extremes(count - 2, rng)
    extremes = Extremes(inner.high + 1, inner.low + 1)
    path = _path(bar, ends, extremes, deviation, rng)
    path[extremes.high], path[extremes.low] = bar.highest, bar.lowest
    weights = _normal([0.1 - math.log(1.0 - rng.random()) for _ in path])
    share = 16
    while True:
        # A share of the lots goes at two neighbouring prices that make the turnover exact.
        free = bar.lots - max(1, bar.lots // share)
        if share == 1:  # cannot fail: see rule 3
            free = count
        sizes = _deal_lots(free, bar.turnover * free // bar.lots, path, weights, [1] * count)
        exact_lots = bar.lots - free
        exact_turnover = bar.turnover - int(
            sum(price * lots for price, lots in zip(path, sizes, strict=True))
        )
        if share == 1 or (bar.lowest * exact_lots <= exact_turnover <= bar.highest * exact_lots):
            break
        share //= 2
    found = [Deal(price, lots) for price, lots in zip(path, sizes, strict=True)]
    price, dearer = divmod(exact_turnover, exact_lots)
    near = min(range(count - 1), key=lambda number: abs(path[number] - price))
    usual = max(1, bar.lots // count)
    found[near + 1 : near + 1] = [
        *_pieces(price, exact_lots - dearer, usual),
        *_pieces(price + 1, dearer, usual),
    ]
    return found


def _extremes(count: int, rng: Random) -> Extremes:
    high = int(rng.random() * count)
    return Extremes(high, (high + 1 + int(rng.random() * (count - 1))) % count)


def _pieces(price: int, lots: int, usual: int) -> list[Deal]:
    count = -(-lots // usual)
    return [Deal(price, lots * (n + 1) // count - lots * n // count) for n in range(count)]


def _path(
    whole: Candle, ends: Sequence[int], extremes: Extremes, deviation: float, rng: Random
) -> list[int]:
    """Walk from the opening to the closing price, past the highest and the lowest one."""
    waypoints = sorted(
        [
            (ends[extremes.high] - 0.5, whole.highest),
            (ends[extremes.low] - 0.5, whole.lowest),
            (float(ends[-1]), whole.closing),
        ]
    )
    time, price = 0.0, float(whole.opening)
    path = [whole.opening]
    random, step = rng.random, 0
    for end in ends[:-1]:
        while waypoints[step][0] <= end:
            time, price = waypoints[step]
            step += 1
        target_time, target = waypoints[step]
        elapsed, left = end - time, target_time - end
        shock = (random() + random() + random() - 1.5) * 2.0
        price += (target - price) * elapsed / (elapsed + left)
        price += deviation * shock * math.sqrt(elapsed * left / (elapsed + left))
        price = min(whole.highest, max(whole.lowest, round(price)))
        time = end
        path.append(int(price))
    path.append(whole.closing)
    return path


def _deal_lots(
    lots: int,
    turnover: int,
    prices: Sequence[float],
    weights: Sequence[float],
    reserved: Sequence[int],
) -> list[int]:
    """Deal out `lots` at these prices so that they cost `turnover`, as nearly as can be.

    `reserved` is what each gets at least; weights, which sum to 1, deal out the rest.
    """
    free = lots - sum(reserved)
    kept = _cost(prices, reserved) / lots
    weights = _tilted(weights, prices, wanted=(turnover / lots - kept) * lots / max(1, free))
    dealt, before, so_far = [], 0, 0.0
    for kept_lots, weight in zip(reserved, weights, strict=True):
        so_far += weight
        upto = min(free, int(free * so_far))
        dealt.append(kept_lots + upto - before)
        before = upto
    dealt[-1] += free - before
    return dealt


def _tilted(weights: Sequence[float], prices: Sequence[float], *, wanted: float) -> Sequence[float]:
    """Give the dear or the cheap ones more weight, until the average price is the wanted one."""
    mean = _cost(prices, weights)
    sign = 1.0 if wanted > mean else -1.0
    pulls = [
        weight if sign * (price - wanted) > 0.0 else 0.0
        for weight, price in zip(weights, prices, strict=True)
    ]
    total = sum(pulls)
    if total <= 0.0:
        return weights
    pulls = [pull / total for pull in pulls]
    distance = _cost(prices, pulls) - mean
    if distance * sign <= 0.0:  # equal prices, and the last digit of a float
        return weights
    part = min(1.0, (wanted - mean) / distance)
    return [
        (1.0 - part) * weight + part * pull for weight, pull in zip(weights, pulls, strict=True)
    ]


def _cost(prices: Sequence[float], amounts: Sequence[float]) -> float:
    return sum(price * amount for price, amount in zip(prices, amounts, strict=True))


def _normal(weights: list[float]) -> list[float]:
    total = sum(weights)
    return [weight / total for weight in weights]


def _deal_turnover(whole: Candle, parts: Sequence[Candle], edge: int) -> None:
    """Give every part a turnover within its range so that they sum to the whole's."""
    bounds = [_bounds(part, edge) for part in parts]
    for part, (least, most) in zip(parts, bounds, strict=True):
        typical = part.opening + part.highest + part.lowest + part.closing
        part.turnover = min(most, max(least, typical * part.lots // 4))
    missing = whole.turnover - sum(part.turnover for part in parts)
    if not _spread(missing, parts, bounds):
        # Some tick-wide ranges leave no room; with the whole's range there always is enough.
        for part in parts:
            part.highest, part.lowest = whole.highest, whole.lowest
        bounds = [_bounds(part, edge) for part in parts]
        for part, (least, most) in zip(parts, bounds, strict=True):
            part.turnover = min(most, max(least, part.turnover))
        missing = whole.turnover - sum(part.turnover for part in parts)
        _spread(missing, parts, bounds)


def _bounds(part: Candle, edge: int) -> tuple[int, int]:
    """Give the least and the most turnover of a part."""
    margin = -((part.lowest - part.highest) * part.lots // edge)
    return part.lowest * part.lots + margin, part.highest * part.lots - margin


def _spread(missing: int, parts: Sequence[Candle], bounds: Sequence[tuple[int, int]]) -> bool:
    """Add `missing` turnover where there is room for it; False when there is not enough."""
    side = 1 if missing > 0 else 0
    rooms = [bound[side] - part.turnover for part, bound in zip(parts, bounds, strict=True)]
    room = sum(rooms)
    if abs(missing) > abs(room):
        return False
    if missing:
        filled, so_far = 0, 0
        for part, own in zip(parts, rooms, strict=True):
            so_far += own
            # Cumulative rounding: nobody gets more than its room, and nothing is left over.
            upto = missing * so_far // room
            part.turnover += upto - filled
            filled = upto
    return True

"""Cutting candles and minutes: whatever the candle, the parts sum to it."""

import itertools
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.sim.candles import Candle
from mexc_connector.sim.intervals import HOUR_MS, MINUTE_MS
from mexc_connector.sim.refinement import HOURS_EDGE, MINUTES_EDGE, deals, split


@st.composite
def bars(draw: st.DrawFn, *, fewest_lots: int, edge: int) -> Candle:
    """Draw a candle as a cut with this edge leaves it, from tick-wide to very wide ones."""
    lowest = draw(st.sampled_from((1, 4_712, 84_270_00)))
    width = draw(st.sampled_from((0, 1, 2, 3, 10, 5_000)))
    inside = st.integers(lowest, lowest + width)
    opening, closing = draw(inside), draw(inside)
    lots = draw(st.integers(fewest_lots, 10 * fewest_lots) | st.integers(10**9, 10**15))
    margin = -(-width * lots // edge)
    least, most = lowest * lots + margin, (lowest + width) * lots - margin
    turnover = draw(st.sampled_from((least, most)) | st.integers(least, most))
    return Candle(HOUR_MS * 500_000, opening, lowest + width, lowest, closing, lots, turnover)


def check(whole: Candle, parts: list[Candle]) -> None:
    assert parts[0].opening == whole.opening
    assert parts[-1].closing == whole.closing
    assert all(one.closing == other.opening for one, other in itertools.pairwise(parts))
    assert max(part.highest for part in parts) == whole.highest
    assert min(part.lowest for part in parts) == whole.lowest
    assert sum(part.lots for part in parts) == whole.lots
    assert sum(part.turnover for part in parts) == whole.turnover
    for part in parts:
        assert part.lowest <= min(part.opening, part.closing)
        assert part.highest >= max(part.opening, part.closing)
        assert part.lots > 0
        assert part.lowest * part.lots <= part.turnover <= part.highest * part.lots


@settings(deadline=None)
@given(
    bar=bars(fewest_lots=2_000 * 1_440 // 4, edge=4),
    last=st.integers(1, 60),
    hours=st.integers(0, 23),
    seed=st.integers(0, 99),
)
def test_hours_and_their_minutes_sum_to_the_day(
    bar: Candle, last: int, hours: int, seed: int
) -> None:
    parts = split(bar, [60] * hours + [last], Random(seed), edge=HOURS_EDGE)
    check(bar, parts)
    ends = [part.start_ms for part in parts[1:]]
    assert ends == [bar.start_ms + HOUR_MS * number for number in range(1, hours + 1)]
    for hour, minutes in zip(parts, [60] * hours + [last], strict=True):
        cut = split(hour, [1] * minutes, Random(seed + 1), edge=MINUTES_EDGE)
        check(hour, cut)
        assert cut[-1].start_ms == hour.start_ms + (minutes - 1) * MINUTE_MS


@settings(deadline=None)
@given(
    bar=bars(fewest_lots=64, edge=MINUTES_EDGE),
    count=st.integers(1, 2_000),
    seed=st.integers(0, 99),
)
def test_trades_sum_to_their_minute(bar: Candle, count: int, seed: int) -> None:
    found = deals(bar, count, Random(seed))
    prices = [deal.price for deal in found]
    assert (prices[0], max(prices), min(prices), prices[-1]) == (
        bar.opening,
        bar.highest,
        bar.lowest,
        bar.closing,
    )
    assert all(deal.lots > 0 for deal in found)
    assert sum(deal.lots for deal in found) == bar.lots
    assert sum(deal.price * deal.lots for deal in found) == bar.turnover

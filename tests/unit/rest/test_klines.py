from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.common.enums import KlineInterval
from mexc_connector.common.models import Kline
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.rest.klines import KlinePager

BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))
MINUTE_MS, DAY_MS = 60_000, 86_400_000
NOW_MS = 1_795_000_000_000


def candle(interval: KlineInterval, open_ms: int, close_ms: int) -> Kline:
    return Kline(BTC_USDT, interval, open_ms, close_ms, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, True)


def opening(interval: KlineInterval, moment_ms: int) -> tuple[int, int]:
    """Return open and close of the candle that holds a moment."""
    if interval.duration_ms is not None:
        open_ms = moment_ms - moment_ms % interval.duration_ms
        return open_ms, open_ms + interval.duration_ms
    start = datetime.fromtimestamp(moment_ms / 1000, UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    after = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return int(start.timestamp() * 1000), int(after.timestamp() * 1000)


class Market:
    """The exchange's side: candles where trades were, never more than 500 rows, `keep` decides.

    `spans` are the stretches of time with candles, as (start, end) in milliseconds.
    """

    def __init__(self, *spans: tuple[int, int], keeps_last: bool = False) -> None:
        self.spans = spans
        self.keeps_last = keeps_last
        self.requests = 0

    def all(self, interval: KlineInterval, start_ms: int, end_ms: int) -> list[Kline]:
        found: dict[int, Kline] = {}
        for low, high in self.spans:
            moment = max(low, start_ms)
            while moment < min(high, end_ms + 31 * DAY_MS):
                open_ms, close_ms = opening(interval, moment)
                if start_ms <= open_ms < end_ms:
                    found[open_ms] = candle(interval, open_ms, close_ms)
                moment = close_ms
        return [found[open_ms] for open_ms in sorted(found)]

    async def __call__(
        self, interval: KlineInterval, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> list[Kline]:
        self.requests += 1
        assert limit <= 500
        if start_ms is None or end_ms is None:
            assert start_ms is None
            assert end_ms is None
            duration_ms = interval.duration_ms or 31 * DAY_MS
            return self.all(interval, NOW_MS - 600 * duration_ms, NOW_MS)[-limit:]
        rows = self.all(interval, start_ms, end_ms)
        return rows[-limit:] if self.keeps_last else rows[:limit]


@pytest.mark.parametrize("keeps_last", [False, True])
@pytest.mark.parametrize(
    "interval", [i for i in KlineInterval if i.rest_name is not None], ids=lambda i: i.name
)
async def test_more_than_500_are_joined_without_gap_or_repetition(
    interval: KlineInterval, keeps_last: bool
) -> None:
    duration_ms = interval.duration_ms or 30 * DAY_MS
    wanted = 1234 if interval.duration_ms else 400
    market = Market((NOW_MS - 2000 * duration_ms, NOW_MS), keeps_last=keeps_last)
    market.spans = ((max(0, NOW_MS - 2000 * duration_ms), NOW_MS),)
    everything = market.all(interval, 0, NOW_MS)
    pager = KlinePager(market, interval)
    wanted = min(wanted, len(everything))

    backward = await pager.backward(end_ms=None, limit=wanted)
    assert backward == everything[-wanted:]
    start_ms = everything[0].open_time_ms
    forward = await pager.forward(start_ms=start_ms, end_ms=NOW_MS, limit=wanted)
    assert forward == everything[:wanted]


async def test_the_end_is_excluded_and_the_start_included() -> None:
    market = Market((NOW_MS - 1000 * MINUTE_MS, NOW_MS))
    pager = KlinePager(market, KlineInterval.MINUTE_1)
    rows = market.all(KlineInterval.MINUTE_1, 0, NOW_MS)
    start_ms, end_ms = rows[10].open_time_ms, rows[20].open_time_ms
    assert await pager.forward(start_ms=start_ms, end_ms=end_ms, limit=500) == rows[10:20]
    assert await pager.forward(start_ms=start_ms, end_ms=start_ms, limit=500) == []
    assert await pager.backward(end_ms=end_ms, limit=3) == rows[17:20]


async def test_a_start_long_before_the_listing_costs_a_few_requests() -> None:
    listed_ms = NOW_MS - 40 * DAY_MS
    market = Market((listed_ms, NOW_MS))
    pager = KlinePager(market, KlineInterval.MINUTE_1)
    rows = await pager.forward(start_ms=0, end_ms=NOW_MS, limit=700)
    assert rows == market.all(KlineInterval.MINUTE_1, 0, NOW_MS)[:700]
    assert market.requests < 12


async def test_a_hole_that_ends_on_the_day_it_began_hides_nothing() -> None:
    midnight_ms = NOW_MS - NOW_MS % DAY_MS - 20 * DAY_MS
    market = Market((midnight_ms + 600 * MINUTE_MS, NOW_MS))
    pager = KlinePager(market, KlineInterval.MINUTE_1)
    rows = await pager.forward(start_ms=midnight_ms + MINUTE_MS, end_ms=NOW_MS, limit=1)
    assert rows == market.all(KlineInterval.MINUTE_1, 0, NOW_MS)[:1]


async def test_reading_backward_beyond_the_listing_ends() -> None:
    market = Market((NOW_MS - 700 * MINUTE_MS, NOW_MS))
    pager = KlinePager(market, KlineInterval.MINUTE_1)
    rows = await pager.backward(end_ms=None, limit=5000)
    assert rows == market.all(KlineInterval.MINUTE_1, 0, NOW_MS)
    assert market.requests < 16


async def test_a_market_without_candles_gives_none() -> None:
    market = Market()
    pager = KlinePager(market, KlineInterval.MINUTE_1)
    assert await pager.backward(end_ms=None, limit=5) == []
    assert await pager.backward(end_ms=NOW_MS, limit=5) == []
    assert await pager.forward(start_ms=0, end_ms=NOW_MS, limit=5) == []
    assert market.requests < 20


async def test_rows_beyond_what_was_asked_are_dropped() -> None:
    class Generous(Market):
        async def __call__(
            self, interval: KlineInterval, *, start_ms: int | None, end_ms: int | None, limit: int
        ) -> list[Kline]:
            return await super().__call__(interval, start_ms=start_ms, end_ms=end_ms, limit=500)

    market = Generous((NOW_MS - 600 * MINUTE_MS, NOW_MS))
    rows = await KlinePager(market, KlineInterval.MINUTE_1).backward(end_ms=None, limit=3)
    assert rows == market.all(KlineInterval.MINUTE_1, 0, NOW_MS)[-3:]


async def test_no_more_is_asked_for_than_is_wanted() -> None:
    market = Market((NOW_MS - 2000 * MINUTE_MS, NOW_MS))
    pager = KlinePager(market, KlineInterval.MINUTE_1)
    await pager.backward(end_ms=None, limit=1000)
    assert market.requests <= 3


@settings(max_examples=60, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 30 * 24 * 60), min_size=2, max_size=8, unique=True),
    start=st.integers(0, 30 * 24 * 60),
    length=st.integers(0, 30 * 24 * 60),
    limit=st.integers(1, 1500),
    keeps_last=st.booleans(),
)
async def test_holes_of_any_size_lose_nothing(
    cuts: list[int], start: int, length: int, limit: int, keeps_last: bool
) -> None:
    origin = NOW_MS - NOW_MS % DAY_MS - 31 * DAY_MS
    edges = [origin + cut * 5 * MINUTE_MS for cut in sorted(cuts)]
    spans = tuple(zip(edges[::2], edges[1::2], strict=False))
    market = Market(*spans, keeps_last=keeps_last)
    interval = KlineInterval.MINUTE_5
    start_ms = origin + start * MINUTE_MS
    end_ms = start_ms + length * MINUTE_MS
    pager = KlinePager(market, interval)
    inside = market.all(interval, start_ms, end_ms)
    assert await pager.forward(start_ms=start_ms, end_ms=end_ms, limit=limit) == inside[:limit]
    before = market.all(interval, 0, end_ms)
    assert await pager.backward(end_ms=end_ms, limit=limit) == before[-limit:]

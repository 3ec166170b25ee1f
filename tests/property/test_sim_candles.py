"""Candles of every interval, past and live, against their minutes and the trades in them."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.sim import Market, SimOptions
from mexc_connector.sim.candles import Candle
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.intervals import DAY_MS, HOUR_MS, INTERVALS, MINUTE_MS, Interval
from mexc_connector.sim.prints import Print

START_MS = 1_790_281_237_770
SYMBOLS = ("BTCUSDT", "PEPEUSDT", "ATLASUSDT", "METALUSDT", "KAKAKAUSDT")
AGES_MS = (9 * HOUR_MS, 30 * HOUR_MS, 10 * DAY_MS, 100 * DAY_MS, 690 * DAY_MS)

Figures = tuple[int, int, int, int, int, int]
seeds = st.integers(0, 10**6)
names = st.sampled_from(SYMBOLS)


def market_of(symbol: str, *, seed: int, steps: int = 0) -> Market:
    exchange = Exchange(SimOptions(symbols=(symbol,), seed=seed), start_ms=START_MS)
    for _ in range(steps):
        exchange.step()
    market = exchange.market(symbol)
    assert market is not None
    return market


def figures(bar: Candle) -> Figures:
    return bar.opening, bar.highest, bar.lowest, bar.closing, bar.lots, bar.turnover


def figures_of_trades(trades: list[Print]) -> Figures:
    return (
        trades[0].price,
        max(trade.price for trade in trades),
        min(trade.price for trade in trades),
        trades[-1].price,
        sum(trade.lots for trade in trades),
        sum(trade.price * trade.lots for trade in trades),
    )


def figures_of_bars(bars: list[Candle]) -> Figures:
    return (
        bars[0].opening,
        max(bar.highest for bar in bars),
        min(bar.lowest for bar in bars),
        bars[-1].closing,
        sum(bar.lots for bar in bars),
        sum(bar.turnover for bar in bars),
    )


def rows(market: Market, interval: Interval, start_ms: int, end_ms: int) -> list[Candle]:
    return list(market.chart.rows(interval, start_ms, end_ms))


def check_sums(market: Market, longer: Interval, shorter: Interval, start_ms: int) -> None:
    """Hold some windows of `longer` from `start_ms` on against the `shorter` ones inside."""
    start_ms = longer.start_of(start_ms)
    for _ in range(3):
        end_ms = longer.end_of(start_ms)
        parts = rows(market, shorter, start_ms, min(end_ms, market.clock.now_ms))
        window = market.chart.window(longer, start_ms)
        assert window is not None
        assert figures(window) == figures_of_bars(parts)
        if end_ms > market.clock.now_ms:
            return
        start_ms = end_ms


@settings(max_examples=8, deadline=None)
@given(seed=seeds, symbol=names, age_ms=st.sampled_from((0, *AGES_MS)))
def test_every_interval_is_the_sum_of_a_shorter_one(seed: int, symbol: str, age_ms: int) -> None:
    market = market_of(symbol, seed=seed, steps=16_000)
    minute, five, quarter, half, hour, *hours, day, week, month = INTERVALS
    for shorter, longer in itertools.pairwise((minute, five, quarter, half, hour)):
        check_sums(market, longer, shorter, market.clock.now_ms - age_ms)
    for longer in (*hours, day):
        check_sums(market, longer, hour, market.clock.now_ms - age_ms)
    check_sums(market, week, day, market.clock.now_ms - age_ms)
    check_sums(market, month, day, market.clock.now_ms - age_ms)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, symbol=names, age_ms=st.integers(MINUTE_MS, 24 * HOUR_MS))
def test_every_minute_of_the_last_day_is_the_sum_of_its_trades(
    seed: int, symbol: str, age_ms: int
) -> None:
    market = market_of(symbol, seed=seed)
    (minute, *_) = rows(market, INTERVALS[0], START_MS - age_ms - MINUTE_MS, START_MS)
    end_ms = minute.start_ms + MINUTE_MS
    trades = market.trades_between(minute.start_ms, end_ms, limit=10**9)
    assert figures_of_trades(trades) == figures(minute)
    assert all(trade.lots > 0 for trade in trades)
    assert [trade.time_ms for trade in trades] == sorted(trade.time_ms for trade in trades)
    assert len({trade.trade_id for trade in trades}) == len(trades)
    newest = market.trades_between(0, end_ms, limit=len(trades) + 7)
    assert newest[7:] == trades
    assert newest[6].time_ms < minute.start_ms


@settings(max_examples=4, deadline=None)
@given(seed=seeds)
def test_every_live_minute_is_the_sum_of_its_trades(seed: int) -> None:
    market = market_of("ATLASUSDT", seed=seed)
    for interval in INTERVALS:
        market.running_candle(interval)
    market = market_of("ATLASUSDT", seed=seed, steps=36_000)
    now_ms = market.clock.now_ms
    for bar in rows(market, INTERVALS[0], START_MS - START_MS % MINUTE_MS, now_ms):
        trades = market.tape.between(bar.start_ms, bar.start_ms + MINUTE_MS)
        assert figures(bar) == figures_of_trades(trades)


@settings(max_examples=4, deadline=None)
@given(seed=seeds)
def test_running_candles_are_kept_up_with_every_trade(seed: int) -> None:
    exchange = Exchange(SimOptions(symbols=("ATLASUSDT",), seed=seed), start_ms=START_MS)
    market = exchange.market("ATLASUSDT")
    assert market is not None
    for interval in INTERVALS:
        market.running_candle(interval)
    for _ in range(18_000):
        exchange.step()
    for interval in INTERVALS:
        running = market.running_candle(interval)
        assert running == market.chart.window(interval, interval.start_of(exchange.now_ms))


@pytest.mark.parametrize("age_ms", AGES_MS)
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_past_is_lively_at_every_age(symbol: str, age_ms: int) -> None:
    market = market_of(symbol, seed=7)
    start_ms = START_MS - age_ms
    bars = rows(market, INTERVALS[0], start_ms, start_ms + 480 * MINUTE_MS)
    assert len(bars) == 480
    assert sum(bar.highest == bar.lowest for bar in bars) < 24
    assert all(bar.lots > 0 for bar in bars)
    assert len({bar.lots for bar in bars}) > 400
    assert all(before.closing == after.opening for before, after in itertools.pairwise(bars))
    for bar in bars:
        assert bar.lowest <= min(bar.opening, bar.closing)
        assert bar.highest >= max(bar.opening, bar.closing)
        assert bar.lowest * bar.lots <= bar.turnover <= bar.highest * bar.lots
    ranges = sorted((bar.highest - bar.lowest) / bar.opening for bar in bars)
    assert 0.0001 < ranges[240] < 0.01


def test_the_past_is_the_same_whatever_was_asked_for_first() -> None:
    one, other = market_of("PEPEUSDT", seed=3), market_of("PEPEUSDT", seed=3)
    one.rolling_day()
    one.recent_trades(1_000)
    for interval in INTERVALS[::-1]:
        start_ms = START_MS - 40 * (interval.length_ms or 30 * DAY_MS)
        assert rows(one, interval, start_ms, START_MS) == rows(other, interval, start_ms, START_MS)
    another = market_of("PEPEUSDT", seed=4)
    assert rows(one, INTERVALS[0], START_MS - HOUR_MS, START_MS) != rows(
        another, INTERVALS[0], START_MS - HOUR_MS, START_MS
    )


@settings(max_examples=6, deadline=None)
@given(seed=seeds, symbol=names)
def test_the_day_ticker_is_the_sum_of_its_minutes(seed: int, symbol: str) -> None:
    market = market_of(symbol, seed=seed, steps=14_000)
    day = market.rolling_day()
    assert day is not None
    assert market.clock.now_ms - DAY_MS <= day.start_ms <= market.clock.now_ms - DAY_MS + MINUTE_MS
    minutes = rows(market, INTERVALS[0], day.start_ms, market.clock.now_ms)
    assert len(minutes) == 1_440
    assert figures(day) == figures_of_bars(minutes)

"""Candles of every interval against the trades they are said to be made of."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.sim import SimOptions
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.history import WarmHistory
from mexc_connector.sim.intervals import DAY_MS, INTERVALS, Interval
from mexc_connector.sim.prints import Print

START_MS = 1_790_281_237_770

Row = tuple[int, int, int, int, int, int, int]


def rows_of(trades: list[Print], interval: Interval) -> dict[int, Row]:
    """Sum trades the plain way: one list per window."""
    windows: dict[int, list[Print]] = {}
    for trade in trades:
        windows.setdefault(interval.start_of(trade.time_ms), []).append(trade)
    return {
        start: (
            start,
            inside[0].price,
            max(trade.price for trade in inside),
            min(trade.price for trade in inside),
            inside[-1].price,
            sum(trade.lots for trade in inside),
            sum(trade.price * trade.lots for trade in inside),
        )
        for start, inside in windows.items()
    }


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6), symbol=st.sampled_from(["ATLASUSDT", "METALUSDT"]))
def test_every_candle_is_the_sum_of_its_trades(seed: int, symbol: str) -> None:
    options = SimOptions(symbols=(symbol,), seed=seed)
    exchange = Exchange(options, start_ms=START_MS)
    market = exchange.market(symbol)
    assert market is not None
    watched = INTERVALS[:3]
    for interval in watched:
        market.running_candle(interval)
    for _ in range(18_000):
        exchange.step()
    market.remember_past(0)
    past = WarmHistory(market.listing, seed=seed, start_ms=exchange.now_ms - 90_000)
    trades: list[Print] = []
    while not past.is_complete:
        trades = past.next_era() + trades
    trades += market.tape.since(past.start_ms)
    assert [trade.time_ms for trade in trades] == sorted(trade.time_ms for trade in trades)
    for interval in INTERVALS:
        # Flat minutes of whole years are not worth the time.
        first_ms = interval.back(
            interval.start_of(exchange.now_ms), 100 if interval.length_ms is None else 3_000
        )
        expected = {s: row for s, row in rows_of(trades, interval).items() if s >= first_ms}
        before = [trade.price for trade in trades if trade.time_ms < first_ms]
        close = before[-1] if before else None
        rows = market.bars.rows(interval, first_ms, exchange.now_ms, 10**9)
        for row in rows:
            shown = (
                row.start_ms,
                row.opening,
                row.highest,
                row.lowest,
                row.closing,
                row.lots,
                row.turnover,
            )
            flat = (row.start_ms, close, close, close, close, 0, 0)
            assert shown == expected.pop(row.start_ms, flat)
            close = row.closing
        assert expected == {}
    for interval in watched:
        running = market.running_candle(interval)
        if running is not None:
            assert running == market.bars.window(interval, running.start_ms)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_day_ticker_is_the_sum_of_its_minutes(seed: int) -> None:
    exchange = Exchange(SimOptions(symbols=("ATLASUSDT",), seed=seed), start_ms=START_MS)
    market = exchange.market("ATLASUSDT")
    assert market is not None
    for _ in range(14_000):
        exchange.step()
    day = market.rolling_day()
    assert day is not None
    inside = [
        trade for trade in market.tape.prints if day.start_ms <= trade.time_ms <= exchange.now_ms
    ]
    assert exchange.now_ms - day.start_ms <= DAY_MS
    assert day.lots == sum(trade.lots for trade in inside)
    assert day.turnover == sum(trade.price * trade.lots for trade in inside)
    assert day.highest == max(trade.price for trade in inside)
    assert day.lowest == min(trade.price for trade in inside)
    assert (day.opening, day.closing) == (inside[0].price, inside[-1].price)

from mexc_connector.sim.candles import MinuteBars
from mexc_connector.sim.intervals import BY_REST_NAME, MINUTE_MS
from mexc_connector.sim.matching import Side
from mexc_connector.sim.prints import Print

HOUR = BY_REST_NAME["60m"]
MINUTE = BY_REST_NAME["1m"]
MIDNIGHT = 1_800_057_600_000 // 86_400_000 * 86_400_000


def trade(minute: float, price: int, lots: int = 1) -> Print:
    return Print(MIDNIGHT + int(minute * MINUTE_MS), price, lots, Side.BUY, 0)


def bars_of(*trades: Print, keep: int = 1000) -> MinuteBars:
    bars = MinuteBars(keep=keep)
    for each in trades:
        bars.add(each)
    return bars


def test_a_candle_is_made_of_its_trades() -> None:
    bars = bars_of(trade(0, 10, 2), trade(0.2, 14, 1), trade(0.4, 9, 3), trade(0.9, 11, 1))
    (candle,) = bars.rows(MINUTE, MIDNIGHT, MIDNIGHT + MINUTE_MS, 10)
    assert (candle.opening, candle.highest, candle.lowest, candle.closing) == (10, 14, 9, 11)
    assert (candle.lots, candle.turnover, candle.trades) == (7, 20 + 14 + 27 + 11, 4)


def test_windows_without_trades_repeat_the_close() -> None:
    bars = bars_of(trade(0, 10), trade(3, 20))
    rows = bars.rows(MINUTE, MIDNIGHT, MIDNIGHT + 5 * MINUTE_MS, 10)
    assert [row.closing for row in rows] == [10, 10, 10, 20, 20]
    assert [row.lots for row in rows] == [1, 0, 0, 1, 0]


def test_windows_before_the_first_trade_do_not_exist() -> None:
    bars = bars_of(trade(70, 10))
    rows = bars.rows(HOUR, MIDNIGHT - 10 * HOUR.end_of(0), MIDNIGHT + 3 * HOUR.end_of(0), 100)
    assert [row.start_ms - MIDNIGHT for row in rows] == [3_600_000, 7_200_000]


def test_a_start_inside_a_window_begins_with_the_next_one() -> None:
    bars = bars_of(*(trade(minute, 10) for minute in range(0, 180, 10)))
    rows = bars.rows(HOUR, MIDNIGHT + 1, MIDNIGHT + 180 * MINUTE_MS, 100)
    assert [row.start_ms - MIDNIGHT for row in rows] == [3_600_000, 7_200_000]


def test_older_trades_join_the_minute_that_is_already_there() -> None:
    bars = bars_of(trade(5.5, 30, 2))
    bars.prepend([trade(1, 10), trade(5.1, 20)])
    (candle,) = bars.within(MIDNIGHT + 5 * MINUTE_MS, MIDNIGHT + 6 * MINUTE_MS)
    assert (candle.opening, candle.closing, candle.lots) == (20, 30, 3)
    assert len(bars.bars) == 2


def test_only_so_many_minutes_are_kept() -> None:
    bars = bars_of(*(trade(minute, minute + 1) for minute in range(100)), keep=40)
    assert 40 <= len(bars.bars) <= 50
    assert bars.bars[-1].closing == 100

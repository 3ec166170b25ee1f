from mexc_connector.sim.candles import MinuteBars
from mexc_connector.sim.intervals import MINUTE_MS
from mexc_connector.sim.matching import Side
from mexc_connector.sim.prints import Print

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
    (candle,) = bars.within(MIDNIGHT, MIDNIGHT + MINUTE_MS)
    assert (candle.opening, candle.highest, candle.lowest, candle.closing) == (10, 14, 9, 11)
    assert (candle.lots, candle.turnover) == (7, 20 + 14 + 27 + 11)


def test_only_so_many_minutes_are_kept() -> None:
    bars = bars_of(*(trade(minute, minute + 1) for minute in range(100)), keep=40)
    assert 40 <= len(bars.bars) <= 50
    assert bars.bars[-1].closing == 100

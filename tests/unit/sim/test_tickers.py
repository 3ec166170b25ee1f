from mexc_connector.sim.chart import Chart
from mexc_connector.sim.intervals import DAY_MS, HOUR_MS, MINUTE_MS
from mexc_connector.sim.matching import Side
from mexc_connector.sim.prints import Print
from mexc_connector.sim.tickers import ZONE_OFFSETS_MS, ZONES, DayStatistics

MIDNIGHT = 1_800_057_600_000 // DAY_MS * DAY_MS


def trade(time_ms: int, price: int, lots: int = 1) -> Print:
    return Print(MIDNIGHT + time_ms, price, lots, Side.BUY, 0)


def test_the_rolling_day_forgets_trades_older_than_a_day() -> None:
    chart = Chart(None, keep=10_000)
    day = DayStatistics(chart)
    chart.add(trade(0, 50, 100))
    chart.add(trade(2 * HOUR_MS, 10, 1))
    chart.add(trade(20 * HOUR_MS, 30, 2))
    full = day.rolling(MIDNIGHT + 21 * HOUR_MS)
    assert full is not None
    assert (full.opening, full.highest, full.lots) == (50, 50, 103)
    later = day.rolling(MIDNIGHT + DAY_MS + HOUR_MS)
    assert later is not None
    assert (later.opening, later.highest, later.closing, later.lots) == (10, 30, 30, 3)


def test_the_rolling_day_includes_the_minute_under_way() -> None:
    chart = Chart(None, keep=10_000)
    day = DayStatistics(chart)
    chart.add(trade(0, 10))
    chart.add(trade(MINUTE_MS, 11))
    assert day.rolling(MIDNIGHT + MINUTE_MS) is not None
    chart.add(trade(MINUTE_MS + 5, 12))
    running = day.rolling(MIDNIGHT + MINUTE_MS + 10)
    assert running is not None
    assert (running.closing, running.lots) == (12, 3)


def test_a_market_silent_for_a_day_keeps_its_last_price() -> None:
    chart = Chart(None, keep=10)
    chart.add(trade(0, 77))
    silent = DayStatistics(chart).rolling(MIDNIGHT + 3 * DAY_MS)
    assert silent is not None
    assert (silent.opening, silent.closing, silent.lots) == (77, 77, 0)


def test_a_market_that_never_traded_has_no_day() -> None:
    day = DayStatistics(Chart(None, keep=10))
    assert day.rolling(MIDNIGHT) is None
    assert day.reference("UTC+8", MIDNIGHT) is None


def test_a_zones_day_begins_at_its_own_midnight() -> None:
    chart = Chart(None, keep=10_000)
    for hour in range(24):
        chart.add(trade(hour * HOUR_MS, 100 + hour))
    day = DayStatistics(chart)
    now_ms = MIDNIGHT + 23 * HOUR_MS + MINUTE_MS
    eight_hours_east = day.reference("UTC+8", now_ms)
    assert eight_hours_east is not None
    assert (eight_hours_east.opening, eight_hours_east.close_before) == (116, 115)
    greenwich = day.reference("UTC+0", now_ms)
    assert greenwich is not None
    assert (greenwich.opening, greenwich.close_before) == (100, 100)


def test_all_zones_of_the_exchange_are_known() -> None:
    assert len(ZONES) == 25
    assert ZONE_OFFSETS_MS["UTC+12:45"] == 12 * HOUR_MS + 45 * MINUTE_MS
    assert ZONE_OFFSETS_MS["UTC-10"] == -10 * HOUR_MS
    assert "24H" in ZONES

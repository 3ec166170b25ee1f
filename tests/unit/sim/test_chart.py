from mexc_connector.sim.catalog import listings
from mexc_connector.sim.chart import Chart
from mexc_connector.sim.history import Past, Shelf
from mexc_connector.sim.intervals import BY_REST_NAME, HOUR_MS, MINUTE_MS
from mexc_connector.sim.matching import Side
from mexc_connector.sim.prints import Print

HOUR = BY_REST_NAME["60m"]
MINUTE = BY_REST_NAME["1m"]
MIDNIGHT = 1_800_057_600_000 // 86_400_000 * 86_400_000


def trade(minute: float, price: int, lots: int = 1) -> Print:
    return Print(MIDNIGHT + int(minute * MINUTE_MS), price, lots, Side.BUY, 0)


def chart_of(*trades: Print) -> Chart:
    chart = Chart(None, keep=1_000)
    for each in trades:
        chart.add(each)
    return chart


def test_windows_without_trades_repeat_the_close() -> None:
    rows = list(
        chart_of(trade(0, 10), trade(3, 20)).rows(MINUTE, MIDNIGHT, MIDNIGHT + 5 * MINUTE_MS)
    )
    assert [row.closing for row in rows] == [10, 10, 10, 20, 20]
    assert [row.lots for row in rows] == [1, 0, 0, 1, 0]


def test_windows_before_the_first_trade_do_not_exist() -> None:
    rows = chart_of(trade(70, 10)).rows(HOUR, MIDNIGHT - 10 * HOUR_MS, MIDNIGHT + 3 * HOUR_MS)
    assert [row.start_ms - MIDNIGHT for row in rows] == [3_600_000, 7_200_000]


def test_a_start_inside_a_window_begins_with_the_next_one() -> None:
    chart = chart_of(*(trade(minute, 10) for minute in range(0, 180, 10)))
    rows = chart.rows(HOUR, MIDNIGHT + 1, MIDNIGHT + 180 * MINUTE_MS)
    assert [row.start_ms - MIDNIGHT for row in rows] == [3_600_000, 7_200_000]


def test_an_empty_market_has_no_candles_at_all() -> None:
    chart = Chart(None, keep=10)
    assert list(chart.rows(HOUR, 0, MIDNIGHT)) == []
    assert chart.total(0, MIDNIGHT) is None
    assert (chart.opening_from(0), chart.closing_before(MIDNIGHT)) == (None, None)


def test_the_past_and_the_live_minutes_make_one_window() -> None:
    (listing,) = listings(("METALUSDT",), None)
    past = Past(listing, seed=1, start_ms=MIDNIGHT + 10 * MINUTE_MS, shelf=Shelf(room=10))
    chart = Chart(past, keep=100)
    older = past.total(MIDNIGHT, MIDNIGHT + HOUR_MS)
    assert older is not None
    highest = older.highest + 1_000
    chart.add(trade(10.5, highest, 7))
    hour = chart.window(HOUR, MIDNIGHT)
    assert hour is not None
    assert (hour.opening, hour.highest, hour.closing) == (older.opening, highest, highest)
    assert hour.lots == older.lots + 7
    assert chart.closing_before(MIDNIGHT + 10 * MINUTE_MS) == listing.start_price
    assert chart.opening_from(MIDNIGHT + 10 * MINUTE_MS) == highest

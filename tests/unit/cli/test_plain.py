import msgspec

from mexc_connector.cli.plain import plain_line
from tests.unit.cli.frames import NOON_MS, market_frame


def test_a_line_has_time_prices_sizes_last_trade_latency_and_state() -> None:
    assert plain_line(market_frame(), time_ms=NOON_MS + 999) == (
        "2026-11-21T12:00:00Z BTCUSDT bid=84269.99 ask=84270.01 spread=0.02"
        " bid_size=0.25000000 ask_size=0.25000000 updates_per_s=97"
        " last=84270.00 last_amount=0.50000000 last_side=buy"
        " latency_ms=0.6 age_ms=3 state=LIVE"
    )


def test_a_cheap_token_has_all_of_its_decimals_and_no_exponent() -> None:
    market = market_frame(price_decimals=9, size_decimals=2, mid=0.000004712, size=68_934_930.68)
    line = plain_line(market, time_ms=NOON_MS)
    assert "bid=0.000004711 ask=0.000004713 spread=0.000000002 bid_size=68934930.68" in line


def test_an_unsynced_book_has_its_state_and_no_price() -> None:
    line = plain_line(market_frame(reason="GAP", trades=0), time_ms=NOON_MS)
    assert line.endswith("state=GAP")
    assert "bid" not in line
    assert "ask" not in line


def test_what_is_unknown_is_left_out() -> None:
    market = msgspec.structs.replace(market_frame(trades=0), asks=(), latency=None, age_ms=None)
    assert plain_line(market, time_ms=NOON_MS) == (
        "2026-11-21T12:00:00Z BTCUSDT bid=84269.99 bid_size=0.25000000 updates_per_s=97 state=LIVE"
    )

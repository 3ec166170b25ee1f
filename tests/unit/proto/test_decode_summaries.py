import json
from pathlib import Path

import pytest

from mexc_connector.common.enums import KlineInterval
from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.models import Kline, MiniTicker, OrderBookEntry
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
from mexc_connector.proto import decode, decode_summaries
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

RECORDED = {
    entry["name"]: bytes.fromhex(entry["hex"])
    for entry in json.loads(
        (Path(__file__).parents[2] / "recorded" / "frames.json").read_text(encoding="utf-8")
    )
}
BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))


def depth_push(version: str = "9") -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="limit", sendTime=3)
    push.publicLimitDepths.version = version
    return push


def kline_push(**changes: str | int) -> PushDataV3ApiWrapper:
    """Make a candle push like the recorded one, with some fields changed."""
    push = decode.parse_push(RECORDED["kline Min1 BTCUSDT (a)"])
    for name, value in changes.items():
        setattr(push.publicSpotKline, name, value)
    return push


def mini_push(**fields: str) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="mini", sendTime=3)
    push.publicMiniTicker.price = "1.5"
    for name, value in fields.items():
        setattr(push.publicMiniTicker, name, value)
    return push


def test_the_recorded_top_of_a_book() -> None:
    push = decode.parse_push(RECORDED["limit depth 20 HYPEUSDT"])
    hype = Symbol(base=AssetName("HYPE"), quote=AssetName("USDT"))
    snapshot = decode_summaries.limit_depth(push, hype, levels=20, received_ns=5)
    assert (len(snapshot.bids), len(snapshot.asks)) == (20, 20)
    assert snapshot.bids[0] == OrderBookEntry(72.29, 7.01)
    assert snapshot.asks[0] == OrderBookEntry(72.34, 82.1)
    assert (snapshot.bid_horizon, snapshot.ask_horizon) == (72.08, 72.65)
    assert snapshot.version == 1320043373


def test_a_side_with_fewer_levels_than_asked_for_ends_there() -> None:
    push = depth_push()
    push.publicLimitDepths.bids.add(price="1", quantity="2")
    snapshot = decode_summaries.limit_depth(push, BTC_USDT, levels=5, received_ns=0)
    assert snapshot.bids == (OrderBookEntry(1.0, 2.0),)
    assert snapshot.asks == ()
    assert (snapshot.bid_horizon, snapshot.ask_horizon) == (None, None)


def test_a_book_without_version_or_body_is_a_violation() -> None:
    for push in (depth_push(""), depth_push("x"), PushDataV3ApiWrapper(channel="limit")):
        with pytest.raises(ProtocolViolation):
            decode_summaries.limit_depth(push, BTC_USDT, levels=5, received_ns=0)


def test_the_recorded_candle() -> None:
    push = decode.parse_push(RECORDED["kline Min1 BTCUSDT (a)"])
    assert decode_summaries.kline(push, BTC_USDT, 5) == Kline(
        symbol=BTC_USDT,
        interval=KlineInterval.MINUTE_1,
        open_time_ms=1790281200000,
        close_time_ms=1790281260000,
        open=84300.14,
        high=84300.15,
        low=84270.0,
        close=84270.0,
        amount=2.84044203,
        quote_amount=239393.69,
        is_closed=False,
        received_ns=5,
    )


@pytest.mark.parametrize("interval", list(KlineInterval))
def test_every_interval_is_read(interval: KlineInterval) -> None:
    push = kline_push(interval=interval.stream_name)
    assert decode_summaries.kline(push, BTC_USDT, 0).interval is interval


def test_a_candle_without_trades_has_zero_amounts() -> None:
    kline = decode_summaries.kline(kline_push(volume="", amount=""), BTC_USDT, 0)
    assert (kline.amount, kline.quote_amount) == (0.0, 0.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"interval": "Min2"},
        {"interval": ""},
        {"windowStart": 0},
        {"windowEnd": 0},
        {"windowStart": 1790281260},
        {"openingPrice": ""},
        {"highestPrice": "0"},
        {"lowestPrice": "-1"},
        {"closingPrice": "nan"},
        {"volume": "-2"},
        {"amount": "inf"},
    ],
)
def test_a_candle_that_makes_no_sense_is_a_violation(changes: dict[str, str | int]) -> None:
    with pytest.raises(ProtocolViolation):
        decode_summaries.kline(kline_push(**changes), BTC_USDT, 0)


def test_a_candle_without_a_body_is_a_violation() -> None:
    with pytest.raises(ProtocolViolation):
        decode_summaries.kline(PushDataV3ApiWrapper(channel="kline"), BTC_USDT, 0)


def test_a_mini_ticker_tells_volume_from_quantity() -> None:
    push = mini_push(
        rate="0.0354",
        zonedRate="-0.01",
        high="2",
        low="1",
        volume="1000",
        quantity="600",
        lastCloseRate="-1",
        lastCloseZonedRate="0",
        lastCloseHigh="2.5",
        lastCloseLow="0.5",
    )
    assert decode_summaries.mini_ticker(push, BTC_USDT, 5) == MiniTicker(
        symbol=BTC_USDT,
        price=1.5,
        rate=0.0354,
        zoned_rate=-0.01,
        high=2.0,
        low=1.0,
        amount=600.0,
        quote_amount=1000.0,
        last_close_rate=-1.0,
        last_close_zoned_rate=0.0,
        last_close_high=2.5,
        last_close_low=0.5,
        exchange_time_ms=3,
        received_ns=5,
    )


def test_a_mini_ticker_may_lack_everything_but_its_price() -> None:
    ticker = decode_summaries.mini_ticker(mini_push(), BTC_USDT, 0)
    assert (ticker.price, ticker.rate, ticker.high, ticker.last_close_low) == (
        1.5,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    "changes",
    [{"price": ""}, {"price": "-1"}, {"rate": "nan"}, {"rate": "1e999"}, {"high": "-1"}],
)
def test_a_mini_ticker_with_a_bad_number_is_a_violation(changes: dict[str, str]) -> None:
    with pytest.raises(ProtocolViolation):
        decode_summaries.mini_ticker(mini_push(**changes), BTC_USDT, 0)


def test_markets_that_the_map_lacks_are_left_out_and_counted() -> None:
    push = PushDataV3ApiWrapper(channel="minis", sendTime=3)
    push.publicMiniTickers.items.add(symbol="BTCUSDT", price="2")
    push.publicMiniTickers.items.add(symbol="NEWUSDT", price="3")
    found = decode_summaries.mini_tickers(push, SymbolMap([(BTC_USDT, "BTCUSDT")]), 5)
    assert [(ticker.symbol, ticker.price) for ticker in found.tickers] == [(BTC_USDT, 2.0)]
    assert found.unknown == 1


def test_mini_tickers_without_a_body_are_a_violation() -> None:
    with pytest.raises(ProtocolViolation):
        decode_summaries.mini_tickers(PushDataV3ApiWrapper(channel="m"), SymbolMap([]), 0)

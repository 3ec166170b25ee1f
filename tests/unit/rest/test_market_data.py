import json
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.enums import KlineInterval, Side
from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.models import Kline, OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.rest import market_data, wire
from mexc_connector.rest.answer import Answer

RECORDED = json.loads(
    (Path(__file__).parents[2] / "recorded" / "rest_replies.json").read_text(encoding="utf-8")
)
BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))


def recorded(what: str) -> object:
    return next(entry["reply"] for entry in RECORDED if entry["what"] == what)


def answer(body: object) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer("GET /api/v3/x", raw, 0.0, 0.0, 0)


def book(body: object, *, asked: int = 100, limit: int = 100) -> OrderBookSnapshot:
    build = partial(
        market_data.order_book, symbol=BTC_USDT, asked=asked, limit=limit, received_ns=7
    )
    return wire.convert(answer(body), wire.Depth, build)


def sides(bids: int, asks: int) -> dict[str, object]:
    return {
        "lastUpdateId": 5,
        "bids": [[str(10_000 - n), "1"] for n in range(bids)],
        "asks": [[str(10_001 + n), "1"] for n in range(asks)],
    }


def test_the_recorded_book_is_read() -> None:
    snapshot = book(recorded("Spot orderbook"))
    assert snapshot.version == 20_453_289_489
    assert snapshot.exchange_time_ms == 1_704_908_526_228
    assert snapshot.bids == (OrderBookEntry(45995.47, 10.337165),)
    assert snapshot.asks == (OrderBookEntry(45995.48, 13.457322),)
    assert snapshot.received_ns == 7


def test_the_recorded_candle_is_read_and_closed_by_the_exchanges_clock() -> None:
    def read(now_ms: int) -> Kline:
        build = partial(
            market_data.kline, symbol=BTC_USDT, interval=KlineInterval.HOUR_1, now_ms=now_ms
        )
        (row,) = wire.convert_rows(answer(recorded("public spot ohlcv")), wire.KlineRow, build)
        return row

    candle = read(1_710_331_200_000)
    assert candle.is_closed
    assert (candle.open, candle.high, candle.low) == (73260.0, 73442.95, 73238.69)
    assert (candle.close, candle.amount, candle.quote_amount) == (73414.21, 49.560236, 3633995.45)
    assert candle.close_time_ms - candle.open_time_ms == 3_600_000
    assert not read(1_710_331_199_999).is_closed


def test_candles_outside_the_window_and_repeated_ones_are_dropped() -> None:
    def candle(open_ms: int, close: float = 1.0) -> Kline:
        return Kline(
            BTC_USDT, KlineInterval.MINUTE_1, open_ms, open_ms + 1, 1, 1, 1, close, 1, 1, True
        )

    rows = [candle(30), candle(10), candle(20), candle(20, close=2.0), candle(5), candle(40)]
    kept = market_data.klines_between(rows, start_ms=10, end_ms=40)
    assert kept == [candle(10), candle(20, close=2.0), candle(30)]
    assert len(market_data.klines_between(rows, start_ms=None, end_ms=None)) == 5


@pytest.mark.parametrize(
    ("bids", "asked", "limit", "horizon"),
    [
        (99, 100, 100, None),  # shorter than asked: the side ends there
        (100, 100, 100, 9901.0),
        (2000, 5000, 5000, 8001.0),  # the exchange's cap
        (1999, 5000, 5000, None),
        (10, 10, 3, 9998.0),  # trimmed by us
        (0, 100, 100, None),
    ],
)
def test_the_horizon_says_where_knowledge_ends(
    bids: int, asked: int, limit: int, horizon: float | None
) -> None:
    snapshot = book(sides(bids, 1), asked=asked, limit=limit)
    assert snapshot.bid_horizon == horizon
    assert len(snapshot.bids) == min(bids, limit)
    assert snapshot.ask_horizon is None


def test_levels_of_nothing_are_no_levels() -> None:
    snapshot = book({"lastUpdateId": 1, "bids": [["2", "0"], ["1", "0.000"]], "asks": []})
    assert snapshot.bids == ()


@pytest.mark.parametrize(
    "body",
    [
        {"bids": [], "asks": []},
        {"lastUpdateId": "x", "bids": [], "asks": []},
        {"lastUpdateId": 1, "bids": None, "asks": []},
        {"lastUpdateId": 1, "bids": [["1"]], "asks": []},
        {"lastUpdateId": 1, "bids": [["1", ""]], "asks": []},
        {"lastUpdateId": 1, "bids": [["nan", "1"]], "asks": []},
        {"lastUpdateId": 1, "bids": [["1", "inf"]], "asks": []},
        {"lastUpdateId": 1, "bids": [["0", "1"]], "asks": []},
        {"lastUpdateId": 1, "bids": [["-1", "1"]], "asks": []},
        {"lastUpdateId": 1, "bids": [["1", "-1"]], "asks": []},
        {"lastUpdateId": 1, "bids": [["1", "1"], ["2", "1"]], "asks": []},
        {"lastUpdateId": 1, "bids": [], "asks": [["2", "1"], ["2.0", "1"]]},
        [],
        b"<html>",
        b"",
        b'{"lastUpdateId":1,"bids":["',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_book_that_breaks_its_form_is_a_violation_that_keeps_the_body(body: object) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        book(body)
    assert caught.value.endpoint == "GET /api/v3/x"
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert caught.value.body == raw.decode(errors="replace")


def test_numbers_may_be_text_or_bare_and_fields_may_be_new() -> None:
    snapshot = book(
        {"lastUpdateId": 5, "bids": [[1.5, "2", "new"]], "asks": [], "timestamp": None, "x": {}}
    )
    assert snapshot.bids == (OrderBookEntry(1.5, 2.0),)
    assert snapshot.exchange_time_ms is None


@given(st.decimals(min_value=Decimal("1e-18"), max_value=10**12, places=18))
def test_figures_are_rounded_correctly(value: Decimal) -> None:
    text = format(value, "f")
    snapshot = book({"lastUpdateId": 1, "bids": [[text, text]], "asks": []})
    assert snapshot.bids == (OrderBookEntry(float(text), float(text)),)


@pytest.mark.parametrize(
    ("fields", "side"),
    [
        ({"isBuyerMaker": True, "tradeType": "ASK"}, Side.SELL),
        ({"isBuyerMaker": False}, Side.BUY),
        ({"isBuyerMaker": None, "tradeType": "BID"}, Side.BUY),
        ({"tradeType": "ASK"}, Side.SELL),
    ],
)
def test_the_side_of_a_trade_is_the_takers(fields: dict[str, object], side: Side) -> None:
    row = {"id": None, "price": "3219.58", "qty": "0.04757", "time": 1737623988881, **fields}
    build = partial(market_data.trade, symbol=BTC_USDT)
    (trade,) = wire.convert_rows(answer([row]), wire.TradeRow, build)
    assert (trade.side, trade.price, trade.amount) == (side, 3219.58, 0.04757)
    assert trade.trade_id is None


def test_a_trade_without_a_side_is_a_violation() -> None:
    row = {"price": "1", "qty": "1", "time": 1}
    with pytest.raises(ProtocolViolation, match="without a side"):
        wire.convert_rows(answer([row]), wire.TradeRow, partial(market_data.trade, symbol=BTC_USDT))


def test_an_aggregate_trade_is_sold_when_the_buyer_made() -> None:
    row = {"a": None, "f": None, "l": None, "p": "1.5", "q": "2", "T": 1000, "m": True, "M": True}
    build = partial(market_data.aggregate_trade, symbol=BTC_USDT)
    (trade,) = wire.convert_rows(answer([row]), wire.AggregateTradeRow, build)
    assert (trade.side, trade.price, trade.amount) == (Side.SELL, 1.5, 2.0)


def test_figures_of_a_quiet_market_may_be_empty_or_null() -> None:
    documented = {
        "symbol": "BTCUSDT",
        "priceChange": "184.34",
        "priceChangePercent": "0.00400048",
        "lastPrice": "46263.71",
        "bidQty": "",
        "askQty": "",
        "quoteVolume": None,
        "openTime": 1641349500000,
        "closeTime": None,
        "count": None,
    }
    ticker = market_data.ticker(wire.decode(answer(documented), wire.TickerRow), BTC_USDT)
    assert ticker.price_change_rate == 0.00400048
    assert (ticker.bid_size, ticker.ask_size, ticker.quote_amount) == (None, None, None)
    assert (ticker.open_time_ms, ticker.close_time_ms) == (1641349500000, None)


@pytest.mark.parametrize("bad", ["x", "nan", "1e999"])
def test_a_figure_that_is_no_number_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"could not|not a finite"):
        wire.optional_figure(bad)


def test_a_side_without_orders_has_no_price_and_no_size() -> None:
    row = {"symbol": "BTCUSDT", "bidPrice": "0", "bidQty": "0", "askPrice": "2", "askQty": "3"}
    ticker = market_data.book_ticker(wire.decode(answer(row), wire.BookTickerRow), BTC_USDT)
    assert (ticker.bid_price, ticker.bid_size) == (None, None)
    assert (ticker.ask_price, ticker.ask_size) == (2.0, 3.0)


def test_suspended_is_not_delisted() -> None:
    rows = [{"symbol": "LVNUSDT", "state": 3}, {"symbol": "A", "state": "2", "offlineTime": "5"}]
    reply = wire.decode(answer({"data": rows}), wire.OfflineSymbols)
    first, second = [market_data.offline_symbol(row) for row in reply.data or ()]
    assert (first.is_delisted, first.offline_time_ms) == (True, None)
    assert (second.is_delisted, second.offline_time_ms) == (False, 5)

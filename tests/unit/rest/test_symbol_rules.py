import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest

from mexc_connector.common.enums import MarketStatus, OrderType, TradableSides
from mexc_connector.common.errors import ConfigError, ProtocolViolation
from mexc_connector.common.instrument import SymbolInfo
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.rest.answer import Answer
from mexc_connector.rest.symbol_rules import SymbolTable, step_sizes, symbol_table
from tests.unit.rest.doubles import symbol_row

RECORDED = Path(__file__).parents[2] / "recorded" / "exchange_info_symbols.json"
BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))


def table(*rows: object, **steps: str) -> SymbolTable:
    body = json.dumps({"serverTime": 1, "symbols": rows}).encode()
    answer = Answer("GET /api/v3/exchangeInfo", body, 0.0, 0.0, 0)
    return asyncio.run(symbol_table(answer, steps=step_sizes(steps)))


def info(**changes: object) -> SymbolInfo:
    return table(symbol_row(**changes)).by_symbol[BTC_USDT]  # type: ignore[arg-type]


def test_recorded_rows_are_read_exactly() -> None:
    rows = json.loads(RECORDED.read_text(encoding="utf-8"))
    markets = table(*rows)
    assert len(markets.symbol_map) == 4
    assert markets.unreadable == 0
    atlas = markets.by_symbol[Symbol(AssetName("ATLAS"), AssetName("USDT"))]
    assert (atlas.tick_size, atlas.step_size) == (Decimal("0.000001"), Decimal("0.01"))
    assert atlas.min_amount == Decimal("0.0001")
    assert str(atlas.min_quote_amount) == "1"
    assert str(atlas.max_quote_amount) == "2000000"
    assert str(atlas.max_quote_amount_market) == "100000"
    assert atlas.taker_commission == Decimal("0.0002")
    assert atlas.is_tradable
    bitcoin = markets.by_symbol[BTC_USDT]
    assert bitcoin.status is MarketStatus.ONLINE
    assert not bitcoin.is_api_trading_allowed
    assert not bitcoin.is_tradable


def test_a_row_of_2026_with_bare_numbers_is_read_as_well() -> None:
    market = info(
        filters=[
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": "0.005",
                "askMultiplierDown": "0.02",
            }
        ],
        st=True,
        firstOpenTime=1_700_000_000_000,
        bizType=7,
        conceptPlates=["Innovation"],
    )
    assert (market.base_precision, market.quote_precision) == (8, 2)
    assert (market.max_buy_premium, market.max_sell_discount) == (Decimal("0.005"), Decimal("0.02"))
    assert market.is_special_treatment
    assert market.listed_ms == 1_700_000_000_000


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("1", MarketStatus.ONLINE),
        (1, MarketStatus.ONLINE),
        ("ENABLED", MarketStatus.ONLINE),
        ("2", MarketStatus.PAUSED),
        ("3", MarketStatus.OFFLINE),
        ("9", MarketStatus.UNKNOWN),
    ],
)
def test_both_spellings_of_the_status_are_known(raw: object, status: MarketStatus) -> None:
    assert info(status=raw).status is status


@pytest.mark.parametrize(
    ("raw", "sides"),
    [
        (1, TradableSides.BOTH),
        ("2", TradableSides.BUY_ONLY),
        (3, TradableSides.SELL_ONLY),
        ("4", TradableSides.NONE),
        (None, TradableSides.UNKNOWN),
    ],
)
def test_the_trade_side_may_be_a_number_or_text(raw: object, sides: TradableSides) -> None:
    assert info(tradeSideType=raw).tradable_sides is sides


def test_order_types_that_we_do_not_know_are_left_out() -> None:
    types = info(orderTypes=["LIMIT", "STOP_MARKET_ORDER", "MARKET"]).order_types
    assert types == {OrderType.LIMIT, OrderType.MARKET}
    assert info(orderTypes=None).order_types == frozenset()


def test_zero_and_absent_are_no_rule() -> None:
    market = info(baseSizePrecision="0", maxQuoteAmount=None, quoteAmountPrecision="0E-18")
    assert market.min_amount is None
    assert market.max_quote_amount is None
    assert market.min_quote_amount is None


def test_a_step_can_be_made_coarser_per_market() -> None:
    markets = table(symbol_row(), symbol_row("ETH"), BTCUSDT="0.001")
    assert markets.by_symbol[BTC_USDT].step_size == Decimal("0.001")
    eth = markets.by_symbol[Symbol(AssetName("ETH"), AssetName("USDT"))]
    assert eth.step_size == Decimal("1e-8")
    assert str(step_sizes({"X": "1E+1"})["X"]) == "10"


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "nan"])
def test_a_step_that_cannot_work_names_its_market(text: str) -> None:
    with pytest.raises(ConfigError, match="BTCUSDT"):
        step_sizes({"BTCUSDT": text})


@pytest.mark.parametrize(
    "bad",
    [
        {},
        "text",
        symbol_row("ETH", quotePrecision=None),
        symbol_row("ETH", quotePrecision=-1),
        symbol_row("ETH", baseAssetPrecision=31),
        symbol_row("ETH", makerCommission="NaN"),
        symbol_row("ETH", maxQuoteAmount="-5"),
        symbol_row("", "USDT"),
    ],
)
def test_one_odd_row_does_not_hide_the_others(bad: object) -> None:
    markets = table(bad, symbol_row())
    assert list(markets.by_symbol) == [BTC_USDT]
    assert markets.unreadable == 1


def test_if_no_row_can_be_read_it_is_a_violation_that_keeps_the_body() -> None:
    with pytest.raises(ProtocolViolation) as caught:
        table({"symbol": 1})
    assert caught.value.endpoint == "GET /api/v3/exchangeInfo"
    assert '"symbols"' in str(caught.value.body)


def test_a_pair_that_is_listed_twice_is_the_one_online() -> None:
    old = symbol_row(symbol="BTC_OLD", status="3")
    for rows in ([old, symbol_row()], [symbol_row(), old]):
        markets = table(*rows)
        assert markets.symbol_map.to_exchange(BTC_USDT) == "BTCUSDT"
        assert len(markets.info.symbols) == 1


async def test_reading_two_thousand_rows_lets_others_take_turns() -> None:
    rows = [symbol_row(f"T{number}") for number in range(2_000)]
    body = json.dumps({"serverTime": 1, "symbols": rows}).encode()
    answer = Answer("GET /api/v3/exchangeInfo", body, 0.0, 0.0, 0)
    reading = asyncio.create_task(symbol_table(answer, steps={}))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert len((await reading).by_symbol) == 2_000
    assert turns >= 20


def test_names_with_brackets_and_chinese_are_taken_as_they_are() -> None:
    gold = Symbol(AssetName("GOLD(PAXG)"), AssetName("USDT"))
    lobster = Symbol(AssetName("龙虾"), AssetName("USDT"))
    markets = table(symbol_row("GOLD(PAXG)"), symbol_row("龙虾"))
    assert markets.symbol_map.to_exchange(gold) == "GOLD(PAXG)USDT"
    assert markets.symbol_map.from_exchange("龙虾USDT") == lobster

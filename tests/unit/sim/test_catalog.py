import pytest

from mexc_connector.sim import SimError
from mexc_connector.sim.catalog import listings


def test_the_default_catalogue_has_the_real_precisions() -> None:
    rows = {row.symbol: row for row in listings(None, None)}
    assert list(rows) == ["BTCUSDT", "ETHUSDT", "MXUSDT", "PEPEUSDT"]
    bitcoin = rows["BTCUSDT"]
    assert (bitcoin.price_digits, bitcoin.quantity_digits, bitcoin.min_quantity) == (
        2,
        8,
        "0.000001",
    )
    assert bitcoin.symbol_id == "2fb942154ef44a4ab2ef98c8afb6a4a7"


def test_two_thousand_symbols_are_distinct_and_tradable() -> None:
    rows = listings(None, 2_000)
    assert len({row.symbol for row in rows}) == 2_000
    assert [row.index for row in rows] == list(range(2_000))
    assert all(row.start_price >= 1_000 for row in rows)
    assert all(row.typical_lots >= 1 for row in rows)


def test_a_market_is_the_same_in_every_catalogue() -> None:
    generated = listings(None, 1_500)[1_234]
    (alone,) = listings((generated.symbol,), None)
    assert alone.start_price == generated.start_price
    assert alone.events_per_second == generated.events_per_second


@pytest.mark.parametrize("symbol", ["龙虾USDT", "GOLD(PAXG)USDT", "FOOBARUSDT", "ETHBTC"])
def test_any_name_that_a_market_could_have_is_listed(symbol: str) -> None:
    assert listings((symbol,), None)[0].symbol == symbol


@pytest.mark.parametrize(
    "symbol", ["btcusdt", "BTC", "USDT", "", "BTC USDT", "BTC@USDT", "BTC,USDT"]
)
def test_other_names_are_refused(symbol: str) -> None:
    with pytest.raises(SimError, match="is not a symbol"):
        listings((symbol,), None)


def test_naming_a_symbol_twice_or_none_is_refused() -> None:
    with pytest.raises(SimError, match="twice"):
        listings(("BTCUSDT", "BTCUSDT"), None)
    with pytest.raises(SimError, match="At least one"):
        listings((), None)


def test_special_markets_are_listed_by_name_and_never_by_number() -> None:
    halted, web_only, buy_only = listings(("HALTEDUSDT", "WEBONLYUSDT", "BUYONLYUSDT"), None)
    assert (halted.status, halted.is_open_to_api, halted.trade_side_type) == ("2", True, 1)
    assert (web_only.status, web_only.is_open_to_api, web_only.trade_side_type) == ("1", False, 1)
    assert (buy_only.status, buy_only.is_open_to_api, buy_only.trade_side_type) == ("1", True, 2)
    for row in listings(None, 2_000):
        assert (row.status, row.is_open_to_api, row.trade_side_type) == ("1", True, 1)

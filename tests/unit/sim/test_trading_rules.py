"""Orders that break a rule of their market, or that cannot be read."""

import msgspec
import pytest

from mexc_connector.sim.errors import Refusal, TradeRefusal
from mexc_connector.sim.order_requests import read_order
from mexc_connector.sim.trading_rules import RuleBook
from tests.property.trading_rig import SYMBOL, TradingRig, account_of

LIMIT = {"side": "BUY", "type": "LIMIT", "quantity": "1", "price": "100", "symbol": SYMBOL}
MARKET = {"side": "BUY", "type": "MARKET", "quoteOrderQty": "100", "symbol": SYMBOL}
RICH = {"USDT": "1000000000", "BTC": "1000000", "ETH": "1000"}


def rig() -> TradingRig:
    symbols = (SYMBOL, "MXUSDT", "ETHUSDC", "PEPEUSDT")
    return TradingRig(account_of("key", **RICH), symbols=symbols)


def refusal(fields: dict[str, str], book: RuleBook | None = None) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        (book or rig().desk.rules).check(read_order(fields))
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("name", ["symbol", "side", "type", "quantity", "price"])
def test_what_is_missing_or_empty_is_named(name: str) -> None:
    message = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    assert refusal({k: v for k, v in LIMIT.items() if k != name}) == (700004, message)
    assert refusal(LIMIT | {name: ""}) == (700004, message)


@pytest.mark.parametrize(
    "text", ["-1", "NaN", "Infinity", "1e-4", "1,5", "٣", "0x1", "1" * 31, "."]
)
@pytest.mark.parametrize("name", ["quantity", "price"])
def test_what_is_no_plain_number_is_malformed(name: str, text: str) -> None:
    assert refusal(LIMIT | {name: text})[0] == 700004


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"side": "buy"}, 700004),
        ({"type": "ICEBERG"}, 700004),
        ({"type": "STOP_LIMIT"}, 30041),
        ({"stpMode": "cancel_all"}, 700004),
        ({"newClientOrderId": "x" * 33}, 700008),
        ({"newClientOrderId": "a b"}, 700008),
        ({"symbol": "NOPEUSDT"}, 10007),
        ({"symbol": "btcusdt"}, 10007),
        ({"symbol": "LVNUSDT"}, 30014),
        ({"symbol": "HALTEDUSDT"}, 30000),
    ],
)
def test_each_mistake_has_its_code(change: dict[str, str], code: int) -> None:
    assert refusal(LIMIT | change)[0] == code


def test_too_many_decimals_are_refused_in_the_exchanges_words() -> None:
    assert refusal(LIMIT | {"quantity": "1.000000001"}) == (400, "quantity scale is invalid")
    assert refusal(LIMIT | {"price": "100.001"}) == (400, "price scale is invalid")
    assert refusal(MARKET | {"quoteOrderQty": "100.001"}) == (400, " amount scale is invalid")
    rules = rig().desk.rules
    assert rules.check(read_order(LIMIT | {"price": "100.0100"})).price == 10_001


def test_sizes_have_a_least_and_a_most() -> None:
    least, most = "cannot be less than:", "cannot be greater than:"
    assert refusal(LIMIT | {"quantity": "0.0099"}) == (
        30002,
        f"The minimum transaction volume {least}1USDT",
    )
    assert refusal(LIMIT | {"quantity": "0.0000009"}) == (
        30002,
        f"The minimum transaction volume {least}0.000001BTC",
    )
    assert refusal(LIMIT | {"quantity": "0"})[0] == 30002
    assert refusal(LIMIT | {"price": "0"})[0] == 30002
    assert refusal(LIMIT | {"quantity": "40000.01"}) == (
        30003,
        f"The maximum transaction volume {most}4000000USDT",
    )
    assert refusal(MARKET | {"quoteOrderQty": "0.99"})[0] == 30002
    assert refusal(MARKET | {"quoteOrderQty": "4000000.01"})[0] == 30003


def test_a_market_order_is_sized_in_one_way_only() -> None:
    assert refusal(MARKET | {"quantity": "1"})[0] == -1128
    assert refusal({k: v for k, v in MARKET.items() if k != "quoteOrderQty"})[0] == 700004


def test_a_market_order_by_amount_is_worth_what_the_last_trade_says() -> None:
    here = rig()
    here.market.place("SELL", 100, 1)
    here.market.place("BUY", 100, 1)
    small = {"symbol": SYMBOL, "side": "SELL", "type": "MARKET", "quantity": "0.009"}
    assert refusal(small, here.desk.rules)[0] == 30002


def test_prices_stay_within_the_band_around_the_last_trade() -> None:
    here = rig()
    here.market.place("SELL", 100, 1)
    here.market.place("BUY", 100, 1)
    rules = here.desk.rules
    assert refusal(LIMIT | {"price": "100.51"}, rules)[0] == 30087
    assert refusal(LIMIT | {"price": "99.49", "side": "SELL"}, rules)[0] == 30087
    for fields in ({"price": "100.5"}, {"price": "1"}, {"price": "99.5", "side": "SELL"}):
        rules.check(read_order(LIMIT | fields))


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"status": "2"}, "LIMIT", 30016),
        ({"isSpotTradingAllowed": False}, "LIMIT", 10007),
        ({"tradeSideType": 3}, "LIMIT", 30001),
        ({"tradeSideType": 4}, "LIMIT", 30001),
        ({"orderTypes": ["LIMIT"]}, "MARKET", 30018),
        ({"orderTypes": ["LIMIT"]}, "LIMIT_MAKER", 30041),
        ({"tradeSideType": 2}, "LIMIT", 0),
        ({"orderTypes": ["LIMIT"]}, "FILL_OR_KILL", 0),
    ],
)
def test_what_the_markets_row_says_is_what_holds(
    change: dict[str, object], kind: str, code: int
) -> None:
    here = rig()
    row = here.exchange.symbol_row(here.market.listing)
    here.exchange.symbol_row = lambda _: msgspec.structs.replace(row, **change)  # type: ignore[method-assign]
    fields = (MARKET if kind == "MARKET" else LIMIT) | {"type": kind}
    if code:
        assert refusal(fields, here.desk.rules)[0] == code
    else:
        here.desk.rules.check(read_order(fields))


def test_a_listed_market_may_take_no_market_orders() -> None:
    assert refusal(MARKET | {"symbol": "ETHUSDC"})[0] == 30018


def test_time_in_force_and_other_unknown_parameters_do_nothing() -> None:
    read_order(LIMIT | {"timeInForce": "IOC", "colour": "red"})


def test_refusals_of_the_order_side_have_their_own_body() -> None:
    with pytest.raises(TradeRefusal):
        rig().desk.rules.check(read_order(LIMIT | {"symbol": "NOPEUSDT"}))

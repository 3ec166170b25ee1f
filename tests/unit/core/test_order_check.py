from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.enums import (
    MarketStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TradableSides,
)
from mexc_connector.common.errors import OrderRefused, UsageError
from mexc_connector.common.instrument import Number, SymbolInfo
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.order_check import CheckedOrder, checked_order, plain, wire_order_type
from mexc_connector.core.order_request import OrderRequest

D = Decimal
INFO = SymbolInfo(
    symbol=Symbol(AssetName("BTC"), AssetName("USDT")),
    exchange_symbol="BTCUSDT",
    full_name="Bitcoin",
    status=MarketStatus.ONLINE,
    is_api_trading_allowed=True,
    tradable_sides=TradableSides.BOTH,
    order_types=frozenset({OrderType.LIMIT, OrderType.MARKET, OrderType.LIMIT_MAKER}),
    base_precision=5,
    quote_precision=2,
    step_size=D("0.00001"),
    tick_size=D("0.01"),
    min_amount=D("0.0001"),
    min_quote_amount=D("5"),
    min_quote_amount_market=D("7"),
    max_quote_amount=D("2000000"),
    max_quote_amount_market=D("1000"),
    maker_commission=None,
    taker_commission=None,
    max_buy_premium=D("0.005"),
    max_sell_discount=D("0.005"),
    is_special_treatment=False,
    contract_address="",
    listed_ms=None,
)


def info(**changes: object) -> SymbolInfo:
    return msgspec.structs.replace(INFO, **changes)  # type: ignore[arg-type]


def limit(
    rules: SymbolInfo = INFO, *, amount: Number = "0.001", price: Number = 50_000, **more: object
) -> CheckedOrder:
    return checked_order(rules, **({"side": Side.BUY, "amount": amount, "price": price} | more))  # type: ignore[arg-type]


def market(rules: SymbolInfo = INFO, **more: object) -> CheckedOrder:
    return checked_order(rules, **({"side": Side.BUY, "order_type": OrderType.MARKET} | more))  # type: ignore[arg-type]


def refused(rule: str, nearest: str | None = None, **asked: object) -> OrderRefused:
    with pytest.raises(OrderRefused) as caught:
        limit(**asked)  # type: ignore[arg-type]
    assert caught.value.rule == rule
    assert caught.value.nearest == nearest
    assert str(caught.value).startswith(f"{rule}: ")
    return caught.value


@pytest.mark.parametrize("amount", [0.001, "0.001", "1e-3", D("0.00100")])
@pytest.mark.parametrize("price", [50_000, 50_000.0, "50000", "50000.00", "5e4", D("5E+4")])
def test_any_way_to_write_a_number_gives_the_same_exact_order(
    amount: Number, price: Number
) -> None:
    order = limit(amount=amount, price=price)
    assert (order.exact.amount, order.exact.price) == (D("0.001"), D("50000"))
    assert (plain(order.amount or D(0)), plain(order.price or D(0))) == ("0.001", "50000")


def test_a_float_counts_by_its_repr_and_not_by_its_binary_value() -> None:
    assert limit(price=50_000.1).price == D("50000.1")
    refused("tick_size", nearest="0.3", price=0.1 + 0.2, amount=100)


@pytest.mark.parametrize(
    ("price", "nearest"),
    [("50000.001", "50000"), ("50000.006", "50000.01"), ("0.001", "0.01"), ("1E-30", "0.01")],
)
def test_a_price_off_the_tick_names_the_nearest_one(price: str, nearest: str) -> None:
    refused("tick_size", nearest=nearest, price=price)


@pytest.mark.parametrize(
    ("amount", "nearest"),
    [("0.001004", "0.001"), ("0.001006", "0.00101"), ("0.0000004", "0.0001")],
)
def test_an_amount_off_the_step_names_the_nearest_valid_one(amount: str, nearest: str) -> None:
    refused("step_size", nearest=nearest, amount=amount)


@pytest.mark.parametrize("value", [0, -1, "-0.5", 0.0, D("-0")])
def test_zero_and_negative_numbers_are_refused(value: Number) -> None:
    refused("amount", nearest="0.0001", amount=value)
    refused("price", nearest="0.01", price=value)
    with pytest.raises(OrderRefused, match="quote_amount must be above 0"):
        market(quote_amount=value)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), D("-Infinity"), D("sNaN"), "nan", "1,5", "", True, "1e99"]
)
def test_what_is_no_finite_number_is_refused(value: Number) -> None:
    refused("amount", amount=value)
    refused("price", price=value)


def test_the_minimum_amount_is_in_base_and_rounded_up_to_the_step() -> None:
    refused("min_amount", nearest="0.0001", amount="0.00009")
    rules = info(min_amount=D("0.000123"))
    with pytest.raises(OrderRefused) as caught:
        limit(rules, amount="0.00012")
    assert caught.value.nearest == "0.00013"
    assert limit(rules, amount="0.00013").amount == D("0.00013")


def test_the_value_of_a_limit_order_is_bounded_and_the_bounds_belong_to_it() -> None:
    assert limit(amount="0.0001", price=50_000).amount == D("0.0001")
    refused("min_quote_amount", nearest="0.00011", amount="0.0001", price="49999.99")
    assert limit(amount="0.00011", price="49999.99").amount
    assert limit(amount=40, price=50_000).amount == 40
    refused("max_quote_amount", nearest="39.99999", amount=40, price="50000.01")
    refused("max_quote_amount", amount="1", price="1" + "0" * 30)


def test_market_orders_have_bounds_of_their_own() -> None:
    assert market(quote_amount=7).quote_amount == 7
    assert market(quote_amount=1_000).quote_amount == 1_000
    for value, rule, nearest in (
        ("6.99", "min_quote_amount", "7"),
        ("1000.01", "max_quote_amount", "1000"),
        ("7.001", "quote_step", "7"),
    ):
        with pytest.raises(OrderRefused) as caught:
            market(quote_amount=value)
        assert (caught.value.rule, caught.value.nearest) == (rule, nearest)


def test_a_market_order_sized_in_base_is_worth_what_the_market_says() -> None:
    order = market(side=Side.SELL, amount=1_000)
    assert order.exact.amount == 1_000
    assert order.exact.price is None
    with pytest.raises(OrderRefused, match="min_amount"):
        market(amount="0.00001")


@pytest.mark.parametrize(
    "asked",
    [
        {"price": None},
        {"amount": None},
        {"quote_amount": 10},
        {"order_type": OrderType.MARKET},
        {"order_type": OrderType.MARKET, "price": None, "quote_amount": 10},
        {"order_type": OrderType.MARKET, "price": None, "amount": None},
    ],
)
def test_amount_price_and_quote_amount_belong_together_by_type(asked: dict[str, object]) -> None:
    refused("sizing", **asked)


@pytest.mark.parametrize(
    ("order_type", "time_in_force", "wire"),
    [
        (OrderType.LIMIT, None, OrderType.LIMIT),
        (OrderType.LIMIT, TimeInForce.GTC, OrderType.LIMIT),
        (OrderType.LIMIT, TimeInForce.IOC, OrderType.IMMEDIATE_OR_CANCEL),
        (OrderType.LIMIT, TimeInForce.FOK, OrderType.FILL_OR_KILL),
        (OrderType.LIMIT, TimeInForce.POST_ONLY, OrderType.LIMIT_MAKER),
        (OrderType.LIMIT_MAKER, TimeInForce.POST_ONLY, OrderType.LIMIT_MAKER),
        (OrderType.LIMIT_MAKER, TimeInForce.GTC, OrderType.LIMIT_MAKER),
        (OrderType.IMMEDIATE_OR_CANCEL, None, OrderType.IMMEDIATE_OR_CANCEL),
        (OrderType.FILL_OR_KILL, TimeInForce.FOK, OrderType.FILL_OR_KILL),
        (OrderType.MARKET, None, OrderType.MARKET),
    ],
)
def test_a_time_in_force_is_an_order_type_of_the_exchange(
    order_type: OrderType, time_in_force: TimeInForce | None, wire: OrderType
) -> None:
    assert wire_order_type(order_type, time_in_force) is wire


@pytest.mark.parametrize(
    ("order_type", "time_in_force"),
    [
        (OrderType.MARKET, TimeInForce.GTC),
        (OrderType.MARKET, TimeInForce.IOC),
        (OrderType.LIMIT_MAKER, TimeInForce.IOC),
        (OrderType.IMMEDIATE_OR_CANCEL, TimeInForce.FOK),
        (OrderType.FILL_OR_KILL, TimeInForce.POST_ONLY),
    ],
)
def test_combinations_that_do_not_exist_are_refused(
    order_type: OrderType, time_in_force: TimeInForce
) -> None:
    with pytest.raises(OrderRefused, match=f"cannot be {time_in_force}") as caught:
        wire_order_type(order_type, time_in_force)
    assert caught.value.rule == "time_in_force"


def test_choices_are_enums() -> None:
    refused("side", side="BUY")
    refused("order_type", order_type="LIMIT")
    with pytest.raises(UsageError, match="SelfTradePrevention"):
        limit(self_trade_prevention="cancel_both")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"status": MarketStatus.PAUSED}, "trading_enabled"),
        ({"status": MarketStatus.OFFLINE}, "trading_enabled"),
        ({"is_api_trading_allowed": False}, "trading_enabled"),
        ({"tradable_sides": TradableSides.SELL_ONLY}, "tradable_side"),
        ({"tradable_sides": TradableSides.NONE}, "tradable_side"),
        ({"order_types": frozenset({OrderType.MARKET})}, "order_type"),
    ],
)
def test_a_market_that_is_closed_to_the_order_is_told(
    changes: dict[str, object], rule: str
) -> None:
    refused(rule, rules=info(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": MarketStatus.UNKNOWN},
        {"tradable_sides": TradableSides.UNKNOWN},
        {"tradable_sides": TradableSides.BUY_ONLY},
        {"order_types": frozenset()},
        {"min_amount": None, "min_quote_amount": None, "max_quote_amount": None},
    ],
)
def test_what_the_exchange_does_not_state_is_left_to_it(changes: dict[str, object]) -> None:
    assert limit(info(**changes)).amount == D("0.001")


def test_a_missing_market_type_is_meant_and_ioc_and_fok_are_never_listed() -> None:
    rules = info(order_types=frozenset({OrderType.LIMIT}))
    for time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        assert limit(rules, time_in_force=time_in_force)
    with pytest.raises(OrderRefused, match="takes no MARKET orders, only LIMIT"):
        market(rules, quote_amount=10)
    refused("order_type", rules=rules, time_in_force=TimeInForce.POST_ONLY)


@pytest.mark.parametrize(
    ("side", "inside", "outside"),
    [(Side.BUY, "100.48", "100.49"), (Side.SELL, "99.50", "99.49")],
)
def test_the_price_band_bounds_the_dear_buy_and_the_cheap_sale(
    side: Side, inside: str, outside: str
) -> None:
    asked = {"side": side, "amount": 1, "reference_price": "99.99"}
    assert limit(price=inside, **asked)  # type: ignore[arg-type]
    refused("price_band", nearest=plain(D(inside)), price=outside, **asked)
    free = 1_000 if side is Side.SELL else "5.00"
    assert limit(price=free, **asked)  # type: ignore[arg-type]
    assert limit(info(max_buy_premium=None, max_sell_discount=None), price=outside, **asked)  # type: ignore[arg-type]


def test_market_orders_know_no_price_band() -> None:
    assert market(quote_amount=10, reference_price=1).quote_amount == 10


def test_an_order_request_is_checked_alike() -> None:
    request = OrderRequest(
        side=Side.SELL,
        amount=0.001,
        price=50_000,
        time_in_force=TimeInForce.POST_ONLY,
        self_trade_prevention=SelfTradePrevention.CANCEL_BOTH,
    )
    order = request.checked(INFO)
    assert order.order_type is OrderType.LIMIT_MAKER
    assert order.self_trade_prevention is SelfTradePrevention.CANCEL_BOTH


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+3", "1000"), ("1E-8", "0.00000001"), ("1.500", "1.5"), ("0", "0"), ("100", "100")],
)
def test_numbers_are_written_without_exponent_and_padding(value: str, text: str) -> None:
    assert plain(D(value)) == text


numbers = st.decimals(
    min_value=D("1E-9"), max_value=D("1E+7"), allow_nan=False, allow_infinity=False, places=9
)


@given(amount=numbers, price=numbers)
def test_the_nearest_value_that_is_named_is_valid(amount: Decimal, price: Decimal) -> None:
    """Following the advice as often as it comes leads to an order that passes."""
    for _ in range(6):
        try:
            order = limit(amount=amount, price=price)
        except OrderRefused as error:
            nearest = D(error.nearest or "nothing was named")
            if error.rule in ("tick_size", "price"):
                price = nearest
            else:
                amount = nearest
        else:
            assert order.amount == amount
            assert order.price == price
            assert amount % INFO.step_size == 0
            assert price % INFO.tick_size == 0
            return
    raise AssertionError("the advice does not help")

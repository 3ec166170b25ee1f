from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.enums import MarketStatus, OrderType, TradableSides
from mexc_connector.common.errors import UsageError
from mexc_connector.common.instrument import (
    Number,
    Rounding,
    SymbolInfo,
    exact_decimal,
    round_to_step,
)
from mexc_connector.common.symbols import AssetName, Symbol


def info(**changes: object) -> SymbolInfo:
    values: dict[str, object] = {
        "symbol": Symbol(AssetName("BTC"), AssetName("USDT")),
        "exchange_symbol": "BTCUSDT",
        "full_name": "Bitcoin",
        "status": MarketStatus.ONLINE,
        "is_api_trading_allowed": True,
        "tradable_sides": TradableSides.BOTH,
        "order_types": frozenset({OrderType.LIMIT}),
        "base_precision": 6,
        "quote_precision": 2,
        "step_size": Decimal("0.000001"),
        "tick_size": Decimal("0.01"),
        "min_amount": Decimal("0.000001"),
        "min_quote_amount": Decimal(1),
        "min_quote_amount_market": Decimal(1),
        "max_quote_amount": Decimal(4_000_000),
        "max_quote_amount_market": Decimal(200_000),
        "maker_commission": Decimal(0),
        "taker_commission": Decimal("0.0005"),
        "max_buy_premium": None,
        "max_sell_discount": None,
        "is_special_treatment": False,
        "contract_address": "",
        "listed_ms": None,
    }
    return SymbolInfo(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        (0.1, "0.1"),
        (1e-7, "1E-7"),
        (3, "3"),
        ("65000.10", "65000.10"),
        (".5", "0.5"),
        ("1e-8", "1E-8"),
        (Decimal("1.23"), "1.23"),
    ],
)
def test_numbers_are_taken_for_what_they_show(given: Number, exact: str) -> None:
    assert exact_decimal(given) == Decimal(exact)


def test_a_float_counts_by_the_repr_of_a_float_also_in_subclasses() -> None:
    class Loud(float):
        def __repr__(self) -> str:
            return "Loud(0.1)"

    assert exact_decimal(Loud(0.1)) == Decimal("0.1")


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        True,
        None,
        "",
        " 1",
        "1_000",
        "１２",  # full-width digits, which Decimal would take
        "nan",
        "0x10",
        "1e1000",
        "1e99",
        10**41,
        Decimal("1e-41"),
        [],
    ],
)
def test_what_is_no_number_of_a_market_is_refused(value: object) -> None:
    with pytest.raises(UsageError, match="price"):
        exact_decimal(value, name="price")  # type: ignore[arg-type]


def test_prices_round_to_the_nearest_tick_and_amounts_down() -> None:
    market = info()
    assert market.round_price(65_000.126) == Decimal("65000.13")
    assert market.round_amount("0.0000019") == Decimal("0.000001")
    assert market.round_quote_amount(99.999) == Decimal("99.99")
    assert market.round_price(65_000.121, rounding=Rounding.UP) == Decimal("65000.13")


def test_rounded_values_carry_the_decimals_of_the_step() -> None:
    assert str(info().round_price(65_000)) == "65000.00"
    assert str(info(tick_size=Decimal(1)).round_price("0.4")) == "0"
    assert str(round_to_step("-0.001", Decimal("0.01"), rounding=Rounding.NEAREST)) == "0.00"


def test_a_step_that_is_no_power_of_ten_is_honoured() -> None:
    coarse = info(step_size=Decimal("0.25"))
    assert coarse.round_amount("1.99") == Decimal("1.75")
    assert coarse.round_amount("1.99", rounding=Rounding.NEAREST) == Decimal("2.00")


def test_ties_go_to_the_even_neighbour() -> None:
    def nearest(value: str) -> Decimal:
        return round_to_step(value, Decimal("0.1"), rounding=Rounding.NEAREST)

    assert [nearest(v) for v in ("0.05", "0.15", "0.25", "-0.15")] == [
        Decimal("0.0"),
        Decimal("0.2"),
        Decimal("0.2"),
        Decimal("-0.2"),
    ]


@given(
    value=st.decimals(min_value=-(10**12), max_value=10**12, places=12),
    step=st.sampled_from([Decimal(t) for t in ("0.01", "1", "0.25", "0.00000001", "7", "1000")]),
)
def test_rounding_is_exact_and_never_further_than_a_step(value: Decimal, step: Decimal) -> None:
    below = round_to_step(value, step, rounding=Rounding.DOWN)
    above = round_to_step(value, step, rounding=Rounding.UP)
    nearest = round_to_step(value, step, rounding=Rounding.NEAREST)
    assert below <= value <= above
    assert above - below in {0, step}
    for rounded in (below, above, nearest):
        assert (Fraction(rounded) / Fraction(step)).denominator == 1
    assert abs(Fraction(nearest) - Fraction(value)) * 2 <= Fraction(step)
    assert nearest in {below, above}


@given(
    st.decimals(min_value=0, max_value=10**18, places=18),
    st.sampled_from([Decimal("1e-18"), Decimal("0.000001")]),
)
def test_eighteen_digits_on_both_sides_of_the_point_stay_exact(
    value: Decimal, step: Decimal
) -> None:
    below = round_to_step(value, step, rounding=Rounding.DOWN)
    assert 0 <= Fraction(value) - Fraction(below) < Fraction(step)


def test_a_market_is_tradable_when_online_open_to_the_api_and_open_on_a_side() -> None:
    assert info().is_tradable
    assert not info(status=MarketStatus.PAUSED).is_tradable
    assert not info(is_api_trading_allowed=False).is_tradable
    assert not info(tradable_sides=TradableSides.NONE).is_tradable
    assert info(tradable_sides=TradableSides.SELL_ONLY).is_tradable

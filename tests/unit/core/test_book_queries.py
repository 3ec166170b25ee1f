from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.errors import BeyondHorizon, InsufficientDepth, UsageError
from mexc_connector.common.models import OrderBookEntry
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book_queries import copy_side, depth, estimate_fill, fillable_amount
from mexc_connector.core.implementation import Levels

SYMBOL = Symbol(AssetName("BTC"), AssetName("USDT"))


def asks(*levels: tuple[float, float], horizon: float | None = None) -> Levels:
    side = Levels(-1)
    side.load(levels, horizon)
    return side


def bids(*levels: tuple[float, float], horizon: float | None = None) -> Levels:
    side = Levels(1)
    side.load(levels, horizon)
    return side


def test_filling_walks_the_levels_and_weighs_the_price_by_volume() -> None:
    estimate = estimate_fill(SYMBOL, asks((10.0, 1.0), (20.0, 4.0)), amount=3.0, quote_amount=None)
    assert estimate.amount == 3.0
    assert estimate.quote_amount == 50.0
    assert estimate.average_price == pytest.approx(50 / 3)
    assert estimate.worst_price == 20.0
    assert estimate.levels == 2


def test_spending_a_quote_amount_ends_inside_a_level() -> None:
    estimate = estimate_fill(SYMBOL, asks((10.0, 1.0), (20.0, 4.0)), amount=None, quote_amount=50.0)
    assert estimate.amount == 3.0
    assert estimate.quote_amount == 50.0


def test_taking_exactly_a_level_does_not_touch_the_next() -> None:
    estimate = estimate_fill(SYMBOL, bids((20.0, 4.0), (10.0, 1.0)), amount=4.0, quote_amount=None)
    assert estimate.worst_price == 20.0
    assert estimate.levels == 1


def test_a_side_that_holds_less_says_how_much_it_holds() -> None:
    with pytest.raises(InsufficientDepth) as caught:
        estimate_fill(SYMBOL, asks((10.0, 1.0)), amount=1.5, quote_amount=None)
    assert caught.value.available == 1.0
    assert not isinstance(caught.value, BeyondHorizon)
    with pytest.raises(InsufficientDepth) as caught:
        estimate_fill(SYMBOL, asks((10.0, 1.0)), amount=None, quote_amount=11.0)
    assert caught.value.available == 10.0


def test_past_the_horizon_there_may_be_more() -> None:
    with pytest.raises(BeyondHorizon) as caught:
        estimate_fill(SYMBOL, asks((10.0, 1.0), horizon=10.0), amount=1.5, quote_amount=None)
    assert caught.value.horizon_price == 10.0
    assert caught.value.available == 1.0


@pytest.mark.parametrize(
    ("amount", "quote_amount"),
    [(None, None), (1.0, 1.0), (0.0, None), (-1.0, None), (nan, None), (inf, None), (None, 0.0)],
)
def test_an_amount_that_cannot_be_filled_is_refused(
    amount: float | None, quote_amount: float | None
) -> None:
    with pytest.raises(UsageError):
        estimate_fill(SYMBOL, asks((10.0, 1.0)), amount=amount, quote_amount=quote_amount)


def test_fillable_amount_stops_at_the_worst_price() -> None:
    side = asks((10.0, 1.0), (11.0, 2.0), (12.0, 4.0))
    assert fillable_amount(SYMBOL, side, worst_price=11.0) == 3.0
    assert fillable_amount(SYMBOL, side, worst_price=9.0) == 0.0
    assert fillable_amount(SYMBOL, side, worst_price=inf) == 7.0


def test_fillable_amount_does_not_guess_past_the_horizon() -> None:
    side = bids((10.0, 1.0), (9.0, 2.0), horizon=9.0)
    assert fillable_amount(SYMBOL, side, worst_price=9.0) == 3.0
    with pytest.raises(BeyondHorizon) as caught:
        fillable_amount(SYMBOL, side, worst_price=8.0)
    assert caught.value.available == 3.0
    with pytest.raises(UsageError):
        fillable_amount(SYMBOL, side, worst_price=nan)


def test_depth_adds_up_a_price_range_with_both_ends() -> None:
    side = bids((10.0, 1.0), (9.0, 2.0), (8.0, 4.0))
    found = depth(SYMBOL, side, low=8.5, high=10.0)
    assert (found.amount, found.quote_amount, found.levels) == (3.0, 28.0, 2)
    assert depth(SYMBOL, side, low=20.0, high=30.0).levels == 0
    assert depth(SYMBOL, side, low=0.0, high=8.0).amount == 4.0


def test_depth_does_not_guess_past_the_horizon() -> None:
    side = asks((10.0, 1.0), (11.0, 2.0), horizon=11.0)
    assert depth(SYMBOL, side, low=1.0, high=11.0).amount == 3.0
    with pytest.raises(BeyondHorizon):
        depth(SYMBOL, side, low=1.0, high=12.0)


@pytest.mark.parametrize(("low", "high"), [(2.0, 1.0), (nan, 1.0), (1.0, nan)])
def test_a_price_range_that_is_none_is_refused(low: float, high: float) -> None:
    with pytest.raises(UsageError):
        depth(SYMBOL, asks((10.0, 1.0)), low=low, high=high)


def test_a_copy_has_a_horizon_of_its_own() -> None:
    side = asks((10.0, 1.0), (11.0, 2.0), horizon=11.0)
    assert copy_side(side, None) == ((OrderBookEntry(10.0, 1.0), OrderBookEntry(11.0, 2.0)), 11.0)
    assert copy_side(side, 1) == ((OrderBookEntry(10.0, 1.0),), 10.0)
    assert copy_side(asks(), 5) == ((), None)
    with pytest.raises(UsageError):
        copy_side(side, 0)


SIZES = st.floats(min_value=1e-8, max_value=1e8)
PRICES = st.floats(min_value=1e-8, max_value=1e6)


@given(levels=st.dictionaries(PRICES, SIZES, min_size=1, max_size=20), data=st.data())
def test_what_is_fillable_can_be_filled_at_no_worse_a_price(
    levels: dict[float, float], data: st.DataObject
) -> None:
    side = asks(*levels.items())
    worst = data.draw(st.sampled_from(sorted(levels)))
    amount = fillable_amount(SYMBOL, side, worst_price=worst)
    estimate = estimate_fill(SYMBOL, side, amount=amount, quote_amount=None)
    assert estimate.amount == amount
    assert estimate.worst_price <= worst
    assert min(levels) * (1 - 1e-9) <= estimate.average_price <= worst * (1 + 1e-9)

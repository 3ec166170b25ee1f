"""The corners of the compiled side of a book; its histories are in tests/property."""

import pytest

hot = pytest.importorskip("mexc_connector.native._hot")


def bids(*prices: float, horizon: float | None = None) -> "hot.Levels":
    side = hot.Levels(1)
    side.load([(price, 1.0) for price in prices], horizon)
    return side


def test_a_new_side_is_empty() -> None:
    side = hot.Levels(-1)
    assert (len(side), side.best_price(), side.horizon, side.loaded) == (0, None, None, 0)
    assert list(side) == []
    assert not side.is_thin()


@pytest.mark.parametrize("depth", [1, 2**62, -1, -2, -(2**62)])
def test_a_depth_outside_the_side_is_an_index_error(depth: int) -> None:
    with pytest.raises(IndexError):
        bids(2.0).at(depth)
    with pytest.raises(IndexError):
        hot.Levels(1).at(depth)


def test_loading_drops_sizes_of_zero_and_keeps_the_last_word_on_a_price() -> None:
    side = hot.Levels(-1)
    side.load([(2.0, 1.0), (3.0, 0.0), (1.0, 5.0), (2.0, 4.0)], 2.0)
    assert list(side) == [(1.0, 5.0), (2.0, 4.0)]
    assert (side.loaded, side.horizon) == (2, 2.0)


def test_loading_from_a_generator_that_fails_changes_nothing() -> None:
    side = bids(2.0, 1.0, horizon=1.0)

    def broken() -> "object":
        yield 9.0, 9.0
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        side.load(broken(), None)
    assert list(side) == [(2.0, 1.0), (1.0, 1.0)]
    assert side.horizon == 1.0


def test_a_generator_may_look_at_the_side_that_it_loads() -> None:
    side = bids(2.0, 1.0)
    side.load(((price + 1, size) for price, size in side), None)
    assert list(side) == [(3.0, 1.0), (2.0, 1.0)]


def test_a_side_that_shrinks_under_an_iteration_ends_it() -> None:
    side = bids(3.0, 2.0, 1.0)
    seen = iter(side)
    assert next(seen) == (3.0, 1.0)
    side.clear()
    assert list(seen) == []


def test_an_iteration_outlives_its_side() -> None:
    assert list(iter(bids(3.0, 2.0))) == [(3.0, 1.0), (2.0, 1.0)]


def test_deleting_what_is_not_there_is_no_error() -> None:
    side = bids(2.0)
    side.apply([(3.0, 0.0), (1.0, 0.0), (2.5, 0.0)])
    assert list(side) == [(2.0, 1.0)]


def test_neighbouring_doubles_are_two_levels() -> None:
    side = bids(0.1, 0.1 + 2**-56, 0.1 - 2**-56)
    side.apply([(0.1, 0.0)])
    assert len(side) == 2


@pytest.mark.parametrize(("kept", "is_thin"), [(8, False), (2, False), (1, True), (0, True)])
def test_a_side_is_thin_below_a_quarter_of_what_was_disclosed(kept: int, is_thin: bool) -> None:
    prices = [float(price) for price in range(1, 9)]
    for horizon in (1.0, None):
        side = bids(*prices, horizon=horizon)
        side.apply([(price, 0.0) for price in prices[: 8 - kept]])
        assert side.is_thin() is (is_thin and horizon is not None)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 63, 64, 65, 1000])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_level_is_found_at_every_place_of_a_side(count: int, sign: int) -> None:
    for place in range(min(count, 70)):
        side = hot.Levels(sign)
        side.load([(2.0 * number, 1.0) for number in range(1, count + 1)], None)
        there, before = 2.0 * (place + 1), 2.0 * place + 1
        side.apply([(there, 5.0), (before, 7.0), (there, 0.0)])
        prices = [price for price, _ in side]
        assert prices == sorted(set(prices), reverse=sign > 0)
        assert len(prices) == count
        assert side.at(count - 1 - place if sign > 0 else place) == (before, 7.0)

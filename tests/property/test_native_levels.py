"""The compiled side of a book against the reference's and against a plain dict."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.core.levels import Levels as ReferenceLevels

hot = pytest.importorskip("mexc_connector.native._hot")

Changes = list[tuple[float, float]]

# Few prices, so that levels meet; a few neighbours, so that one bit tells them apart.
prices = st.one_of(
    st.integers(1, 40).map(float),
    st.sampled_from((20.000000000000004, 19.999999999999996, 5e-324, 1.7976931348623157e308)),
    st.floats(min_value=5e-324, allow_infinity=False),
)
sizes = st.one_of(st.just(0.0), st.integers(1, 5).map(float), st.just(5e-324))
changes = st.lists(st.tuples(prices, sizes), max_size=30)
horizons = st.one_of(st.none(), prices)
signs = st.sampled_from((1, -1))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("load"), changes, horizons),
        st.tuples(st.just("apply"), changes),
        st.tuples(st.just("apply"), changes),
        st.tuples(st.just("clear")),
    ),
    max_size=12,
)


class PlainSide:
    """The side of a book as anybody would write it down: a dict and the deepest known price."""

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.sizes: dict[float, float] = {}
        self.horizon: float | None = None

    def load(self, levels: Changes, horizon: float | None) -> None:
        self.sizes = {price: size for price, size in levels if size}
        self.horizon = horizon

    def apply(self, levels: Changes) -> None:
        for price, size in levels:
            if not size:
                self.sizes.pop(price, None)
            elif price in self.sizes or self.is_known(price):
                self.sizes[price] = size

    def clear(self) -> None:
        self.__init__(self.sign)  # type: ignore[misc]

    def is_known(self, price: float) -> bool:
        return self.horizon is None or self.sign * price >= self.sign * self.horizon

    def listing(self) -> Changes:
        return sorted(self.sizes.items(), key=lambda level: -self.sign * level[0])


def assert_same(compiled: Sequence[object], reference: Sequence[object]) -> None:
    assert repr(compiled) == repr(reference)  # to the last bit, and 0.0 apart from -0.0


@settings(deadline=None)
@given(sign=signs, steps=steps, asked=st.lists(prices, min_size=2, max_size=2))
def test_any_history_leaves_the_same_side_as_the_reference_and_as_a_dict(
    sign: int, steps: list[tuple], asked: list[float]
) -> None:
    compiled, reference, plain = hot.Levels(sign), ReferenceLevels(sign), PlainSide(sign)
    one, other = asked
    for name, *arguments in steps:
        for side in (compiled, reference, plain):
            getattr(side, name)(*arguments)
        listing = plain.listing()
        assert_same(list(compiled), listing)
        assert_same(list(reference), listing)
        assert len(compiled) == len(reference) == len(listing)
        assert_same([compiled.at(depth) for depth in range(len(listing))], listing)
        for read in (
            lambda side: (side.best_price(), side.horizon, side.loaded, side.is_thin()),
            lambda side: [side.reaches(price) for price in asked],
            lambda side: (side.is_at_or_better(one, other), side.deeper(one, other)),
        ):
            assert_same(read(compiled), read(reference))
        assert compiled.reaches(one) is plain.is_known(one)


@settings(deadline=None)
@given(sign=signs, levels=changes, depth=st.integers(0, 2**63 - 1))
def test_a_depth_past_the_last_level_is_an_index_error(
    sign: int, levels: Changes, depth: int
) -> None:
    side = hot.Levels(sign)
    side.load(levels, None)
    for past in (len(side), len(side) + depth, 2**63 - 1):
        if len(side) <= past < 2**63:
            with pytest.raises(IndexError):
                side.at(past)


@settings(max_examples=20, deadline=None)
@given(sign=signs, many=st.integers(500, 3000), seed=st.integers(0, 2**32))
def test_sides_of_thousands_of_levels_keep_their_order(sign: int, many: int, seed: int) -> None:
    random = Random(seed)
    side, plain = hot.Levels(sign), PlainSide(sign)
    for bound in (many, many // 2, 3 * many):  # grow, thin out, grow again
        batch = [
            (float(random.randrange(1, bound)), float(random.randrange(3))) for _ in range(many)
        ]
        side.apply(batch)
        plain.apply(batch)
        assert_same(list(side), plain.listing())
    side.clear()
    assert (len(side), side.best_price(), list(side)) == (0, None, [])


def test_what_cannot_be_loaded_leaves_no_side_half_filled() -> None:
    side = hot.Levels(1)
    side.load([(2.0, 1.0), (1.0, 1.0)], 1.0)
    with pytest.raises(TypeError):
        side.load([(3.0, 1.0), ("x", "y")], None)
    assert_same(list(side), [(2.0, 1.0), (1.0, 1.0)])
    assert side.horizon == 1.0

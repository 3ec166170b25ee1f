from mexc_connector.core.implementation import Levels


def bids(*levels: tuple[float, float], horizon: float | None = None) -> Levels:
    side = Levels(1)
    side.load(levels, horizon)
    return side


def asks(*levels: tuple[float, float], horizon: float | None = None) -> Levels:
    side = Levels(-1)
    side.load(levels, horizon)
    return side


def test_bids_list_the_highest_price_first_and_asks_the_lowest() -> None:
    assert list(bids((1.0, 5.0), (3.0, 6.0), (2.0, 7.0))) == [(3.0, 6.0), (2.0, 7.0), (1.0, 5.0)]
    assert list(asks((1.0, 5.0), (3.0, 6.0), (2.0, 7.0))) == [(1.0, 5.0), (2.0, 7.0), (3.0, 6.0)]


def test_top_and_depth_are_read_by_position() -> None:
    side = asks((1.0, 5.0), (3.0, 6.0))
    assert side.best_price() == 1.0
    assert side.at(0) == (1.0, 5.0)
    assert side.at(1) == (3.0, 6.0)
    assert len(side) == 2


def test_an_empty_side_has_no_best_price() -> None:
    assert Levels(1).best_price() is None
    assert len(Levels(-1)) == 0


def test_changes_set_absolute_sizes_and_zero_deletes() -> None:
    side = bids((2.0, 5.0), (1.0, 5.0))
    side.apply([(2.0, 9.0), (1.0, 0.0), (3.0, 1.0)])
    assert list(side) == [(3.0, 1.0), (2.0, 9.0)]


def test_deleting_an_unknown_level_is_no_error() -> None:
    side = asks((2.0, 5.0))
    side.apply([(7.0, 0.0)])
    assert list(side) == [(2.0, 5.0)]


def test_a_snapshot_drops_levels_of_size_zero() -> None:
    assert list(bids((2.0, 0.0), (1.0, 5.0))) == [(1.0, 5.0)]


def test_levels_past_the_horizon_are_not_kept_because_their_neighbours_are_unknown() -> None:
    side = bids((5.0, 1.0), (4.0, 1.0), horizon=4.0)
    side.apply([(3.0, 1.0), (4.5, 2.0), (3.5, 0.0)])
    assert list(side) == [(5.0, 1.0), (4.5, 2.0), (4.0, 1.0)]
    other = asks((5.0, 1.0), horizon=5.0)
    other.apply([(6.0, 1.0)])
    assert list(other) == [(5.0, 1.0)]


def test_what_is_known_ends_at_the_horizon() -> None:
    side = asks((5.0, 1.0), (6.0, 1.0), horizon=6.0)
    assert side.reaches(6.0)
    assert not side.reaches(6.5)
    assert asks((5.0, 1.0)).reaches(1e9)


def test_a_side_is_thin_when_under_a_quarter_of_the_disclosed_levels_is_left() -> None:
    side = bids(*((float(p), 1.0) for p in range(1, 9)), horizon=1.0)
    side.apply((float(p), 0.0) for p in range(3, 9))
    assert len(side) == 2
    assert not side.is_thin()
    side.apply([(2.0, 0.0)])
    assert side.is_thin()


def test_a_complete_side_is_never_thin() -> None:
    side = bids(*((float(p), 1.0) for p in range(1, 9)))
    side.apply((float(p), 0.0) for p in range(1, 9))
    assert not side.is_thin()


def test_clearing_forgets_levels_and_horizon() -> None:
    side = asks((5.0, 1.0), horizon=5.0)
    side.clear()
    assert list(side) == []
    assert side.horizon is None


def test_the_deeper_of_two_prices_depends_on_the_side() -> None:
    assert bids().deeper(1.0, 2.0) == 1.0
    assert asks().deeper(1.0, 2.0) == 2.0
    assert bids().is_at_or_better(2.0, 2.0)
    assert not asks().is_at_or_better(2.5, 2.0)

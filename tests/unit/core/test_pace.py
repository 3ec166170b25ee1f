from mexc_connector.core.pace import Pace


def test_turns_are_spaced_evenly() -> None:
    pace = Pace(4.0)
    assert [pace.reserve(10.0) for _ in range(4)] == [0.0, 0.25, 0.5, 0.75]


def test_idle_time_is_not_saved_up() -> None:
    pace = Pace(2.0)
    pace.reserve(0.0)
    assert pace.reserve(100.0) == 0.0
    assert pace.reserve(100.0) == 0.5


def test_the_repr_shows_the_spacing() -> None:
    assert repr(Pace(20.0)) == "<Pace every 0.05 s>"

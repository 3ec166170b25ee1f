import pytest

from mexc_connector.common.health import DegradedMode, HealthVerdict, ModeChange
from mexc_connector.core.degradation import Degradation, verdict_of

PRIVATE, ORDERS = DegradedMode.PRIVATE_STREAM_DOWN, DegradedMode.ORDER_REST_DOWN
BOOKS, WALL = DegradedMode.BOOKS_UNSYNCED, DegradedMode.FIREWALLED


def test_modes_are_told_when_they_begin_and_when_they_end() -> None:
    degradation = Degradation()
    (entered,) = degradation.on_observed({PRIVATE: "cut"}, 10)
    assert (entered.mode, entered.change, entered.reason, entered.time_ns) == (
        PRIVATE,
        ModeChange.ENTERED,
        "cut",
        10,
    )
    assert degradation.on_observed({PRIVATE: "cut"}, 20) == ()
    (left,) = degradation.on_observed({}, 30)
    assert (left.mode, left.change, left.time_ns) == (PRIVATE, ModeChange.LEFT, 30)
    assert degradation.changes == 2
    assert degradation.active == ()


def test_a_new_reason_is_no_change_but_is_shown_with_the_old_beginning() -> None:
    degradation = Degradation()
    degradation.on_observed({BOOKS: "1 of 3"}, 10)
    assert degradation.on_observed({BOOKS: "2 of 3"}, 20) == ()
    (active,) = degradation.active
    assert (active.reason, active.since_ns) == ("2 of 3", 10)


def test_modes_come_and_go_apart_and_are_shown_in_one_order() -> None:
    degradation = Degradation()
    degradation.on_observed({WALL: "wall", PRIVATE: "cut"}, 10)
    events = degradation.on_observed({WALL: "wall", ORDERS: "timeout"}, 20)
    assert {(event.mode, event.change) for event in events} == {
        (PRIVATE, ModeChange.LEFT),
        (ORDERS, ModeChange.ENTERED),
    }
    assert [active.mode for active in degradation.active] == [ORDERS, WALL]
    assert repr(degradation) == "<Degradation FIREWALLED, ORDER_REST_DOWN>"


@pytest.mark.parametrize(
    ("modes", "has_account", "books", "live_books", "verdict"),
    [
        ([], True, 2, 2, HealthVerdict.HEALTHY),
        ([], False, 0, 0, HealthVerdict.HEALTHY),
        ([BOOKS], False, 2, 1, HealthVerdict.DEGRADED),
        ([BOOKS], False, 2, 0, HealthVerdict.DOWN),
        ([], False, 2, 0, HealthVerdict.DOWN),
        ([PRIVATE], True, 2, 2, HealthVerdict.DEGRADED),
        ([ORDERS], True, 2, 2, HealthVerdict.DOWN),
        ([WALL], True, 2, 2, HealthVerdict.DOWN),
        ([WALL], False, 2, 2, HealthVerdict.DEGRADED),
        ([DegradedMode.MARKET_DATA_REST_DOWN], True, 2, 2, HealthVerdict.DEGRADED),
    ],
)
def test_the_verdict_says_what_a_session_is_good_for(
    modes: list[DegradedMode],
    *,
    has_account: bool,
    books: int,
    live_books: int,
    verdict: HealthVerdict,
) -> None:
    found = verdict_of(modes, has_account=has_account, books=books, live_books=live_books)
    assert found is verdict

from mexc_connector.core.event_overlap import EventOverlap

WINDOW_S = 5.0
LIMIT = 3


def overlap() -> EventOverlap[str]:
    return EventOverlap(window_s=WINDOW_S, limit=LIMIT)


def test_a_copy_that_comes_after_the_original_is_dropped() -> None:
    events = overlap()
    events.join(0.0)
    assert events.on_leader("a", 1.0)
    events.on_successor("a", "A")
    assert events.hand_over(2.0) == []


def test_a_copy_that_comes_before_the_original_is_dropped_too() -> None:
    events = overlap()
    events.join(0.0)
    events.on_successor("a", "A")
    assert events.on_leader("a", 1.0)
    assert events.hand_over(2.0) == []


def test_what_only_the_successor_brought_is_handed_out_when_it_leads() -> None:
    events = overlap()
    events.join(0.0)
    for key in "abc":
        events.on_successor(key, key.upper())
    assert events.on_leader("b", 1.0)
    assert events.hand_over(2.0) == ["A", "C"]


def test_of_equal_events_as_many_are_handed_out_as_one_connection_brought() -> None:
    events = overlap()
    events.join(0.0)
    assert events.on_leader("a", 1.0)
    for _ in range(3):
        events.on_successor("a", "A")
    assert events.hand_over(2.0) == ["A", "A"]


def test_an_event_from_just_before_the_successor_joined_is_known_if_it_comes_there_later() -> None:
    events = overlap()
    assert events.on_leader("a", 0.0)
    events.join(WINDOW_S)
    events.on_successor("a", "A")
    assert events.hand_over(WINDOW_S) == []


def test_an_event_from_long_before_the_successor_joined_is_another_one() -> None:
    events = overlap()
    assert events.on_leader("a", 0.0)
    events.join(WINDOW_S + 0.1)
    events.on_successor("a", "A")
    assert events.hand_over(WINDOW_S + 0.1) == ["A"]


def test_a_successor_that_lags_repeats_nothing_once_it_leads() -> None:
    events = overlap()
    events.join(0.0)
    assert events.on_leader("a", 1.0)
    assert events.hand_over(2.0) == []
    assert not events.on_leader("a", 2.0 + WINDOW_S)
    assert events.on_leader("a", 2.0 + WINDOW_S)


def test_what_it_does_not_repeat_for_long_is_an_event_of_its_own() -> None:
    events = overlap()
    events.join(0.0)
    assert events.on_leader("a", 1.0)
    assert events.hand_over(2.0) == []
    assert events.on_leader("a", 2.1 + WINDOW_S)


def test_a_successor_that_leaves_takes_what_is_held_with_it() -> None:
    events = overlap()
    events.join(0.0)
    events.on_successor("a", "A")
    events.leave()
    events.join(1.0)
    assert events.hand_over(2.0) == []


def test_after_the_end_nothing_is_known_any_more() -> None:
    events = overlap()
    events.join(0.0)
    assert events.on_leader("a", 1.0)
    assert events.hand_over(1.0) == []
    events.end()
    assert events.on_leader("a", 1.0)
    events.end()
    events.join(1.0)
    events.on_successor("a", "A")
    assert events.hand_over(1.0) == ["A"]


def test_too_much_that_one_of_them_lacks_is_trouble() -> None:
    held, unsettled = overlap(), overlap()
    held.join(0.0)
    unsettled.join(0.0)
    for key in "abc":
        held.on_successor(key, key)
        unsettled.on_leader(key, 1.0)
    assert not held.is_overfull
    assert not unsettled.is_overfull
    held.on_successor("d", "d")
    unsettled.on_leader("d", 1.0)
    assert held.is_overfull
    assert unsettled.is_overfull


def test_a_busy_time_before_the_successor_joined_is_no_trouble() -> None:
    events = overlap()
    for number in range(LIMIT):
        events.on_leader(f"before {number}", 0.0)
    events.join(0.0)
    for number in range(LIMIT):
        events.on_leader(f"after {number}", 0.0)
    assert not events.is_overfull
    events.on_leader("one more", 0.0)
    assert events.is_overfull


def test_alone_a_leader_is_remembered_within_bounds() -> None:
    events = overlap()
    for number in range(10):
        events.on_leader(number, 0.0)
    events.join(0.0)
    assert repr(events) == "<EventOverlap 0 held, 3 unsettled, 0 late>"


def test_one_event_that_both_brought_proves_the_leader_in_either_order() -> None:
    first, second = overlap(), overlap()
    for events in (first, second):
        events.join(0.0)
        assert not events.is_proven
    first.on_leader("a", 1.0)
    first.on_successor("a", "A")
    second.on_successor("a", "A")
    assert not second.is_proven
    second.on_leader("a", 1.0)
    assert first.is_proven
    assert second.is_proven
    first.join(2.0)
    assert not first.is_proven

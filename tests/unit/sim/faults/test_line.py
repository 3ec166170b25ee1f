"""Silences, waits and the narrow pipe between the exchange and one client."""

from mexc_connector.sim.faults.line import ANSWERS, Line


def test_what_is_put_can_be_taken_once() -> None:
    line = Line(0)
    line.put("a", [b"1", b"2"], 0)
    line.put("b", [b"3"], 0)
    assert line.take(0) == b"123"
    assert line.take(0) == b""


def test_a_delayed_frame_holds_up_those_behind_it_on_its_channel_alone() -> None:
    line = Line(0)
    line.put("a", [b"1"], 0, delay_ms=50)
    line.put("a", [b"2"], 10)
    line.put("b", [b"3"], 10)
    assert line.take(10) == b"3"
    assert line.take(49) == b""
    assert line.take(50) == b"12"
    line.put("a", [b"4"], 51)
    assert line.take(51) == b"4"


def test_a_parked_frame_comes_after_the_next_ones() -> None:
    line = Line(0)
    line.put("a", [b"1"], 0, behind=2, longest_ms=1_000)
    line.put("b", [b"x"], 0)
    line.put("a", [b"2"], 0)
    assert line.take(0) == b"x2"
    line.put("a", [b"3"], 5)
    line.put("a", [b"4"], 5)
    assert line.take(5) == b"314"


def test_a_lost_frame_lets_nobody_pass() -> None:
    line = Line(0)
    line.put("a", [b"1"], 0, behind=1, longest_ms=1_000)
    line.put("a", [], 0)
    assert line.take(0) == b""
    line.put("a", [b"2"], 0)
    assert line.take(0) == b"21"


def test_a_parked_frame_does_not_wait_for_ever() -> None:
    line = Line(0)
    line.put("a", [b"1"], 0, behind=5, longest_ms=100)
    assert line.take(99) == b""
    assert line.take(100) == b"1"


def test_a_silent_channel_loses_its_frames_and_no_others() -> None:
    line = Line(0)
    line.silence(0, channel="a", for_ms=100)
    line.put("a", [b"1"], 0)
    line.put("b", [b"2"], 0)
    line.put(ANSWERS, [b"3"], 0)
    assert line.take(0) == b"23"
    line.put("a", [b"4"], 100)
    assert line.take(100) == b"4"


def test_a_silent_connection_loses_everything() -> None:
    line = Line(0)
    line.silence(0, channel=None, for_ms=None)
    line.put("a", [b"1"], 0)
    line.put(ANSWERS, [b"2"], 0)
    assert line.take(10**9) == b""


def test_a_delayed_frame_that_is_due_in_a_silence_is_lost() -> None:
    line = Line(0)
    line.put("a", [b"1"], 0, delay_ms=50)
    line.silence(10, channel="a", for_ms=100)
    assert line.take(50) == b""
    assert line.take(500) == b""


def test_a_longer_silence_is_not_cut_short_and_speaking_ends_it() -> None:
    line = Line(0)
    line.silence(0, channel="a", for_ms=None)
    line.silence(0, channel="a", for_ms=1)
    line.put("a", [b"1"], 5)
    line.speak("a")
    line.put("a", [b"2"], 5)
    assert line.take(5) == b"2"


def test_a_drip_lets_its_bytes_through_and_loses_none() -> None:
    line = Line(0)
    line.drip(0, bytes_per_second=10, for_ms=None)
    line.put("a", [b"0123456789"], 0)
    assert line.take(0) == b""
    assert line.take(100) == b"0"
    assert line.take(150) == b""
    assert line.take(200) == b"1"
    assert line.take(1_000) == b"23456789"
    assert line.take(9_000) == b""
    line.put("a", [b"next"], 9_000)
    assert line.take(9_100) == b"n"


def test_after_a_drip_everything_comes_at_once() -> None:
    line = Line(0)
    line.drip(0, bytes_per_second=1, for_ms=500)
    line.put("a", [b"0123"], 0)
    assert line.take(499) == b""
    assert line.take(500) == b"0123"


def test_taking_all_leaves_nothing_and_keeps_the_order_of_a_channel() -> None:
    line = Line(0)
    line.put("a", [b"1"], 0, delay_ms=50)
    line.put("a", [b"2"], 0, behind=3, longest_ms=9)
    line.put("a", [b"3"], 0)
    line.put("b", [b"4"], 0)
    assert line.held_bytes == 4
    assert line.take_all() == b"4132"
    assert line.held_bytes == 0

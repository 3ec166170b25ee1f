import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.circuit import CircuitConfig, CircuitState
from mexc_connector.common.errors import ConfigError
from mexc_connector.core.breaker import CircuitBreaker, Passage

CONFIG = CircuitConfig(
    failures_in_a_row=3, failures_of_last_20=6, window_s=10, pause_base_s=2, pause_max_s=8
)


def entered(breaker: CircuitBreaker, now: float, *, is_vital: bool = False) -> Passage:
    passage = breaker.enter(now, is_vital=is_vital)
    assert passage is not None
    return passage


def fail(breaker: CircuitBreaker, now: float, times: int = 1) -> None:
    for _ in range(times):
        breaker.on_failed(entered(breaker, now), now, "timeout")


def opened(now: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker(CONFIG)
    fail(breaker, now, 3)
    assert breaker.state is CircuitState.OPEN
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = CircuitBreaker(CONFIG)
    fail(breaker, 0.0, 2)
    assert breaker.state is CircuitState.CLOSED
    fail(breaker, 0.0)
    assert breaker.state is CircuitState.OPEN
    assert breaker.enter(1.9) is None
    assert (breaker.openings, breaker.held_back) == (1, 1)


def test_an_answer_ends_the_row() -> None:
    breaker = CircuitBreaker(CONFIG)
    for _ in range(2):
        fail(breaker, 0.0, 2)
        breaker.on_answered(entered(breaker, 0.0), 0.0)
    assert breaker.state is CircuitState.CLOSED


def test_it_opens_when_too_many_of_the_last_answers_were_failures() -> None:
    breaker = CircuitBreaker(CONFIG)
    for at in range(5):
        fail(breaker, at)
        breaker.on_answered(entered(breaker, at), at)
    assert breaker.state is CircuitState.CLOSED
    fail(breaker, 5.0)
    assert breaker.state is CircuitState.OPEN


def test_failures_older_than_the_window_do_not_count() -> None:
    breaker = CircuitBreaker(CONFIG)
    for at in (0, 1, 2, 3, 4, 15):
        fail(breaker, at)
        breaker.on_answered(entered(breaker, at), at)
    assert breaker.state is CircuitState.CLOSED


def test_failures_before_the_circuit_closed_do_not_count() -> None:
    breaker = opened()
    breaker.on_answered(entered(breaker, 2.0), 2.0)
    for _ in range(5):
        fail(breaker, 2.0)
        breaker.on_answered(entered(breaker, 2.0), 2.0)
    assert breaker.state is CircuitState.CLOSED


def test_failures_among_many_answers_do_not_open_it() -> None:
    breaker = CircuitBreaker(CONFIG)
    for _ in range(50):
        fail(breaker, 0.0)
        for _ in range(5):
            breaker.on_answered(entered(breaker, 0.0), 0.0)
    assert breaker.state is CircuitState.CLOSED


def test_one_probe_goes_when_the_pause_is_over_and_its_answer_closes() -> None:
    breaker = opened()
    probe = entered(breaker, 2.0)
    assert probe.is_probe
    assert breaker.state is CircuitState.HALF_OPEN
    assert breaker.enter(100.0) is None  # K3
    breaker.on_answered(probe, 2.1)
    assert breaker.state is CircuitState.CLOSED
    fail(breaker, 3.0, 2)  # what came before is forgotten
    assert breaker.state is CircuitState.CLOSED


def test_each_probe_that_fails_doubles_the_pause_up_to_its_limit() -> None:
    breaker, now = opened(), 0.0
    for pause_s in (2.0, 4.0, 8.0, 8.0):
        assert breaker.enter(now + pause_s - 0.01) is None
        now += pause_s
        breaker.on_failed(entered(breaker, now), now, "503")
        assert breaker.state is CircuitState.OPEN
    assert breaker.openings == 1
    assert breaker.last_failure == "503"


def test_the_pause_is_short_again_after_the_circuit_was_closed() -> None:
    breaker = opened()
    breaker.on_failed(entered(breaker, 2.0), 2.0, "timeout")
    breaker.on_answered(entered(breaker, 6.0), 6.0)
    fail(breaker, 7.0, 3)
    assert breaker.enter(9.0) is not None


def test_a_probe_that_told_nothing_gives_its_turn_to_the_next() -> None:
    breaker = opened()
    breaker.on_left(entered(breaker, 2.0))
    assert breaker.state is CircuitState.OPEN
    assert entered(breaker, 2.0).is_probe


def test_what_left_before_the_circuit_opened_neither_closes_it_nor_lengthens_the_pause() -> None:
    breaker = CircuitBreaker(CONFIG)
    late, later = entered(breaker, 0.0), entered(breaker, 0.0)
    fail(breaker, 0.0, 3)
    breaker.on_answered(late, 1.0)  # K2
    breaker.on_failed(later, 1.0, "timeout")
    assert breaker.state is CircuitState.OPEN
    assert breaker.enter(2.0) is not None


def test_what_waits_in_line_is_turned_away_while_the_circuit_is_open() -> None:
    breaker = CircuitBreaker(CONFIG)
    waiting = entered(breaker, 0.0)
    assert not breaker.turns_away(waiting)
    fail(breaker, 0.0, 3)
    assert breaker.turns_away(waiting)
    probe = entered(breaker, 2.0)
    assert not breaker.turns_away(probe)
    assert breaker.turns_away(waiting)
    breaker.on_answered(probe, 2.0)
    assert not breaker.turns_away(waiting)
    assert breaker.held_back == 2


def test_what_is_vital_always_goes_and_its_answer_closes_the_circuit() -> None:
    breaker = opened()
    for _ in range(20):  # K4: its failures do not keep the circuit open
        breaker.on_failed(entered(breaker, 1.0, is_vital=True), 1.0, "timeout")
    assert breaker.enter(1.0) is None
    assert breaker.enter(2.0) is not None
    breaker.on_answered(entered(breaker, 2.0, is_vital=True), 2.0)
    assert breaker.state is CircuitState.CLOSED


def test_vital_failures_open_a_closed_circuit() -> None:
    breaker = CircuitBreaker(CONFIG)
    for _ in range(3):
        breaker.on_failed(entered(breaker, 0.0, is_vital=True), 0.0, "timeout")
    assert breaker.state is CircuitState.OPEN


def test_switched_off_it_lets_everything_through() -> None:
    breaker = CircuitBreaker(CircuitConfig(is_enabled=False))
    fail(breaker, 0.0, 100)
    assert breaker.state is CircuitState.CLOSED


def test_the_report_says_since_when_and_until_when() -> None:
    breaker = opened(now=10.0)
    report = breaker.report("order", 11.5)
    assert (report.group, report.state) == ("order", CircuitState.OPEN)
    assert (report.open_s, report.probe_in_s) == (1.5, 0.5)
    assert (report.failures_in_a_row, report.last_failure) == (3, "timeout")
    breaker.on_answered(entered(breaker, 12.0), 12.0)
    report = breaker.report("order", 13.0)
    assert (report.open_s, report.probe_in_s, report.failures_in_a_row) == (0.0, 0.0, 0)
    assert repr(breaker) == "<CircuitBreaker CLOSED, 0 failures in a row>"


@pytest.mark.parametrize(
    "options",
    [
        {"failures_in_a_row": 0},
        {"failures_of_last_20": 0},
        {"failures_of_last_20": 21},
        {"window_s": 0.0},
        {"pause_base_s": -1.0},
        {"pause_max_s": float("nan")},
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        CircuitConfig(**options)  # type: ignore[arg-type]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["enter", "vital", "answer", "fail", "leave"]),
        st.integers(0, 7),
        st.sampled_from([0.0, 0.1, 1.0, 5.0]),
    ),
    max_size=80,
)


@given(steps=STEPS)
def test_at_most_one_probe_is_under_way_and_an_open_circuit_always_probes_again(
    steps: list[tuple[str, int, float]],
) -> None:
    breaker, now = CircuitBreaker(CONFIG), 0.0
    under_way: list[Passage] = []
    for what, index, pause_s in steps:
        now += pause_s
        if what in ("enter", "vital"):
            was_open = breaker.state is not CircuitState.CLOSED
            passage = breaker.enter(now, is_vital=what == "vital")
            assert passage is not None or (was_open and what == "enter")
            if passage is not None:
                under_way.append(passage)
        elif under_way:
            passage = under_way.pop(index % len(under_way))
            if what == "answer":
                breaker.on_answered(passage, now)
            elif what == "fail":
                breaker.on_failed(passage, now, "timeout")
            else:
                breaker.on_left(passage)
        is_probing = breaker.state is CircuitState.HALF_OPEN
        probes = [p for p in under_way if p.is_probe and not breaker.turns_away(p)]
        assert not is_probing or len(probes) == 1
    for passage in under_way:
        breaker.on_left(passage)
    assert breaker.enter(now + CONFIG.pause_max_s) is not None

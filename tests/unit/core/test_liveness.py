from mexc_connector.core.liveness import Liveness, LivenessAction

ENDLESS = {"rotate_after_s": 1e6, "max_age_s": 1e6}


def link(*, now: float = 0.0) -> Liveness:
    return Liveness(
        ping_interval_s=15.0,
        pong_timeout_s=5.0,
        data_timeout_s=60.0,
        rotate_after_s=1000.0,
        max_age_s=1500.0,
        now=now,
    )


def test_a_new_link_is_pinged_after_one_interval() -> None:
    liveness = link(now=100.0)
    assert liveness.deadline == 115.0
    assert liveness.on_time(114.9) is LivenessAction.NONE
    assert liveness.on_time(115.0) is LivenessAction.PING
    assert liveness.on_time(115.0) is LivenessAction.NONE


def test_a_ping_without_pong_is_death_even_while_data_flows() -> None:
    liveness = link()
    assert liveness.on_time(15.0) is LivenessAction.PING
    assert liveness.deadline == 20.0
    liveness.on_frame(19.9)
    assert liveness.on_time(20.0) is LivenessAction.DEAD_NO_PONG


def test_a_pong_lets_the_link_live_until_the_next_ping() -> None:
    liveness = link()
    assert liveness.on_time(15.0) is LivenessAction.PING
    liveness.on_pong(15.1)
    assert liveness.deadline == 30.0
    assert liveness.on_time(20.0) is LivenessAction.NONE
    assert liveness.on_time(30.0) is LivenessAction.PING


def test_a_second_ping_does_not_extend_the_deadline_of_the_first() -> None:
    liveness = Liveness(
        ping_interval_s=2.0,
        pong_timeout_s=5.0,
        data_timeout_s=60.0,
        rotate_after_s=1e6,
        max_age_s=1e6,
        now=0.0,
    )
    assert liveness.on_time(2.0) is LivenessAction.PING
    assert liveness.on_time(4.0) is LivenessAction.PING
    assert liveness.on_time(6.0) is LivenessAction.PING
    assert liveness.on_time(7.0) is LivenessAction.DEAD_NO_PONG


def test_silence_is_death_when_pings_are_rarer_than_the_data_deadline() -> None:
    liveness = Liveness(
        ping_interval_s=500.0,
        pong_timeout_s=5.0,
        data_timeout_s=60.0,
        rotate_after_s=1e6,
        max_age_s=1e6,
        now=0.0,
    )
    liveness.on_frame(10.0)
    assert liveness.deadline == 70.0
    assert liveness.on_time(69.9) is LivenessAction.NONE
    assert liveness.on_time(70.0) is LivenessAction.DEAD_SILENT


def test_the_sooner_of_two_deadlines_is_the_verdict() -> None:
    liveness = Liveness(
        ping_interval_s=1.0,
        pong_timeout_s=50.0,
        data_timeout_s=10.0,
        rotate_after_s=1e6,
        max_age_s=1e6,
        now=0.0,
    )
    assert liveness.on_time(1.0) is LivenessAction.PING
    assert liveness.on_time(10.0) is LivenessAction.DEAD_SILENT


def test_a_link_asks_once_for_a_successor_and_ends_in_time_without_one() -> None:
    liveness = link()
    told: list[tuple[float, LivenessAction]] = []
    now = 0.0
    while len(told) < 2:
        now = liveness.deadline
        action = liveness.on_time(now)
        if action is LivenessAction.PING:
            liveness.on_pong(now)
        elif action is not LivenessAction.NONE:
            told.append((now, action))
    assert told == [(1000.0, LivenessAction.ROTATE), (1500.0, LivenessAction.EXPIRED)]


def test_a_process_that_stood_still_reads_before_it_judges() -> None:
    liveness = link()
    assert liveness.on_time(15.0) is LivenessAction.PING
    # Nobody ran for ten seconds; the PONG lies unread in the socket.
    assert liveness.on_time(30.0) is LivenessAction.NONE
    liveness.on_pong(30.01)
    assert liveness.on_time(30.02) is LivenessAction.PING


def test_a_stall_delays_the_verdict_but_does_not_spare_a_dead_link() -> None:
    liveness = link()
    assert liveness.on_time(15.0) is LivenessAction.PING
    assert liveness.on_time(30.0) is LivenessAction.NONE
    assert liveness.on_time(30.0) is LivenessAction.PING  # the next one is due as well
    assert liveness.deadline == 31.0
    assert liveness.on_time(31.0) is LivenessAction.DEAD_NO_PONG


def test_the_repr_shows_what_is_awaited() -> None:
    liveness = link()
    assert "no PONG awaited" in repr(liveness)
    liveness.on_time(15.0)
    assert "PONG due 20" in repr(liveness)

from mexc_connector.sim.limits import AddressLimiter, Judgement, Verdict
from mexc_connector.sim.options import SimLimits

SECOND = 1_000


def test_a_window_holds_300_weight_and_then_begins_anew() -> None:
    limiter = AddressLimiter(SimLimits(), now_ms=0)
    assert all(limiter.judge(25, 100).verdict is Verdict.PASS for _ in range(12))
    assert limiter.judge(1, 2_500) == Judgement(Verdict.LIMITED, 8)
    assert limiter.judge(300, 10 * SECOND).verdict is Verdict.PASS


def test_a_refused_request_uses_no_weight() -> None:
    limiter = AddressLimiter(SimLimits(weight_per_window=10), now_ms=0)
    assert limiter.judge(8, 0).verdict is Verdict.PASS
    assert limiter.judge(3, 0).verdict is Verdict.LIMITED
    assert limiter.judge(2, 0).verdict is Verdict.PASS


def test_repeated_violations_ban_for_two_minutes() -> None:
    limits = SimLimits(weight_per_window=1, violations_before_ban=3)
    limiter = AddressLimiter(limits, now_ms=0)
    limiter.judge(1, 0)
    assert [limiter.judge(1, 0).verdict for _ in range(4)] == [
        *[Verdict.LIMITED] * 3,
        Verdict.BANNED,
    ]
    assert limiter.judge(1, 30 * SECOND) == Judgement(Verdict.BANNED, 90)
    assert limiter.judge(1, 120 * SECOND).verdict is Verdict.PASS


def test_violations_are_forgotten_after_a_minute() -> None:
    limits = SimLimits(weight_per_window=1, violations_before_ban=1, weight_window_ms=10**9)
    limiter = AddressLimiter(limits, now_ms=0)
    limiter.judge(1, 0)
    assert limiter.judge(1, 0).verdict is Verdict.LIMITED
    assert limiter.judge(1, 60 * SECOND).verdict is Verdict.LIMITED
    assert limiter.judge(1, 61 * SECOND).verdict is Verdict.BANNED


def test_a_burst_of_120_passes_the_firewall_and_the_next_request_shuts_it() -> None:
    limiter = AddressLimiter(SimLimits(weight_per_window=10_000), now_ms=0)
    assert all(limiter.judge(1, 0).verdict is Verdict.PASS for _ in range(120))
    assert limiter.judge(1, 0).verdict is Verdict.FIREWALL
    assert limiter.judge(1, 59 * SECOND).verdict is Verdict.FIREWALL
    assert limiter.judge(1, 60 * SECOND).verdict is Verdict.PASS


def test_twenty_requests_a_second_pass_the_firewall_for_ever() -> None:
    limiter = AddressLimiter(SimLimits(weight_per_window=10_000), now_ms=0)
    verdicts = {limiter.judge(1, tick * 50).verdict for tick in range(5_000)}
    assert verdicts == {Verdict.PASS}


def test_lifted_limits_pass_everything() -> None:
    limiter = AddressLimiter(SimLimits.lifted(), now_ms=0)
    assert {limiter.judge(25, 0).verdict for _ in range(5_000)} == {Verdict.PASS}

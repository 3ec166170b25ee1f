from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.cli.rates import CounterRate, EventRate, LatencyWindow, SendDelays


def test_a_rate_is_the_number_of_events_of_the_last_second() -> None:
    rate = EventRate()
    for now in (0.0, 0.2, 0.9, 1.1):
        rate.count(now)
    assert rate.per_second(1.1) == 3
    assert rate.per_second(1.95) == 1
    assert rate.per_second(9.0) == 0


def test_a_counters_growth_is_taken_over_about_a_second() -> None:
    rate = CounterRate()
    assert rate.read(500, now=10.0) == 0
    assert rate.read(550, now=10.5) == 100
    for tenth in range(6, 31):
        latest = rate.read(550 + 20 * (tenth - 5), now=10 + tenth / 10)
    assert round(latest) == 200


def test_a_counter_that_starts_anew_has_no_negative_rate() -> None:
    rate = CounterRate()
    rate.read(500, now=1.0)
    assert rate.read(3, now=2.0) == 0


def test_a_quiet_second_has_no_latency() -> None:
    window = LatencyWindow()
    window.add(2.0, now=1.0)
    assert window.summary(1.5) is not None
    assert window.summary(2.5) is None


def test_median_and_99th_percentile_are_latencies_that_occurred() -> None:
    window = LatencyWindow()
    for latency in range(1, 101):
        window.add(float(latency), now=1.0)
    summary = window.summary(1.0)
    assert summary is not None
    assert (summary.median_ms, summary.p99_ms) == (50.0, 99.0)


def test_a_latency_is_measured_on_the_exchanges_clock() -> None:
    delays = SendDelays(clock_offset_ms=100)
    assert delays.latency_ms(sent_ms=1100, received_ms=1002.5) == 2.5


def test_a_message_from_the_future_corrects_the_clock_offset() -> None:
    delays = SendDelays(clock_offset_ms=0)
    assert delays.latency_ms(sent_ms=1007, received_ms=1000) == 0
    assert delays.latency_ms(sent_ms=1017, received_ms=1012) == 2


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6))), st.floats(-1e3, 1e3))
def test_no_latency_is_below_zero(messages: list[tuple[float, float]], offset: float) -> None:
    delays = SendDelays(clock_offset_ms=offset)
    assert all(delays.latency_ms(sent_ms=s, received_ms=r) >= 0 for s, r in messages)

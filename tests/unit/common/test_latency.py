from itertools import pairwise
from math import ceil

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mexc_connector.common.errors import UsageError
from mexc_connector.common.latency import (
    LatencyDistribution,
    LatencyHistogram,
    LatencyReport,
    LatencyStage,
    StreamKind,
)

durations = st.lists(
    st.one_of(st.integers(-200, 200), st.integers(-(10**15), 10**15)), min_size=1, max_size=60
)


def recorded(values: list[int]) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for value in values:
        histogram.record(value)
    return histogram


def distribution(values: list[int]) -> LatencyDistribution:
    snapshot = recorded(values).snapshot()
    assert snapshot is not None
    return snapshot


@given(values=durations)
@example(values=[-1, 0, 1])
@example(values=[63, 64, 65, -63, -64, -65])
def test_every_value_is_counted_in_the_bucket_that_contains_it(values: list[int]) -> None:
    buckets = distribution(values).buckets
    assert sum(bucket.count for bucket in buckets) == len(values)
    for bucket in buckets:
        assert bucket.count == sum(bucket.low_ns <= value < bucket.high_ns for value in values)


@given(values=durations)
def test_buckets_ascend_without_overlap_and_are_narrow(values: list[int]) -> None:
    buckets = distribution(values).buckets
    for left, right in pairwise(buckets):
        assert left.high_ns <= right.low_ns
    for bucket in buckets:
        width = bucket.high_ns - bucket.low_ns
        assert width == 1 or width * 32 <= max(abs(bucket.low_ns), abs(bucket.high_ns))


@given(values=durations, percent=st.floats(0, 100))
def test_a_percentile_is_the_true_one_or_a_thirtysecond_part_above_it(
    values: list[int], percent: float
) -> None:
    rank = max(1, ceil(len(values) * percent / 100))
    true = sorted(values)[rank - 1]
    found = distribution(values).percentile_ns(percent)
    assert true <= found <= true + abs(true) / 32
    histogram = recorded(values)
    assert histogram.percentile_ns(percent) == found
    assert histogram.max_ns == max(values)


@given(values=durations)
def test_the_ends_the_mean_and_what_is_below_zero_are_exact(values: list[int]) -> None:
    found = distribution(values)
    assert (found.min_ns, found.max_ns) == (min(values), max(values))
    assert (found.percentile_ns(0), found.percentile_ns(100)) == (min(values), max(values))
    assert found.mean_ns == sum(values) / len(values)
    assert found.below_zero == sum(value < 0 for value in values)
    assert found.count == len(values)


@given(left=durations, right=durations)
def test_merging_is_recording_both(left: list[int], right: list[int]) -> None:
    assert distribution(left).merged(distribution(right)) == distribution(left + right)


def test_a_histogram_without_values_has_no_distribution() -> None:
    histogram = LatencyHistogram()
    assert histogram.count == 0
    assert histogram.snapshot() is histogram.percentile_ns(50) is histogram.max_ns is None


def test_memory_is_bounded_whatever_is_recorded() -> None:
    histogram = LatencyHistogram()
    for power in range(100):
        for part in range(64, 128):
            histogram.record((part << power) // 64)
            histogram.record(-(part << power) // 64)
    found = histogram.snapshot()
    assert found is not None
    assert len(found.buckets) <= 2 * (64 + 57 * 32)
    assert found.max_ns == 2**63 - 1
    assert found.min_ns == -found.max_ns


@pytest.mark.parametrize("percent", [-0.1, 100.1, float("nan")])
def test_a_percentile_outside_its_range_is_refused(percent: float) -> None:
    with pytest.raises(UsageError, match="0 to 100"):
        distribution([1]).percentile_ns(percent)
    with pytest.raises(UsageError, match="0 to 100"):
        recorded([1]).percentile_ns(percent)


def test_only_stages_from_the_exchange_to_us_cross_clocks() -> None:
    assert {stage for stage in LatencyStage if stage.is_across_clocks} == {
        LatencyStage.ENGINE_TO_RECEIVED,
        LatencyStage.CREATED_TO_RECEIVED,
        LatencyStage.SENT_TO_RECEIVED,
    }


DELIVERED = LatencyStage.RECEIVED_TO_DELIVERED


def report(kind: StreamKind, stage: LatencyStage = DELIVERED, *, frames: int) -> LatencyReport:
    stages = {stage: distribution([1_000, 3_000, -2_000])}
    return LatencyReport(
        one_in=4, frames=frames, uncorrected_frames=1, clock_offset_ms=7, streams={kind: stages}
    )


def test_reports_of_two_clients_merge_into_one() -> None:
    merged = report(StreamKind.TRADES, frames=3).merged(report(StreamKind.FILLS, frames=5))
    assert set(merged.streams) == {StreamKind.TRADES, StreamKind.FILLS}
    assert (merged.frames, merged.uncorrected_frames, merged.one_in) == (8, 2, 4)
    assert merged.clock_offset_ms == 7


def test_merging_reports_of_the_same_stream_merges_their_stages() -> None:
    one, other = (report(StreamKind.TRADES, frames=3) for _ in range(2))
    decoded = report(StreamKind.TRADES, LatencyStage.RECEIVED_TO_DECODED, frames=1)
    stages = one.merged(other).merged(decoded).streams[StreamKind.TRADES]
    assert stages[DELIVERED].count == 6
    assert stages[LatencyStage.RECEIVED_TO_DECODED].count == 3
    assert one.streams[StreamKind.TRADES][DELIVERED].count == 3


def test_a_report_prints_as_a_table_in_microseconds() -> None:
    head, line = str(report(StreamKind.TRADES, frames=3)).splitlines()
    assert " ".join(head.split()) == "microseconds count below 0 mean p50 p90 p99 p99.9 max"
    assert line.split() == [
        *("TRADES", "RECEIVED_TO_DELIVERED", "3", "1"),
        *("0.7", "1.0", "3.0", "3.0", "3.0", "3.0"),
    ]

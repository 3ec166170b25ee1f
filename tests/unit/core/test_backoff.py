import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.core.backoff import backoff_delay


def test_the_delay_doubles_with_every_attempt_without_jitter() -> None:
    delays = [backoff_delay(n, base_s=0.25, max_s=100.0, jitter=0.0) for n in range(5)]
    assert delays == [0.25, 0.5, 1.0, 2.0, 4.0]


def test_the_delay_never_exceeds_its_maximum() -> None:
    assert backoff_delay(50, base_s=0.25, max_s=8.0, jitter=0.0) == 8.0


def test_jitter_takes_away_at_most_half() -> None:
    assert backoff_delay(2, base_s=1.0, max_s=8.0, jitter=0.5) == 3.0
    assert backoff_delay(2, base_s=1.0, max_s=8.0, jitter=0.999999) > 2.0


@pytest.mark.parametrize("attempt", [1_000, 1_001, 1_023, 1_024, 10**6, 10**30])
def test_any_number_of_attempts_is_safe(attempt: int) -> None:
    assert backoff_delay(attempt, base_s=100.0, max_s=30.0, jitter=0.0) == 30.0
    assert backoff_delay(attempt, base_s=0.0, max_s=30.0, jitter=0.0) == 0.0


@given(
    attempt=st.integers(min_value=0, max_value=5_000),
    base_s=st.floats(min_value=1e-3, max_value=1e3),
    max_s=st.floats(min_value=1e-3, max_value=1e6),
    jitter=st.floats(min_value=0.0, max_value=1.0, exclude_max=True),
)
def test_the_delay_stays_between_half_of_its_ceiling_and_the_ceiling(
    attempt: int, base_s: float, max_s: float, jitter: float
) -> None:
    ceiling = max_s if attempt > 60 else min(max_s, base_s * 2**attempt)
    delay = backoff_delay(attempt, base_s=base_s, max_s=max_s, jitter=jitter)
    assert ceiling / 2 <= delay <= ceiling
    assert math.isfinite(delay)

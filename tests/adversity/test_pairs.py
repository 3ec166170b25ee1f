"""Pairs of faults: a sample here that changes with the day, all of them in `make adversity`."""

import gc
from datetime import UTC, datetime
from random import Random

import pytest

from tests.adversity.case import all_pairs, run_batch

AT_ONCE = 8
BATCH_COUNT = 6


def todays_pairs() -> list[tuple[str, str]]:
    """Give another sample each day; all workers of a run have to see the same one."""
    return Random(datetime.now(UTC).toordinal()).sample(all_pairs(), AT_ONCE * BATCH_COUNT)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(BATCH_COUNT))
async def test_a_session_survives_two_faults_at_once(number: int, fault_seed: int) -> None:
    pairs = todays_pairs()[number * AT_ONCE : (number + 1) * AT_ONCE]
    outcomes = await run_batch(pairs, seed=fault_seed, at_once=AT_ONCE)
    broken = [outcome.report for outcome in outcomes if outcome.broken]
    assert not broken, "\n".join(broken)
    gc.collect()  # a socket that was forgotten warns here, where it was made

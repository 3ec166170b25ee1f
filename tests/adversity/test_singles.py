"""Every fault alone: while it lasts no promise is broken, and afterwards all are kept again."""

import gc

import pytest

from tests.adversity.case import run_batch
from tests.adversity.catalogue import FAULTS

AT_ONCE = 8
NAMES = sorted(FAULTS)
BATCHES = [NAMES[start : start + AT_ONCE] for start in range(0, len(NAMES), AT_ONCE)]


@pytest.mark.slow
@pytest.mark.parametrize("names", BATCHES, ids=[f"{b[0]}-to-{b[-1]}" for b in BATCHES])
async def test_a_session_survives_each_fault(names: list[str], fault_seed: int) -> None:
    outcomes = await run_batch([(name,) for name in names], seed=fault_seed, at_once=AT_ONCE)
    broken = [outcome.report for outcome in outcomes if outcome.broken]
    assert not broken, "\n".join(broken)
    # On a slow machine a rare fault may not strike within its second.
    assert sum(outcome.struck > 0 for outcome in outcomes) > len(outcomes) / 2
    assert all(outcome.orders for outcome in outcomes)
    gc.collect()  # a socket that was forgotten warns here, where it was made

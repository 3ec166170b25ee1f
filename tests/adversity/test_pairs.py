"""Some pairs of faults, drawn by the seed; `make adversity` tries them all."""

import gc
from random import Random

import pytest

from tests.adversity.case import all_pairs, run_batch

AT_ONCE = 8
BATCHES = 4


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
async def test_a_session_survives_pairs_of_faults(batch: int, fault_seed: int) -> None:
    drawn = Random(fault_seed).sample(all_pairs(), BATCHES * AT_ONCE)
    outcomes = await run_batch(drawn[batch::BATCHES], seed=fault_seed, at_once=AT_ONCE)
    broken = [outcome.report for outcome in outcomes if outcome.broken]
    assert not broken, "\n".join(broken)
    assert sum(outcome.struck > 0 for outcome in outcomes) > len(outcomes) / 2
    assert all(outcome.orders for outcome in outcomes)
    gc.collect()  # a socket that was forgotten warns here, where it was made

"""Bent REST answers meet errors of our own tree and nothing else, whatever the endpoint."""

import pytest

from tests.fuzz import replies


@pytest.mark.slow
async def test_nothing_but_our_errors_comes_of_a_bent_answer(fault_seed: int) -> None:
    counts = await replies.run(seed=fault_seed, seconds=2.0)
    assert counts["refused"] > 20

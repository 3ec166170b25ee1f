"""One test for each mechanism that reliability hangs on: without it, this one fails.

`python -m tests.adversity.removals` takes each of them out of a copy and shows that it does.
"""

import pytest

from tests.adversity.case import run_batch
from tests.adversity.removals import REMOVALS, ROOT

A_DAY = 86_400.0
FAULTS_OF = {
    "gap_check": ("drop_public", "silence_channels"),
    "replay_after_reconnect": ("disconnect", "close"),
    "listen_key_replacement": ("end_listen_keys", "refuse_listen_key"),
    "reconciliation": ("drop_private", "silence_channels"),
    "unknown_outcome_handling": ("lose_request", "error_before", "lose_answer"),
}


@pytest.mark.parametrize("mechanism", FAULTS_OF)
async def test_promises_hold_because_of(mechanism: str, fault_seed: int) -> None:
    cases = [(name,) for name in FAULTS_OF[mechanism]]
    outcomes = await run_batch(
        cases,
        seed=fault_seed,
        at_once=len(cases),
        rotate_after_s=A_DAY,  # a successor would stand in for some of them
    )
    broken = [outcome.report for outcome in outcomes if outcome.broken]
    assert not broken, "\n".join(broken)
    assert all(outcome.struck and outcome.orders for outcome in outcomes)


@pytest.mark.parametrize("mechanism", FAULTS_OF)
def test_what_takes_a_mechanism_out_finds_its_place(mechanism: str) -> None:
    for edit in REMOVALS[mechanism].edits:
        source = (ROOT / "src" / "mexc_connector" / edit.file).read_text(encoding="utf-8")
        assert source.count(edit.old) == 1, edit.file

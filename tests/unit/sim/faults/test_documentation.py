"""Every fault is in docs/simulator.md, and every line of YAML there is a rule."""

import re
from pathlib import Path

import pytest

from mexc_connector.sim import faults as all_faults
from mexc_connector.sim.faults import FaultPlan, FaultRule

TEXT = (Path(__file__).parents[4] / "docs" / "simulator.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\| `(\{fault: .*?\})` \|", TEXT, re.MULTILINE)
FILES = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("line", LINES)
def test_each_line_is_a_rule(line: str) -> None:
    assert len(FaultPlan.from_yaml(f"rules: [{line}]").rules) == 1


def test_each_file_is_a_plan() -> None:
    assert FILES
    for file in FILES:
        assert FaultPlan.from_yaml(file).rules


def test_every_fault_is_documented() -> None:
    documented = {FaultPlan.from_yaml(f"rules: [{line}]").rules[0].kind for line in LINES}
    exported = {
        str(kind.__struct_config__.tag)
        for kind in vars(all_faults).values()
        if isinstance(kind, type) and issubclass(kind, FaultRule) and kind is not FaultRule
    }
    assert documented == exported

"""The seed of generated faults, and how a failure says what it takes to see it again.

A test that draws its faults takes the fixture `fault_seed` and hands its plan to `fault_report`.
When it fails, the report shows the seed, the command that repeats it, the plan as YAML for
`mexc-connector sim --faults`, and the newest records of the trace.
"""

from __future__ import annotations

from collections.abc import Generator
from secrets import randbits

import pytest

from mexc_connector.sim import Simulator
from mexc_connector.sim.faults import FaultPlan

USUAL_SEED = "20261120"
RECORDS_SHOWN = 20


class FaultReport:
    """What a failing test tells about its faults."""

    def __init__(self, seed: int, command: str) -> None:
        self.seed = seed
        self.command = command
        self._plan: FaultPlan | None = None
        self._simulator: Simulator | None = None

    def watch(self, plan: FaultPlan, simulator: Simulator | None = None) -> FaultPlan:
        """Take note of a plan, and of the simulator whose trace counts; give the plan back."""
        self._plan = plan
        self._simulator = simulator or self._simulator
        return plan

    def text(self) -> str:
        lines = [f"fault seed {self.seed}; see it again with:", f"  {self.command}"]
        if self._plan is not None:
            lines += ["", "the plan, for `mexc-connector sim --faults FILE`:", self._plan.to_yaml()]
        if self._simulator is not None:
            records = self._simulator.fault_trace
            lines += [f"the last of {len(records)} faults:", *map(str, records[-RECORDS_SHOWN:])]
        return "\n".join(lines)


REPORT = pytest.StashKey[FaultReport]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fault-seed",
        default=USUAL_SEED,
        metavar="N",
        help="seed of generated faults, or `random` (default %(default)s)",
    )


@pytest.fixture
def fault_report(request: pytest.FixtureRequest) -> FaultReport:
    """The report of a test's faults, with the seed of this run."""
    text = request.config.getoption("--fault-seed")
    seed = randbits(32) if text == "random" else int(text)
    command = f"python -m pytest '{request.node.nodeid}' --fault-seed={seed}"
    report = request.node.stash[REPORT] = FaultReport(seed, command)
    return report


@pytest.fixture
def fault_seed(fault_report: FaultReport) -> int:
    """The seed of this run."""
    return fault_report.seed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    outcome = yield
    report = item.stash.get(REPORT, None)
    if report is not None and outcome.failed:
        outcome.sections.append(("faults", report.text()))
    return outcome

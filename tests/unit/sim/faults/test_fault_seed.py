"""A failing test with drawn faults says how to see it again."""

import subprocess
import sys
from pathlib import Path

import pytest

import mexc_connector

ROOT = Path(__file__).parents[4]
FAILING = """
from mexc_connector.sim.faults import DropFrames, FaultPlan


def test_it_fails(fault_report, fault_seed):
    fault_report.watch(FaultPlan(seed=fault_seed, rules=(DropFrames(probability=0.5),)))
    assert False
"""


def run(test: Path, *flags: str) -> str:
    sources = Path(mexc_connector.__file__).parents[1]
    command = [sys.executable, "-m", "pytest", "-p", "tests.fault_seed", "-q", str(test), *flags]
    command += ["-p", "no:cacheprovider", f"--rootdir={test.parent}"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"PYTHONPATH": f"{sources}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_a_failure_prints_seed_command_and_plan(tmp_path: Path) -> None:
    test = tmp_path / "test_failing.py"
    test.write_text(FAILING, encoding="utf-8")
    out = run(test, "--fault-seed=77")
    assert "fault seed 77; see it again with:" in out
    assert "python -m pytest 'test_failing.py::test_it_fails' --fault-seed=77" in out
    assert "- fault: drop\n  probability: 0.5\n" in out


def test_a_random_seed_is_printed_too(tmp_path: Path) -> None:
    test = tmp_path / "test_failing.py"
    test.write_text(FAILING, encoding="utf-8")
    first, second = run(test, "--fault-seed=random"), run(test, "--fault-seed=random")
    seeds = [out.partition("--fault-seed=")[2].split()[0] for out in (first, second)]
    assert seeds[0] != seeds[1]


def test_the_usual_seed_is_the_same_each_time(
    fault_seed: int, request: pytest.FixtureRequest
) -> None:
    wanted = request.config.getoption("--fault-seed")
    assert wanted == "random" or fault_seed == int(wanted)

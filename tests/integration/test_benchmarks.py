"""The benchmark suite runs: every module, in its smallest mode. No figure is looked at here."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from benchmarks import results
from benchmarks.__main__ import SUITE
from benchmarks.frames import Recipe, record
from benchmarks.measure import MeasurementFailed, Report
from benchmarks.race import Contender, Implementation, race

HOME = Path(__file__).parents[2]
DEPTH = "benchmarks.contenders.depth_ours:reference"


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(HOME)  # contenders are started by the name of their module
    return record(tmp_path / "recording", Recipe(levels=5, frames=20, book_levels=50))


def race_of_one(recording: str) -> list[float]:
    folders = {"case": recording}
    contender = Contender("ours", DEPTH, {"folders": folders}, Implementation.REFERENCE)
    return race([contender], rounds=2).of("ours", "case")


@pytest.mark.slow
@pytest.mark.parametrize("name", SUITE)
def test_a_benchmark_reports_measurements_and_judges_its_rows(name: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--quick", "--json"],
        cwd=HOME,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    report = msgspec.json.decode(run.stdout, type=Report)
    assert report.name == name
    assert report.measurements
    results.write(tmp_path / "RESULTS.md", [report], failures={}, facts=[("date", "today")])
    written = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert all(row.what in written and row.target in written for row in report.rows)


def test_every_benchmark_is_part_of_the_suite() -> None:
    ending = 'if __name__ == "__main__":\n    main(measure)\n'
    found = {
        path.stem
        for path in (HOME / "benchmarks").glob("*.py")
        if path.read_text(encoding="utf-8").endswith(ending)
    }
    assert found == set(SUITE)


def test_the_same_recipe_makes_the_same_frames_and_another_seed_others(tmp_path: Path) -> None:
    def frames_of(name: str, seed: int) -> bytes:
        return Path(record(tmp_path / name, Recipe(5, 20, 50, seed=seed)), "frames").read_bytes()

    assert frames_of("one", 1) == frames_of("again", 1) != frames_of("other", 2)


def test_a_contender_that_ends_with_the_exchanges_book_is_measured(recording: str) -> None:
    assert len(race_of_one(recording)) == 2


def test_a_contender_whose_book_is_wrong_at_the_end_gets_no_figure(
    recording: str, capfd: pytest.CaptureFixture[str]
) -> None:
    after = Path(recording, "after.json")
    book = json.loads(after.read_bytes())
    book["bids"][3][1] = "0.12345678"
    after.write_text(json.dumps(book), encoding="utf-8")
    with pytest.raises(MeasurementFailed, match="ended with code 1"):
        race_of_one(recording)
    assert "the bids are not the exchange's at the end" in capfd.readouterr().err


def test_a_contender_whose_library_is_not_installed_is_named_as_missing(
    recording: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no C compiler there
    target = "benchmarks.contenders.depth_floor:prepare"
    result = race([Contender("floor", target, {"folders": {"case": recording}})], rounds=1)
    assert not result.has("floor")
    assert result.why_missing("floor") == "floor: no C compiler `cc`"

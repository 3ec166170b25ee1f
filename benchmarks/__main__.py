"""Run every benchmark and write `RESULTS.md` and the plots: `python -m benchmarks [NAME ...]`."""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks import machine, results
from benchmarks.measure import Report
from benchmarks.report import as_text

SUITE = (
    "depth_frame",
    "socket_to_callback",
    "surviving_objects",
    "order_placement",
    "reads",
    "import_time",
    "memory",
    "burst",
    "add_symbol",
    "many_symbols",
    "latency_anatomy",
    "features",
    "event_loops",
)
"""In the order of RESULTS.md."""
_LIMIT_S = 120.0
_HOME = Path(__file__).parent


def main() -> None:
    """Run the suite, or a part of it without writing; exits with 1 if a figure is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SUITE)}; default all")
    parser.add_argument("--folder", type=Path, default=_HOME, help="where RESULTS.md goes")
    parser.add_argument("--quick", action="store_true", help="a try; its figures mean nothing")
    arguments = parser.parse_args()
    reports, failures = _measured(arguments.names or SUITE, is_quick=arguments.quick)
    if not arguments.names:
        from benchmarks import plots  # noqa: PLC0415 - the only user of matplotlib

        plots.write((p for report in reports for p in report.plots), arguments.folder / "plots")
        results.write(
            arguments.folder / "RESULTS.md", reports, failures=failures, facts=machine.facts()
        )
    for name, why in failures.items():
        print(f"{name}: {why}")
    raise SystemExit(1 if failures else 0)


def _measured(names: Sequence[str], *, is_quick: bool) -> tuple[list[Report], dict[str, str]]:
    """Run the benchmarks one after the other; return the reports, and why others have none."""
    reports, failures = [], {}
    for name in names:
        started = time.monotonic()
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json"]
        try:
            run = subprocess.run(
                [*command, "--quick"] if is_quick else command,
                capture_output=True,
                text=True,
                timeout=_LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            failures[name] = f"not done after {_LIMIT_S:g} s"
            continue
        if run.stdout:
            reports.append(msgspec.json.decode(run.stdout, type=Report))
            print(f"== {name} ({time.monotonic() - started:.0f} s)\n")
            print(as_text(reports[-1]), "\n", flush=True)
        if run.returncode:
            sys.stderr.write(run.stderr)
            failures[name] = (run.stderr.strip().splitlines() or ["see its rows"])[-1]
    return reports, failures


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None

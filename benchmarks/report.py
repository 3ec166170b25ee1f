"""The command line that all benchmarks share, and their tables on the terminal."""

import argparse
import sys
from collections.abc import Callable, Sequence

import msgspec

from benchmarks.measure import Measurement, MeasurementFailed, Options, Report, Row


def main(measure: Callable[[Options], Report]) -> None:
    """Run a benchmark as a command; exits with 1 if something could not be measured.

    A target that is missed is a result, not an error.
    """
    parser = argparse.ArgumentParser(description=sys.modules[measure.__module__].__doc__)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--quick", action="store_true", help="a try; its figures mean nothing")
    arguments = parser.parse_args()
    try:
        report = measure(Options(is_quick=arguments.quick))
    except MeasurementFailed as error:
        sys.stderr.write(f"not measured: {error}\n")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    if arguments.json:
        print(msgspec.json.encode(report).decode())
    else:
        print(as_text(report))
    if not arguments.quick and any(row.value is None for row in report.rows):
        raise SystemExit(1)


def as_text(report: Report) -> str:
    """Lay a report out for a terminal."""
    lines = [report.stands_for, ""]
    lines += _aligned([_cells(one) for one in report.measurements])
    if report.rows:
        lines += ["", *_aligned([row_cells(row) for row in report.rows])]
        lines += [f"  {row.what}: {row.note}" for row in report.rows if row.note]
    lines += ["", *report.notes] if report.notes else []
    return "\n".join(lines)


def row_cells(row: Row) -> tuple[str, ...]:
    """Return what, value with its spread, target, and whether it is met."""
    verdict = {True: "met", False: "MISSED", None: "not measured"}[row.is_met]
    if row.value is None:
        return row.what, "-", "-", row.target, verdict
    return row.what, median_text(row.value), spread_text(row.value), row.target, verdict


def median_text(value: Measurement) -> str:
    """Write the median with its unit, three significant digits."""
    return f"{number_text(value.median)} {value.unit}"


def spread_text(value: Measurement) -> str:
    """Write the lowest and the highest run."""
    if value.runs == 1:
        return "1 run"
    return f"{number_text(value.low)} to {number_text(value.high)}, {value.runs} runs"


def number_text(value: float) -> str:
    """Write three significant digits, and all of those before the point."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _cells(one: Measurement) -> tuple[str, ...]:
    return one.name, median_text(one), spread_text(one)


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]

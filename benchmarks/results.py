"""RESULTS.md: every row with its target, then every figure with the command that makes it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measure import Report
from benchmarks.report import median_text, row_cells, spread_text

_HEAD = """\
# Benchmark results

Written by `python -m benchmarks` (`make bench`); do not edit. Every figure is the median of
repeated runs, with the lowest and the highest beside it. Contenders ran in processes of their own
and took turns; ratios are formed within one turn. Compare figures of one machine only.
"""


def write(
    path: Path,
    reports: Sequence[Report],
    *,
    failures: Mapping[str, str],
    facts: Sequence[tuple[str, str]],
) -> None:
    """Write the file; `failures` are the benchmarks that gave no report, and why."""
    parts = [_HEAD, _table(("", ""), facts), "## Targets\n", _targets(reports, failures)]
    parts += [_section(report) for report in reports]
    path.write_text("\n".join(parts), encoding="utf-8")


def _targets(reports: Sequence[Report], failures: Mapping[str, str]) -> str:
    rows = [(*row_cells(row), f"`{report.name}`") for report in reports for row in report.rows]
    lines = [_table(("what", "measured", "spread", "target", "verdict", "benchmark"), rows)]
    lines += [f"- {row.what}: {row.note}" for report in reports for row in report.rows if row.note]
    lines += [f"- `{name}` was not measured: {why}" for name, why in failures.items()]
    return "\n".join(lines) + "\n"


def _section(report: Report) -> str:
    lines = [f"## {report.name}\n", f"{report.stands_for}\n"]
    lines.append(f"Command: `python -m benchmarks.{report.name}`\n")
    cells = [(one.name, median_text(one), spread_text(one)) for one in report.measurements]
    lines.append(_table(("figure", "median", "spread"), cells))
    lines += [f"{note}\n" for note in report.notes]
    lines += [f"![{plot.title}](plots/{plot.name}.svg)\n" for plot in report.plots]
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)

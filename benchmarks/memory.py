"""Memory of many books: 2,000 synced ones of 1,000 levels a side, above the idle session.

It stands for a bot that watches the whole exchange on a small machine. The books come over REST,
as large JSON replies, and the peak that their reading needs is part of what the process then holds.
Run: `python -m benchmarks.memory [--json]`.
"""

import tempfile
from pathlib import Path

from benchmarks.frames import Recipe, record
from benchmarks.measure import Options, Report, Row, below, measured, not_measured, target_text
from benchmarks.race import Argument, Contender, Implementation, RaceResult, race
from benchmarks.report import main

BOOKS = 2000
FEWER_BOOKS = 200
"""For the reference, which needs too much for a small machine; its cost per book is the same."""
LEVELS = 1000
LIMIT_MB = 128
_COMPILED, _REFERENCE = "ours, compiled", "ours, reference"


def measure(options: Options) -> Report:
    """Fill sessions in processes of their own, one at a time."""
    with tempfile.TemporaryDirectory() as folder:
        recording = record(Path(folder, "recording"), Recipe(1, 1, options.pick(LEVELS, quick=50)))
        compiled = _filled(
            _COMPILED, Implementation.COMPILED, recording, options.pick(BOOKS, quick=10)
        )
        reference = _filled(
            _REFERENCE, Implementation.REFERENCE, recording, options.pick(FEWER_BOOKS, quick=10)
        )
    figures = {"idle": "MB", "above": "MB", "per book": "kB"}
    return Report(
        name="memory",
        stands_for=f"Memory of synced books of {LEVELS:,} levels a side, above the idle session.",
        measurements=[
            measured(f"{figure}, {books:,} books, {name}", unit, result.of(name, figure))
            for name, books, result in (
                (_COMPILED, BOOKS, compiled),
                (_REFERENCE, FEWER_BOOKS, reference),
            )
            if result.has(name)
            for figure, unit in figures.items()
        ],
        rows=[_row(compiled)],
        notes=["MB are millions of bytes of resident memory. 16 bytes a level are 64 MB."],
    )


def _filled(name: str, which: Implementation, recording: str, symbols: int) -> RaceResult:
    arguments: dict[str, Argument] = {"folder": recording, "symbols": symbols}
    target = "benchmarks.contenders.many_books:prepare"
    # Memory that was once needed may stay with the process, so one process does it only once.
    return race([Contender(name, target, arguments, which)], rounds=1, warm_up=0)


def _row(result: RaceResult) -> Row:
    what = f"memory of {BOOKS:,} books of {LEVELS:,} levels a side, above the idle session"
    if not result.has(_COMPILED):
        return not_measured(what, target_text(below, LIMIT_MB, "MB"), result.why_missing(_COMPILED))
    return below(what, measured(what, "MB", result.of(_COMPILED, "above")), LIMIT_MB)


if __name__ == "__main__":
    main(measure)

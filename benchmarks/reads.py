"""Reads of memory: the book, its best prices, and the two spellings of a symbol.

They stand for what a strategy does on every event. A slower result makes every decision later. The
figures are CPU time, the loop of `timeit` included. Run: `python -m benchmarks.reads [--json]`.
"""

import tempfile
from pathlib import Path

from benchmarks.contenders.reading import STATEMENTS
from benchmarks.frames import Recipe, record
from benchmarks.measure import Options, Report, Row, below, measured, not_measured, target_text
from benchmarks.race import Argument, Contender, Implementation, RaceResult, race
from benchmarks.report import main

SYMBOLS = 2000
BOOK_LIMIT_NS, MAP_LIMIT_NS = 200, 100
_LIMITS = {
    "get_orderbook(symbol)": BOOK_LIMIT_NS,
    "book.best_bid": BOOK_LIMIT_NS,
    "book.best_ask": BOOK_LIMIT_NS,
    "symbol_map.to_exchange(symbol)": MAP_LIMIT_NS,
    "symbol_map.from_exchange(text)": MAP_LIMIT_NS,
}
_COMPILED, _REFERENCE = "ours, compiled", "ours, reference"


def measure(options: Options) -> Report:
    """Run every statement on both implementations, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        arguments: dict[str, Argument] = {
            "folder": record(Path(folder, "recording"), Recipe(1, 1)),
            "symbols": options.pick(SYMBOLS, quick=4),
            "repeats": options.pick(100_000, quick=100),
        }
        target = "benchmarks.contenders.reading:prepare"
        result = race(
            [
                Contender(_COMPILED, target, arguments, Implementation.COMPILED),
                Contender(_REFERENCE, target, arguments, Implementation.REFERENCE),
            ],
            rounds=options.pick(9, quick=1),
        )
    return Report(
        name="reads",
        stands_for=f"Reads of memory in a session, {SYMBOLS:,} markets listed.",
        measurements=[
            measured(f"{statement}, {name}", "ns", result.of(name, statement))
            for statement in STATEMENTS
            for name in result.samples
        ],
        rows=[_row(result, statement, limit) for statement, limit in _LIMITS.items()],
    )


def _row(result: RaceResult, statement: str, limit: int) -> Row:
    what = f"`{statement}`"
    if not result.has(_COMPILED):
        return not_measured(what, target_text(below, limit, "ns"), result.why_missing(_COMPILED))
    return below(what, measured(what, "ns", result.of(_COMPILED, statement)), limit)


if __name__ == "__main__":
    main(measure)

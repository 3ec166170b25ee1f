"""Decode one depth frame and apply it to a live book: the [hot] path without the socket.

It stands for the work per push of the diff channel. A slower result means that a bot with many
markets runs out of its core sooner. Contenders: ours compiled, ours over `protobuf` (the
reference), ccxt.pro, and a floor in C that does nothing else. Each ends with the exchange's book,
or the benchmark fails. Run: `python -m benchmarks.depth_frame [--json]`.
"""

import tempfile
from pathlib import Path

from benchmarks.frames import Recipe, record
from benchmarks.measure import (
    Measurement,
    Options,
    Plot,
    Report,
    Row,
    Series,
    at_least,
    at_most,
    measured,
    not_measured,
    ratio,
    target_text,
)
from benchmarks.race import Contender, Implementation, RaceResult, race
from benchmarks.report import main

FRAME_LEVELS = (1, 5, 20, 100)
USUAL_LEVELS = 20
BOOK_LEVELS = (100, 300, 1000, 2500, 5000)
USUAL_BOOK = 1000
FLAT = 1.5
"""Where we draw the line: the dearest book at most this many times the cheapest one."""
COMPILED, REFERENCE, CCXT, FLOOR = "ours, compiled", "ours, reference", "ccxt.pro", "C floor"
_IN_FRAMES = {n: "1 level" if n == 1 else f"{n} levels" for n in FRAME_LEVELS}
_IN_BOOKS = {size: f"book of {size}" for size in BOOK_LEVELS}
_ANYWHERE = {size: f"book of {size}, anywhere" for size in BOOK_LEVELS}


def measure(options: Options) -> Report:
    """Let all contenders take turns over the same recordings."""
    with tempfile.TemporaryDirectory() as folder:
        recordings = _recorded(Path(folder), options)
        result = race(
            [
                _contender(COMPILED, "depth_ours:compiled", recordings, Implementation.COMPILED),
                _contender(REFERENCE, "depth_ours:reference", recordings, Implementation.REFERENCE),
                _contender(FLOOR, "depth_floor:prepare", recordings),
                _contender(
                    CCXT,
                    "depth_ccxt:prepare",
                    {name: recordings[name] for name in _IN_FRAMES.values()},
                ),
            ],
            rounds=options.pick(11, quick=1),
        )
    return Report(
        name="depth_frame",
        stands_for="Decode one depth frame and apply it to a live book, without the socket.",
        measurements=[*_of_frames(result), *_of_books(result)],
        rows=[*_speed_rows(result), _flat_row(result)],
        plots=[_plot_of_frames(result), _plot_of_books(result)],
        notes=[
            "All figures are CPU time of the contender's process, which waits for nothing here.",
            f"Frames of N levels change a book of {USUAL_BOOK} levels a side; the books of other "
            f"sizes get frames of {USUAL_LEVELS} levels. The changes cluster at the top, except "
            "where it says anywhere.",
            "The C floor is one call for all frames. Ours is one call per frame out of Python, "
            "tens of nanoseconds that weigh most in frames of one level.",
        ],
    )


def _recorded(folder: Path, options: Options) -> dict[str, str]:
    recipes = {
        name: Recipe(levels, options.pick(1000 if levels < 100 else 200, quick=20), USUAL_BOOK)
        for levels, name in _IN_FRAMES.items()
    }
    frames = options.pick(500, quick=20)
    for size in BOOK_LEVELS:
        recipes[_IN_BOOKS[size]] = Recipe(USUAL_LEVELS, frames, size)
        recipes[_ANYWHERE[size]] = Recipe(USUAL_LEVELS, frames, size, is_clustered=False)
    return {name: record(folder / name, recipe) for name, recipe in recipes.items()}


def _contender(
    name: str,
    target: str,
    recordings: dict[str, str],
    implementation: Implementation = Implementation.INSTALLED,
) -> Contender:
    arguments = {"folders": recordings}
    return Contender(name, f"benchmarks.contenders.{target}", arguments, implementation)


def _of_frames(result: RaceResult) -> list[Measurement]:
    return [
        measured(f"{case}, {name}", "µs", result.of(name, case))
        for case in _IN_FRAMES.values()
        for name in (COMPILED, FLOOR, REFERENCE, CCXT)
        if result.has(name)
    ]


def _of_books(result: RaceResult) -> list[Measurement]:
    return [
        measured(f"per level, {case}, {name}", "ns", _per_level_ns(result, name, case))
        for cases in (_IN_BOOKS, _ANYWHERE)
        for case in cases.values()
        for name in (COMPILED, FLOOR, REFERENCE)
        if result.has(name)
    ]


def _per_level_ns(result: RaceResult, name: str, case: str) -> list[float]:
    return [us * 1000 / USUAL_LEVELS for us in result.of(name, case)]


def _speed_rows(result: RaceResult) -> list[Row]:
    rows = []
    for levels, case in _IN_FRAMES.items():
        what = f"depth frame, {case}: ccxt.pro over ours"
        limit = 60 if levels == 5 else 40
        rows.append(result.compared(what, case, of=CCXT, to=COMPILED, judge=at_least, limit=limit))
    what, case = "depth frame, 5 levels: ours over the C floor", _IN_FRAMES[5]
    floor = result.compared(what, case, of=COMPILED, to=FLOOR, judge=at_most, limit=2)
    return [rows[1], floor, rows[0], *rows[2:]]


def _flat_row(result: RaceResult) -> Row:
    what = f"cost per level, {BOOK_LEVELS[0]} to {BOOK_LEVELS[-1]} in the book: highest over lowest"
    if not result.has(COMPILED):
        why = result.why_missing(COMPILED)
        return not_measured(what, target_text(at_most, FLAT, "x"), why)
    by_cost = sorted(
        (result.of(COMPILED, case) for case in _IN_BOOKS.values()),
        key=lambda samples: measured(what, "µs", samples).median,
    )
    return at_most(what, ratio(what, by_cost[-1], by_cost[0]), FLAT)


def _plot_of_frames(result: RaceResult) -> Plot:
    return Plot(
        name="cost_against_levels_in_the_frame",
        title=f"Decode and apply one depth frame, book of {USUAL_BOOK:,} levels a side",
        x_label="changed levels in the frame",
        y_label="microseconds per frame",
        series=[
            Series(name, FRAME_LEVELS, _medians(result, name, list(_IN_FRAMES.values())))
            for name in (CCXT, REFERENCE, COMPILED, FLOOR)
            if result.has(name)
        ],
        is_x_log=True,
        is_y_log=True,
    )


def _plot_of_books(result: RaceResult) -> Plot:
    return Plot(
        name="cost_against_book_size",
        title=f"Cost per changed level, frames of {USUAL_LEVELS} levels",
        x_label="levels a side in the book",
        y_label="nanoseconds per level",
        series=[
            Series(
                f"{name}, {where}",
                BOOK_LEVELS,
                [us * 1000 / USUAL_LEVELS for us in _medians(result, name, list(cases.values()))],
            )
            for where, cases in (("at the top", _IN_BOOKS), ("anywhere", _ANYWHERE))
            for name in (COMPILED, FLOOR)
            if result.has(name)
        ],
        is_x_log=True,
    )


def _medians(result: RaceResult, name: str, cases: list[str]) -> list[float]:
    return [measured(case, "µs", result.of(name, case)).median for case in cases]


if __name__ == "__main__":
    main(measure)

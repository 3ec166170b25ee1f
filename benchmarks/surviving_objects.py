"""Python objects that survive a book update, and allocations per entry that is read.

It stands for the garbage collector's work and for memory that creeps: a bot runs for weeks. A
result above zero means that memory grows, or that something is kept without need. Counted are the
blocks of Python's allocator before and after 100,000 depth frames of five levels. For the pool, a
counter in front of the allocator counts what reading an entry asks for, against building one.
Run: `python -m benchmarks.surviving_objects [--json]`.
"""

import tempfile
from pathlib import Path

from benchmarks.frames import Recipe, record
from benchmarks.measure import Measurement, Options, Report, Row, measured, not_measured
from benchmarks.race import Contender, Implementation, RaceResult, race
from benchmarks.report import main

UPDATES = 100_000
WANTED_SAVING = 75.0
NOTHING = 0.001
"""Blocks per update that count as none: a cache somewhere may grow by a few in 100,000 updates."""
_NAMES = {Implementation.COMPILED: "ours, compiled", Implementation.REFERENCE: "ours, reference"}
_READERS = {"dropped": "bids[n]", "built": "built afresh"}
_WAYS = {"alone": "the book alone", "through": "the whole client"}


def measure(options: Options) -> Report:
    """Play the frames once to each implementation, and read entries in turns."""
    with tempfile.TemporaryDirectory() as folder:
        updates = options.pick(UPDATES, quick=200)
        recording = record(Path(folder, "recording"), Recipe(5, updates))
        survivors = _raced("surviving", recording, rounds=1, warm_up=0)
        entries = _raced("entries", recording, rounds=options.pick(7, quick=1), warm_up=1)
    return Report(
        name="surviving_objects",
        stands_for="What many book updates leave allocated, and what reading an entry asks for.",
        measurements=[*_survivors(survivors), *_entries(entries)],
        rows=[_survivor_row(survivors), _pool_row(entries)],
        notes=[
            "Levels of the compiled book are C arrays, which are not Python's blocks and grow with "
            "the number of levels only. The reference replaces objects one for one."
        ],
    )


def _raced(contender: str, recording: str, *, rounds: int, warm_up: int) -> RaceResult:
    target = f"benchmarks.contenders.{contender}:prepare"
    arguments = {"folder": recording}
    return race(
        [Contender(name, target, arguments, which) for which, name in _NAMES.items()],
        rounds=rounds,
        warm_up=warm_up,
    )


def _survivors(result: RaceResult) -> list[Measurement]:
    return [
        measured(f"blocks per update, {where}, {name}", "blocks", result.of(name, way))
        for way, where in _WAYS.items()
        for name in result.samples
    ]


def _survivor_row(result: RaceResult) -> Row:
    name = _NAMES[Implementation.COMPILED]
    what = f"Python objects that survive a book update, over {UPDATES:,}"
    if not result.has(name):
        return not_measured(what, "0 objects", result.why_missing(name))
    blocks = [sample for way in _WAYS for sample in result.of(name, way)]
    value = measured(what, "objects", blocks)
    is_met = all(abs(sample) < NOTHING for sample in blocks)
    return Row(what, value, "0 objects", is_met, f"0 is less than one block in {1 / NOTHING:,.0f}")


def _entries(result: RaceResult) -> list[Measurement]:
    return [
        measured(f"per entry, {way}, {name}", unit, result.of(name, f"{key} {unit}"))
        for unit in ("allocations", "ns")
        for key, way in _READERS.items()
        for name in result.samples
    ]


def _pool_row(result: RaceResult) -> Row:
    name = _NAMES[Implementation.COMPILED]
    what = "allocations saved by reading entries through the pool instead of building them"
    target = f"at least {WANTED_SAVING:g} %"
    if not result.has(name):
        return not_measured(what, target, result.why_missing(name))
    pooled, fresh = result.of(name, "dropped allocations"), result.of(name, "built allocations")
    saved = [100 * (1 - one / other) for one, other in zip(pooled, fresh, strict=True)]
    value = measured(what, "%", saved)
    return Row(what, value, target, value.median >= WANTED_SAVING)


if __name__ == "__main__":
    main(measure)

"""What three features buy: the pool of book entries, the cached symbol rules, the kept orders.

Each is measured with it and without. A feature that buys nothing is a line in the notes here and
should be simplified. Run: `python -m benchmarks.features [--json]`.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.frames import Recipe, record
from benchmarks.measure import Measurement, Options, Report, measured, ratio
from benchmarks.race import Argument, Contender, Implementation, RaceResult, race
from benchmarks.report import main
from benchmarks.servers import simulator

SYMBOLS = 2000
_POOL_ON, _POOL_OFF = "one kept", "all kept"
_POOL = "benchmarks.contenders.entries:prepare"
_RULES = "benchmarks.contenders.remembering:symbol_rules"
_ORDER = "benchmarks.contenders.remembering:finished_order"
_NAMES = {"compiled": Implementation.COMPILED, "reference": Implementation.REFERENCE}


def measure(options: Options) -> Report:
    """Measure the three, one after the other."""
    rounds = options.pick(7, quick=1)
    with tempfile.TemporaryDirectory() as folder:
        recording = record(Path(folder, "recording"), Recipe(1, 1))
        entries = race(
            [
                Contender(name, _POOL, {"folder": recording}, implementation)
                for name, implementation in _NAMES.items()
            ],
            rounds=rounds,
        )
        rules = _rules(recording, options, rounds)
    with simulator(has_limits=False) as server:
        account: dict[str, Argument] = {
            "rest_url": server.rest,
            "stream_url": server.ws,
            "api_key": server.api_key,
            "secret_key": server.secret_key,
            "questions": options.pick(200, quick=5),
        }
        orders = race(
            [
                Contender("kept, answered from memory", _ORDER, {**account, "is_kept": True}),
                Contender("not kept, asked over REST", _ORDER, {**account, "is_kept": False}),
            ],
            rounds=rounds,
        )
    return Report(
        name="features",
        stands_for="The object pool, the symbol cache and the order cache: with, and without.",
        measurements=[
            *_pool_figures(entries),
            *_answers("symbol rules", rules),
            *_answers("finished order", orders),
        ],
        notes=_pool_notes(entries),
    )


def _rules(recording: str, options: Options, rounds: int) -> RaceResult:
    base: dict[str, Argument] = {
        "folder": recording,
        "symbols": options.pick(SYMBOLS, quick=4),
    }
    cached: dict[str, Argument] = {**base, "is_cached": True, "questions": 1000}
    # Each question reads and checks the rules of the whole exchange.
    fresh: dict[str, Argument] = {**base, "is_cached": False, "questions": options.pick(3, quick=1)}
    return race(
        [
            Contender("cached", _RULES, cached),
            Contender(f"read each time, {SYMBOLS:,} markets", _RULES, fresh),
        ],
        rounds=rounds,
    )


def _pool_figures(result: RaceResult) -> list[Measurement]:
    ways = {
        _POOL_ON: "bids[n], pool reuses",
        _POOL_OFF: "bids[n], pool has to build",
        "built": "built by hand",
    }
    return [
        measured(f"book entry, {way}, {name}", unit, result.of(name, f"{key} {unit}"))
        for name in result.samples
        for unit in ("ns", "allocations")
        for key, way in ways.items()
    ]


def _pool_notes(result: RaceResult) -> Sequence[str]:
    notes = []
    for name in result.samples:
        off, on = result.of(name, f"{_POOL_OFF} ns"), result.of(name, f"{_POOL_ON} ns")
        times = ratio("pool", off, on).median
        if name == "reference":
            notes.append("The reference builds every entry: in Python reuse bought nothing.")
            continue
        verdict = "buys time" if times > 1 else "buys no time"
        notes.append(
            f"The pool of the {name} path {verdict}: reading an entry that it has to build takes "
            f"{times:.2g} times as long as one that it uses again."
        )
    return notes


def _answers(question: str, result: RaceResult) -> list[Measurement]:
    return [
        measured(f"{question}, {name}, {what}", "µs", result.of(name, figure))
        for name in result.samples
        for figure, what in (("wall", "until the answer"), ("cpu", "CPU"))
    ]


if __name__ == "__main__":
    main(measure)

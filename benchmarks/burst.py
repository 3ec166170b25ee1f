"""Take 10,000 frames at once: whether any is lost, and how long the event loop is blocked.

It stands for the moment when everything moves. A loop that is blocked answers nothing: no order
goes out, no timer fires. The server writes all frames in one piece. Every frame has to call back
once, the versions to follow one another, and the last burst to end with the exchange's book.
Run: `python -m benchmarks.burst [--json]`.
"""

import tempfile
from pathlib import Path

from benchmarks.frames import Recipe, record
from benchmarks.measure import Measurement, Options, Report, Row, measured, not_measured
from benchmarks.race import Argument, Contender, Implementation, RaceResult, race
from benchmarks.report import main

FRAMES = 10_000
LIMIT_MS = 20.0
_LANES = {
    "ours, compiled, asyncio": (Implementation.COMPILED, False),
    "ours, reference, asyncio": (Implementation.REFERENCE, False),
    "ours, compiled, uvloop": (Implementation.COMPILED, True),
    "ours, reference, uvloop": (Implementation.REFERENCE, True),
}
_FIGURES = {
    "taken": "until the last callback",
    "blocked": "longest block of the loop",
    "worked": "CPU time of the longest block",
}


def measure(options: Options) -> Report:
    """Let both implementations take bursts in turns, on both event loops."""
    rounds, warm_up = options.pick(5, quick=1), 1
    frames = options.pick(FRAMES, quick=200)
    lanes = dict(list(_LANES.items())[: options.pick(len(_LANES), quick=2)])
    with tempfile.TemporaryDirectory() as folder:
        recipe = Recipe(5, (rounds + warm_up) * frames)
        arguments: dict[str, Argument] = {
            "folder": record(Path(folder, "recording"), recipe),
            "frames": frames,
        }
        target = "benchmarks.contenders.burst:prepare"
        result = race(
            [Contender(name, target, arguments, *lane) for name, lane in lanes.items()],
            rounds=rounds,
            warm_up=warm_up,
        )
    return Report(
        name="burst",
        stands_for=f"{FRAMES:,} depth frames of 5 levels in one burst, through the whole client.",
        measurements=[
            measured(f"{what}, {name}", "ms", result.of(name, figure))
            for figure, what in _FIGURES.items()
            for name in result.samples
        ],
        rows=[_loss_row(result), *(_block_row(result, name) for name in lanes)],
        notes=[
            "The block is by the wall clock, so other processes on the machine lengthen it; its "
            "CPU time does not depend on them."
        ],
    )


def _loss_row(result: RaceResult) -> Row:
    lost = [sample for name in result.samples for sample in result.of(name, "lost")]
    what = f"frames lost of {FRAMES:,} in a burst"
    return Row(what, measured(what, "frames", lost), "0 frames", not any(lost))


def _block_row(result: RaceResult, name: str) -> Row:
    """Judge the worst run: "never longer" is no matter of medians."""
    what, target = f"longest block of the event loop, {name}", f"at most {LIMIT_MS:g} ms, ever"
    if not result.has(name):
        return not_measured(what, target, result.why_missing(name))
    value: Measurement = measured(what, "ms", result.of(name, "blocked"))
    return Row(what, value, target, value.high <= LIMIT_MS)


if __name__ == "__main__":
    main(measure)

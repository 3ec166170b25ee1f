"""What uvloop buys: the same session on asyncio's own loop and on uvloop.

It stands for the choice that `mexc_connector.run` makes and that an application may make otherwise.
Run: `python -m benchmarks.event_loops [--json]`.
"""

import tempfile
from pathlib import Path

from benchmarks.frames import Recipe, record
from benchmarks.measure import Options, Report, measured
from benchmarks.race import Argument, Contender, race
from benchmarks.report import main

_FIGURES = {
    "burst": "CPU per frame in a burst",
    "paced": "CPU per frame, 1 ms apart",
    "rest cpu": "CPU per REST answer",
    "rest wall": "time per REST answer",
}
_ASYNCIO, _UVLOOP = "asyncio", "uvloop"


def measure(options: Options) -> Report:
    """Let the two loops take turns."""
    rounds, warm_up = options.pick(9, quick=1), 1
    burst, paced = options.pick(4000, quick=100), options.pick(300, quick=20)
    with tempfile.TemporaryDirectory() as folder:
        recipe = Recipe(5, (rounds + warm_up) * (burst + paced))
        arguments: dict[str, Argument] = {
            "folder": record(Path(folder, "recording"), recipe),
            "burst": burst,
            "paced": paced,
            "reads": options.pick(200, quick=5),
        }
        target = "benchmarks.contenders.looping:prepare"
        result = race(
            [
                Contender(_ASYNCIO, target, arguments),
                Contender(_UVLOOP, target, arguments, is_uvloop=True),
            ],
            rounds=rounds,
            warm_up=warm_up,
        )
    measurements = [
        measured(f"{what}, {loop}", "µs", result.of(loop, figure))
        for figure, what in _FIGURES.items()
        for loop in result.samples
    ]
    if result.has(_UVLOOP):
        measurements += [
            result.ratio(f"{what}: asyncio over uvloop", figure, of=_ASYNCIO, to=_UVLOOP)
            for figure, what in _FIGURES.items()
        ]
    return Report(
        name="event_loops",
        stands_for="The same session on asyncio's own event loop and on uvloop.",
        measurements=measurements,
    )


if __name__ == "__main__":
    main(measure)

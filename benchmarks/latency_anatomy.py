"""Where the time of a frame goes between socket and callback, and what it costs to know.

It stands for `get_latency`, which is off by default. A slower result of the first part means that
it cannot be left on; the second part is what it tells of a session with the simulator. Stages that
begin at the exchange are left out: the simulator's clock moves in steps of 10 ms.
Run: `python -m benchmarks.latency_anatomy [--json]`.
"""

import tempfile
from pathlib import Path

from benchmarks.contenders.anatomy import KINDS, PERCENTILES, STAGES, figure
from benchmarks.frames import Recipe, record
from benchmarks.measure import Measurement, Options, Plot, Report, Row, Series, at_most, measured
from benchmarks.race import Argument, Contender, Implementation, RaceResult, race
from benchmarks.report import main
from benchmarks.servers import simulator
from mexc_connector import LatencyStage, StreamKind

LEVELS = 5
LIMIT = 1.1
SUGGESTED = 250
_OFF = "untimed"
_TIMED = {one_in: f"one frame in {one_in} timed" for one_in in (SUGGESTED, 1)}
_BURST, _PACED = "burst", 1
_SHOWN = (50, 90)
_MARKETS = 8


def measure(options: Options) -> Report:
    """Measure what timing costs, then time."""
    cost = _cost(options)
    anatomy = _anatomy(options)
    return Report(
        name="latency_anatomy",
        stands_for="Where a frame's time goes between socket and callback, and what knowing costs.",
        measurements=[
            *(
                measured(f"CPU per frame, {name}", "µs", cost.of(name, _BURST))
                for name in cost.samples
            ),
            *(
                one
                for kind in KINDS
                for name in anatomy.samples
                for one in _stages(anatomy, name, kind)
            ),
        ],
        rows=[_cost_row(cost)],
        plots=[_plot(anatomy)],
        notes=[
            "CPU per frame is that of the client's process for depth frames of 5 levels in bursts, "
            "its socket included.",
            f"The stages are those of sessions over {_MARKETS} markets of the simulator, every "
            "frame timed. The clock starts when the bytes are read from the socket, so they hold "
            "the wait behind the frames that were read together with this one. A stage is shown "
            "if it has enough frames: the compiled call decodes and applies in one, so that only "
            "books that are still syncing have a point between the two.",
        ],
    )


def _cost(options: Options) -> RaceResult:
    # Many short rounds: the effect is a tenth, less than what a core that is shared does to one.
    rounds, warm_up = options.pick(25, quick=1), 1
    burst = options.pick(1500, quick=100)
    with tempfile.TemporaryDirectory() as folder:
        frames = (rounds + warm_up) * (burst + _PACED)
        recording = record(Path(folder, "recording"), Recipe(LEVELS, frames))
        arguments: dict[str, Argument] = {"folder": recording, "burst": burst, "paced": _PACED}
        target = "benchmarks.contenders.receiving_ours:prepare"
        contenders = [
            Contender(name, target, {**arguments, "latency_one_in": one_in})
            for one_in, name in {0: _OFF, **_TIMED}.items()
        ]
        return race(contenders, rounds=rounds, warm_up=warm_up)


def _cost_row(cost: RaceResult) -> Row:
    """Compare the lowest runs: a shared core only ever adds, and adds more than the effect."""
    what = f"CPU from socket to callback: {_TIMED[SUGGESTED]} over {_OFF}, lowest runs"
    timed, untimed = cost.of(_TIMED[SUGGESTED], _BURST), cost.of(_OFF, _BURST)
    return at_most(what, measured(what, "x", [min(timed) / min(untimed)]), LIMIT)


def _anatomy(options: Options) -> RaceResult:
    with simulator(symbols=_MARKETS, has_limits=False) as server:
        arguments: dict[str, Argument] = {
            "rest": server.rest,
            "ws": server.ws,
            "seconds": options.pick(2, quick=1),
            "needed": options.pick(30, quick=1),
        }
        target = "benchmarks.contenders.anatomy:prepare"
        contenders = [
            Contender(str(one), target, arguments, one)
            for one in (Implementation.COMPILED, Implementation.REFERENCE)
        ]
        return race(contenders, rounds=options.pick(3, quick=1), warm_up=0)


def _stages(anatomy: RaceResult, name: str, kind: StreamKind) -> list[Measurement]:
    figures = anatomy.samples[name]
    return [
        measured(f"{_words(kind)}, {name}, {_words(stage)}, p{percent}", "µs", figures[key])
        for stage in STAGES
        for percent in _SHOWN
        if (key := figure(kind, stage, percent)) in figures
    ]


def _plot(anatomy: RaceResult) -> Plot:
    kind = StreamKind.ORDER_BOOK
    return Plot(
        name="latency_distribution",
        title="Depth frames, from the reading of the socket to the end of the callback",
        x_label="microseconds",
        y_label="percent of frames that took no longer",
        series=[
            Series(
                f"{name}, {_words(stage)}",
                [
                    measured(name, "µs", figures[figure(kind, stage, percent)]).median
                    for percent in PERCENTILES
                ],
                PERCENTILES,
            )
            for name, figures in anatomy.samples.items()
            for stage in (LatencyStage.RECEIVED_TO_ROUTED, LatencyStage.RECEIVED_TO_DELIVERED)
        ],
        is_x_log=True,
    )


def _words(name: str) -> str:
    return name.lower().replace("_", " ")


if __name__ == "__main__":
    main(measure)

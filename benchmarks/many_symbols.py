"""Keep every book of an exchange: cost against the number of symbols, up to 2,000.

It stands for a bot that watches the whole exchange. The simulator runs in a process of its own with
its limits lifted, so the figures are our speed and its; with the exchange's limits the weight
budget decides instead (100 books per 10 s). Run: `python -m benchmarks.many_symbols [--json]`.
"""

from benchmarks.measure import Measurement, Options, Plot, Report, Series, measured
from benchmarks.race import Contender, RaceResult, race
from benchmarks.report import main
from benchmarks.servers import simulator

SIZES = (50, 200, 800, 2000)
_FIGURES = {
    "synced": ("until all books are live", "s"),
    "synced cpu": ("CPU until all books are live", "s"),
    "frames": ("frames a second afterwards", "/s"),
    "live cpu": ("of one core afterwards", "%"),
    "per frame": ("CPU per frame afterwards", "µs"),
    "resyncs": ("resyncs", "resyncs"),
}


def measure(options: Options) -> Report:
    """Sync exchanges of growing size, one after the other."""
    sizes = (5, 10) if options.is_quick else SIZES
    results = {size: _synced(size, live_s=0.2 if options.is_quick else 2.0) for size in sizes}
    return Report(
        name="many_symbols",
        stands_for="Cost of keeping all books of an exchange, 100 ms diffs, limits lifted.",
        measurements=[
            _figure(size, result, figure) for figure in _FIGURES for size, result in results.items()
        ],
        plots=[
            Plot(
                name="cost_against_number_of_symbols",
                title="A session that keeps every book of the exchange",
                x_label="symbols",
                y_label="one core, or seconds",
                series=[
                    _series("% of one core while live", "live cpu", results),
                    _series("CPU seconds until all are live", "synced cpu", results),
                    _series("seconds until all are live", "synced", results),
                ],
                is_x_log=True,
                is_y_log=True,
            )
        ],
        notes=[
            "Markets trade at different rates: cost per frame compares better than cost per symbol."
        ],
    )


def _synced(size: int, *, live_s: float) -> RaceResult:
    with simulator(symbols=size, has_limits=False) as server:
        contender = Contender(
            f"{size} symbols",
            "benchmarks.contenders.whole_exchange:prepare",
            {
                "rest_url": server.rest,
                "stream_url": server.ws,
                "live_s": live_s,
                "has_limits": False,
            },
        )
        return race([contender], rounds=1, warm_up=0)


def _figure(size: int, result: RaceResult, figure: str) -> Measurement:
    what, unit = _FIGURES[figure]
    return measured(f"{what}, {size:,} symbols", unit, result.of(f"{size} symbols", figure))


def _series(name: str, figure: str, results: dict[int, RaceResult]) -> Series:
    medians = [_figure(size, result, figure).median for size, result in results.items()]
    return Series(name, list(results), medians)


if __name__ == "__main__":
    main(measure)

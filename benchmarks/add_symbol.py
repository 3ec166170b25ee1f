"""Add a market to an open session: from the call until its book can be read.

It stands for how soon a bot can act on a market that it did not watch. A slower result means that
the chance may be gone. A simulator in a process of its own serves the depth channel at 10 ms. The
time holds what cannot be saved: the subscription and its acknowledgement, a first push, and one
snapshot over REST. With the exchange's limits the request budget may add its own waiting.
Run: `python -m benchmarks.add_symbol [--quick] [--json]`.
"""

from benchmarks.measure import Options, Report, below, measured
from benchmarks.race import Contender, race
from benchmarks.report import main
from benchmarks.servers import simulator

LIMIT_MS = 50
_MODES = {"limits lifted": False, "the exchange's limits": True}
_FIGURES = {"typical market": "typical_ms", "slowest market": "worst_ms"}


def measure(options: Options) -> Report:
    """Add markets with and without the exchange's limits, in turns."""
    # A round takes 43 of the address's weight of 300 in 10 s, so that six of them fit.
    markets = options.pick(5, quick=2)
    with (
        simulator(symbols=markets + 1, has_limits=False) as free,
        simulator(symbols=markets + 1, has_limits=True) as limited,
    ):
        contenders = [
            Contender(
                name,
                "benchmarks.contenders.adding:add_symbols",
                {
                    "rest": (limited if has_limits else free).rest,
                    "ws": (limited if has_limits else free).ws,
                    "markets": markets,
                    "has_limits": has_limits,
                },
            )
            for name, has_limits in _MODES.items()
        ]
        result = race(contenders, rounds=options.pick(5, quick=1), warm_up=1)
    rows = []
    for name in _MODES:
        typical = measured(f"add_symbol until synced, {name}", "ms", result.of(name, "typical_ms"))
        rows.append(below(typical.name, typical, LIMIT_MS))
    return Report(
        name="add_symbol",
        stands_for="Milliseconds from `add_symbol` until the book can be read, over loopback.",
        measurements=[
            measured(f"{name}, {which}", "ms", result.of(name, figure))
            for name in _MODES
            for which, figure in _FIGURES.items()
        ],
        rows=rows,
    )


if __name__ == "__main__":
    main(measure)

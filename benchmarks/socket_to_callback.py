"""CPU from the socket to the user's callback, per frame, over loopback.

It stands for what a market costs a bot while it is idle itself. A slower result leaves less of the
core to the strategy. A server process writes prepared depth frames of five levels, in bursts and
one by one; ours decodes them, keeps the book and calls back, and a bare `websockets` loop receives
and drops them. Run: `python -m benchmarks.socket_to_callback [--json]`.
"""

import tempfile
from pathlib import Path

from benchmarks.frames import Recipe, record
from benchmarks.measure import Options, Report, at_most, measured
from benchmarks.race import Argument, Contender, Implementation, race
from benchmarks.report import main

LEVELS = 5
LIMIT = 1.3
_PATTERNS = {"burst": "frames in a burst", "paced": "frames one by one, 1 ms apart"}
_LOOPS = {"asyncio": False, "uvloop": True}


def measure(options: Options) -> Report:
    """Let ours and the bare loop take turns, on both event loops."""
    rounds, warm_up = options.pick(9, quick=1), 1
    burst, paced = options.pick(4000, quick=100), options.pick(150, quick=20)
    with tempfile.TemporaryDirectory() as folder:
        frames = (rounds + warm_up) * (burst + paced)
        recording = record(Path(folder, "recording"), Recipe(LEVELS, frames))
        arguments: dict[str, Argument] = {"folder": recording, "burst": burst, "paced": paced}
        ours, bare = (f"benchmarks.contenders.receiving_{who}:prepare" for who in ("ours", "bare"))
        loops = dict(list(_LOOPS.items())[: options.pick(len(_LOOPS), quick=1)])
        contenders = []
        for loop, is_uvloop in loops.items():
            ours_name, bare_name = f"ours, compiled, {loop}", f"bare websockets, {loop}"
            contenders += [
                Contender(ours_name, ours, arguments, Implementation.COMPILED, is_uvloop),
                Contender(bare_name, bare, arguments, is_uvloop=is_uvloop),
            ]
        reference = Contender("ours, reference, asyncio", ours, arguments, Implementation.REFERENCE)
        result = race([*contenders, reference], rounds=rounds, warm_up=warm_up)
    return Report(
        name="socket_to_callback",
        stands_for="CPU from the socket to the callback, per depth frame of 5 levels, on loopback.",
        measurements=[
            measured(f"{where}, {name}", "µs", result.of(name, pattern))
            for pattern, where in _PATTERNS.items()
            for name in result.samples
        ],
        rows=[
            result.compared(
                *(f"CPU from socket to callback, {where}, {loop}: ours over bare", pattern),
                of=f"ours, compiled, {loop}",
                to=f"bare websockets, {loop}",
                judge=at_most,
                limit=LIMIT,
            )
            for pattern, where in _PATTERNS.items()
            for loop in loops
        ],
        notes=["CPU is user and system time of the client's process, its socket included."],
    )


if __name__ == "__main__":
    main(measure)

"""Import the library: what a bot, a script or a test pays before its first line runs.

Each statement runs in a fresh interpreter that times it and exits; they take turns. The time is the
CPU's, which is all there is on an idle machine that has the files in memory. The bytecode of all of
them comes from one cache of this run's own, written by an uncounted first turn, so that nobody is
compiled while the clock runs (in a folder that cannot be written, or under
`PYTHONDONTWRITEBYTECODE`, everybody would be, at each start).

`import mexc_connector` loads a name when it is first asked for. What a bot really pays is therefore
printed beside it: `from mexc_connector import MexcExchange`, with everything behind it.
Run: `python -m benchmarks.import_time [--quick] [--json]`.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from benchmarks.measure import (
    MeasurementFailed,
    Options,
    Report,
    Row,
    at_most,
    below,
    measured,
    not_measured,
    ratio,
)
from benchmarks.report import main

LIBRARIES = "import aiohttp, websockets, msgspec"
PACKAGE = "import mexc_connector"
FACADE = "from mexc_connector import MexcExchange"
CCXT = "import ccxt.async_support"
STATEMENTS = (
    LIBRARIES,
    "import aiohttp, websockets.asyncio.client, msgspec, google.protobuf.message",
    PACKAGE,
    "from mexc_connector import MexcPublicSpotRest",
    FACADE,
    CCXT,
)
_MISSING = "missing"
_LEFT = (
    "everything loaded, which is more than the target asks for. Tried: names that load when they "
    "are asked for, Structs for dataclasses, no YAML before it is needed. What is left is the "
    "client of websockets and protobuf (the second statement) and about a hundred small modules"
)
_MOST = 1.15
_HALF = 0.5
_LIMIT_S = 60.0


def measure(options: Options) -> Report:
    """Let every statement take its turns."""
    samples: dict[str, list[float]] = {statement: [] for statement in STATEMENTS}
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for turn in range(1 + options.pick(8, 1)):
            for statement in STATEMENTS:
                taken_ms = _import_ms(statement, environment)
                if turn and taken_ms is not None:
                    samples[statement].append(taken_ms)
    return Report(
        name="import_time",
        stands_for="CPU time of an import in a fresh interpreter, bytecode and files cached.",
        measurements=[
            measured(statement, "ms", taken) for statement, taken in samples.items() if taken
        ],
        rows=[row for statement in (PACKAGE, FACADE) for row in _rows(statement, samples)],
        notes=[
            f"`{PACKAGE}` loads a name when it is first asked for; `{FACADE}` is what a bot pays.",
            "Bare `import websockets` loads nothing of it; its client is in the second statement.",
        ],
    )


def _import_ms(statement: str, environment: Mapping[str, str]) -> float | None:
    """Return how long it took, None if the library is not installed."""
    code = f"""
import time
started = time.process_time()
try:
    {statement}
except ModuleNotFoundError as error:
    print("{_MISSING}" if error.name == "ccxt" else error)
else:
    print((time.process_time() - started) * 1000)
"""
    child = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    answer = child.stdout.strip()
    if answer == _MISSING:
        return None
    try:
        return float(answer)
    except ValueError:
        raise MeasurementFailed(f"{statement}: {answer} {child.stderr}") from None


def _rows(statement: str, samples: Mapping[str, list[float]]) -> list[Row]:
    what = f"`{statement}` against `{LIBRARIES}`"
    value = ratio(what, samples[statement], samples[LIBRARIES])
    rows = [at_most(what, value, _MOST, _LEFT if value.median > _MOST else "")]
    what = f"`{statement}` against `{CCXT}`"
    if samples[CCXT]:
        rows.append(below(what, ratio(what, samples[statement], samples[CCXT]), _HALF))
    else:
        rows.append(not_measured(what, f"below {_HALF:g} x", "ccxt is not installed"))
    return rows


if __name__ == "__main__":
    main(measure)

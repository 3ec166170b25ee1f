"""Place an order: what a client adds to the network, from the call to the `Order` it gives.

It stands for how late an order leaves and how late its answer is known. A slower result is a worse
place in the queue. One server process answers all contenders with the same prepared reply; they
take turns, each in a process of its own, one order after the other over one kept connection. The
REST client is what compares with ccxt: both give an order back and keep nothing; a session tracks
it besides.

"Network apart" is stated in two ways. CPU time: what the client's process spends per order, which
holds no waiting, but holds the kernel's work for its socket. Wall time above the wire: from call to
result, less what a bare socket needs, in the same turn, to write those bytes and have the reply.
Run: `python -m benchmarks.order_placement [--quick] [--json]`.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.measure import (
    Measurement,
    MeasurementFailed,
    Options,
    Report,
    Row,
    at_least,
    at_most,
    measured,
    not_measured,
    ratio,
)
from benchmarks.race import Contender, RaceResult, end_process, race
from benchmarks.report import main

WIRE = "bare socket"
BARE = "bare aiohttp"
REST = "MexcPrivateSpotRest.place_order"
SESSION = "MexcExchange.place_order"
CCXT = "ccxt create_order"
_TARGETS = {
    WIRE: "bare:bare_socket",
    BARE: "bare:bare_aiohttp",
    REST: "ours:rest_client",
    SESSION: "ours:session",
    CCXT: "ccxt:create_order",
}
_MOST = 1.5
_LEAST = 5.0
_OUT_OF_REACH = (
    "ccxt places orders through aiohttp as we do, and its figure is less than five times that of "
    "bare aiohttp with one HMAC: no client over aiohttp can reach this"
)

_SPREAD = (
    "tried: no future in line where there is room, one hook for the departure instead of request "
    "tracing, HMAC keys set up once, no quoting and no masking where there is nothing to quote or "
    "mask; from 2.1 times in CPU. What is left is spread over checks, budget, tracker and reply; "
    "an HTTP client of our own saved a third in a trial, but had neither TLS nor proxies"
)


def measure(options: Options) -> Report:
    """Let all of them place orders in turns."""
    with _responder() as port:
        arguments = {"port": port, "orders": options.pick(300, 5)}
        result = race(
            [
                Contender(name, f"benchmarks.contenders.placing_{target}", arguments)
                for name, target in _TARGETS.items()
            ],
            rounds=options.pick(15, 1),
        )
    measurements = [
        measured(f"{name}, {kind}", "µs", _samples(result, name, kind))
        for name in _TARGETS
        if result.has(name)
        for kind in ("CPU", "wall above the wire")
        if (name, kind) != (WIRE, "wall above the wire")
    ]
    return Report(
        name="order_placement",
        stands_for="Client time per limit order, network apart.",
        measurements=measurements,
        rows=_rows(result),
        notes=[
            "No journal: with one, an order waits for its disk before it leaves. No private "
            "streams either: what they report costs the session time, but none of the order's."
        ],
    )


def _samples(result: RaceResult, name: str, kind: str) -> list[float]:
    if kind == "CPU":
        return result.of(name, "cpu_us")
    wire = result.of(WIRE, "wall_us")
    return [whole - net for whole, net in zip(result.of(name, "wall_us"), wire, strict=True)]


def _rows(result: RaceResult) -> Sequence[Row]:
    rows = []
    for kind in ("CPU", "wall above the wire"):
        for ours in (REST, SESSION):
            what = f"{ours} against {BARE}, {kind}"
            value = _ratio(result, ours, BARE, kind)
            rows.append(at_most(what, value, _MOST, _SPREAD if value.median > _MOST else ""))
        what = f"{CCXT} against {REST}, {kind}"
        if result.has(CCXT):
            rows.append(
                at_least(what, _ratio(result, CCXT, REST, kind), _LEAST, _note(result, kind))
            )
        else:
            why = result.why_missing(CCXT)
            rows.append(not_measured(what, f"at least {_LEAST:g} x", why))
    return rows


def _note(result: RaceResult, kind: str) -> str:
    bare = _ratio(result, CCXT, BARE, kind)
    return f"{_OUT_OF_REACH} (here {bare.median:.2f} times)" if bare.median < _LEAST else ""


def _ratio(result: RaceResult, one: str, other: str, kind: str) -> Measurement:
    name = f"{one} against {other}, {kind}"
    return ratio(name, _samples(result, one, kind), _samples(result, other, kind))


@contextmanager
def _responder() -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.contenders.order_responder"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            if process.stdout is None or not (line := process.stdout.readline()):
                raise MeasurementFailed("the order responder did not start")
            yield int(line)
        finally:
            end_process(process)


if __name__ == "__main__":
    main(measure)

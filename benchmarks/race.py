"""Races: contenders in processes of their own that take turns, so that noise hits all alike."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

from benchmarks.measure import (
    Judge,
    Measurement,
    MeasurementFailed,
    Row,
    not_measured,
    ratio,
    target_text,
)

_END_LIMIT_S = 5.0

Argument = str | int | float | bool | None | Mapping[str, str]


class Implementation(StrEnum):
    """Which of our two hot paths a contender runs; `INSTALLED` is what a user would get."""

    INSTALLED = ""
    COMPILED = "compiled"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Contender:
    """`target` is "module:function", see `benchmarks.child`; it gets `arguments` by name."""

    name: str
    target: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    implementation: Implementation = Implementation.INSTALLED
    is_uvloop: bool = False


@dataclass(frozen=True, slots=True)
class RaceResult:
    """Samples by contender and figure, in the order of the rounds; and who could not start."""

    samples: dict[str, dict[str, list[float]]]
    missing: dict[str, str]

    def of(self, contender: str, figure: str) -> list[float]:
        """Return a contender's samples of one figure. Raises `MeasurementFailed` if it has none."""
        if contender in self.missing:
            raise MeasurementFailed(f"{contender}: {self.missing[contender]}")
        return self.samples[contender][figure]

    def has(self, contender: str) -> bool:
        """Whether it took part."""
        return contender in self.samples

    def why_missing(self, *contenders: str) -> str:
        """Say why some of these did not take part; empty if all did."""
        return "; ".join(f"{c}: {self.missing[c]}" for c in contenders if c in self.missing)

    def ratio(self, name: str, figure: str, *, of: str, to: str) -> Measurement:
        """Return how many times `to`'s figure that of `of` is, round by round."""
        return ratio(name, self.of(of, figure), self.of(to, figure))

    def compared(
        self,
        what: str,
        figure: str,
        *,
        of: str,
        to: str,
        judge: Judge,
        limit: float,
        note: str = "",
    ) -> Row:
        """Judge that ratio; the row says so if one of the two is missing."""
        why = self.why_missing(of, to)
        if why:
            return not_measured(what, target_text(judge, limit, "x"), why)
        return judge(what, self.ratio(what, figure, of=of, to=to), limit, note)


def race(contenders: Sequence[Contender], *, rounds: int, warm_up: int = 1) -> RaceResult:
    """Let every contender do a round, then every one the next, after `warm_up` uncounted ones.

    A contender whose library is not installed is reported as missing; one that fails ends the
    race with `MeasurementFailed`.
    """
    result = RaceResult({}, {})
    with ExitStack() as processes:
        started = {c.name: processes.enter_context(_lane(c)) for c in contenders}
        lanes: dict[str, _Lane] = {}
        for name, lane in started.items():
            answer = lane.read()
            if "missing" in answer:
                result.missing[name] = str(answer["missing"])
            else:
                lanes[name] = lane
                result.samples[name] = {}
        for number in range(warm_up + rounds):
            for name, lane in lanes.items():
                figures = lane.run_round()
                if number >= warm_up:
                    for figure, value in figures.items():
                        result.samples[name].setdefault(figure, []).append(value)
    return result


class _Lane:
    """The parent's end of one contender's process."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self._name = name
        self._process = process

    def run_round(self) -> dict[str, float]:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write("\n")
            stdin.flush()
        except BrokenPipeError:
            pass  # `read` says what became of it
        return {figure: float(value) for figure, value in self.read().items()}

    def read(self) -> dict[str, float | str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise MeasurementFailed(f"{self._name} ended with code {self._process.wait()}")
        answer: dict[str, float | str] = json.loads(line)
        return answer


@contextmanager
def _lane(contender: Contender) -> Iterator[_Lane]:
    spec = {
        "target": contender.target,
        "arguments": dict(contender.arguments),
        "implementation": str(contender.implementation),
        "is_uvloop": contender.is_uvloop,
    }
    # A session of its own: Ctrl-C reaches this process alone, which then ends the others.
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.child", json.dumps(spec)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield _Lane(contender.name, process)
        except BaseException:
            process.terminate()  # it may be amid a round
            raise
        finally:
            end_process(process)


def end_process(process: subprocess.Popen[str]) -> None:
    """End a process for sure: by the end of its input, by SIGTERM if it does not obey, by SIGKILL.

    It may have ended already.
    """
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.close()
    for urge in (process.terminate, process.kill, None):
        try:
            process.wait(_END_LIMIT_S)
        except subprocess.TimeoutExpired:
            if urge is not None:
                urge()
        else:
            return

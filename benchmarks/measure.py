"""What a benchmark hands out: measurements with their spread, rows against a target, plots."""

import statistics
from collections.abc import Callable, Sequence

import msgspec


class MeasurementFailed(Exception):
    """A figure could not be taken, or would mean nothing: no figure is better than a wrong one."""


class Measurement(msgspec.Struct, frozen=True):
    """One figure: the median of `runs` repeated runs, and the lowest and the highest of them."""

    name: str
    unit: str
    median: float
    low: float
    high: float
    runs: int


class Row(msgspec.Struct, frozen=True):
    """A figure with its target beside it. `value` and `is_met` are None if it was not taken.

    `note` says how to read it, or why it could not be taken, or what was tried if it misses.
    """

    what: str
    value: Measurement | None
    target: str
    is_met: bool | None
    note: str = ""


class Series(msgspec.Struct, frozen=True):
    """One line of a plot."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float]


class Plot(msgspec.Struct, frozen=True):
    """Lines over one another; `name` is the file's, without its ending."""

    name: str
    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    is_x_log: bool = False
    is_y_log: bool = False


class Report(msgspec.Struct, frozen=True):
    """What one benchmark found. `notes` are sentences that a reader of the figures needs."""

    name: str
    stands_for: str
    measurements: Sequence[Measurement]
    rows: Sequence[Row] = ()
    plots: Sequence[Plot] = ()
    notes: Sequence[str] = ()


class Options(msgspec.Struct, frozen=True):
    """How to measure. `is_quick`: as little as shows that it works; the figures mean nothing."""

    is_quick: bool = False

    def pick(self, usual: int, quick: int) -> int:
        """Return how often to do something."""
        return quick if self.is_quick else usual


def measured(name: str, unit: str, samples: Sequence[float]) -> Measurement:
    """Sum up the samples of repeated runs. Raises `MeasurementFailed` without any."""
    if not samples:
        raise MeasurementFailed(f"{name}: no samples")
    return Measurement(
        name, unit, statistics.median(samples), min(samples), max(samples), len(samples)
    )


def ratio(name: str, samples: Sequence[float], base: Sequence[float]) -> Measurement:
    """Sum up how many times `base` the samples are, run by run.

    The contenders of a race take turns, so the runs of one number saw the same machine.
    """
    if not all(base):
        raise MeasurementFailed(f"{name}: nothing to compare with")
    return measured(name, "x", [one / other for one, other in zip(samples, base, strict=True)])


def at_most(what: str, value: Measurement, limit: float, note: str = "") -> Row:
    """Compare the median with a limit that it may reach."""
    return Row(what, value, target_text(at_most, limit, value.unit), value.median <= limit, note)


def below(what: str, value: Measurement, limit: float, note: str = "") -> Row:
    """Compare the median with a limit that it must stay under."""
    return Row(what, value, target_text(below, limit, value.unit), value.median < limit, note)


def at_least(what: str, value: Measurement, limit: float, note: str = "") -> Row:
    """Compare the median with a limit that it has to reach."""
    return Row(what, value, target_text(at_least, limit, value.unit), value.median >= limit, note)


Judge = Callable[[str, Measurement, float, str], Row]
"""One of the three above."""
_WORDS: dict[Judge, str] = {at_most: "at most", below: "below", at_least: "at least"}


def target_text(judge: Judge, limit: float, unit: str) -> str:
    """Write a target as the tables show it."""
    return f"{_WORDS[judge]} {limit:g} {unit}"


def not_measured(what: str, target: str, why: str) -> Row:
    """Keep the place of a row whose figure could not be taken here."""
    return Row(what, None, target, None, why)

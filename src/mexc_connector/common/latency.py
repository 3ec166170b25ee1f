"""Where the time of a pushed event goes: stages, distributions, and the report of a session.

A histogram has log-linear buckets: whole nanoseconds up to 64, then 32 buckets for each doubling.
A value read out of it is therefore at most 1/32 (3.1 %) above the true one, at any magnitude,
recording takes the same time for every value, and memory is bounded by the buckets (about 1,300
for everything between a nanosecond and a day). Zero and negative values have buckets of their own.
"""

from collections.abc import Mapping
from enum import StrEnum, unique
from math import ceil
from types import MappingProxyType

import msgspec

from mexc_connector.common.errors import UsageError

_PRECISION_BITS = 5
_LINEAR_BITS = _PRECISION_BITS + 1
_LARGEST_NS = (1 << 63) - 1
_TABLE_PERCENTILES = (50, 90, 99, 99.9)


@unique
class LatencyStage(StrEnum):
    """A stretch on the way of one event, named by the points at its ends.

    Points of the exchange, whole milliseconds of its clock: `ENGINE` is its newest order or trade
    that the push contains (order books, limit depth and book tickers: `lastOrderCreateTime`;
    trades and fills: the time of the last one), `CREATED` and `SENT` are when it made and sent the
    push. Points of ours, nanoseconds of our clock: `RECEIVED` is when the bytes were read from
    the socket, once for all that were read together; `ROUTED` when this frame's turn came;
    `DECODED` when its event existed; `APPLIED` when the book contained it; `DELIVERED` when the
    last callback had returned and every iterator had been woken.
    """

    ENGINE_TO_SENT = "ENGINE_TO_SENT"
    """Inside the exchange, by its clock alone. Like every stage from `ENGINE` of news only: an
    unchanged quote is repeated with the time of an order that is long past."""

    ENGINE_TO_RECEIVED = "ENGINE_TO_RECEIVED"
    CREATED_TO_RECEIVED = "CREATED_TO_RECEIVED"
    SENT_TO_RECEIVED = "SENT_TO_RECEIVED"

    RECEIVED_TO_ROUTED = "RECEIVED_TO_ROUTED"
    """The wait behind the frames that were read from the socket together with this one."""

    RECEIVED_TO_DECODED = "RECEIVED_TO_DECODED"
    """Missing where one compiled call decodes and applies: then only `APPLIED` can be told."""

    RECEIVED_TO_APPLIED = "RECEIVED_TO_APPLIED"
    """Order books only."""

    RECEIVED_TO_DELIVERED = "RECEIVED_TO_DELIVERED"
    """Frames that brought news only: an unchanged quote is delivered to nobody."""

    @property
    def is_across_clocks(self) -> bool:
        """Whether its ends are read on two clocks, so that an unknown offset is part of it."""
        return self in _ACROSS_CLOCKS


_ACROSS_CLOCKS = frozenset(
    (
        LatencyStage.ENGINE_TO_RECEIVED,
        LatencyStage.CREATED_TO_RECEIVED,
        LatencyStage.SENT_TO_RECEIVED,
    )
)


@unique
class StreamKind(StrEnum):
    """What a stream tells of, whatever its market and speed."""

    ORDER_BOOK = "ORDER_BOOK"
    TRADES = "TRADES"
    BOOK_TICKER = "BOOK_TICKER"
    BOOK_TICKER_BATCH = "BOOK_TICKER_BATCH"
    LIMIT_DEPTH = "LIMIT_DEPTH"
    KLINES = "KLINES"
    MINI_TICKER = "MINI_TICKER"
    MINI_TICKERS = "MINI_TICKERS"
    ORDERS = "ORDERS"
    FILLS = "FILLS"
    BALANCES = "BALANCES"


class LatencyBucket(msgspec.Struct, frozen=True, gc=False):
    """`count` values from `low_ns`, inclusive, to `high_ns`, exclusive."""

    low_ns: int
    high_ns: int
    count: int


class LatencyDistribution(msgspec.Struct, frozen=True):
    """Durations in nanoseconds: at least one. `buckets` are those that are not empty, ascending.

    `below_zero` counts negative durations: clocks that disagree, or a clock that was set back.
    They are part of everything else too. All but the percentiles is exact.
    """

    count: int
    below_zero: int
    min_ns: int
    max_ns: int
    total_ns: int
    buckets: tuple[LatencyBucket, ...]

    @property
    def mean_ns(self) -> float:
        """The arithmetic mean."""
        return self.total_ns / self.count

    def merged(self, other: "LatencyDistribution") -> "LatencyDistribution":
        """Return the distribution of both, as if they had been recorded together."""
        counts: dict[tuple[int, int], int] = {}
        for bucket in (*self.buckets, *other.buckets):
            ends = (bucket.low_ns, bucket.high_ns)
            counts[ends] = counts.get(ends, 0) + bucket.count
        return LatencyDistribution(
            count=self.count + other.count,
            below_zero=self.below_zero + other.below_zero,
            min_ns=min(self.min_ns, other.min_ns),
            max_ns=max(self.max_ns, other.max_ns),
            total_ns=self.total_ns + other.total_ns,
            buckets=tuple(LatencyBucket(*ends, counts[ends]) for ends in sorted(counts)),
        )

    def percentile_ns(self, percent: float) -> int:
        """Return a duration that `percent` of all do not exceed; 50 is the median.

        Never below the true value and at most 1/32 of its size above; 0 and 100 are exact.
        Raises `UsageError` unless 0 <= percent <= 100.
        """
        rank = _rank(self.count, percent)
        if rank <= 0:
            return self.min_ns
        seen = 0
        for bucket in self.buckets:
            seen += bucket.count
            if seen >= rank:
                return max(self.min_ns, min(self.max_ns, bucket.high_ns - 1))
        return self.max_ns


class LatencyHistogram:
    """Counts durations in nanoseconds. `record` costs the same for every value."""

    __slots__ = ("_counts", "_max_ns", "_min_ns", "_total_ns")

    def __init__(self) -> None:
        # Keyed by bucket; those of negative values have negative keys.
        self._counts: dict[int, int] = {}
        self._total_ns = 0
        self._min_ns = _LARGEST_NS
        self._max_ns = -_LARGEST_NS

    def record(self, duration_ns: int) -> None:
        """Count one duration; beyond 292 years either way it counts as that."""
        if not self._min_ns <= duration_ns <= self._max_ns:
            duration_ns = max(-_LARGEST_NS, min(duration_ns, _LARGEST_NS))
            self._min_ns = min(self._min_ns, duration_ns)
            self._max_ns = max(self._max_ns, duration_ns)
        self._total_ns += duration_ns
        # The number of the bucket; written out, because a call would cost a third more.
        magnitude = duration_ns if duration_ns >= 0 else ~duration_ns
        shift = magnitude.bit_length() - _LINEAR_BITS
        number = magnitude if shift <= 0 else (shift << _PRECISION_BITS) + (magnitude >> shift)
        key = number if duration_ns >= 0 else ~number
        counts = self._counts
        counts[key] = counts.get(key, 0) + 1

    @property
    def count(self) -> int:
        """Durations recorded."""
        return sum(self._counts.values())

    def percentile_ns(self, percent: float) -> int | None:
        """Return what `snapshot` would say, without making one; None if nothing was recorded."""
        if not self._counts:
            return None
        rank, seen = _rank(self.count, percent), 0
        if rank <= 0:
            return self._min_ns
        for key in sorted(self._counts):
            seen += self._counts[key]
            if seen >= rank:
                return max(self._min_ns, min(self._max_ns, _bucket(key, seen).high_ns - 1))
        return self._max_ns

    @property
    def max_ns(self) -> int | None:
        """The greatest duration; None if nothing was recorded."""
        return self._max_ns if self._counts else None

    def snapshot(self) -> LatencyDistribution | None:
        """Return what was recorded so far; None if that is nothing."""
        if not self._counts:
            return None
        buckets = tuple(_bucket(key, self._counts[key]) for key in sorted(self._counts))
        return LatencyDistribution(
            count=self.count,
            below_zero=sum(bucket.count for bucket in buckets if bucket.high_ns <= 0),
            min_ns=self._min_ns,
            max_ns=self._max_ns,
            total_ns=self._total_ns,
            buckets=buckets,
        )

    def __repr__(self) -> str:
        return f"<LatencyHistogram {self.count} in {len(self._counts)} buckets>"


def _rank(count: int, percent: float) -> int:
    if not 0 <= percent <= 100:
        raise UsageError(f"a percentile is 0 to 100, not {percent!r}")
    return ceil(count * percent / 100)


def _bucket(key: int, count: int) -> LatencyBucket:
    number = key if key >= 0 else ~key
    shift = max((number >> _PRECISION_BITS) - 1, 0)
    low = (number - (shift << _PRECISION_BITS)) << shift
    high = low + (1 << shift)
    # The mirror of [low, high) under ~ is [-high, -low).
    return LatencyBucket(low, high, count) if key >= 0 else LatencyBucket(-high, -low, count)


class LatencyReport(msgspec.Struct, frozen=True):
    """Where the time of a session's events went so far, by kind of stream and stage.

    Stages that were never seen are missing. One frame in `one_in` was timed, drawn at random;
    `frames` were, over all kinds. `clock_offset_ms` is the exchange's clock minus this machine's
    as last measured over REST, good to half of that request's round trip, and None where nobody
    has measured it. Stages across both clocks are corrected by it as it was at the time;
    `uncorrected_frames` were timed while it was unknown, and contain it.
    """

    one_in: int
    frames: int
    uncorrected_frames: int
    clock_offset_ms: int | None
    streams: Mapping[StreamKind, Mapping[LatencyStage, LatencyDistribution]]

    def merged(self, other: "LatencyReport") -> "LatencyReport":
        """Return one report of two clients: everything of both; the rate and the offset of this."""
        streams = {kind: dict(stages) for kind, stages in self.streams.items()}
        for kind, stages in other.streams.items():
            mine = streams.setdefault(kind, {})
            for stage, durations in stages.items():
                mine[stage] = mine[stage].merged(durations) if stage in mine else durations
        return LatencyReport(
            one_in=self.one_in,
            frames=self.frames + other.frames,
            uncorrected_frames=self.uncorrected_frames + other.uncorrected_frames,
            clock_offset_ms=self.clock_offset_ms,
            streams=MappingProxyType(streams),
        )

    def __str__(self) -> str:
        """Return a table in microseconds, one line for each stage."""
        heads = ("count", "below 0", "mean", *(f"p{p:g}" for p in _TABLE_PERCENTILES), "max")
        lines = [f"{'microseconds':<40}" + "".join(f"{head:>12}" for head in heads)]
        for kind, stages in self.streams.items():
            for stage, durations in stages.items():
                figures = (
                    durations.mean_ns,
                    *(durations.percentile_ns(percent) for percent in _TABLE_PERCENTILES),
                    durations.max_ns,
                )
                lines.append(
                    f"{kind:<18}{stage:<22}{durations.count:>12}{durations.below_zero:>12}"
                    + "".join(f"{figure / 1000:>12.1f}" for figure in figures)
                )
        return "\n".join(lines)

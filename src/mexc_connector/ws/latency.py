"""FrameTimer: measures where the time of one frame in so many goes.

It stands before the router while latency is measured, and nowhere otherwise: nothing on the way
of a frame asks whether it does. A frame that is not drawn costs the countdown and the marks that
see that it was not, about 0.1 us. For one that is, the clock is read as it comes in and goes out
and where the sinks mark how far they are; recording it, some 5 us, comes after its event.

[hot] Its benchmark is `latency_anatomy`.
"""

import random
from collections.abc import Callable
from types import MappingProxyType
from typing import ParamSpec, TypeVar

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.latency import (
    LatencyHistogram,
    LatencyReport,
    LatencyStage,
    StreamKind,
)
from mexc_connector.common.orders import AssetBalance, Fill, Order
from mexc_connector.core.implementation import read_stamps
from mexc_connector.proto.decode import parse_push
from mexc_connector.proto.stamps import push_stamps
from mexc_connector.ws.channels import kind_of
from mexc_connector.ws.connection import Link

P = ParamSpec("P")
R = TypeVar("R")

Route = Callable[[Link, bytes, int], None]
"""Takes a frame of a link and when it was received, in nanoseconds of our clock."""

Mark = Callable[[object], None]
"""Says that a frame has come to some point; what it is given, the mark's name tells."""

_NS_PER_MS = 1_000_000

# Looked up for every frame that is timed; as attributes of their enum they cost 60 ns each.
_INSIDE = LatencyStage.ENGINE_TO_SENT
_ENGINE = LatencyStage.ENGINE_TO_RECEIVED
_CREATED = LatencyStage.CREATED_TO_RECEIVED
_SENT = LatencyStage.SENT_TO_RECEIVED
_ROUTED = LatencyStage.RECEIVED_TO_ROUTED
_DECODED = LatencyStage.RECEIVED_TO_DECODED
_APPLIED = LatencyStage.RECEIVED_TO_APPLIED
_DELIVERED = LatencyStage.RECEIVED_TO_DELIVERED


class FrameTimer:
    """Times one frame in `one_in`, drawn at random so that no rhythm of the markets is favoured.

    That is the mean: distances are uniform from 1 to `2 * one_in - 1`, by `draw`, which gives a
    number in [0, 1). Everything belongs to the loop's thread.

    Whoever gets there sets the marks, for every frame; they count only while one is being timed.
    `mark_decoded(is_news)`: the frame is decoded, and what it says will be handed on or not.
    `mark_applied(book)`: the state contains the frame; fit to be the first listener of the state.
    """

    def __init__(
        self,
        *,
        one_in: int,
        clock: Clock,
        draw: Callable[[], float] | None = None,
    ) -> None:
        self._one_in = one_in
        self._time_ns = clock.time_ns
        self._draw = draw or random.Random().random  # noqa: S311 - picks frames, no secret
        self._offset_ms: Callable[[], int | None] = lambda: None
        self._histograms: dict[StreamKind, dict[LatencyStage, LatencyHistogram]] = {}
        self._frames = 0
        self._uncorrected = 0
        self._is_news = False
        self._decoded_ns = 0
        self._applied_ns = 0
        self._set_timing, self.mark_decoded, self.mark_applied = self._marks()

    def use_offset(self, offset_ms: Callable[[], int | None]) -> None:
        """Ask here for the exchange's clock minus ours from now on; None while it is unknown."""
        self._offset_ms = offset_ms

    def around(self, route: Route) -> Route:
        """Return a route that does what `route` does, and times it."""
        until_next = self._distance()

        def timed(link: Link, frame: bytes, received_ns: int) -> None:
            nonlocal until_next
            until_next -= 1
            if until_next:
                route(link, frame, received_ns)
            else:
                until_next = self._distance()
                self._time(route, link, frame, received_ns)

        return timed

    def marking_decoded(self, decode: Callable[P, R]) -> Callable[P, R]:
        """Return `decode` with its end marked; whether it was news is for others to say."""

        def marking(*arguments: P.args, **named: P.kwargs) -> R:
            result = decode(*arguments, **named)
            self.mark_decoded(False)
            return result

        return marking

    def report(self) -> LatencyReport:
        """Return what was measured so far."""
        return LatencyReport(
            one_in=self._one_in,
            frames=self._frames,
            uncorrected_frames=self._uncorrected,
            clock_offset_ms=self._offset_ms(),
            streams=MappingProxyType(
                {
                    kind: MappingProxyType(
                        {
                            stage: snapshot
                            for stage in LatencyStage
                            if (snapshot := stages[stage].snapshot()) is not None
                        }
                    )
                    for kind, stages in self._histograms.items()
                }
            ),
        )

    # --- inside ---

    def _marks(self) -> tuple[Mark, Mark, Mark]:
        # What every frame pays for is in closures, 40 % less than with methods and attributes.
        is_timing: object = False

        def set_timing(value: object) -> None:
            nonlocal is_timing
            is_timing = value

        def mark_decoded(is_news: object) -> None:
            if is_timing:
                self._decoded_ns = self._time_ns()
                self._is_news = self._is_news or bool(is_news)

        def mark_applied(_: object) -> None:
            if is_timing:
                self._applied_ns = self._time_ns()
                self._is_news = True

        return set_timing, mark_decoded, mark_applied

    def _distance(self) -> int:
        return 1 + int(self._draw() * (2 * self._one_in - 1))

    def _time(self, route: Route, link: Link, frame: bytes, received_ns: int) -> None:
        self._decoded_ns = self._applied_ns = 0
        self._is_news = False
        self._set_timing(True)
        routed_ns = self._time_ns()
        try:
            route(link, frame, received_ns)
        finally:
            self._set_timing(False)
        delivered_ns = self._time_ns() if self._is_news else 0
        self._record(frame, received_ns, routed_ns, delivered_ns)

    def _record(self, frame: bytes, received_ns: int, routed_ns: int, delivered_ns: int) -> None:
        kind = kind_of(frame)
        stamps = None if kind is None else _stamps_of(frame, kind)
        if kind is None or stamps is None:
            return
        stages = self._histograms.get(kind)
        if stages is None:
            stages = self._histograms[kind] = {stage: LatencyHistogram() for stage in LatencyStage}
        self._frames += 1
        self._record_stamps(stages, stamps, received_ns)
        stages[_ROUTED].record(routed_ns - received_ns)
        if self._decoded_ns:
            stages[_DECODED].record(self._decoded_ns - received_ns)
        if self._applied_ns:
            stages[_APPLIED].record(self._applied_ns - received_ns)
        if delivered_ns:
            stages[_DELIVERED].record(delivered_ns - received_ns)

    def _record_stamps(
        self,
        stages: dict[LatencyStage, LatencyHistogram],
        stamps: tuple[int, int, int],
        received_ns: int,
    ) -> None:
        engine_ms, created_ms, sent_ms = stamps
        if not self._is_news:
            engine_ms = 0  # an unchanged quote is repeated with the time of an order long past
        offset_ms = self._offset_ms()
        if offset_ms is None:
            self._uncorrected += 1
            offset_ms = 0
        by_their_clock_ns = received_ns + offset_ms * _NS_PER_MS
        if sent_ms > 0:
            stages[_SENT].record(by_their_clock_ns - sent_ms * _NS_PER_MS)
        if created_ms > 0:
            stages[_CREATED].record(by_their_clock_ns - created_ms * _NS_PER_MS)
        if engine_ms > 0:
            stages[_ENGINE].record(by_their_clock_ns - engine_ms * _NS_PER_MS)
            if sent_ms > 0:
                stages[_INSIDE].record((sent_ms - engine_ms) * _NS_PER_MS)

    def __repr__(self) -> str:
        return f"<FrameTimer {self._frames} frames, one in {self._one_in}>"


def _stamps_of(frame: bytes, kind: StreamKind) -> tuple[int, int, int] | None:
    stamps = None if kind is StreamKind.FILLS else read_stamps(frame)
    if stamps is not None:
        return stamps
    try:
        return push_stamps(parse_push(frame), kind)
    except ProtocolViolation:
        return None  # the router has counted and reported it


class AccountMarks:
    """The `AccountSink` that marks when an event of the account was decoded. Goes in first."""

    def __init__(self, timer: FrameTimer) -> None:
        self._timer = timer

    def on_live(self, epoch: int, /) -> None:
        """Nothing to mark."""

    def on_order(self, order: Order, epoch: int, /) -> None:
        """Mark an order."""
        self._timer.mark_decoded(True)

    def on_fill(self, fill: Fill, epoch: int, /) -> None:
        """Mark an execution."""
        self._timer.mark_decoded(True)

    def on_balance(self, balance: AssetBalance, epoch: int, /) -> None:
        """Mark a balance."""
        self._timer.mark_decoded(True)

    def on_undecodable(self, epoch: int, /) -> None:
        """Nothing to mark."""

    def on_lost(self, epoch: int, reason: str, /) -> None:
        """Nothing to mark."""

"""The timer around a route that moves the clock itself."""

from collections.abc import Callable, Sequence
from typing import cast

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.latency import LatencyDistribution, LatencyStage, StreamKind
from mexc_connector.common.orders import AssetBalance, Fill, Order
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.connection import Link
from mexc_connector.ws.latency import AccountMarks, FrameTimer

S = LatencyStage
DELIVERED = S.RECEIVED_TO_DELIVERED
NO_LINK = cast("Link", None)  # the timer only passes it on
MS = 1_000_000
RECEIVED_NS = 1_790_000_000_000 * MS


class HandClock(Clock):
    def __init__(self) -> None:
        self.ns = RECEIVED_NS
        self.readings = 0

    def time_ns(self) -> int:
        self.readings += 1
        return self.ns


class Rig:
    """A timer, its clock, and a route whose work is `steps`, one after the other."""

    def __init__(self, *, one_in: int = 1, draws: Sequence[float] = ()) -> None:
        self.clock = HandClock()
        source = iter(draws)
        draw = (lambda: next(source)) if draws else None
        self.timer = FrameTimer(one_in=one_in, clock=self.clock, draw=draw)
        self.steps: list[Callable[[], None]] = []
        self.routed: list[bytes] = []
        self.route = self.timer.around(self._route)

    def _route(self, link: Link, frame: bytes, received_ns: int) -> None:
        self.routed.append(frame)
        for step in self.steps:
            step()

    def decoded(self) -> None:
        self.timer.mark_decoded(True)

    def applied(self) -> None:
        self.timer.mark_applied(None)

    def work(self, microseconds: int) -> None:
        self.steps.append(lambda: self._pass(microseconds))

    def _pass(self, microseconds: int) -> None:
        self.clock.ns += microseconds * 1000

    def frame(self, push: PushDataV3ApiWrapper, *, waited_us: int = 0) -> None:
        received_ns = self.clock.ns
        self._pass(waited_us)
        self.route(NO_LINK, push.SerializeToString(), received_ns)

    def stages(
        self, kind: StreamKind = StreamKind.ORDER_BOOK
    ) -> dict[LatencyStage, LatencyDistribution]:
        return dict(self.timer.report().streams[kind])


def depth(*, sent_ms: int = 0, engine_ms: int = 0) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT")
    push.sendTime = sent_ms
    push.publicAggreDepths.lastOrderCreateTime = engine_ms
    return push


def only(distribution: LatencyDistribution) -> int:
    assert distribution.count == 1
    return distribution.total_ns


def test_each_point_of_ours_is_measured_from_the_reading_of_the_bytes() -> None:
    rig = Rig()
    rig.work(2)
    rig.steps.append(lambda: rig.timer.mark_decoded(False))
    rig.work(3)
    rig.steps.append(rig.applied)
    rig.work(4)
    rig.frame(depth(), waited_us=10)
    stages = rig.stages()
    assert only(stages[S.RECEIVED_TO_ROUTED]) == 10_000
    assert only(stages[S.RECEIVED_TO_DECODED]) == 12_000
    assert only(stages[S.RECEIVED_TO_APPLIED]) == 15_000
    assert only(stages[S.RECEIVED_TO_DELIVERED]) == 19_000


def test_a_stage_that_was_not_reached_is_missing() -> None:
    rig = Rig()
    rig.frame(depth())
    assert set(rig.stages()) == {S.RECEIVED_TO_ROUTED}


def test_a_frame_without_news_is_delivered_to_nobody_and_its_engine_time_tells_nothing() -> None:
    """The exchange repeats an unchanged quote with the time of an order that is long past."""
    rig = Rig()
    rig.steps.append(lambda: rig.timer.mark_decoded(False))
    now_ms = RECEIVED_NS // MS
    rig.frame(depth(sent_ms=now_ms - 3, engine_ms=now_ms - 60_000))
    assert set(rig.stages()) == {S.SENT_TO_RECEIVED, S.RECEIVED_TO_ROUTED, S.RECEIVED_TO_DECODED}


def test_news_of_one_sink_is_not_taken_back_by_another() -> None:
    rig = Rig()
    rig.steps.append(rig.decoded)
    rig.steps.append(lambda: rig.timer.mark_decoded(False))
    rig.frame(depth())
    assert S.RECEIVED_TO_DELIVERED in rig.stages()


def test_stages_across_clocks_are_corrected_by_the_offset_of_the_moment() -> None:
    rig = Rig()
    rig.steps.append(rig.applied)
    now_ms = RECEIVED_NS // MS
    rig.timer.use_offset(lambda: 40)  # their clock is ahead of ours
    rig.frame(depth(sent_ms=now_ms + 35, engine_ms=now_ms + 30))
    stages = rig.stages()
    assert only(stages[S.SENT_TO_RECEIVED]) == 5 * MS
    assert only(stages[S.ENGINE_TO_RECEIVED]) == 10 * MS
    assert only(stages[S.ENGINE_TO_SENT]) == 5 * MS
    report = rig.timer.report()
    assert (report.clock_offset_ms, report.frames, report.uncorrected_frames) == (40, 1, 0)


def test_while_the_offset_is_unknown_the_clocks_are_compared_as_they_are_and_that_is_said() -> None:
    rig = Rig()
    rig.frame(depth(sent_ms=RECEIVED_NS // MS + 35))
    assert only(rig.stages()[S.SENT_TO_RECEIVED]) == -35 * MS
    assert rig.stages()[S.SENT_TO_RECEIVED].below_zero == 1
    report = rig.timer.report()
    assert (report.clock_offset_ms, report.uncorrected_frames) == (None, 1)


def test_what_is_not_sent_by_the_exchange_is_not_measured() -> None:
    rig = Rig()
    kline = PushDataV3ApiWrapper(channel="spot@public.kline.v3.api.pb@BTCUSDT@Min1")
    kline.createTime = RECEIVED_NS // MS - 7
    kline.publicSpotKline.SetInParent()
    rig.steps.append(rig.decoded)
    rig.frame(kline)
    stages = rig.stages(StreamKind.KLINES)
    assert only(stages[S.CREATED_TO_RECEIVED]) == 7 * MS
    assert not {S.SENT_TO_RECEIVED, S.ENGINE_TO_RECEIVED, S.ENGINE_TO_SENT} & set(stages)


def test_a_stamp_below_zero_is_none() -> None:
    rig = Rig()
    rig.steps.append(rig.applied)
    push = depth(sent_ms=-1, engine_ms=-1)
    push.createTime = -1
    rig.frame(push)
    assert set(rig.stages()) == {S.RECEIVED_TO_ROUTED, S.RECEIVED_TO_APPLIED, DELIVERED}


def test_one_frame_in_so_many_is_timed_and_all_are_routed() -> None:
    rig = Rig(one_in=3, draws=[0.0, 0.99, 0.5, 0.0])  # distances 1, 5, 3, 1
    timed = []
    for number in range(9):
        rig.frame(depth())
        if rig.timer.report().frames > len(timed):
            timed.append(number)
    assert timed == [0, 5, 8]
    assert len(rig.routed) == 9


def test_the_mean_distance_is_what_was_asked_for() -> None:
    rig = Rig(one_in=16)
    for _ in range(16_000):
        rig.route(NO_LINK, b"", RECEIVED_NS)
    # Nothing of an unreadable frame is recorded, but its turn is taken, with one look at the clock.
    assert 850 < rig.clock.readings < 1150


def test_marks_outside_of_a_timed_frame_leave_no_trace() -> None:
    rig = Rig(one_in=2, draws=[0.99, 0.0, 0.0])  # distances 3, 1, 1
    rig.applied()
    rig.steps.append(rig.applied)
    rig.frame(depth())
    rig.frame(depth())
    assert rig.timer.report().streams == {}
    assert rig.clock.readings == 0
    rig.steps.clear()
    rig.frame(depth())
    assert set(rig.stages()) == {S.RECEIVED_TO_ROUTED}


@pytest.mark.parametrize(
    "push",
    [PushDataV3ApiWrapper(), PushDataV3ApiWrapper(channel="spot@public.new.v9.api.pb@BTCUSDT")],
    ids=["no push", "a channel of another kind"],
)
def test_a_frame_of_no_known_kind_is_routed_but_not_counted(push: PushDataV3ApiWrapper) -> None:
    rig = Rig()
    rig.frame(push)
    assert len(rig.routed) == 1
    assert rig.timer.report().frames == 0


def test_marks_read_no_clock_once_the_frame_that_is_timed_is_through() -> None:
    rig = Rig()
    rig.frame(depth())
    readings = rig.clock.readings
    rig.applied()
    rig.decoded()
    assert rig.clock.readings == readings


def test_what_the_route_raises_passes_and_the_next_frame_is_timed_afresh() -> None:
    rig = Rig()

    def burst() -> None:
        raise ValueError("a bug")

    rig.steps = [rig.applied, burst]
    with pytest.raises(ValueError, match="a bug"):
        rig.frame(depth())
    rig.applied()
    rig.steps.clear()
    rig.frame(depth())
    assert set(rig.stages()) == {S.RECEIVED_TO_ROUTED}
    assert rig.timer.report().frames == 1


def test_a_function_whose_end_is_marked_does_what_it_did() -> None:
    rig = Rig()
    seen: list[int] = []

    def decode(number: int) -> int:
        rig._pass(6)
        return number + 1

    marked = rig.timer.marking_decoded(decode)
    rig.steps.append(lambda: seen.append(marked(1)))
    rig.work(1)
    rig.frame(depth())
    assert seen == [2]
    assert only(rig.stages()[S.RECEIVED_TO_DECODED]) == 6_000
    assert S.RECEIVED_TO_DELIVERED not in rig.stages()


@pytest.mark.parametrize(
    "tell",
    [
        lambda marks: marks.on_order(cast("Order", None), 1),
        lambda marks: marks.on_fill(cast("Fill", None), 1),
        lambda marks: marks.on_balance(cast("AssetBalance", None), 1),
    ],
    ids=["order", "fill", "balance"],
)
def test_an_event_of_the_account_is_decoded_when_its_sinks_hear_of_it(
    tell: Callable[[AccountMarks], None],
) -> None:
    rig = Rig()
    marks = AccountMarks(rig.timer)
    rig.work(3)
    rig.steps.append(lambda: tell(marks))
    rig.work(2)
    rig.frame(PushDataV3ApiWrapper(channel="spot@private.orders.v3.api.pb"))
    stages = rig.stages(StreamKind.ORDERS)
    assert only(stages[S.RECEIVED_TO_DECODED]) == 3_000
    assert only(stages[S.RECEIVED_TO_DELIVERED]) == 5_000


def test_what_an_account_tells_besides_events_marks_nothing() -> None:
    rig = Rig()
    marks = AccountMarks(rig.timer)
    rig.steps += [
        lambda: marks.on_live(1),
        lambda: marks.on_undecodable(1),
        lambda: marks.on_lost(1, "gone"),
    ]
    rig.frame(PushDataV3ApiWrapper(channel="spot@private.orders.v3.api.pb"))
    assert set(rig.stages(StreamKind.ORDERS)) == {S.RECEIVED_TO_ROUTED}

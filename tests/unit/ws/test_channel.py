import asyncio

import pytest

from mexc_connector.common.errors import ConnectionFailed, SubscriptionRefused
from mexc_connector.core.implementation import IMPLEMENTATION
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.channel import Channel
from mexc_connector.ws.copies import LinkCopyCounts

PUSH = PushDataV3ApiWrapper(channel="trades")


class Sink:
    def __init__(self, *, is_broken: bool = False) -> None:
        self.log: list[str] = []
        self.is_broken = is_broken

    def _note(self, text: str) -> None:
        self.log.append(text)
        if self.is_broken:
            raise RuntimeError(text)

    def on_subscribed(self, epoch: int) -> None:
        self._note(f"subscribed {epoch}")

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        self._note(f"push {epoch} {received_ns}")

    def on_undecodable(self, epoch: int) -> None:
        self._note(f"undecodable {epoch}")

    def on_link_lost(self, epoch: int, reason: str) -> None:
        self._note(f"lost {epoch} {reason}")


def make_channel(errors: list[Channel] | None = None) -> Channel:
    return Channel("trades", on_sink_error=([] if errors is None else errors).append)


def test_a_sink_sees_one_epoch_after_the_other() -> None:
    channel, sink = make_channel(), Sink()
    channel.hold(sink, None)
    channel.lose(1, "never granted: no news")
    channel.grant(1, 1)
    channel.push(PUSH, 1, 5)
    channel.miss(1)
    channel.lose(1, "cut")
    channel.grant(1, 4)
    assert sink.log == ["subscribed 1", "push 1 5", "undecodable 1", "lost 1 cut", "subscribed 4"]
    assert repr(channel) == "<Channel trades: epoch 4, 1 sinks>"


def test_a_sink_that_joins_late_learns_of_the_epoch_at_once() -> None:
    channel, sink = make_channel(), Sink()
    channel.grant(1, 3)
    channel.hold(sink, None)
    assert sink.log == ["subscribed 3"]


def test_a_sink_held_twice_is_called_once_and_stays_until_both_are_given_back() -> None:
    channel, sink = make_channel(), Sink()
    channel.hold(sink, None)
    channel.hold(sink, None)
    channel.grant(1, 1)
    channel.push(PUSH, 1, 5)
    assert sink.log == ["subscribed 1", "push 1 5"]
    channel.release(sink)
    assert channel.sinks == (sink,)
    channel.release(sink)
    channel.release(sink)
    assert channel.sinks == ()


def test_a_sink_that_raises_breaks_neither_the_stream_nor_the_others() -> None:
    errors: list[Channel] = []
    channel, broken, good = make_channel(errors), Sink(is_broken=True), Sink()
    channel.hold(broken, None)
    channel.hold(good, None)
    channel.grant(1, 1)
    channel.push(PUSH, 1, 5)
    channel.miss(1)
    channel.lose(1, "cut")
    assert good.log == broken.log
    assert len(errors) == 4


def test_a_sink_may_leave_in_the_middle_of_a_push() -> None:
    channel, last = make_channel(), Sink()

    class Leaver(Sink):
        def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
            channel.release(self)

    channel.hold(Leaver(), None)
    channel.hold(last, None)
    channel.push(PUSH, 1, 5)
    assert last.log == ["push 1 5"]
    assert channel.sinks == (last,)


async def test_everybody_who_waits_gets_an_error_of_their_own() -> None:
    channel = make_channel()
    waiting = [asyncio.ensure_future(channel.granted()) for _ in range(2)]
    await asyncio.sleep(0)
    channel.fail_waiters(lambda: ConnectionFailed("no"))
    first, second = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(first, ConnectionFailed)
    assert first is not second


async def test_waiting_ends_with_the_grant() -> None:
    channel = make_channel()
    waiting = asyncio.ensure_future(channel.granted())
    await asyncio.sleep(0)
    channel.grant(1, 1)
    await waiting
    await channel.granted()


async def test_a_cancelled_waiter_is_left_out() -> None:
    channel = make_channel()
    waiting = asyncio.ensure_future(channel.granted())
    await asyncio.sleep(0)
    waiting.cancel()
    channel.grant(1, 1)
    channel.fail_waiters(lambda: ConnectionFailed("no"))
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_only_sinks_that_asked_to_know_are_told_of_a_lasting_refusal() -> None:
    channel, sink, other = make_channel(), Sink(), Sink()
    told: list[SubscriptionRefused] = []
    channel.hold(sink, told.append)
    channel.hold(other, None)
    error = SubscriptionRefused("trades", "Blocked!")
    channel.tell_refused(error)
    assert told == [error]
    channel.release(sink)
    channel.tell_refused(error)
    assert told == [error]


class Merge:
    """Writes down what a merge of copies is told."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.steps: set[int] = set()

    def on_joined(self, carrier: int) -> None:
        self.log.append(f"joined {carrier}")

    def on_left(self, carrier: int) -> None:
        self.log.append(f"left {carrier}")

    def on_copy(
        self, push: PushDataV3ApiWrapper, carrier: int, epoch: int, received_ns: int
    ) -> None:
        self.log.append(f"copy {carrier} {epoch}")

    def on_missed(self, carrier: int, epoch: int) -> None:
        self.log.append(f"missed {carrier}")

    def takes_lane(self, carrier: int) -> bool:
        return carrier in self.steps

    def settle(self, carrier: int) -> bool:
        return carrier in self.steps


class MergingSink(Sink):
    def __init__(self) -> None:
        super().__init__()
        self.merge = Merge()


def test_a_sink_without_a_merge_hears_one_carrier_at_a_time() -> None:
    channel, sink = make_channel(), Sink()
    channel.hold(sink, None)
    old, new = channel.grant(1, 1), channel.grant(2, 5)
    for carrier in (old, new):
        carrier.push(PUSH, 7)
    channel.miss(2)
    channel.lose(1, "old")
    new.push(PUSH, 8)
    channel.lose(2, "cut")
    assert sink.log == ["subscribed 1", "push 1 7", "push 1 8", "lost 1 cut"]
    channel.grant(2, 6)
    assert sink.log[-1] == "subscribed 6"


def test_a_sink_with_a_merge_hears_every_carrier_by_its_number() -> None:
    channel, sink = make_channel(), MergingSink()
    channel.hold(sink, None)
    old, new = channel.grant(1, 1), channel.grant(2, 5)
    new.push(PUSH, 7)
    channel.miss(2)
    channel.lose(2, "cut")
    old.push(PUSH, 8)
    channel.lose(1, "cut")
    assert sink.merge.log == ["joined 1", "joined 2", "copy 2 1", "missed 2", "left 2", "left 1"]
    assert sink.log == ["subscribed 1", "push 1 8", "lost 1 cut"]


def test_a_lane_is_open_to_carriers_that_are_in_step_and_to_a_lonely_one() -> None:
    channel, sink = make_channel(), MergingSink()
    sink.lane = lambda frame, epoch, received_ns: True  # type: ignore[attr-defined]
    sink.merge.steps = {1}
    channel.hold(sink, None)
    old, new = channel.grant(1, 1), channel.grant(2, 5)
    assert (old.lane is None, new.lane is None) == (False, True)
    assert not channel.settle(2)
    sink.merge.steps = {2}
    new.push(PUSH, 7)
    assert (old.lane is None, new.lane is None) == (True, False)
    assert channel.settle(2)
    sink.merge.steps = {1, 2}
    old.push(PUSH, 8)
    assert None not in (old.lane, new.lane)
    sink.merge.steps = {1}
    channel.miss(2)
    assert (old.lane is None, new.lane is None) == (False, True)
    channel.lose(2, "cut")
    assert old.lane is not None
    assert not channel.settle(2)


SECOND_NS = 1_000_000_000


def diff(version: int) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="depth")
    push.publicAggreDepths.fromVersion = push.publicAggreDepths.toVersion = str(version)
    return push


class Pair:
    """A channel on two links that take part, and what is counted of them."""

    def __init__(self, *lanes: int) -> None:
        self.counts = LinkCopyCounts(missed_after_s=1.0)
        copies = self.counts.new_channel()
        self.channel = Channel("depth", on_sink_error=lambda _: None, copies=copies)
        sink = MergingSink()
        sink.lane = lambda frame, epoch, received_ns: True  # type: ignore[attr-defined]
        sink.merge.steps = set(lanes)
        self.channel.hold(sink, None)
        self.carriers = [self.channel.grant(link, link) for link in (1, 2)]
        self.bring(1, 1, at_s=10)

    def bring(self, link: int, version: int, *, at_s: float) -> None:
        carrier, push, at_ns = self.carriers[link - 1], diff(version), int(at_s * SECOND_NS)
        if carrier.lane is None or not carrier.lane(push.SerializeToString(), 1, at_ns):
            carrier.push(push, at_ns)


@pytest.mark.parametrize("lanes", [(), (1,), (2,), (1, 2)])
def test_what_each_link_brings_is_counted_whichever_way_it_takes(lanes: tuple[int, ...]) -> None:
    if lanes and IMPLEMENTATION != "compiled":
        pytest.skip("the reference has no lanes")
    pair = Pair(*lanes)
    for version in (2, 3, 4):
        pair.bring(1, version, at_s=10 + version)
        pair.bring(2, version, at_s=10.25 + version)
    pair.bring(2, 5, at_s=15)
    pair.bring(2, 6, at_s=16)
    first, second = pair.counts.report(1), pair.counts.report(2)
    assert (first.first, first.late, first.missed) == (3, 0, 1)
    assert (second.first, second.late, second.missed) == (1, 3, 0)
    assert second.late_max_ns == SECOND_NS // 4


def test_a_frame_that_the_lane_leaves_is_counted_once() -> None:
    pair = Pair()
    for _ in range(3):
        pair.bring(1, 2, at_s=12)
        pair.bring(2, 2, at_s=12)
    assert pair.counts.report(1).compared == 1


def test_a_link_that_was_lost_is_blamed_for_nothing_that_the_others_bring() -> None:
    pair = Pair()
    pair.carriers.append(pair.channel.grant(3, 3))
    for version in range(2, 5):
        for link in (1, 2, 3):
            pair.bring(link, version, at_s=10 + version)
    assert pair.counts.report(3).compared > 0
    pair.channel.lose(3, "cut")
    for version in range(5, 10):
        for link in (1, 2):
            pair.bring(link, version, at_s=10 + version)
    assert pair.counts.report(3).missed == 0
    assert pair.counts.report(1).compared > pair.counts.report(3).compared + 4


def test_nothing_is_counted_while_one_link_carries_the_channel() -> None:
    counts = LinkCopyCounts(missed_after_s=1.0)
    channel = Channel("depth", on_sink_error=lambda _: None, copies=counts.new_channel())
    channel.hold(MergingSink(), None)
    old = channel.grant(1, 1)
    channel.grant(2, 2)
    channel.lose(2, "cut")
    for second in range(5):
        old.push(diff(second), second * SECOND_NS)
    assert counts.report(1).compared == 0


def test_a_link_that_was_ended_is_forgotten() -> None:
    counts = LinkCopyCounts(missed_after_s=1.0)
    counts.of(1).compared = 7
    assert "7" in repr(counts)
    counts.forget(1)
    counts.forget(1)
    assert counts.report(1).compared == 0

"""The router with channels of its own; links are numbers and epochs."""

from dataclasses import dataclass

import pytest

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.channel import Channel
from mexc_connector.ws.router import FrameRouter
from mexc_connector.ws.sinks import FrameLane


@dataclass
class FakeLink:
    number: int = 0
    epoch: int = 7


class Sink:
    """Notes what it gets; with a lane it takes the frames that `takes` names."""

    def __init__(self, *, takes: tuple[bytes, ...] | None = None, breaks: bool = False) -> None:
        self.log: list[str] = []
        self.lane: FrameLane | None = None if takes is None else self._take
        self._takes = takes or ()
        self._breaks = breaks

    def _take(self, frame: bytes, epoch: int, received_ns: int) -> bool:
        self.log.append(f"lane {epoch} {received_ns}")
        if self._breaks:
            raise RuntimeError("lane")
        return frame in self._takes

    def on_subscribed(self, epoch: int) -> None:
        self.log.append(f"subscribed {epoch}")

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        self.log.append(f"push {push.channel} {epoch} {received_ns}")

    def on_undecodable(self, epoch: int) -> None:
        self.log.append(f"undecodable {epoch}")

    def on_link_lost(self, epoch: int, reason: str) -> None:
        self.log.append(f"lost {epoch}")


class Rig:
    def __init__(self) -> None:
        self.unclaimed: list[str] = []
        self.errors: list[Channel] = []
        self.link = FakeLink()
        self.router = FrameRouter(
            on_unclaimed=lambda number, name: self.unclaimed.append(name),
            report=lambda link, reason: None,
        )

    def grant(self, name: str, *sinks: Sink) -> Channel:
        channel = Channel(name, on_sink_error=self.errors.append)
        for sink in sinks:
            channel.hold(sink, None)
        self.router.grant(self.link, channel)  # type: ignore[arg-type] # number and epoch suffice
        return channel

    def route(self, frame: bytes) -> None:
        self.router.route(self.link, frame, 5)  # type: ignore[arg-type]


def frame_of(channel: str) -> bytes:
    return PushDataV3ApiWrapper(channel=channel, sendTime=3).SerializeToString()


def test_a_frame_goes_down_the_lane_of_its_channel_and_no_farther() -> None:
    rig, sink = Rig(), Sink(takes=(frame_of("a"),))
    rig.grant("a", sink)
    rig.route(frame_of("a"))
    assert sink.log == ["subscribed 7", "lane 7 5"]
    assert rig.router.counters.frames == 1


def test_what_a_lane_leaves_goes_the_general_way() -> None:
    rig, sink = Rig(), Sink(takes=())
    rig.grant("a", sink)
    rig.route(frame_of("a"))
    assert sink.log == ["subscribed 7", "lane 7 5", "push a 7 5"]


def test_two_sinks_get_the_same_push_whatever_lanes_they_have() -> None:
    rig, one, other = Rig(), Sink(takes=(frame_of("a"),)), Sink(takes=(frame_of("a"),))
    channel = rig.grant("a", one, other)
    rig.route(frame_of("a"))
    assert one.log == other.log == ["subscribed 7", "push a 7 5"]
    channel.release(other)
    rig.route(frame_of("a"))
    assert one.log[-1] == "lane 7 5"


def test_a_lane_that_raises_is_counted_and_the_frame_is_not_given_twice() -> None:
    rig, sink = Rig(), Sink(takes=(), breaks=True)
    channel = rig.grant("a", sink)
    rig.route(frame_of("a"))
    assert rig.errors == [channel]
    assert sink.log == ["subscribed 7", "lane 7 5"]


def test_a_withdrawn_channel_has_no_lane_any_more() -> None:
    rig, sink = Rig(), Sink(takes=(frame_of("a"),))
    rig.grant("a", sink)
    rig.router.withdraw(0, "a")
    rig.route(frame_of("a"))
    assert sink.log == ["subscribed 7"]
    assert rig.unclaimed == ["a"]


def test_a_lost_link_takes_its_lanes_along() -> None:
    rig, sink = Rig(), Sink(takes=(frame_of("a"),))
    rig.grant("a", sink)
    rig.router.lose(rig.link, "cut")  # type: ignore[arg-type]
    rig.route(frame_of("a"))
    assert sink.log == ["subscribed 7", "lost 7"]


def test_the_channel_named_last_counts_however_a_frame_begins() -> None:
    # Two channel fields: protobuf takes the last. The lane sees the frame and leaves it.
    rig, first, last = Rig(), Sink(takes=()), Sink(takes=())
    rig.grant("a", first)
    rig.grant("b", last)
    rig.route(frame_of("a") + b"\x0a\x01b")
    assert first.log == ["subscribed 7", "lane 7 5"]
    assert last.log == ["subscribed 7", "push b 7 5"]


def test_a_channel_that_is_not_the_first_field_is_found_by_parsing() -> None:
    rig, sink = Rig(), Sink(takes=())
    rig.grant("a", sink)
    rig.route(b"\x30\x03\x0a\x01a")
    assert sink.log == ["subscribed 7", "push a 7 5"]


def test_a_name_longer_than_a_byte_can_say_is_found_by_parsing() -> None:
    name = "spot@" + "x" * 200
    rig, sink = Rig(), Sink(takes=())
    rig.grant(name, sink)
    rig.route(frame_of(name))
    assert sink.log == ["subscribed 7", f"push {name} 7 5"]


@pytest.mark.parametrize("frame", [b"\x0a", b"\x0a\x05ab", b"\xff\xff"])
def test_what_is_no_push_is_told_to_every_channel_of_the_link(frame: bytes) -> None:
    rig, sink = Rig(), Sink(takes=())
    rig.grant("a", sink)
    rig.route(frame)
    assert sink.log == ["subscribed 7", "undecodable 7"]
    assert rig.router.counters.undecodable_frames == 1


def test_an_empty_frame_is_no_push_of_any_channel() -> None:
    rig, sink = Rig(), Sink(takes=())
    rig.grant("a", sink)
    rig.route(b"")
    assert sink.log == ["subscribed 7", "undecodable 7"]

from collections.abc import Sequence
from dataclasses import dataclass, field

from mexc_connector.common.clock import Clock
from mexc_connector.common.latency import LatencyStage, StreamKind
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.connection import Link
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.latency import FrameTimer
from mexc_connector.ws.streams import Delivery, Stream
from mexc_connector.ws.timed_streams import timed_stream
from mexc_connector.ws.translators import FrameReader, Translator

CHANNEL = "spot@public.aggre.deals.v3.api.pb@10ms@BTCUSDT"
PUSH = PushDataV3ApiWrapper(channel=CHANNEL)
FRAME = PUSH.SerializeToString()
DECODED, DELIVERED = LatencyStage.RECEIVED_TO_DECODED, LatencyStage.RECEIVED_TO_DELIVERED


@dataclass
class Translates:
    events: Sequence[int] = (1,)
    calls: list[str] = field(default_factory=list)
    knows_copies: bool = False

    def translate(self, push: PushDataV3ApiWrapper, received_ns: int) -> Sequence[int]:
        self.calls.append("translate")
        return self.events

    def reset(self) -> None:
        self.calls.append("reset")


@dataclass
class Reads(Translates):
    read_events: Sequence[int] | None = None

    def read(self, frame: bytes, received_ns: int) -> Sequence[int] | None:
        self.calls.append("read")
        return self.read_events


class Rig:
    def __init__(self, inner: Translator[int]) -> None:
        self.timer = FrameTimer(one_in=1, clock=Clock())
        stream = Stream(CHANNEL, lambda _: inner, Delivery.EVERY)
        timed = timed_stream(stream, self.timer)
        assert (timed.channel, timed.delivery) == (stream.channel, stream.delivery)
        self.translator = timed.make_translator(EventCounters())
        self.events: Sequence[int] | None = None

    def route(self, link: Link, frame: bytes, received_ns: int) -> None:
        """What the router and a feed do, in short."""
        if isinstance(self.translator, FrameReader):
            self.events = self.translator.read(frame, received_ns)
            if self.events is not None:
                return
        self.events = self.translator.translate(PUSH, received_ns)

    def stages(self) -> set[LatencyStage]:
        self.timer.around(self.route)(None, FRAME, 1)  # type: ignore[arg-type]  # only passed on
        return {DECODED, DELIVERED} & set(self.timer.report().streams[StreamKind.TRADES])


def test_a_translation_is_marked_and_its_events_are_news() -> None:
    inner = Translates()
    rig = Rig(inner)
    assert rig.stages() == {DECODED, DELIVERED}
    assert rig.events == (1,)
    assert not isinstance(rig.translator, FrameReader)


def test_a_translation_without_events_is_no_news() -> None:
    assert Rig(Translates(events=())).stages() == {DECODED}


def test_a_reader_stays_one_and_its_reading_is_marked() -> None:
    inner = Reads(read_events=(2,))
    rig = Rig(inner)
    assert rig.stages() == {DECODED, DELIVERED}
    assert rig.events == (2,)
    assert inner.calls == ["read"]


def test_an_unchanged_quote_that_is_read_is_no_news() -> None:
    assert Rig(Reads(read_events=())).stages() == {DECODED}


def test_what_a_reader_declines_is_marked_by_the_translation() -> None:
    inner = Reads(events=())
    assert Rig(inner).stages() == {DECODED}
    assert inner.calls == ["read", "translate"]


def test_a_reset_is_passed_on() -> None:
    inner = Translates()
    Rig(inner).translator.reset()
    assert inner.calls == ["reset"]

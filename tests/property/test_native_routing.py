"""Frames through router, channel and feed: with the compiled lane as without it."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.common.enums import StreamSpeed
from mexc_connector.ws import streams
from mexc_connector.ws.channel import Channel
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.feed import Feed
from mexc_connector.ws.router import FrameRouter
from tests.fuzz.wire import Body
from tests.property.wire_frames import CHANNEL_NAMES, canonical_frames, frames_of

pytest.importorskip("mexc_connector.native._hot")
judge = pytest.importorskip("tests.fuzz.judge")

STREAMS = {
    Body.TRADES: streams.trades("BTCUSDT", judge.SYMBOL, StreamSpeed.MS_10),
    Body.BOOK_TICKER: streams.book_ticker("BTCUSDT", judge.SYMBOL, StreamSpeed.MS_10),
    Body.BOOK_TICKER_BATCH: streams.book_ticker_batch("BTCUSDT", judge.SYMBOL),
    Body.LIMIT_DEPTH: streams.limit_depth("BTCUSDT", judge.SYMBOL, 5),
}
LINK = SimpleNamespace(number=1, epoch=4)


@dataclass
class Listener:
    """A consumer that writes down what it gets."""

    seen: list[str] = field(default_factory=list)

    def push(self, event: object) -> None:
        self.seen.append(repr(event))

    def fail(self, error: Exception) -> None:
        raise error

    def finish(self) -> None:
        self.seen.append("finished")


class Line:
    """A router with one feed for each channel name, all of one kind."""

    def __init__(self, kind: Body, *, has_lanes: bool) -> None:
        self.listener = Listener()
        self.counters = EventCounters()
        self.heard: list[object] = []
        self.router = FrameRouter(
            on_unclaimed=lambda number, name: self.heard.append((number, name)),
            report=lambda link, reason: self.heard.append(reason),
        )
        self.feeds = []
        for name in CHANNEL_NAMES:
            # No pool: nothing here subscribes.
            feed = Feed(STREAMS[kind], pool=None, counters=self.counters, on_idle=self.heard.append)
            feed.join(self.listener)
            assert feed.lane is not None
            if not has_lanes:
                feed.lane = None
            channel = Channel(name, on_sink_error=self.heard.append)
            channel.hold(feed, None)
            self.router.grant(LINK, channel)
            self.feeds.append(feed)

    def picture(self) -> tuple[object, ...]:
        return self.listener.seen, repr(self.counters), repr(self.router.counters), self.heard


@pytest.mark.parametrize("kind", STREAMS)
def test_the_same_frames_give_the_same_events_counts_and_reports(kind: Body) -> None:
    @settings(max_examples=25, deadline=None)
    @given(
        frames=st.lists(st.one_of(canonical_frames(kind), frames_of(kind)), max_size=6),
        again=st.integers(0, 5),
    )
    def check(frames: list[bytes], again: int) -> None:
        with_lane, without = Line(kind, has_lanes=True), Line(kind, has_lanes=False)
        for frame in [*frames, *frames[again:], *frames[:again]]:  # and repeats
            for line in (with_lane, without):
                line.router.route(LINK, frame, judge.RECEIVED_NS)
            assert with_lane.picture() == without.picture()
        with_lane.router.lose(LINK, "over")
        without.router.lose(LINK, "over")
        for frame in frames:
            for line in (with_lane, without):
                line.router.route(LINK, frame, judge.RECEIVED_NS)
        assert with_lane.picture() == without.picture()

    check()

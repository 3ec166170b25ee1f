"""StreamHub: what every streaming client is made of: a pool of links, feeds on it, its events."""

from collections.abc import Callable
from typing import TypeVar

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.errors import UsageError
from mexc_connector.common.latency import LatencyReport
from mexc_connector.common.registration import GuardedCallback, Registration
from mexc_connector.common.stream_status import ConnectionEvent, StreamMetrics
from mexc_connector.common.watch import Watch
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.dial import UrlSource
from mexc_connector.ws.feed import FeedSet
from mexc_connector.ws.latency import FrameTimer
from mexc_connector.ws.pool import LinkPool
from mexc_connector.ws.streams import Stream
from mexc_connector.ws.timed_streams import timed_stream

T = TypeVar("T")


class StreamHub:
    """A pool with feeds. Made on a running loop; `close` ends everything.

    `timer` times frames, and is None unless `latency_one_in` asks for it.
    """

    def __init__(
        self,
        url: UrlSource,
        *,
        config: MexcConfig,
        clock: Clock,
        on_complaint: Callable[[int, str], None] = lambda _link, _text: None,
    ) -> None:
        one_in = config.streams.latency_one_in
        self.timer = FrameTimer(one_in=one_in, clock=clock) if one_in else None
        self.pool = LinkPool(
            url,
            streams=config.streams,
            clock=clock,
            proxy=config.proxy,
            timer=self.timer,
            on_event=self._on_event,
            on_complaint=on_complaint,
        )
        self._feeds = FeedSet(self.pool, queue_size=config.streams.queue_size)
        self._listeners: tuple[GuardedCallback[ConnectionEvent], ...] = ()

    @property
    def counters(self) -> EventCounters:
        """What is counted on the way from push to event."""
        return self._feeds.counters

    def watch(self, stream: Stream[T]) -> Watch[T]:
        """Return a watch over a stream; it subscribes when it is first used."""
        return self._feeds.watch(self._timed(stream))

    def register(self, stream: Stream[T], callback: Callable[[T], object]) -> Registration:
        """Register a callback for a stream and begin to subscribe."""
        return self._feeds.register(self._timed(stream), callback)

    def on_connection(self, callback: Callable[[ConnectionEvent], object]) -> Registration:
        """Register a callback for events of the links; nothing has to be granted."""
        listener = GuardedCallback(
            "connection events", callback, on_failure=self._feeds.count_callback_error
        )
        self._listeners = (*self._listeners, listener)

        def release() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

        return Registration("connection events", release=release)

    async def close(self) -> None:
        """End links, watches and callbacks, within `close_timeout_s`. Idempotent."""
        self._feeds.finish()
        await self.pool.close()
        self._listeners = ()

    def metrics(self) -> StreamMetrics:
        """Return the counters as they are now."""
        pool, events = self.pool, self._feeds.counters
        counted, frames = pool.counters, pool.router.counters
        return StreamMetrics(
            links=len(pool.links),
            open_links=pool.links.open_count,
            subscriptions=pool.router.granted_count,
            wanted=pool.wanted_count,
            frames=frames.frames,
            bytes=frames.bytes,
            messages_sent=counted.messages_sent,
            reconnects=counted.reconnects,
            handovers=counted.handovers,
            handover_failures=counted.handover_failures,
            connect_failures=counted.connect_failures,
            refusals=counted.refusals,
            replay_refusals=counted.replay_refusals,
            undecodable_frames=frames.undecodable_frames,
            bad_bodies=events.bad_bodies,
            unclaimed_frames=frames.unclaimed_frames,
            unexpected_texts=counted.unexpected_texts,
            unchanged_book_tickers=events.unchanged_book_tickers,
            stale_events=events.stale_events,
            repeated_trades=events.repeated_trades,
            unknown_markets=events.unknown_markets,
            callback_errors=events.callback_errors + counted.sink_errors,
            last_frame_ns=frames.last_frame_ns,
            each_link=pool.links.health(),
        )

    def latency(self) -> LatencyReport:
        """Return where the time of the frames went. Raises `UsageError` if none are timed."""
        if self.timer is None:
            raise UsageError("latency is not measured: see StreamConfig.latency_one_in")
        return self.timer.report()

    def _timed(self, stream: Stream[T]) -> Stream[T]:
        return stream if self.timer is None else timed_stream(stream, self.timer)

    def _on_event(self, event: ConnectionEvent) -> None:
        for listener in self._listeners:
            listener(event)

    def __repr__(self) -> str:
        return f"<StreamHub {self.pool!r} {self._feeds!r}>"

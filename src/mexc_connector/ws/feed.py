"""Feed: one channel's events for any number of consumers; FeedSet: the feeds of a client.

[hot] `Feed.lane`, or `on_push`, is the last hop from frame to consumer.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, cast

from mexc_connector.common.errors import ProtocolViolation, SubscriptionRefused
from mexc_connector.common.log_fields import log_fields
from mexc_connector.common.registration import GuardedCallback, Registration, Release
from mexc_connector.common.watch import Inlet, Watch
from mexc_connector.core.implementation import IMPLEMENTATION
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.known_copies import KnownCopies, ProvenCopies
from mexc_connector.ws.pool import LinkPool
from mexc_connector.ws.sinks import CopyMerge, FrameLane
from mexc_connector.ws.streams import Delivery, Stream
from mexc_connector.ws.translators import FrameReader

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

_logger = logging.getLogger("mexc_connector.ws")


class Consumer(Protocol[T_contra]):
    """Takes the events of a feed; an `Inlet` is one."""

    def push(self, event: T_contra) -> None:
        """Take one event; must not raise."""

    def fail(self, error: Exception) -> None:
        """Learn that no more events will come, and why."""

    def finish(self) -> None:
        """Learn that no more events will come."""


class CallbackConsumer(Generic[T]):
    """A user's callback as a consumer, with the registration that stands for it."""

    def __init__(self, callback: GuardedCallback[T]) -> None:
        self.push: Callable[[T], None] = callback
        self.registration: Registration | None = None

    def fail(self, error: Exception) -> None:
        """Close the registration: the callback will not be called again. The log says why."""
        stream = getattr(error, "channel", None)
        _logger.warning("a callback ends: %s", error, extra=log_fields(stream=stream))
        self.finish()

    def finish(self) -> None:
        """Close the registration."""
        if self.registration is not None:
            self.registration.close()


class Feed(Generic[T]):
    """Translates the pushes of one channel once and hands the events to every consumer."""

    def __init__(
        self,
        stream: Stream[T],
        *,
        pool: LinkPool,
        counters: EventCounters,
        on_idle: Callable[["Feed[T]"], None],
    ) -> None:
        self.channel = stream.channel
        self._pool = pool
        self._translator = stream.make_translator(counters)
        self._stage = None if stream.make_stage is None else stream.make_stage(self._emit)
        self.lane: FrameLane | None = None
        if IMPLEMENTATION == "compiled" and isinstance(self._translator, FrameReader):
            self.lane = partial(self._on_frame, self._translator.read)
        self.merge: CopyMerge | None = None
        if self._translator.knows_copies:
            stage = self._stage
            self.merge = (
                KnownCopies(self.on_push)
                if stage is None
                else ProvenCopies(self.on_push, stage.on_missed)
            )
        self._keeps_latest = stream.delivery is Delivery.LATEST
        self._counters = counters
        self._on_idle = on_idle
        self._consumers: tuple[Consumer[T], ...] = ()
        # By identity: who has a subscription at the pool that has to be given back.
        self._granted: set[int] = set()
        self._latest: T | None = None

    # --- consumers ---

    def join(self, consumer: Consumer[T]) -> None:
        """Add a consumer at once; `subscribe` has to follow."""
        self._consumers = (*self._consumers, consumer)
        if self._latest is not None:
            consumer.push(self._latest)

    async def subscribe(self, consumer: Consumer[T]) -> None:
        """Wait until the exchange has granted the channel; raises what `LinkPool` does.

        Whatever it raises, the consumer has to `leave` then.
        """
        await self._pool.subscribe(self.channel, self, on_refused=self._on_refused)
        if id(consumer) in self._granted:
            self._pool.unsubscribe(self.channel, self)  # it was left one, see `leave`
        self._granted.add(id(consumer))

    async def attach(self, inlet: Inlet[T]) -> Release:
        """Be the opener of a watch: join and subscribe."""
        self.join(inlet)
        try:
            await self.subscribe(inlet)
        except BaseException:
            self.leave(inlet)
            raise
        return partial(self.leave, inlet)

    def leave(self, consumer: Consumer[T]) -> None:
        """Remove a consumer; the last one takes the subscription along. Idempotent.

        If those that stay have yet to subscribe, one of them is left the subscription: given back
        and made anew, it would lose what happens in between.
        """
        rest = tuple(other for other in self._consumers if other is not consumer)
        if len(rest) == len(self._consumers):
            return
        self._consumers = rest
        if id(consumer) in self._granted:
            self._granted.discard(id(consumer))
            if rest and not self._granted:
                self._granted.add(id(rest[0]))
            else:
                self._pool.unsubscribe(self.channel, self)
        if not rest:
            self._end_stage()
            self._on_idle(self)

    def finish(self) -> None:
        """End every consumer: the client was closed. Who still waits learns it from the pool."""
        self._end_stage()
        for consumer in [one for one in self._consumers if id(one) in self._granted]:
            consumer.finish()

    # --- ChannelSink ---

    def on_subscribed(self, epoch: int) -> None:
        """Events follow: the stage may want to know what came before them."""
        if self._stage is not None:
            self._stage.on_subscribed()

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        """Translate a push and hand its events out."""
        try:
            events = self._translator.translate(push, received_ns)
        except ProtocolViolation as error:
            level = logging.DEBUG if self._counters.bad_bodies else logging.WARNING
            self._counters.bad_bodies += 1
            fields = log_fields(stream=self.channel)
            _logger.log(level, "%s: bad body: %s", self.channel, error.problem, extra=fields)
            self.on_undecodable(epoch)
            return
        self._hand_out(events)

    def _on_frame(
        self,
        read: Callable[[bytes, int], Sequence[T] | None],
        frame: bytes,
        epoch: int,
        received_ns: int,
    ) -> bool:
        """Do what `on_push` does, from a frame's bytes, if they can be read beyond doubt."""
        events = read(frame, received_ns)
        if events is None:
            return False
        self._hand_out(events)
        return True

    def _hand_out(self, events: Sequence[T]) -> None:
        self._emit(events if self._stage is None else self._stage.on_events(events))

    def _emit(self, events: Sequence[T]) -> None:
        for event in events:
            for consumer in self._consumers:
                consumer.push(event)
        if self._keeps_latest and events:
            self._latest = events[-1]

    def on_undecodable(self, epoch: int) -> None:
        """Tell the stage that events may be missing; the pool counts the frame and reports it."""
        if self._stage is not None:
            self._stage.on_missed()

    def on_link_lost(self, epoch: int, reason: str) -> None:
        """Forget what may not hold any more."""
        self._latest = None
        self._translator.reset()
        if self._stage is not None:
            self._stage.on_link_lost()

    def _end_stage(self) -> None:
        if self._stage is not None:
            self._stage.close()

    def _on_refused(self, error: SubscriptionRefused) -> None:
        """Give up after repeated refusals: every consumer gets the error.

        Who still waits for the grant gets it from the pool.
        """
        for consumer in [one for one in self._consumers if id(one) in self._granted]:
            consumer.fail(error)
            self.leave(consumer)

    def __repr__(self) -> str:
        return f"<Feed {self.channel}: {len(self._consumers)} consumers>"


class FeedSet:
    """The feeds of one client, each made for its first consumer and dropped after its last."""

    def __init__(self, pool: LinkPool, *, queue_size: int) -> None:
        self.counters = EventCounters()
        self._pool = pool
        self._queue_size = queue_size
        self._feeds: dict[str, Feed[Any]] = {}

    def watch(self, stream: Stream[T]) -> Watch[T]:
        """Return a watch over a stream; it subscribes when it is first used."""

        async def open_feed(inlet: Inlet[T]) -> Release:
            return await self._feed(stream).attach(inlet)

        capacity = None if stream.delivery is Delivery.LATEST else self._queue_size
        return Watch(stream.channel, open_feed, capacity=capacity)

    def register(self, stream: Stream[T], callback: Callable[[T], object]) -> Registration:
        """Register a callback for a stream and begin to subscribe."""
        feed = self._feed(stream)
        guarded = GuardedCallback(stream.channel, callback, on_failure=self.count_callback_error)
        consumer = CallbackConsumer(guarded)
        feed.join(consumer)
        consumer.registration = Registration(
            stream.channel,
            acknowledged=partial(feed.subscribe, consumer),
            release=partial(feed.leave, consumer),
        )
        return consumer.registration

    def finish(self) -> None:
        """End every watch and forget every callback."""
        for feed in tuple(self._feeds.values()):
            feed.finish()
        self._feeds.clear()

    def count_callback_error(self) -> None:
        """Count what a callback raised."""
        self.counters.callback_errors += 1

    def _feed(self, stream: Stream[T]) -> Feed[T]:
        # A channel's name decides the type of its events, which the registry cannot say.
        feed = cast("Feed[T] | None", self._feeds.get(stream.channel))
        if feed is None:
            feed = self._feeds[stream.channel] = Feed(
                stream, pool=self._pool, counters=self.counters, on_idle=self._forget
            )
        return feed

    def _forget(self, feed: Feed[Any]) -> None:
        if self._feeds.get(feed.channel) is feed:
            del self._feeds[feed.channel]

    def __repr__(self) -> str:
        return f"<FeedSet {len(self._feeds)} feeds>"

"""Channel: one wanted stream channel, its sinks, and who waits for it to be granted."""

import asyncio
from collections.abc import Callable

from mexc_connector.common.errors import MexcError, SubscriptionRefused
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.copies import ChannelCopies
from mexc_connector.ws.sinks import ChannelSink, FrameLane, RefusalListener, merge_of


class Carrier:
    """A channel on one connection, as the router meets it: where its frames go."""

    __slots__ = ("channel", "epoch", "lane", "link")

    def __init__(self, channel: "Channel", link: int, epoch: int) -> None:
        self.channel = channel
        self.link = link
        self.epoch = epoch
        self.lane: FrameLane | None = None

    def push(self, push: PushDataV3ApiWrapper, received_ns: int) -> None:
        """Hand a push to every sink that wants it from this connection."""
        channel = self.channel
        if len(channel.carriers) > 1:
            channel.push_copy(push, self, received_ns)
        else:
            channel.push(push, self.epoch, received_ns)

    def __repr__(self) -> str:
        return f"<Carrier {self.channel.name} on link {self.link}, epoch {self.epoch}>"


class Channel:
    """A channel while somebody wants it.

    A sink may be held several times; it is called once for each push and stays until the last
    hold is given back. `epoch` is None while the channel is not granted. `carriers` are the links
    on which it is granted, the one that leads first; `copies` compares what they bring. A carrier's
    lane is the way past parsing, where there is but one sink and it has one.
    """

    __slots__ = (
        "_copies",
        "_holds",
        "_listeners",
        "_on_sink_error",
        "_waiters",
        "carriers",
        "epoch",
        "name",
        "sinks",
    )

    def __init__(
        self,
        name: str,
        *,
        on_sink_error: Callable[["Channel"], None],
        copies: ChannelCopies | None = None,
    ) -> None:
        self.name = name
        self._copies = copies
        self.epoch: int | None = None
        self.sinks: tuple[ChannelSink, ...] = ()
        self.carriers: dict[int, Carrier] = {}
        self._on_sink_error = on_sink_error
        self._holds: dict[int, int] = {}
        self._listeners: dict[int, RefusalListener] = {}
        self._waiters: set[asyncio.Future[None]] = set()

    def hold(self, sink: ChannelSink, on_refused: RefusalListener | None) -> None:
        """Add a hold of `sink`; a new one learns at once of an epoch that has begun."""
        key = id(sink)
        self._holds[key] = self._holds.get(key, 0) + 1
        if on_refused is not None:
            self._listeners[key] = on_refused
        if self._holds[key] == 1:
            self._set_sinks((*self.sinks, sink))
            if self.epoch is not None:
                self._join(sink, *self.carriers)
                self._call(sink.on_subscribed, self.epoch)

    def release(self, sink: ChannelSink) -> None:
        """Give one hold back; nothing happens if there is none."""
        key = id(sink)
        if key not in self._holds:
            return
        self._holds[key] -= 1
        if self._holds[key] == 0:
            del self._holds[key]
            self._listeners.pop(key, None)
            self._set_sinks(tuple(other for other in self.sinks if other is not sink))

    async def granted(self) -> None:
        """Wait until the channel is granted; raises what `fail_waiters` was given."""
        if self.epoch is not None:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)

    def grant(self, link: int, epoch: int) -> Carrier:
        """Begin an epoch, or have it carried by one more link; sinks learn it before who waits."""
        is_first = self.epoch is None
        if self.epoch is None:
            self.epoch = epoch
        carrier = self.carriers[link] = Carrier(self, link, self.epoch)
        if self._copies is not None:
            self._copies.on_joined(link)
        for sink in self.sinks:
            self._join(sink, link)
            if is_first:
                self._call(sink.on_subscribed, epoch)
        self._set_lanes()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        return carrier

    def fail_waiters(self, make_error: Callable[[], MexcError]) -> None:
        """Raise an error to everybody who waits; each gets its own, with its own traceback."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(make_error())

    def push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        """Hand a push to every sink."""
        for sink in self.sinks:
            try:
                sink.on_push(push, epoch, received_ns)
            except Exception:
                self._on_sink_error(self)

    def push_copy(self, push: PushDataV3ApiWrapper, carrier: Carrier, received_ns: int) -> None:
        """Hand a push of one of several carriers to every sink that wants it from there."""
        link, epoch = carrier.link, carrier.epoch
        for sink in self.sinks:
            merge = merge_of(sink)
            try:
                if merge is not None:
                    merge.on_copy(push, link, epoch, received_ns)
                elif self._leads(link):
                    sink.on_push(push, epoch, received_ns)
            except Exception:
                self._on_sink_error(self)
        if self._copies is not None:
            self._copies.on_push(push, link, received_ns)
        self._set_lanes()  # it may have got in step just now, or out of it

    def settle(self, link: int) -> bool:
        """Whether every sink can do with this carrier alone, as far as time could show."""
        merges = (merge_of(sink) for sink in self.sinks)
        return link in self.carriers and all(
            merge.settle(link) for merge in merges if merge is not None
        )

    def report_lane_error(self) -> None:
        """Count what the lane raised; called while the exception is being handled."""
        self._on_sink_error(self)

    def miss(self, link: int) -> None:
        """Tell every sink that a frame of a connection that serves it could not be parsed."""
        carrier = self.carriers[link]
        for sink in self.sinks:
            merge = merge_of(sink) if len(self.carriers) > 1 else None
            if merge is not None:
                self._call(merge.on_missed, link, carrier.epoch)
            elif self._leads(link):
                self._call(sink.on_undecodable, carrier.epoch)
        self._set_lanes()  # until what follows shows that nothing is lost

    def lose(self, link: int, reason: str) -> None:
        """Take a carrier away; the last one ends the epoch."""
        carrier = self.carriers.pop(link, None)
        if carrier is None:
            return
        if self._copies is not None:
            self._copies.on_left(link)
        is_last = not self.carriers
        if is_last:
            self.epoch = None
        for sink in self.sinks:
            merge = merge_of(sink)
            if merge is not None:
                self._call(merge.on_left, link)
            if is_last:
                self._call(sink.on_link_lost, carrier.epoch, reason)
        self._set_lanes()

    def tell_refused(self, error: SubscriptionRefused) -> None:
        """Tell who asked to know that a granted channel is refused for good."""
        for listener in tuple(self._listeners.values()):
            self._call(listener, error)

    def _set_sinks(self, sinks: tuple[ChannelSink, ...]) -> None:
        """Replace the sinks, never change them in place: a push may be under way over them."""
        self.sinks = sinks
        self._set_lanes()

    def _set_lanes(self) -> None:
        sink = self.sinks[0] if len(self.sinks) == 1 else None
        # A lane is a sink's own affair: most have none.
        lane: FrameLane | None = getattr(sink, "lane", None)
        merge = merge_of(sink)
        is_alone = len(self.carriers) == 1
        for link, carrier in self.carriers.items():
            serves = self._leads(link) if merge is None else merge.takes_lane(link)
            carrier.lane = lane if serves or is_alone else None
            if self._copies is not None and carrier.lane is not None and not is_alone:
                carrier.lane = self._copies.noting(carrier.lane, link)

    def _leads(self, link: int) -> bool:
        return link == next(iter(self.carriers))

    def _join(self, sink: ChannelSink, *links: int) -> None:
        merge = merge_of(sink)
        if merge is not None:
            for link in links:
                self._call(merge.on_joined, link)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        try:
            function(*arguments)
        except Exception:
            self._on_sink_error(self)

    def __repr__(self) -> str:
        state = "not granted" if self.epoch is None else f"epoch {self.epoch}"
        return f"<Channel {self.name}: {state}, {len(self.sinks)} sinks>"

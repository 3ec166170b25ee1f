"""Channel: one wanted stream channel, its sinks, and who waits for it to be granted."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from mexc_connector.common.errors import MexcError, SubscriptionRefused
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

RefusalListener = Callable[[SubscriptionRefused], None]


class ChannelSink(Protocol):
    """Receives the pushes of a channel, synchronously, from the read loop.

    `epoch` numbers the connections of a pool, increasing. A sink never gets a push of another
    epoch than the one that `on_subscribed` named last. What it raises is counted and logged.
    """

    def on_subscribed(self, epoch: int) -> None:
        """The exchange has granted the channel on a new connection; its pushes follow."""

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        """A push of this channel arrived."""

    def on_undecodable(self, epoch: int) -> None:
        """A frame of this connection could not be parsed: something was missed, perhaps ours."""

    def on_link_lost(self, epoch: int, reason: str) -> None:
        """The connection is gone: no more pushes of this epoch."""


FrameLane = Callable[[bytes, int, int], bool]
"""Takes the bytes of a frame, its epoch and when it was received. False leaves the frame, with
nothing done, to the general way: parsed, and handed over as a push."""


class Channel:
    """A channel while somebody wants it.

    A sink may be held several times; it is called once for each push and stays until the last
    hold is given back. `epoch` is None while the channel is not granted. `lane` is the way past
    parsing, where there is but one sink and it has one.
    """

    __slots__ = (
        "_holds",
        "_listeners",
        "_on_sink_error",
        "_waiters",
        "epoch",
        "lane",
        "name",
        "sinks",
    )

    def __init__(self, name: str, *, on_sink_error: Callable[["Channel"], None]) -> None:
        self.name = name
        self.epoch: int | None = None
        self.sinks: tuple[ChannelSink, ...] = ()
        self.lane: FrameLane | None = None
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

    def grant(self, epoch: int) -> None:
        """Begin an epoch: sinks first, so that who waits finds them ready."""
        self.epoch = epoch
        for sink in self.sinks:
            self._call(sink.on_subscribed, epoch)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

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

    def report_lane_error(self) -> None:
        """Count what the lane raised; called while the exception is being handled."""
        self._on_sink_error(self)

    def miss(self, epoch: int) -> None:
        """Tell every sink that a frame of its connection could not be parsed."""
        for sink in self.sinks:
            self._call(sink.on_undecodable, epoch)

    def lose(self, reason: str) -> None:
        """End the epoch."""
        epoch, self.epoch = self.epoch, None
        if epoch is not None:
            for sink in self.sinks:
                self._call(sink.on_link_lost, epoch, reason)

    def tell_refused(self, error: SubscriptionRefused) -> None:
        """Tell who asked to know that a granted channel is refused for good."""
        for listener in tuple(self._listeners.values()):
            self._call(listener, error)

    def _set_sinks(self, sinks: tuple[ChannelSink, ...]) -> None:
        """Replace the sinks, never change them in place: a push may be under way over them."""
        self.sinks = sinks
        # A lane is a sink's own affair: most have none.
        self.lane = getattr(sinks[0], "lane", None) if len(sinks) == 1 else None

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        try:
            function(*arguments)
        except Exception:
            self._on_sink_error(self)

    def __repr__(self) -> str:
        state = "not granted" if self.epoch is None else f"epoch {self.epoch}"
        return f"<Channel {self.name}: {state}, {len(self.sinks)} sinks>"

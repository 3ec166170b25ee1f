"""What takes the pushes of a channel: its sink, and what a sink may have beside its methods."""

from collections.abc import Callable
from typing import Protocol

from mexc_connector.common.errors import SubscriptionRefused
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

RefusalListener = Callable[[SubscriptionRefused], None]


class ChannelSink(Protocol):
    """Receives the pushes of a channel, synchronously, from the read loop.

    `epoch` numbers the connections of a pool, increasing, and means the one that began an
    uninterrupted subscription: while another connection carries the channel too, the end of one of
    them is no end of the epoch. A sink never gets a push of another epoch than the one that
    `on_subscribed` named last. What it raises is counted and logged.
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


class CopyMerge(Protocol):
    """How a sink makes one subscription of several connections that carry its channel at once.

    A sink without one gets the pushes of one carrier at a time. Carriers are links by number.
    """

    def on_joined(self, carrier: int) -> None:
        """A link carries the channel from now on; the first one before `on_subscribed`."""

    def on_left(self, carrier: int) -> None:
        """A link does not carry it any more; the last one before `on_link_lost`."""

    def on_copy(
        self, push: PushDataV3ApiWrapper, carrier: int, epoch: int, received_ns: int
    ) -> None:
        """A push arrived by one of several carriers."""

    def on_missed(self, carrier: int, epoch: int) -> None:
        """A frame of one of several carriers could not be parsed."""

    def takes_lane(self, carrier: int) -> bool:
        """Whether frames of this carrier may take the lane now, past `on_copy`."""

    def settle(self, carrier: int) -> bool:
        """Whether the carrier may be left alone, now that there was time enough for proof."""


def merge_of(sink: ChannelSink | None) -> CopyMerge | None:
    """Return how a sink merges copies: its own affair, as a lane is."""
    merge: CopyMerge | None = getattr(sink, "merge", None)
    return merge

"""PrivateChannel: one private channel on the link that leads, and on its successor meanwhile."""

from collections.abc import Callable
from typing import Protocol

from mexc_connector.common.clock import Clock
from mexc_connector.core.event_overlap import EventOverlap
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.proto.identity import push_key

Read = Callable[[PushDataV3ApiWrapper, int, int], None]
"""Reads a push, with its epoch and when it was received, and hands on what it says."""

_HELD_PUSHES = 4096
"""Of one channel: a few megabytes, and far more than an account gets in an overlap."""


class Account(Protocol):
    """What the channels of one account report to."""

    def on_carried(self, link: int) -> None:
        """One more channel is carried by a link."""

    def on_granted(self) -> None:
        """A channel has begun an epoch."""

    def on_lost(self, reason: str) -> None:
        """A channel is carried by no link any more."""

    def take(self, read: Read, push: PushDataV3ApiWrapper, received_ns: int) -> None:
        """Read a push, and hand on what it says."""

    def on_missed(self, channel: "PrivateChannel") -> None:
        """A frame that was no push came by the link that leads."""

    def on_doubt(self, link: int) -> None:
        """A link leads since another one was lost that may have had more to say."""

    def give_up(self, link: int, reason: str) -> None:
        """The successor is no good: end its connection."""

    def has_shown_life(self, link: int, since: float) -> bool:
        """Whether anything at all came by a link since then."""


class PrivateChannel:
    """The `ChannelSink` and `CopyMerge` of one private channel.

    `leader` is the link whose pushes are handed out, `successor` the one whose pushes are held, see
    `EventOverlap`. `epoch` is None while no link carries the channel.
    """

    def __init__(
        self, name: str, account: Account, read: Read, *, overlap_s: float, clock: Clock
    ) -> None:
        self.name = name
        self.epoch: int | None = None
        self.leader: int | None = None
        self.successor: int | None = None
        self._account = account
        self._read = read
        self._clock = clock
        self._overlap: EventOverlap[tuple[PushDataV3ApiWrapper, int]] = EventOverlap(
            window_s=overlap_s, limit=_HELD_PUSHES
        )
        self._has_given_up = False
        self._joined_at = 0.0

    def is_carried_by(self, link: int) -> bool:
        """Whether the channel is granted on a link."""
        return link in (self.leader, self.successor)

    # --- ChannelSink ---

    def on_subscribed(self, epoch: int) -> None:
        """Begin an epoch."""
        self.epoch = epoch
        self._account.on_granted()

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        """Hand a push out that came by the only link."""
        if self._overlap.on_leader(push_key(push), self._clock.now()):
            self._account.take(self._read, push, received_ns)

    def on_undecodable(self, epoch: int) -> None:
        """Tell that something was missed."""
        self._account.on_missed(self)

    def on_link_lost(self, epoch: int, reason: str) -> None:
        """End the epoch."""
        self.epoch = None
        self._account.on_lost(reason)

    # --- CopyMerge ---

    @property
    def merge(self) -> "PrivateChannel":
        """How copies are merged: here."""
        return self

    def on_joined(self, carrier: int) -> None:
        """Have a link lead, or succeed the one that leads."""
        if self.leader is None:
            self.leader = carrier
        else:
            self._follow(carrier)
        self._account.on_carried(carrier)

    def on_left(self, carrier: int) -> None:
        """Have the successor lead if there is one, or nobody."""
        if carrier == self.successor:
            self.successor = None
            self._has_given_up = False
            self._overlap.leave()
        elif carrier != self.leader:
            return
        elif self.successor is None:
            self.leader = None
            self._overlap.end()
        else:
            is_whole = self._overlap.is_proven and not self._has_given_up
            self.leader, self.successor = self.successor, None
            self._has_given_up = False
            self._hand_over()
            if not is_whole:
                self._account.on_doubt(self.leader)

    def on_copy(
        self, push: PushDataV3ApiWrapper, carrier: int, epoch: int, received_ns: int
    ) -> None:
        """Hand out what the leader brings, and hold what its successor does."""
        if carrier == self.leader:
            self.on_push(push, epoch, received_ns)
        elif carrier == self.successor and not self._has_given_up:
            self._overlap.on_successor(push_key(push), (push, received_ns))
        if self._overlap.is_overfull:
            self._give_up("it does not bring what the link before it brings")

    def on_missed(self, carrier: int, epoch: int) -> None:
        """Trust no comparison of two links of which one cannot be read."""
        self._give_up("an undecodable frame during the handover")
        if carrier == self.leader:
            self._account.on_missed(self)

    def takes_lane(self, carrier: int) -> bool:
        """Return False: there is no way past the merge."""
        return False

    def settle(self, carrier: int) -> bool:
        """Have the successor lead: it had time enough to be brought what the leader was.

        A leader that said nothing since there is a successor may have been dead for longer: then
        what it did not bring is known to nobody. Either it answers its PING or it is lost.
        """
        if self._has_given_up:
            return False
        if carrier == self.successor and self.leader is not None:
            if not self._account.has_shown_life(self.leader, self._joined_at):
                return False
            self.leader, former = carrier, self.leader
            self._hand_over()
            self._follow(former)  # until its connection is closed, in a moment
        return carrier == self.leader

    # --- inside ---

    def _follow(self, carrier: int) -> None:
        self.successor = carrier
        self._has_given_up = False
        self._joined_at = self._clock.now()
        self._overlap.join(self._joined_at)

    def _hand_over(self) -> None:
        for push, received_ns in self._overlap.hand_over(self._clock.now()):
            self._account.take(self._read, push, received_ns)

    def _give_up(self, reason: str) -> None:
        if self.successor is not None and not self._has_given_up:
            self._has_given_up = True
            self._overlap.leave()
            self._account.give_up(self.successor, reason)

    def __repr__(self) -> str:
        return (
            f"<PrivateChannel {self.name}: link {self.leader} leads, then {self.successor},"
            f" {self._overlap!r}>"
        )

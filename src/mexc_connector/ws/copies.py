"""Copies of what several links bring, as a channel and its pool see them.

`LinkCopyCounts` has what was counted of each link, `ChannelCopies` is the race of one channel.
"""

from mexc_connector.common.health import LinkCopies
from mexc_connector.core.copy_race import CopyRace, LinkTally
from mexc_connector.core.implementation import read_copy_key
from mexc_connector.proto.copy_key import copy_key
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.sinks import FrameLane

_NS = 1_000_000_000


class LinkCopyCounts:
    """What was counted of each link that is open, over all channels."""

    def __init__(self, *, missed_after_s: float) -> None:
        self._patience_ns = int(missed_after_s * _NS)
        self._tallies: dict[int, LinkTally] = {}

    def new_channel(self) -> "ChannelCopies":
        """Return the race of a channel that is wanted from now on."""
        return ChannelCopies(self, CopyRace(patience_ns=self._patience_ns))

    def of(self, link: int) -> LinkTally:
        """Return what is counted of a link, from the first time that it is asked for."""
        tally = self._tallies.get(link)
        if tally is None:
            tally = self._tallies[link] = LinkTally()
        return tally

    def forget(self, link: int) -> None:
        """A link was ended; its number is not used again."""
        self._tallies.pop(link, None)

    def report(self, link: int) -> LinkCopies:
        """Return what was counted of a link so far."""
        return self.of(link).report()

    def __repr__(self) -> str:
        return f"<LinkCopyCounts {self._tallies!r}>"


class ChannelCopies:
    """Notes what each link brings of one channel, whichever way the frame takes."""

    __slots__ = ("_counts", "_race")

    def __init__(self, counts: LinkCopyCounts, race: CopyRace) -> None:
        self._counts = counts
        self._race = race

    def on_joined(self, link: int) -> None:
        """A link carries the channel from now on."""
        self._race.on_joined(link, self._counts.of(link))

    def on_left(self, link: int) -> None:
        """A link does not carry it any more."""
        self._race.on_left(link)

    def on_push(self, push: PushDataV3ApiWrapper, link: int, received_ns: int) -> None:
        """Note a push that went the general way."""
        key = copy_key(push)
        if key is not None:
            self._race.on_brought(link, key, received_ns)

    def noting(self, lane: FrameLane, link: int) -> FrameLane:
        """Return a lane that notes what `lane` takes of a link, once it is delivered."""
        on_brought = self._race.on_brought

        def noting(frame: bytes, epoch: int, received_ns: int) -> bool:
            if not lane(frame, epoch, received_ns):
                return False
            key = read_copy_key(frame)
            if key is not None:
                on_brought(link, key, received_ns)
            return True

        return noting

    def __repr__(self) -> str:
        return f"<ChannelCopies {self._race!r}>"

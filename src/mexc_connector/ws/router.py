"""FrameRouter: from the bytes of a frame to the sinks of its channel.

[hot] `route` runs for every frame: parse, one look-up by channel, call the sinks.
"""

import logging
from collections.abc import Callable

from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.proto.decode import parse_push
from mexc_connector.ws.channel import Channel
from mexc_connector.ws.connection import Link
from mexc_connector.ws.counters import FrameCounters

_logger = logging.getLogger("mexc_connector.ws")


class FrameRouter:
    """Knows which channels are granted on the present connection of each link.

    `on_unclaimed(link number, channel)` hears of frames of channels that are not granted there,
    `report(link, reason)` of frames that are no push.
    """

    def __init__(
        self,
        *,
        on_unclaimed: Callable[[int, str], None],
        report: Callable[[Link, str], None],
    ) -> None:
        self.counters = FrameCounters()
        self._on_unclaimed = on_unclaimed
        self._report = report
        self._granted: dict[int, dict[str, Channel]] = {}

    def grant(self, link: Link, channel: Channel) -> None:
        """Route the channel's frames from now on, after telling its sinks so."""
        self._granted.setdefault(link.number, {})[channel.name] = channel
        channel.grant(link.epoch)

    def withdraw(self, number: int, name: str) -> None:
        """Stop routing a channel that nobody wants any more."""
        self._granted.get(number, {}).pop(name, None)

    def lose(self, link: Link, reason: str) -> None:
        """End the epoch of every channel of a link."""
        for channel in self._granted.pop(link.number, {}).values():
            channel.lose(reason)

    def route(self, link: Link, frame: bytes, received_ns: int) -> None:
        """Parse a frame and hand it to the sinks of its channel."""
        counters = self.counters
        counters.frames += 1
        counters.bytes += len(frame)
        counters.last_frame_ns = received_ns
        granted = self._granted.get(link.number, {})
        try:
            push = parse_push(frame)
        except ProtocolViolation as error:
            # The first one is worth a warning; a stream of them must not flood the log.
            level = logging.DEBUG if counters.undecodable_frames else logging.WARNING
            counters.undecodable_frames += 1
            _logger.log(level, "link %d: %s", link.number, error)
            self._report(link, f"undecodable frame: {error.problem}")
            for channel in tuple(granted.values()):
                channel.miss(link.epoch)
            return
        name = push.channel
        channel_or_none = granted.get(name)
        if channel_or_none is not None:
            channel_or_none.push(push, link.epoch, received_ns)
        else:
            counters.unclaimed_frames += 1
            self._on_unclaimed(link.number, name)

    @property
    def granted_count(self) -> int:
        """Channels that are granted now, over all links."""
        return sum(len(granted) for granted in self._granted.values())

    def __repr__(self) -> str:
        return f"<FrameRouter {self.granted_count} channels, {self.counters.frames} frames>"

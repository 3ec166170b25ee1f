"""FrameRouter: from the bytes of a frame to the sinks of its channel.

[hot] `route` runs for every frame. The channel is the first field that the exchange writes, so one
look-up by the frame's first bytes finds it unparsed, and its lane may take the frame as it is. What
no lane takes is parsed, looked up by the channel it names, and handed to the sinks.
"""

import logging
from collections.abc import Callable

from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.log_fields import log_fields
from mexc_connector.proto.decode import parse_push
from mexc_connector.ws.channel import Carrier, Channel
from mexc_connector.ws.connection import Link
from mexc_connector.ws.counters import FrameCounters

_logger = logging.getLogger("mexc_connector.ws")


_CHANNEL_FIELD = 0x0A  # field 1, length-delimited
_SHORT = 128  # below it a length takes one byte


def _head(name: str) -> bytes:
    """Return how the channel's frames begin; empty, as no frame begins, for a long name."""
    text = name.encode()
    return bytes((_CHANNEL_FIELD, len(text))) + text if len(text) < _SHORT else b""


class _Granted:
    """The channels that are granted on one connection, by name and by their frames' first bytes."""

    __slots__ = ("by_head", "by_name")

    def __init__(self) -> None:
        self.by_name: dict[str, Carrier] = {}
        self.by_head: dict[bytes, Carrier] = {}

    def add(self, name: str, carrier: Carrier) -> None:
        self.by_name[name] = carrier
        self.by_head[_head(name)] = carrier

    def remove(self, name: str) -> None:
        self.by_name.pop(name, None)
        self.by_head.pop(_head(name), None)


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
        self._granted: dict[int, _Granted] = {}

    def grant(self, link: Link, channel: Channel) -> None:
        """Route the channel's frames from now on, after telling its sinks so."""
        granted = self._granted.setdefault(link.number, _Granted())
        granted.add(channel.name, channel.grant(link.number, link.epoch))

    def withdraw(self, number: int, name: str) -> None:
        """Stop routing a channel that nobody wants any more."""
        if number in self._granted:
            self._granted[number].remove(name)

    def lose(self, link: Link, reason: str) -> None:
        """Take a link from every channel that it carries; where it was the last one, that ends."""
        for carrier in self._granted.pop(link.number, _Granted()).by_name.values():
            carrier.channel.lose(link.number, reason)

    def route(self, link: Link, frame: bytes, received_ns: int) -> None:
        """Hand a frame to the lane of its channel, or parsed to the sinks of its channel."""
        counters = self.counters
        counters.frames += 1
        counters.bytes += len(frame)
        counters.last_frame_ns = received_ns
        granted = self._granted.get(link.number)
        if granted is not None and len(frame) > 1:
            carrier = granted.by_head.get(frame[: 2 + frame[1]])
            if carrier is not None and carrier.lane is not None:
                try:
                    if carrier.lane(frame, carrier.epoch, received_ns):
                        return
                except Exception:  # whatever it is, the stream goes on
                    carrier.channel.report_lane_error()
                    return
        self._route_parsed(link, frame, received_ns)

    def _route_parsed(self, link: Link, frame: bytes, received_ns: int) -> None:
        counters = self.counters
        granted = self._granted.get(link.number)
        carriers = {} if granted is None else granted.by_name
        try:
            push = parse_push(frame)
        except ProtocolViolation as error:
            # The first one is worth a warning; a stream of them must not flood the log.
            level = logging.DEBUG if counters.undecodable_frames else logging.WARNING
            counters.undecodable_frames += 1
            fields = log_fields(connection=link.number)
            _logger.log(level, "link %d: %s", link.number, error, extra=fields)
            self._report(link, f"undecodable frame: {error.problem}")
            for carrier in tuple(carriers.values()):
                carrier.channel.miss(link.number)
            return
        claimed = carriers.get(push.channel)
        if claimed is not None:
            claimed.push(push, received_ns)
        else:
            counters.unclaimed_frames += 1
            self._on_unclaimed(link.number, push.channel)

    @property
    def granted_count(self) -> int:
        """Channels that are granted now, each once, over all links."""
        return len({name for granted in self._granted.values() for name in granted.by_name})

    def __repr__(self) -> str:
        return f"<FrameRouter {self.granted_count} channels, {self.counters.frames} frames>"

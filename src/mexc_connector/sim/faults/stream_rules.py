"""Faults of the stream connections: of single frames, of channels, of whole connections.

`channels` are names, globs (`spot@public.aggre.depth*@BTCUSDT`) or kinds: `depth`, `deals`,
`limit_depth`, `book_ticker`, `book_ticker_batch`, `kline`, `mini_ticker`, `mini_tickers`, `orders`,
`fills`, `balances`, and `public`, `private`, `all`. Durations are of the server's own clock, as
those of limits are: real time, unless time is moved by hand.
"""

from __future__ import annotations

from enum import Enum

from mexc_connector.sim.faults.rules import Audience, Ending, FaultRule, require

DAY_MS = 24 * 3_600_000
CLOSE_CODES = (range(1000, 1004), range(1007, 1015), range(3000, 5000))
LONGEST_REASON = 123
"""Bytes that a control frame has left beside the code (RFC 6455, 5.5)."""


class ChannelRule(FaultRule, frozen=True, kw_only=True):
    """Strikes at frames of some channels; an event is one frame to one connection."""

    channels: tuple[str, ...] = ("all",)
    connection: int | None = None
    """Number of the only connection that is struck, from 1 in the order in which they came; None
    is any. What befalls the others counts no event."""

    def check(self) -> None:
        """Refuse an empty choice, and a number that no connection has."""
        require(bool(self.channels), "channels must name at least one channel")
        require(self.connection is None or self.connection >= 1, "connection counts from 1")

    def is_about(self, connection: int) -> bool:
        """Say whether a connection may be struck."""
        return self.connection is None or self.connection == connection


class DropFrames(ChannelRule, frozen=True, kw_only=True, tag_field="fault", tag="drop"):
    """The frame is not sent."""


class RepeatFrames(ChannelRule, frozen=True, kw_only=True, tag_field="fault", tag="repeat"):
    """The frame is sent `copies` times more."""

    copies: int = 1

    def check(self) -> None:
        """Refuse no copies, or masses of them."""
        super().check()
        require(1 <= self.copies <= 100, "copies must lie between 1 and 100")


class ReorderFrames(ChannelRule, frozen=True, kw_only=True, tag_field="fault", tag="reorder"):
    """The frame is sent after the next `behind` frames of its channel, or after `longest_ms`."""

    behind: int = 1
    longest_ms: int = 1_000

    def check(self) -> None:
        """Refuse to let a frame wait for nothing."""
        super().check()
        require(1 <= self.behind <= 1_000, "behind must lie between 1 and 1000")
        require(self.longest_ms >= 1, "longest_ms must be at least 1")


class DelayFrames(ChannelRule, frozen=True, kw_only=True, tag_field="fault", tag="delay"):
    """The frame is sent later; those behind it on its channel wait for it."""

    delay_ms: int
    jitter_ms: int = 0
    """Up to this much is added, drawn evenly."""

    def check(self) -> None:
        """Refuse times that go back."""
        super().check()
        require(self.delay_ms >= 1, "delay_ms must be at least 1")
        require(self.jitter_ms >= 0, "jitter_ms must not be negative")


class TruncateFrames(ChannelRule, frozen=True, kw_only=True, tag_field="fault", tag="truncate"):
    """The message loses its end; the WebSocket frame around it is whole."""

    keep_bytes: int | None = None
    """None draws the place of the cut."""

    def check(self) -> None:
        """Refuse a negative size."""
        super().check()
        require(self.keep_bytes is None or self.keep_bytes >= 0, "keep_bytes must not be negative")


class CorruptFrames(ChannelRule, frozen=True, kw_only=True, tag_field="fault", tag="corrupt"):
    """Some bytes of the message are others; which, and what they become, is drawn."""

    byte_count: int = 1

    def check(self) -> None:
        """Refuse no bytes, or masses of them."""
        super().check()
        require(1 <= self.byte_count <= 1_000, "byte_count must lie between 1 and 1000")


class CutFrame(ChannelRule, frozen=True, kw_only=True, tag_field="fault", tag="cut"):
    """TCP ends in the middle of the frame; where is drawn."""

    ending: Ending = Ending.END


class PacedRule(ChannelRule, frozen=True, kw_only=True):
    """Strikes at frames, or by time at connections that have a matching channel."""

    every_ms: int | None = None
    """None: an event is a frame. Else an event comes every so many ms of exchange time, from
    `after_ms` on, for each open connection that is subscribed to one of `channels`."""

    def check(self) -> None:
        """Refuse a time between events that is none."""
        super().check()
        require(self.every_ms is None or self.every_ms >= 5, "every_ms must be at least 5")


class CloseConnection(PacedRule, frozen=True, kw_only=True, tag_field="fault", tag="close"):
    """The connection is closed with a close frame, in place of the frame that was due."""

    code: int = 1000
    reason: str = ""

    def check(self) -> None:
        """Refuse what a close frame cannot carry."""
        super().check()
        require(
            any(self.code in codes for codes in CLOSE_CODES),
            "code must be one that a close frame may carry (1000 to 4999)",
        )
        require(len(self.reason.encode()) <= LONGEST_REASON, "reason is longer than 123 bytes")


class DropConnection(PacedRule, frozen=True, kw_only=True, tag_field="fault", tag="disconnect"):
    """The connection ends without a close frame, in place of the frame that was due."""

    ending: Ending = Ending.END


class Extent(Enum):
    """How much falls silent."""

    CONNECTION = "connection"
    """Everything, answers and PONGs too: the link is half open."""
    CHANNEL = "channel"
    """The frames of the channel that was hit; by time: of every channel that matches."""


class StopSending(PacedRule, frozen=True, kw_only=True, tag_field="fault", tag="silence"):
    """Nothing is sent any more and nothing is closed; what falls due meanwhile is lost."""

    extent: Extent = Extent.CHANNEL
    for_ms: int | None = None
    """None is until the connection ends or the plan is switched off."""

    def check(self) -> None:
        """Refuse a silence of no length."""
        super().check()
        require(self.for_ms is None or self.for_ms >= 1, "for_ms must be at least 1")


class SlowDrip(PacedRule, frozen=True, kw_only=True, tag_field="fault", tag="drip"):
    """The whole connection gets `bytes_per_second` from then on."""

    bytes_per_second: int
    for_ms: int | None = None

    def check(self) -> None:
        """Refuse a rate at which nothing ever comes."""
        super().check()
        require(self.bytes_per_second >= 1, "bytes_per_second must be at least 1")
        require(self.for_ms is None or self.for_ms >= 1, "for_ms must be at least 1")


class RefusalAnswer(Enum):
    """What a client reads about a channel that it does not get."""

    BLOCKED = "blocked"
    """The channel is named between the brackets of the refusal."""
    EMPTY_BRACKETS = "empty_brackets"
    """`Not Subscribed successfully! [].`, or only the others' names where others were accepted."""
    EMPTY = "empty"
    """An empty `msg`, or only the others' names."""
    UNREADABLE = "unreadable"
    """`msg format invalid` for the whole request, and none of its channels is subscribed."""
    SILENT = "silent"
    """No answer to the whole request, and none of its channels is subscribed."""
    ACCEPTED = "accepted"
    """The channel is acknowledged, and never sends a frame."""


class RefuseSubscriptions(
    ChannelRule, frozen=True, kw_only=True, tag_field="fault", tag="refuse_subscription"
):
    """A channel is not subscribed; an event is one channel asked for."""

    answer: RefusalAnswer = RefusalAnswer.BLOCKED


class ConnectionRule(FaultRule, frozen=True, kw_only=True):
    """Strikes at whole connections, whatever their channels."""

    connections: Audience = Audience.ALL


class UpgradeAnswer(Enum):
    """What becomes of a handshake that is refused."""

    FORBIDDEN = "http_403"
    """The firewall's page."""
    UNAVAILABLE = "http_503"
    RESET = "reset"
    """The TCP connection is reset without an answer. `unreachable` refuses it altogether."""


class RefuseConnections(
    ConnectionRule, frozen=True, kw_only=True, tag_field="fault", tag="refuse_connection"
):
    """A stream connection does not come about; an event is one handshake."""

    answer: UpgradeAnswer = UpgradeAnswer.UNAVAILABLE


class RefuseListenKeys(
    FaultRule, frozen=True, kw_only=True, tag_field="fault", tag="refuse_listen_key"
):
    """A good listen key is told `Invalid listen key`; an event is one connection with a key."""


class LimitLife(
    ConnectionRule, frozen=True, kw_only=True, tag_field="fault", tag="connection_life"
):
    """A connection ends at an age in exchange time; an event is one connection that is that old."""

    life_ms: int = DAY_MS
    code: int | None = 1000
    """None ends it without a close frame."""

    def check(self) -> None:
        """Refuse an age that is none, and codes that a close frame cannot carry."""
        require(self.life_ms >= 5, "life_ms must be at least 5")
        require(
            self.code is None or any(self.code in codes for codes in CLOSE_CODES),
            "code must be one that a close frame may carry (1000 to 4999)",
        )


class SwallowPongs(ConnectionRule, frozen=True, kw_only=True, tag_field="fault", tag="no_pong"):
    """A PING is not answered, be it JSON or a control frame; an event is one PING."""


StreamRule = (
    DropFrames
    | RepeatFrames
    | ReorderFrames
    | DelayFrames
    | TruncateFrames
    | CorruptFrames
    | CutFrame
    | CloseConnection
    | DropConnection
    | StopSending
    | SlowDrip
    | RefuseSubscriptions
    | RefuseConnections
    | RefuseListenKeys
    | LimitLife
    | SwallowPongs
)

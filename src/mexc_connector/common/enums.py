"""Closed choices: sides, order vocabulary, intervals, and the states of links and books."""

from enum import Enum, StrEnum, unique


@unique
class Side(StrEnum):
    """Direction of an order; on a public trade, the direction of the taker."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


@unique
class OrderType(StrEnum):
    """Order types of MEXC spot.

    The exchange has no `timeInForce` parameter: post-only, IOC and FOK are types of their own.
    Source: Spot v3 docs, "Enum definitions", read 2026-11-20.
    """

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    LIMIT_MAKER = "LIMIT_MAKER"
    IMMEDIATE_OR_CANCEL = "IMMEDIATE_OR_CANCEL"
    FILL_OR_KILL = "FILL_OR_KILL"


@unique
class TimeInForce(StrEnum):
    """How long an order may rest; the exchange spells these as order types of their own."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    POST_ONLY = "POST_ONLY"


@unique
class OrderStatus(StrEnum):
    """Life of an order.

    `PENDING_NEW` until the exchange has spoken, `UNKNOWN` while an answer is lost and no evidence
    has settled the order. `PARTIALLY_CANCELED` is finished: its filled part stands.
    """

    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    PARTIALLY_CANCELED = "PARTIALLY_CANCELED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"

    @property
    def is_done(self) -> bool:
        """Whether nothing can happen to the order any more."""
        return self in _DONE

    @property
    def is_open(self) -> bool:
        """Whether the order rests in the book as far as is known."""
        return self in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


_DONE = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.PARTIALLY_CANCELED,
        OrderStatus.REJECTED,
    }
)


@unique
class SelfTradePrevention(StrEnum):
    """What happens when an order would meet another one of the same group (`stpMode`)."""

    NONE = ""
    CANCEL_MAKER = "cancel_maker"
    CANCEL_TAKER = "cancel_taker"
    CANCEL_BOTH = "cancel_both"


@unique
class KlineInterval(Enum):
    """Length of a candle, with the two spellings that the exchange uses.

    `HOUR_8` exists on the stream only. Months follow the calendar, so `MONTH_1` has no fixed
    length.
    """

    MINUTE_1 = ("1m", "Min1", 60)
    MINUTE_5 = ("5m", "Min5", 5 * 60)
    MINUTE_15 = ("15m", "Min15", 15 * 60)
    MINUTE_30 = ("30m", "Min30", 30 * 60)
    HOUR_1 = ("60m", "Min60", 60 * 60)
    HOUR_4 = ("4h", "Hour4", 4 * 60 * 60)
    HOUR_8 = (None, "Hour8", 8 * 60 * 60)
    DAY_1 = ("1d", "Day1", 24 * 60 * 60)
    WEEK_1 = ("1W", "Week1", 7 * 24 * 60 * 60)
    MONTH_1 = ("1M", "Month1", None)

    def __init__(self, rest_name: str | None, stream_name: str, seconds: int | None) -> None:
        self.rest_name = rest_name
        self.stream_name = stream_name
        self.duration_ms = None if seconds is None else seconds * 1000


@unique
class StreamSpeed(StrEnum):
    """How often the exchange bundles what happened into one push."""

    MS_10 = "10ms"
    MS_100 = "100ms"


@unique
class TickerZone(StrEnum):
    """The day that a mini ticker's `zoned` figures refer to: rolling 24 hours or a time zone."""

    H24 = "24H"
    UTC_MINUS_10 = "UTC-10"
    UTC_MINUS_8 = "UTC-8"
    UTC_MINUS_7 = "UTC-7"
    UTC_MINUS_6 = "UTC-6"
    UTC_MINUS_5 = "UTC-5"
    UTC_MINUS_4 = "UTC-4"
    UTC_MINUS_3 = "UTC-3"
    UTC_0 = "UTC+0"
    UTC_PLUS_1 = "UTC+1"
    UTC_PLUS_2 = "UTC+2"
    UTC_PLUS_3 = "UTC+3"
    UTC_PLUS_4 = "UTC+4"
    UTC_PLUS_4_30 = "UTC+4:30"
    UTC_PLUS_5 = "UTC+5"
    UTC_PLUS_5_30 = "UTC+5:30"
    UTC_PLUS_6 = "UTC+6"
    UTC_PLUS_7 = "UTC+7"
    UTC_PLUS_8 = "UTC+8"
    UTC_PLUS_9 = "UTC+9"
    UTC_PLUS_10 = "UTC+10"
    UTC_PLUS_11 = "UTC+11"
    UTC_PLUS_12 = "UTC+12"
    UTC_PLUS_12_45 = "UTC+12:45"
    UTC_PLUS_13 = "UTC+13"


@unique
class MarketStatus(StrEnum):
    """Whether an instrument trades. Read from `"1"/"2"/"3"` and from the older `"ENABLED"`."""

    ONLINE = "ONLINE"
    PAUSED = "PAUSED"
    OFFLINE = "OFFLINE"
    UNKNOWN = "UNKNOWN"


@unique
class TradableSides(StrEnum):
    """Which sides of an instrument may be traded at present (`tradeSideType`)."""

    BOTH = "BOTH"
    BUY_ONLY = "BUY_ONLY"
    SELL_ONLY = "SELL_ONLY"
    NONE = "NONE"
    UNKNOWN = "UNKNOWN"


@unique
class ConnectionState(StrEnum):
    """Life of one link, and of a client as a whole (then: the worst of its links)."""

    IDLE = "IDLE"
    CONNECTING = "CONNECTING"
    OPEN = "OPEN"
    RECONNECTING = "RECONNECTING"
    CLOSED = "CLOSED"


@unique
class BookState(StrEnum):
    """Whether an order book may be read. Only `LIVE` may."""

    DETACHED = "DETACHED"
    BUFFERING = "BUFFERING"
    LIVE = "LIVE"


@unique
class UnsyncReason(StrEnum):
    """Why a book cannot be read at present."""

    NOT_STARTED = "NOT_STARTED"
    SYNCING = "SYNCING"
    GAP = "GAP"
    CROSSED = "CROSSED"
    BAD_DIFF = "BAD_DIFF"
    UNDECODABLE = "UNDECODABLE"
    BEYOND_HORIZON = "BEYOND_HORIZON"
    MISMATCH = "MISMATCH"
    LINK_LOST = "LINK_LOST"
    REFUSED = "REFUSED"
    STALE = "STALE"
    REMOVED = "REMOVED"
    CLOSED = "CLOSED"


@unique
class ReadyWhen(StrEnum):
    """What `session` waits for before its body runs."""

    SYNCED = "SYNCED"
    """Every book can be read."""

    SUBSCRIBED = "SUBSCRIBED"
    """Every channel is granted; the books become readable one by one."""


@unique
class AccountState(StrEnum):
    """Whether orders and balances in memory are what the exchange holds."""

    RECONCILING = "RECONCILING"
    """Being compared with the exchange: what is read may be old."""

    CURRENT = "CURRENT"
    """Compared on the present connection, and moved by its stream since."""

    STALE = "STALE"
    """The private stream is lost: what is read was true before."""

    POLLING = "POLLING"
    """The private stream is lost: what is read was true at the last poll over REST."""

    CLOSED = "CLOSED"


@unique
class JournalSync(StrEnum):
    """When the order journal is forced to the disk."""

    ALWAYS = "ALWAYS"
    INTERVAL = "INTERVAL"
    NEVER = "NEVER"

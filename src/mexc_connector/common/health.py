"""What `health()` says of a session, and the names of what may be wrong with one.

All of it can be encoded by msgspec, holds no secret, and is plain enough for a `/health` endpoint.
"""

from enum import StrEnum, unique

import msgspec

from mexc_connector.common.circuit import CircuitReport
from mexc_connector.common.enums import AccountState, ConnectionState, UnsyncReason
from mexc_connector.common.integrity import IntegrityCheck
from mexc_connector.common.trade_gap import TapeDoubt


@unique
class HealthVerdict(StrEnum):
    """What a session is good for at this moment."""

    HEALTHY = "HEALTHY"
    """Nothing is wrong."""

    DEGRADED = "DEGRADED"
    """Some of it works less well than it should; `modes` says what."""

    DOWN = "DOWN"
    """It cannot do its work: no session, no readable book, or no way to place orders."""


@unique
class DegradedMode(StrEnum):
    """What a session has to do without. Several may hold at once."""

    MARKET_DATA_REST_DOWN = "MARKET_DATA_REST_DOWN"
    """Market data is not answered over REST: live books live on, others cannot sync."""

    ACCOUNT_REST_DOWN = "ACCOUNT_REST_DOWN"
    """The account's endpoints are not answered; lookups of orders are tried nevertheless."""

    ORDER_REST_DOWN = "ORDER_REST_DOWN"
    """Orders are refused before anything is sent; cancels are tried nevertheless."""

    STREAMS_RECONNECTING = "STREAMS_RECONNECTING"
    """A connection of the public streams is lost and is being made again."""

    BOOKS_UNSYNCED = "BOOKS_UNSYNCED"
    """Some of the books cannot be read."""

    BOOKS_DOUBTED = "BOOKS_DOUBTED"
    """A check contradicts some books again and again, fresh ones too: they stay readable."""

    TRADES_HELD_BACK = "TRADES_HELD_BACK"
    """A tape of trades is being mended: new trades wait until REST gives what was missed."""

    PRIVATE_STREAM_DOWN = "PRIVATE_STREAM_DOWN"
    """The private stream is lost: orders and balances are polled over REST."""

    ACCOUNT_UNCONFIRMED = "ACCOUNT_UNCONFIRMED"
    """The private stream is there, and memory is still being compared with the exchange."""

    RATE_LIMITED = "RATE_LIMITED"
    """The exchange told us to slow down: no request goes until its pause is over."""

    FIREWALLED = "FIREWALLED"
    """The exchange's firewall has blocked this address: no request goes, cancels included."""

    CLOCK_UNKNOWN = "CLOCK_UNKNOWN"
    """The exchange's clock was not measured for long: signed requests may be refused."""


@unique
class ModeChange(StrEnum):
    """Whether a degraded mode begins or ends."""

    ENTERED = "ENTERED"
    LEFT = "LEFT"


class DegradedEvent(msgspec.Struct, frozen=True):
    """A degraded mode began or ended. `time_ns` is this machine's clock."""

    mode: DegradedMode
    change: ModeChange
    reason: str
    time_ns: int


class ActiveMode(msgspec.Struct, frozen=True):
    """A degraded mode that holds. `since_ns` is this machine's clock; `reason` is of now."""

    mode: DegradedMode
    reason: str
    since_ns: int


class LinkCopies(msgspec.Struct, frozen=True):
    """How a link does beside the others that carry the same channels, since it was opened.

    `compared` is what it and others were to bring: versions of diffs, quotes and limit depth, and
    pushes of trades. It brought `first` of them before anybody else, `late` after the first copy,
    and `missed` not at all within `StreamConfig.missed_after_s`. How late the late ones were, in
    nanoseconds by the times when the bytes were read: median and 99th percentile at most 1/32 above
    the true one, greatest exact; None if there were none. Below zero: it was read before, and
    waited for its turn behind more.
    """

    compared: int
    first: int
    late: int
    missed: int
    late_median_ns: int | None
    late_p99_ns: int | None
    late_max_ns: int | None

    @property
    def missed_share(self) -> float:
        """The part that was missed, 0 to 1; 0 while nothing was compared."""
        return self.missed / self.compared if self.compared else 0.0


class LinkHealth(msgspec.Struct, frozen=True):
    """One connection of the streams.

    `last_frame_age_s`: seconds since anything came on it, PONGs included; None before that.
    `copies`: with redundant feeds, what was lost and late on it; None without.
    """

    connection_id: int
    state: ConnectionState
    epoch: int
    last_frame_age_s: float | None
    copies: LinkCopies | None = None


class MismatchHealth(msgspec.Struct, frozen=True):
    """What contradicted a book last; `MexcExchange.book_mismatches` has the evidence.

    `time_ns` is when the exchange's word of it was received, by this machine's clock;
    `has_resynced` as in `BookMismatch`.
    """

    check: IntegrityCheck
    version: int
    time_ns: int
    has_resynced: bool


class BookHealth(msgspec.Struct, frozen=True):
    """One order book. `age_s` as `OrderBook.age_s`, None before it was first confirmed.

    `mismatches` counts what contradicted it at its own version since the book is kept.
    `audit_confirmed_age_s`: seconds since the exchange's word that an audit last found equal,
    level by level; None before that. A quiet book is audited about every `BookConfig.quiet_s`,
    a moving one every `IntegrityConfig.audit_every_s`.
    """

    symbol: str
    is_synced: bool
    age_s: float | None
    version: int | None
    unsync_reason: UnsyncReason | None
    mismatches: int
    last_mismatch: MismatchHealth | None
    audit_confirmed_age_s: float | None


@unique
class TapeState(StrEnum):
    """Whether a tape of trades is broken at this moment."""

    WHOLE = "WHOLE"
    """Trades are handed out as they come."""

    MENDING = "MENDING"
    """REST is asked for what was missed; new trades are held back meanwhile."""

    WAITING = "WAITING"
    """It waits for its connection, or for the market's next trade, which shows where the break
    ends. What REST knows of it has been handed out."""


class TapeHealth(msgspec.Struct, frozen=True):
    """One tape of trades, since the market's trades are followed; the account follows some too.

    `is_complete`: every trade so far that the exchange sent was handed out; a push that it left out
    on a connection that lives shows in nothing. `gaps` counts breaks that are over, `backfilled`
    the trades that were missed in them and handed out later. `gaps_open` of them may lack trades,
    and nobody can say how many: `last_doubt` is why the latest stayed open, `last_open_ns` when
    that was settled, by this machine's clock.
    """

    symbol: str
    is_complete: bool
    state: TapeState
    gaps: int
    gaps_open: int
    backfilled: int
    last_doubt: TapeDoubt | None
    last_open_ns: int | None


class AccountHealth(msgspec.Struct, frozen=True):
    """The account. `reconciled_age_s`: since memory was compared with REST; None before that."""

    state: AccountState
    reason: str
    is_stream_live: bool
    reconciled_age_s: float | None
    open_orders: int
    unsettled_orders: int
    links: tuple[LinkHealth, ...]


class LimitsHealth(msgspec.Struct, frozen=True):
    """What is left of the exchange's limits at this moment.

    Weights are per window (10 s by default), requests and orders per second. `paused_s` is what is
    left of a pause, `firewalled_s` of one that the firewall caused.
    """

    ip_weight_left: int
    ip_weight_limit: int
    account_weight_left: int
    account_weight_limit: int
    requests_left: int
    requests_limit: int
    orders_left: int
    orders_limit: int
    paused_s: float
    firewalled_s: float


class ClockHealth(msgspec.Struct, frozen=True):
    """The exchange's clock minus ours, as measured `age_s` ago; None before the first time."""

    offset_ms: int | None
    age_s: float | None


class SessionHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One answer for the whole session, as of `time_ns` by this machine's clock.

    `reasons` are sentences for people, one for each of `modes` or for what else makes the
    `verdict`. Outside a session there is no account, link, book, tape, circuit or clock.

    The verdict is of this moment: a mismatch or an open gap that is over is counted in `books` or
    `tapes`, was told by its event, and makes no session less healthy.
    """

    verdict: HealthVerdict
    reasons: tuple[str, ...]
    time_ns: int
    limits: LimitsHealth
    modes: tuple[ActiveMode, ...] = ()
    links: tuple[LinkHealth, ...] = ()
    books: tuple[BookHealth, ...] = ()
    tapes: tuple[TapeHealth, ...] = ()
    account: AccountHealth | None = None
    clock: ClockHealth | None = None
    circuits: tuple[CircuitReport, ...] = ()

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong."""
        return self.verdict is HealthVerdict.HEALTHY

    def to_json(self) -> bytes:
        """Return it as JSON, names as here."""
        return msgspec.json.encode(self)

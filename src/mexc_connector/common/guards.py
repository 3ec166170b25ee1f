"""Guards of trading, as the caller meets them: their names, what they do, what they say."""

from enum import StrEnum, unique

import msgspec

from mexc_connector.common.errors import UsageError
from mexc_connector.common.symbols import Symbol


@unique
class Guard(StrEnum):
    """What is watched. The first four watch the session, the others each order."""

    STALE_BOOK = "STALE_BOOK"
    """A market's book is not in step with the exchange, or was not confirmed for too long."""

    LOST_ACCOUNT = "LOST_ACCOUNT"
    """Orders and balances in memory have not been true for too long: the private stream is gone."""

    BLOCKED_LOOP = "BLOCKED_LOOP"
    """The event loop came too late: prices that the bot saw are older than it thinks."""

    DEAD_MAN = "DEAD_MAN"
    """The bot did not call `heartbeat()` in time."""

    PRICE_BAND = "PRICE_BAND"
    """The order's price is too far from the market."""

    ORDER_VALUE = "ORDER_VALUE"
    """The order is worth too much."""

    OPEN_ORDERS = "OPEN_ORDERS"
    """Too many orders are open already."""

    ORDER_RATE = "ORDER_RATE"
    """Too many orders were placed in the last second or minute."""


@unique
class GuardAction(StrEnum):
    """What a guard does when it trips."""

    REFUSE = "REFUSE"
    """Refuse new orders until the cause is gone."""

    CANCEL_ALL = "CANCEL_ALL"
    """Cancel as well, once per trip; refuse until that is done and the cause is gone."""

    HALT = "HALT"
    """Cancel as well, once per trip; refuse until `reset_guards()`, whatever becomes of the cause.
    """


@unique
class GuardState(StrEnum):
    """What has become of a guard."""

    TRIPPED = "TRIPPED"
    """It refuses orders. An order guard shows this until it lets an order pass."""

    HALTED = "HALTED"
    """It refuses orders until `reset_guards()`."""

    ORDERS_CANCELED = "ORDERS_CANCELED"
    """What it had to cancel is gone, by the exchange's own word."""

    CLEARED = "CLEARED"
    """It refuses nothing any more."""


class GuardEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A guard has changed its state, or is in it.

    `symbol` is the one market that it is about; None: all. `value` is what was measured and
    `limit` what is allowed, in the unit of the guard's option; None where there is no number.
    """

    guard: Guard
    state: GuardState
    action: GuardAction
    reason: str
    symbol: Symbol | None = None
    value: float | None = None
    limit: float | None = None


class GuardTripped(UsageError):
    """A guard refused the order. Nothing was sent.

    `guard` names it, `value` is what was measured and `limit` what is allowed, in the unit of the
    guard's option; None where there is no number.
    """

    def __init__(
        self, guard: Guard, reason: str, *, value: float | None = None, limit: float | None = None
    ) -> None:
        super().__init__(f"{guard}: {reason}")
        self.guard = guard
        self.reason = reason
        self.value = value
        self.limit = limit

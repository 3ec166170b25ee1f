"""The exchange's error codes as data: class, what to do about it, and what it says of a write.

Source: the code tables of the Spot v3 documentation and of clients that run against the exchange,
collected until 2026-10. A new code is one row in `_RULES`. Codes with several meanings are told
apart by their text in `_RULES_BY_TEXT`, which is searched first.
"""

from enum import Enum, unique

import msgspec

from mexc_connector.common.errors import (
    AccountRestricted,
    AuthenticationError,
    BadRequest,
    ExchangeAPIError,
    ExchangeUnavailable,
    InsufficientFunds,
    InvalidSymbol,
    OrderRuleViolated,
    PermissionDenied,
    RateLimitError,
    TradingDisabled,
    UnknownOrder,
)


@unique
class Retry(Enum):
    """Whether asking the same again can help."""

    NEVER = "never"
    AFTER_CHANGE = "after the caller changed something"
    AFTER_BACKOFF = "after a short, growing wait"
    AFTER_STATED_WAIT = "after the wait that the exchange states"
    AFTER_CLOCK_SYNC = "once, after measuring the exchange's clock and signing again"
    AFTER_RULES_REFRESH = "after reading the symbol rules again"
    AFTER_LOOKUP = "a read after a short wait; a command only once its outcome was looked up"
    LATER = "minutes later or more"


@unique
class WriteOutcome(Enum):
    """What an answer says about the command that it answers."""

    REJECTED = "certainly not carried out"
    UNKNOWN = "may have been carried out: look it up"


class ErrorRule(msgspec.Struct, frozen=True):
    """What one code means."""

    error: type[ExchangeAPIError]
    retry: Retry
    outcome: WriteOutcome = WriteOutcome.REJECTED


UNLISTED = ErrorRule(ExchangeAPIError, Retry.NEVER, WriteOutcome.UNKNOWN)
"""A code that no table explains: nothing can be said about a command."""

_FIX = Retry.AFTER_CHANGE
_LOOKUP = Retry.AFTER_LOOKUP
_UNKNOWN = WriteOutcome.UNKNOWN

_ROWS: tuple[tuple[ErrorRule, tuple[int, ...]], ...] = (
    # Authentication
    (
        ErrorRule(AuthenticationError, _FIX),
        (401, 402, 602, 10072, 700001, 700002, 700005, 700013),
    ),
    (ErrorRule(AuthenticationError, Retry.NEVER), (10001, 10015)),
    (ErrorRule(AuthenticationError, Retry.AFTER_CLOCK_SYNC), (10073, 700003)),
    # Permission
    (
        ErrorRule(PermissionDenied, _FIX),
        (403, 406, 511, 701, 702, 703, 704, 30020, 700006, 700007),
    ),
    (ErrorRule(PermissionDenied, Retry.NEVER), (70011, 140002)),
    # Rate limit
    (ErrorRule(RateLimitError, Retry.AFTER_STATED_WAIT), (429, 510, -1003)),
    # Bad request
    (
        ErrorRule(BadRequest, _FIX),
        (400, 513, 600, 601, 33333, 44444, 700004, 700008, 730002, -1127, -1128),
    ),
    (ErrorRule(BadRequest, Retry.NEVER, _UNKNOWN), (603,)),
    (ErrorRule(BadRequest, Retry.NEVER), (26, 22222, 20001)),
    # Funds
    (ErrorRule(InsufficientFunds, _FIX), (10101, 30004, 30005, 2005, 88004, 88015)),
    # Unknown order: -2011 also says "finished already", so the final state must be read
    (ErrorRule(UnknownOrder, _LOOKUP, _UNKNOWN), (-2011,)),
    (ErrorRule(UnknownOrder, _LOOKUP), (-2013,)),
    (ErrorRule(UnknownOrder, _FIX), (30026,)),
    # Symbol
    (ErrorRule(InvalidSymbol, _FIX), (-1121, 730001, 1001)),
    (ErrorRule(InvalidSymbol, Retry.AFTER_RULES_REFRESH), (10007, 30014, 30021)),
    # Trading disabled
    (ErrorRule(TradingDisabled, Retry.LATER), (30000, 30010, 30016, 30025)),
    (ErrorRule(TradingDisabled, Retry.NEVER), (30001,)),
    (ErrorRule(TradingDisabled, _FIX), (30018, 30019, 30041, 30051)),
    # Order size and price
    (
        ErrorRule(OrderRuleViolated, _FIX),
        (30002, 30003, 30032, 30087, 10095, 10096, 10097, 10102, 88013),
    ),
    # Risk control and account state; 30029 is the 501st open order, no matter of request rates
    (ErrorRule(AccountRestricted, Retry.NEVER), (10098, 60005, 730100)),
    (ErrorRule(AccountRestricted, Retry.LATER), (10265, 30027, 30028, 30029)),
    # Maintenance and server
    (
        ErrorRule(ExchangeUnavailable, _LOOKUP, _UNKNOWN),
        (500, 501, 503, 504, 20002, 730000),
    ),
    (ErrorRule(ExchangeUnavailable, Retry.LATER, _UNKNOWN), (604, 801)),
    (ErrorRule(ExchangeUnavailable, Retry.LATER), (11444,)),
    (ErrorRule(ExchangeUnavailable, Retry.NEVER), (730003,)),
    # Wallet and transfers
    (ErrorRule(BadRequest, _FIX), (10099, 10212, 10222, 10232, 10268)),
    (ErrorRule(BadRequest, Retry.NEVER), (10100, 10103, 10206, 10211, 10259)),
    (ErrorRule(ExchangeAPIError, _LOOKUP, _UNKNOWN), (10200, 10201, 10202, 10219)),
    (ErrorRule(ExchangeUnavailable, Retry.AFTER_BACKOFF), (10216,)),
    # Sub-accounts and keys
    (
        ErrorRule(BadRequest, _FIX),
        (140001, 730101, 730600, 730601, 730602, *range(730700, 730708)),
    ),
)

_RULES: dict[int, ErrorRule] = {code: rule for rule, codes in _ROWS for code in codes}

_RULES_BY_TEXT: tuple[tuple[int, str, ErrorRule], ...] = (
    (400, "api key required", ErrorRule(AuthenticationError, _FIX)),
    (400, "scale is invalid", ErrorRule(OrderRuleViolated, _FIX)),
    (500, "maintenance", ErrorRule(ExchangeUnavailable, Retry.LATER, _UNKNOWN)),
    (33333, "not support transfer", ErrorRule(BadRequest, Retry.NEVER)),
    (730001, "user", ErrorRule(AccountRestricted, Retry.NEVER)),
)


def rule_for(code: int, message: str) -> ErrorRule:
    """Return what `code` with the text `message` means; `UNLISTED` if no table knows it."""
    folded = message.casefold()
    for listed_code, fragment, rule in _RULES_BY_TEXT:
        if code == listed_code and fragment in folded:
            return rule
    if code == 30018 and not message.isascii():  # in Chinese it is about the account, not the type
        return ErrorRule(AccountRestricted, Retry.NEVER)
    return _RULES.get(code, UNLISTED)

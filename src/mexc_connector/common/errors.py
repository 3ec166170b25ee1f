"""Every error that this library raises.

MexcError
├── UsageError                 you called it wrong; nothing was sent
│   ├── ConfigError            an option has a value that cannot work
│   ├── UnknownSymbol          the exchange does not list this market
│   ├── OrderRefused           the order breaks a rule of its market; nothing was sent
│   ├── JournalError           the order journal cannot be used
│   ├── GuardTripped           a guard refused the order (common/guards.py); nothing was sent
│   └── SessionClosed          the client or session was closed, or never opened
├── OrderBookNotSynced         the book is not in step with the exchange at this moment
├── InsufficientDepth          the book's levels do not hold what the question needs
│   └── BeyondHorizon          ... as far as they are known: deeper ones are not disclosed
├── ExchangeAPIError           the exchange said no
│   ├── RateLimitError         too many requests; `retry_after` seconds
│   │   └── FirewallBlocked    the HTML 403 in front of the exchange
│   ├── AuthenticationError    key, signature or request time
│   ├── PermissionDenied       the key may not do this
│   ├── BadRequest             a parameter
│   ├── InsufficientFunds
│   ├── UnknownOrder           not there, or finished already
│   │   └── OrderAlreadyDone   ... finished already, and this is its final state
│   ├── InvalidSymbol          unknown, or closed to the API
│   ├── TradingDisabled        market, side or order type is switched off for now
│   ├── OrderRuleViolated      amount, price or precision
│   ├── AccountRestricted      risk control
│   ├── ExchangeUnavailable    maintenance and server faults
│   └── SubscriptionRefused    a stream channel was not granted
├── TransportError             no answer to a read
│   ├── RequestTimeout
│   ├── CircuitOpen            not sent: nothing is answered at present (common/circuit.py)
│   └── ConnectionFailed       could not connect, or the link broke
├── OrderOutcomeUnknown        no answer to a command: it may have been carried out
├── ProtocolViolation          the exchange's bytes broke their own form
├── EventsLost                 a consumer was too slow for a stream that may lose nothing
└── InternalError              our bug

Data is in attributes, not only in the text. No text holds a key, a signature or a listen key.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mexc_connector.common.orders import Order

_BODY_SHOWN = 200


class MexcError(Exception):
    """Root of all errors of this library."""


class UsageError(MexcError, ValueError):
    """The call cannot work as written. Nothing was sent."""


class ConfigError(UsageError):
    """An option has a value that cannot work, or a configuration file cannot be read."""


class UnknownSymbol(UsageError):
    """The exchange does not list this market. Nothing was sent about it.

    `note` says more where more is known, as that the market is suspended or delisted.
    """

    def __init__(self, symbol: str, note: str = "") -> None:
        super().__init__(f"the exchange lists no market {symbol}" + (note and f": {note}"))
        self.symbol = symbol
        self.note = note


class SessionClosed(UsageError):
    """The client or session is closed, or was never opened."""


class OrderRefused(UsageError):
    """The order breaks a rule of its market, so it was not sent.

    `rule` names the rule (`tick_size`, `min_quote_amount`, ...), `nearest` is the nearest value
    that obeys it, as text, where there is one.
    """

    def __init__(self, problem: str, *, rule: str, nearest: str | None = None) -> None:
        hint = "" if nearest is None else f"; the nearest valid value is {nearest}"
        super().__init__(f"{rule}: {problem}{hint}")
        self.rule = rule
        self.nearest = nearest


class JournalError(UsageError):
    """The order journal is damaged beyond its last record, no journal, or of another account."""


class OrderBookNotSynced(MexcError):
    """The book is not in step with the exchange, so it has no prices to give.

    `symbol` and `reason` say which and why. It is being synced again without your doing; the
    book's `is_synced`, the stream of its updates and its callbacks tell when.
    """

    def __init__(self, symbol: str, reason: str) -> None:
        super().__init__(f"order book {symbol} is not synced: {reason}")
        self.symbol = symbol
        self.reason = reason


class InsufficientDepth(MexcError):
    """One side of the book does not hold what the question needs.

    `available` is what it does hold, in the unit of the question.
    """

    def __init__(self, symbol: str, available: float, *, problem: str = "") -> None:
        super().__init__(f"order book {symbol} holds only {available!r}{problem}")
        self.symbol = symbol
        self.available = available


class BeyondHorizon(InsufficientDepth):
    """The question reaches past the deepest level that the exchange's snapshot disclosed.

    Levels beyond `horizon_price` are unknown, not empty: there may be more than `available`.
    """

    def __init__(self, symbol: str, available: float, horizon_price: float) -> None:
        super().__init__(
            symbol, available, problem=f"; levels beyond {horizon_price!r} are unknown"
        )
        self.horizon_price = horizon_price


class ExchangeAPIError(MexcError):
    """The exchange answered, and its answer is no.

    `code` is its signed integer code (None when the body had none), `message` its text,
    `endpoint` the method and path or the channel, `http_status` the status of a REST answer,
    `body` the raw answer as text.
    """

    def __init__(
        self,
        message: str,
        *,
        endpoint: str,
        code: int | None = None,
        http_status: int | None = None,
        body: str = "",
    ) -> None:
        status = "" if http_status is None else f"HTTP {http_status}, "
        number = "no code" if code is None else f"code {code}"
        super().__init__(f"{endpoint}: {message} ({status}{number})")
        self.message = message
        self.endpoint = endpoint
        self.code = code
        self.http_status = http_status
        self.body = body


class RateLimitError(ExchangeAPIError):
    """Too many requests. Everything pauses for `retry_after` seconds."""

    def __init__(
        self,
        message: str,
        *,
        endpoint: str,
        retry_after: float,
        code: int | None = None,
        http_status: int | None = None,
        body: str = "",
    ) -> None:
        super().__init__(message, endpoint=endpoint, code=code, http_status=http_status, body=body)
        self.retry_after = retry_after


class FirewallBlocked(RateLimitError):
    """The firewall's 403, a page of HTML. It is about the address, for spot and futures alike."""


class AuthenticationError(ExchangeAPIError):
    """Key unknown or expired, signature wrong, or request time outside the window."""


class PermissionDenied(ExchangeAPIError):
    """The key lacks a right, or the address is not on its white list."""


class BadRequest(ExchangeAPIError):
    """A parameter is missing, malformed or out of range."""


class InsufficientFunds(ExchangeAPIError):
    """The balance does not cover it."""


class UnknownOrder(ExchangeAPIError):
    """No such order: it never existed, it is finished, or it is too new to be found yet."""


class OrderAlreadyDone(UnknownOrder):
    """The order cannot be canceled: it is finished. `order` is its final state, an `Order`."""

    def __init__(self, order: "Order") -> None:
        super().__init__(
            f"the order is {order.status} already, {order.exact.amount_filled} filled",
            endpoint="cancel_order",
        )
        self.order = order


class InvalidSymbol(ExchangeAPIError):
    """The exchange does not know the market, or has closed it to the API."""


class TradingDisabled(ExchangeAPIError):
    """The market, the side or the order type is switched off at present."""


class OrderRuleViolated(ExchangeAPIError):
    """Amount, price or their precision break a rule of the market."""


class AccountRestricted(ExchangeAPIError):
    """Risk control or the state of the account forbids it."""


class ExchangeUnavailable(ExchangeAPIError):
    """Maintenance or a fault on the exchange's side. A command may have been carried out."""


class SubscriptionRefused(ExchangeAPIError):
    """A stream channel was not granted: `channel`, and the exchange's own text in `message`.

    `Blocked!` is the only reason that the exchange ever gives. It covers unknown symbols,
    retired channels, a 31st subscription on one link and duplicates.
    """

    def __init__(self, channel: str, message: str) -> None:
        super().__init__(message, endpoint=channel)
        self.channel = channel


class TransportError(MexcError):
    """No answer. `is_sent` is False where it is certain that nothing left this machine."""

    def __init__(self, problem: str, *, is_sent: bool = True) -> None:
        super().__init__(problem)
        self.is_sent = is_sent


class RequestTimeout(TransportError):
    """No answer within the time allowed for this group of endpoints."""


class ConnectionFailed(TransportError):
    """The host could not be reached, or the link broke."""


class OrderOutcomeUnknown(MexcError):
    """The command may have reached the exchange: reconcile. Both ids None: it was about several."""

    def __init__(self, client_order_id: str | None = None, *, order_id: str | None = None) -> None:
        subject = f"order id {order_id}" if order_id else "a command about several orders"
        subject = f"client order id {client_order_id}" if client_order_id else subject
        super().__init__(f"outcome unknown for {subject}")
        self.client_order_id = client_order_id
        self.order_id = order_id


class ProtocolViolation(MexcError):
    """What the exchange sent breaks its own form.

    `endpoint` names the source, `body` keeps what arrived: text of a reply, bytes of a frame.
    """

    def __init__(self, problem: str, *, endpoint: str, body: str | bytes = "") -> None:
        shown = body[:_BODY_SHOWN]
        super().__init__(f"{endpoint}: {problem}; received {shown!r}")
        self.problem = problem
        self.endpoint = endpoint
        self.body = body


class EventsLost(MexcError):
    """The consumer of `stream` fell behind and its bounded queue overflowed.

    `lost` events were dropped after the last one delivered. Iteration may go on from here.
    """

    def __init__(self, stream: str, lost: int) -> None:
        super().__init__(f"{stream}: {lost} events lost, the consumer is too slow")
        self.stream = stream
        self.lost = lost


class InternalError(MexcError):
    """A state that cannot be reached was reached: a bug of this library. Please report it."""

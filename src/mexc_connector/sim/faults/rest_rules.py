"""Faults of REST requests. An event is one request to one of the rule's endpoints.

`endpoints` are groups (`public`, `private`, `market_data`, `commands`, `orders`, `listen_key`,
`account`, `all`) or paths below `/api/v3/`, globs allowed, a method before them or not: `depth`,
`POST order`, `ticker/*`. Durations are of the server's own clock: real time, unless time is moved
by hand.
"""

from __future__ import annotations

from enum import Enum

from mexc_connector.sim.faults.rules import FaultRule, require

METHODS = ("GET", "POST", "PUT", "DELETE")


class EndpointRule(FaultRule, frozen=True, kw_only=True):
    """Strikes at requests to some endpoints."""

    endpoints: tuple[str, ...] = ("all",)
    methods: tuple[str, ...] = METHODS

    def check(self) -> None:
        """Refuse an empty choice and methods that the exchange does not know."""
        require(bool(self.endpoints), "endpoints must name at least one endpoint")
        require(
            bool(self.methods) and set(self.methods) <= set(METHODS),
            f"methods must be some of {', '.join(METHODS)}",
        )


class Moment(Enum):
    """When something happens to a request, seen from its execution."""

    BEFORE = "before"
    """It is not executed."""
    AFTER = "after"
    """It is executed, whatever the answer says."""


class TooMany(EndpointRule, frozen=True, kw_only=True, tag_field="fault", tag="http_429"):
    """HTTP 429 in place of an answer; nothing is executed."""

    retry_after_s: int | None = 1
    """None leaves the header out."""

    def check(self) -> None:
        """Refuse a negative wait."""
        super().check()
        require(self.retry_after_s is None or self.retry_after_s >= 0, "retry_after_s is negative")


class Banned(EndpointRule, frozen=True, kw_only=True, tag_field="fault", tag="http_418"):
    """HTTP 418 in place of an answer; nothing is executed."""

    retry_after_s: int | None = 120

    def check(self) -> None:
        """Refuse a negative wait."""
        super().check()
        require(self.retry_after_s is None or self.retry_after_s >= 0, "retry_after_s is negative")


class Firewall(EndpointRule, frozen=True, kw_only=True, tag_field="fault", tag="firewall"):
    """HTTP 403 with the firewall's HTML page; nothing is executed."""


class ServerError(EndpointRule, frozen=True, kw_only=True, tag_field="fault", tag="server_error"):
    """HTTP 500, 502, 503 or 504, before or after the execution."""

    status: int = 503
    moment: Moment = Moment.BEFORE

    def check(self) -> None:
        """Refuse other statuses."""
        super().check()
        require(self.status in (500, 502, 503, 504), "status must be 500, 502, 503 or 504")


class LoseAnswer(EndpointRule, frozen=True, kw_only=True, tag_field="fault", tag="lose_answer"):
    """The connection ends in place of an answer."""

    moment: Moment = Moment.AFTER


class DelayAnswer(EndpointRule, frozen=True, kw_only=True, tag_field="fault", tag="delay_answer"):
    """The answer comes later; `moment` says whether the execution does, too."""

    delay_ms: int
    jitter_ms: int = 0
    """Up to this much is added, drawn evenly."""
    moment: Moment = Moment.AFTER

    def check(self) -> None:
        """Refuse times that go back."""
        super().check()
        require(self.delay_ms >= 1, "delay_ms must be at least 1")
        require(self.jitter_ms >= 0, "jitter_ms must not be negative")


class WrongContentType(
    EndpointRule, frozen=True, kw_only=True, tag_field="fault", tag="wrong_content_type"
):
    """The answer's body is right and its `Content-Type` is not."""

    content_type: str = "text/html"

    def check(self) -> None:
        """Refuse what is no type."""
        super().check()
        require(
            self.content_type.count("/") == 1
            and all(self.content_type.split("/"))
            and self.content_type.isascii()
            and self.content_type.isprintable()
            and " " not in self.content_type,
            "content_type must be like text/html",
        )


class BodyCut(Enum):
    """What a body that lost its end looks like to HTTP."""

    WHOLE = "whole"
    """A whole answer, whose text ends too early."""
    BROKEN = "broken"
    """Less than `Content-Length` says, then the connection ends."""


class TruncateBody(EndpointRule, frozen=True, kw_only=True, tag_field="fault", tag="truncate_body"):
    """The answer's body loses its end; where is drawn."""

    cut: BodyCut = BodyCut.WHOLE


class StaleSnapshot(
    EndpointRule, frozen=True, kw_only=True, tag_field="fault", tag="stale_snapshot"
):
    """GET depth tells an earlier book than the streams do, by `behind` versions at most.

    How far a book can be told back begins with the moment at which the plan is switched on.
    """

    endpoints: tuple[str, ...] = ("GET depth",)
    behind: int = 100

    def check(self) -> None:
        """Refuse another endpoint, a book that is not older, one older than is remembered."""
        super().check()
        require(
            set(self.endpoints) <= {"depth", "GET depth"}, "endpoints of a snapshot are GET depth"
        )
        require(1 <= self.behind <= 100_000, "behind must lie between 1 and 100000")


class RepeatReply(EndpointRule, frozen=True, kw_only=True, tag_field="fault", tag="repeat_reply"):
    """The bytes of the last good answer to the same question are sent again.

    The same question has the same method, path and parameters, but for timestamp, `recvWindow` and
    signature, and comes from the same key. The request is executed all the same; a refusal is told
    as it is, and the first of its kind is answered as it should be.
    """


RestRule = (
    TooMany
    | Banned
    | Firewall
    | ServerError
    | LoseAnswer
    | DelayAnswer
    | WrongContentType
    | TruncateBody
    | StaleSnapshot
    | RepeatReply
)

"""The one way out: wait for budget, send, map errors, repeat reads that may be repeated.

A read is repeated after timeouts, lost links, 5xx and 429, as often as its group's `retries`
say, each time after a jittered backoff and, for 429, after the wait that the exchange states.
A pause holds back everything that shares the `RequestBudget`. The firewall's 403 is raised at
once: the pause that follows is too long to sit through unseen.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig, RestConfig
from mexc_connector.common.error_codes import Retry
from mexc_connector.common.errors import (
    ExchangeUnavailable,
    RateLimitError,
    SessionClosed,
    TransportError,
)
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.endpoints import Endpoint, EndpointGroup
from mexc_connector.rest.metrics import GroupMetrics
from mexc_connector.rest.rejection import Rejection, rejection_of
from mexc_connector.rest.transport import HttpReply, HttpRequest, HttpTransport

Parameters = Sequence[tuple[str, str | int]]

_LOGGER = logging.getLogger("mexc_connector.rest")
_PASSING = (ExchangeUnavailable, RateLimitError)
_REPEATED = frozenset({Retry.AFTER_BACKOFF, Retry.AFTER_LOOKUP, Retry.AFTER_STATED_WAIT})


class Answer(msgspec.Struct, frozen=True):
    """The success of a read.

    `sent_at` and `received_at` are seconds of our monotonic clock around the attempt that
    succeeded; `received_ns` is the same end by this machine's wall clock.
    """

    endpoint: str
    body: bytes
    sent_at: float
    received_at: float
    received_ns: int


class _Delivered(msgspec.Struct, frozen=True):
    reply: HttpReply
    sent_at: float


@dataclass(slots=True)
class _Counters:
    requests: int = 0
    retries: int = 0
    refused: int = 0
    rate_limited: int = 0
    unanswered: int = 0
    waited_s: float = 0.0


class Sender:
    """Sends reads. Everything it needs from the world is an argument."""

    def __init__(
        self,
        config: MexcConfig,
        *,
        transport: HttpTransport,
        budget: RequestBudget,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._config = config
        self._base_url = config.rest_url.rstrip("/")
        self._transport = transport
        self._budget = budget
        self._clock = clock
        self._jitter = jitter
        self._counters = {group: _Counters() for group in EndpointGroup}
        self._unstated_refusals = 0
        self._under_way: set[asyncio.Timeout] = set()
        self._is_closed = False

    async def read(self, endpoint: Endpoint, parameters: Parameters = ()) -> Answer:
        """Send a read, repeat it where that can help, and return the success.

        Raises `ExchangeAPIError` and its kinds, `TransportError`, `SessionClosed`.
        """
        if self._is_closed:
            raise SessionClosed(f"{endpoint.label}: the client is closed")
        try:
            async with asyncio.timeout(None) as scope:
                self._under_way.add(scope)
                try:
                    return await self._read(endpoint, parameters)
                finally:
                    self._under_way.discard(scope)
        except TimeoutError:
            if not scope.expired():
                raise
            raise SessionClosed(f"{endpoint.label}: closed while under way") from None

    async def _read(self, endpoint: Endpoint, parameters: Parameters) -> Answer:
        options = endpoint.group.options(self._config)
        counters = self._counters[endpoint.group]
        attempt = 0
        while True:
            is_last = attempt >= options.retries
            try:
                delivered = await self._send(endpoint, parameters, options, counters)
            except TransportError as error:
                counters.unanswered += 1
                if is_last:
                    raise
                _LOGGER.debug("%s, attempt %d: %s", endpoint.label, attempt, error)
            else:
                rejection = self._rejection(endpoint, delivered.reply)
                if rejection is None:
                    self._unstated_refusals = 0
                    return self._answer(endpoint, delivered)
                self._note(rejection, counters)
                if is_last or not self._may_repeat(rejection):
                    raise rejection.error
                _LOGGER.debug("attempt %d: %s", attempt, rejection.error)
            await self._clock.sleep(self._backoff_s(attempt))
            attempt += 1
            counters.retries += 1

    async def _send(
        self, endpoint: Endpoint, parameters: Parameters, options: RestConfig, counters: _Counters
    ) -> _Delivered:
        async with self._budget.turn(endpoint.cost, endpoint=endpoint.label) as waited_s:
            # Built after the wait: what ages, as a time stamp and its signature, belongs here.
            request = HttpRequest(
                method=endpoint.method,
                url=self._url(endpoint, parameters),
                endpoint=endpoint.label,
                timeout_s=options.timeout_s,
            )
            counters.requests += 1
            counters.waited_s += waited_s
            sent_at = self._clock.now()
            reply = await self._transport.send(request)
        _LOGGER.debug(
            "%s: HTTP %d, %d bytes, waited %.3f s",
            endpoint.label,
            reply.status,
            len(reply.body),
            waited_s,
        )
        return _Delivered(reply, sent_at)

    def _answer(self, endpoint: Endpoint, delivered: _Delivered) -> Answer:
        return Answer(
            endpoint=endpoint.label,
            body=delivered.reply.body,
            sent_at=delivered.sent_at,
            received_at=self._clock.now(),
            received_ns=self._clock.time_ns(),
        )

    def _url(self, endpoint: Endpoint, parameters: Parameters) -> str:
        url = self._base_url + endpoint.path
        if not parameters:
            return url
        return f"{url}?{encoded_query(parameters)}"

    def _rejection(self, endpoint: Endpoint, reply: HttpReply) -> Rejection | None:
        return rejection_of(
            endpoint.label,
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
            limits=self._config.limits,
        )

    def _note(self, rejection: Rejection, counters: _Counters) -> None:
        counters.refused += 1
        if isinstance(rejection.error, RateLimitError):
            counters.rate_limited += 1
            self._budget.pause(self._pause_s(rejection, rejection.error))

    def _pause_s(self, rejection: Rejection, error: RateLimitError) -> float:
        """Return how long everything rests: as stated, else longer with each refusal in a row."""
        if rejection.stated_wait_s is not None or rejection.retry is not Retry.AFTER_STATED_WAIT:
            return error.retry_after
        if self._budget.paused_s > 0:  # one burst, refused several times, is one refusal
            return 0.0
        self._unstated_refusals += 1
        return backoff_delay(
            self._unstated_refusals - 1,
            base_s=error.retry_after,
            max_s=max(error.retry_after, self._config.limits.max_wait_s),
            jitter=0.0,
        )

    def _may_repeat(self, rejection: Rejection) -> bool:
        if rejection.retry not in _REPEATED or not isinstance(rejection.error, _PASSING):
            return False
        return self._budget.paused_s <= self._config.limits.max_wait_s

    def _backoff_s(self, attempt: int) -> float:
        limits = self._config.limits
        return backoff_delay(
            attempt,
            base_s=limits.backoff_base_s,
            max_s=limits.backoff_max_s,
            jitter=self._jitter(),
        )

    def metrics(self) -> tuple[GroupMetrics, ...]:
        """Return the counters of every group as they stand."""
        return tuple(
            GroupMetrics(
                group=group,
                requests=counters.requests,
                retries=counters.retries,
                refused=counters.refused,
                rate_limited=counters.rate_limited,
                unanswered=counters.unanswered,
                waited_s=counters.waited_s,
            )
            for group, counters in self._counters.items()
        )

    def close(self) -> None:
        """End every call, waiting or under way, with `SessionClosed`. May be called twice.

        The transport and the budget stay open: they belong to whoever made them.
        """
        if self._is_closed:
            return
        self._is_closed = True
        for scope in self._under_way:
            scope.reschedule(0.0)  # a time that has passed on every loop's clock

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else f"{len(self._under_way)} calls under way"
        return f"<Sender {self._base_url}, {state}>"


def encoded_query(parameters: Parameters) -> str:
    """Return the query string: all but unreserved characters percent-encoded, upper-case hex."""
    return "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters)

"""The one way out: wait for budget, sign, send, map errors, repeat reads that may be repeated.

A read is repeated after timeouts, lost links, 5xx and 429, as often as its group's `retries`
say, each time after a jittered backoff and, for 429, after the wait that the exchange states.
A command is sent once. The one exception to both: if the exchange objects to the request time it
has certainly done nothing, so its clock is measured and the request goes once more.

A pause holds back everything that shares the `RequestBudget`. The firewall's 403 is raised at
once: the pause that follows is too long to sit through unseen.

A group of endpoints that does not answer is left alone by its circuit breaker: what is asked of it
fails with `CircuitOpen` before it takes any budget. Cancels and lookups of orders go nevertheless.
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from mexc_connector.common.circuit import CircuitOpen
from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.error_codes import Retry
from mexc_connector.common.errors import (
    ConfigError,
    ExchangeUnavailable,
    MexcError,
    RateLimitError,
    SessionClosed,
    TransportError,
)
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.core.signing import Parameters, canonical_query
from mexc_connector.rest.answer import Answer, OrderReference
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.call import Call
from mexc_connector.rest.circuits import Circuits, Trial
from mexc_connector.rest.endpoints import Endpoint, EndpointGroup
from mexc_connector.rest.metrics import GroupCounters, GroupMetrics
from mexc_connector.rest.refusal_pauses import RefusalPauses
from mexc_connector.rest.rejection import Rejection, is_about_time, is_plain_success, rejection_of
from mexc_connector.rest.signer import Signer
from mexc_connector.rest.transport import HttpReply, HttpRequest, HttpTransport

T = TypeVar("T")

_PASSING = (ExchangeUnavailable, RateLimitError)
_REPEATED = frozenset({Retry.AFTER_BACKOFF, Retry.AFTER_LOOKUP, Retry.AFTER_STATED_WAIT})


class Sender:
    """Sends reads and commands. Everything it needs from the world is an argument.

    Without a `signer` signed endpoints are refused. `measure_clock` is called after the exchange
    objected to the time of a signed request.
    """

    def __init__(
        self,
        config: MexcConfig,
        *,
        transport: HttpTransport,
        budget: RequestBudget,
        clock: Clock,
        signer: Signer | None = None,
        measure_clock: Callable[[], Awaitable[object]] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._config = config
        self._base_url = config.rest_url.rstrip("/")
        self._transport = transport
        self._budget = budget
        self._clock = clock
        self._signer = signer
        self._measure_clock = measure_clock
        self._jitter = jitter
        self._numbers = itertools.count(1)
        self._counters = {group: GroupCounters() for group in EndpointGroup}
        self._pauses = RefusalPauses(budget, config.limits)
        self.circuits = Circuits(config.circuit, clock=clock)
        self._under_way: set[asyncio.Timeout] = set()
        self._is_closed = False

    async def read(self, endpoint: Endpoint, parameters: Parameters = ()) -> Answer:
        """Send a read, repeat it where that can help, and return the success.

        Raises `ExchangeAPIError` and its kinds, `TransportError`, `SessionClosed`.
        """
        call = Call(endpoint, parameters, next(self._numbers))
        return await self._until_closed(self._read, call)

    async def command(
        self,
        endpoint: Endpoint,
        parameters: Parameters,
        *,
        about: OrderReference | None = None,
        admit: Callable[[], object] | None = None,
    ) -> Answer:
        """Send a command once and return its success.

        `admit` is called when its turn has come; what it raises stops the command.

        An `ExchangeAPIError` says that the exchange did nothing, and so do `SessionClosed` and a
        `TransportError` whose `is_sent` is False. If that is not certain, a command `about` an
        order raises `OrderOutcomeUnknown`, with what happened as its cause; one about nothing
        whose outcome matters that much raises what happened. A cancelled caller knows nothing.
        """
        call = Call(endpoint, parameters, next(self._numbers), about, admit)
        try:
            outcome = await self._until_closed(self._ask, call)
        except Exception as error:
            is_unsent = isinstance(error, TransportError) and not error.is_sent
            if about is None or not call.is_open or is_unsent:
                raise
            raise about.outcome_unknown() from error
        if isinstance(outcome, Answer):
            return outcome
        if about is None or outcome.is_certain:
            raise outcome.error
        raise about.outcome_unknown() from outcome.error

    async def _until_closed(self, send: Callable[[Call], Awaitable[T]], call: Call) -> T:
        if self._is_closed:
            raise SessionClosed(f"{call.endpoint.label}: the client is closed")
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._under_way.add(scope)
                try:
                    return await send(call)
                finally:
                    self._under_way.discard(scope)
        except TimeoutError:
            if not scope.expired():
                raise
            raise SessionClosed(f"{call.endpoint.label}: closed while under way") from None

    async def _read(self, call: Call) -> Answer:
        endpoint = call.endpoint
        retries = endpoint.group.options(self._config).retries
        counters = self._counters[endpoint.group]
        attempt = 0
        while True:
            try:
                outcome = await self._ask(call)
            except TransportError as error:
                if attempt >= retries or isinstance(error, CircuitOpen):
                    raise
                call.log("attempt %d: %s", attempt, error)
            else:
                if isinstance(outcome, Answer):
                    return outcome
                if attempt >= retries or not self._may_repeat(outcome):
                    raise outcome.error
                call.log("attempt %d: %s", attempt, outcome.error)
            await self._clock.sleep(self._backoff_s(attempt))
            attempt += 1
            counters.retries += 1

    async def _ask(self, call: Call) -> Answer | Rejection:
        """Make an attempt, and another one if the exchange objects to the time of the first."""
        outcome = await self._attempt(call)
        if self._signer is None or self._measure_clock is None or not is_about_time(outcome):
            return outcome
        try:
            await self._measure_clock()
        except MexcError as error:
            call.log("the clock could not be measured: %s", error)
            return outcome
        self._counters[call.endpoint.group].retries += 1
        outcome = await self._attempt(call)
        return outcome.with_note(self._signer.clocks()) if is_about_time(outcome) else outcome

    async def _attempt(self, call: Call) -> Answer | Rejection:
        return await self.circuits.attempt(call, partial(self._exchange, call))

    async def _exchange(self, call: Call, trial: Trial) -> Answer | Rejection:
        endpoint, counters = call.endpoint, self._counters[call.endpoint.group]
        async with self._budget.turn(
            endpoint.cost, endpoint=endpoint.label, priority=endpoint.lane
        ) as waited_s:
            trial.require_still_allowed()
            if call.admit is not None:
                call.admit()
            # Built after the wait: the request time and its signature age.
            request, query = self._request(call)
            counters.requests += 1
            counters.waited_s += waited_s
            sent_at = self._clock.now()
            call.is_open = True
            try:
                reply = await self._transport.send(request)
            except TransportError:
                counters.unanswered += 1
                raise
            call.is_open = False
        call.log("HTTP %d, %d bytes, waited %.3f s", reply.status, len(reply.body), waited_s)
        rejection = self._rejection(call, reply, query)
        if rejection is not None:
            self._note(rejection, counters)
            return rejection
        self._pauses.on_success()
        return Answer(
            endpoint=endpoint.label,
            body=reply.body,
            sent_at=sent_at,
            received_at=self._clock.now(),
            received_ns=self._clock.time_ns(),
        )

    def _request(self, call: Call) -> tuple[HttpRequest, str]:
        endpoint = call.endpoint
        if not endpoint.is_signed:
            query = canonical_query(call.parameters)
        elif self._signer is None:
            raise ConfigError(f"{endpoint.label} needs an API key")
        else:
            query = self._signer.query(call.parameters)
        request = HttpRequest(
            method=endpoint.method,
            url=f"{self._base_url}{endpoint.path}{'?' if query else ''}{query}",
            endpoint=endpoint.label,
            timeout_s=endpoint.group.options(self._config).timeout_s,
            headers=self._signer.headers if self._signer and endpoint.is_signed else {},
            is_command=endpoint.is_command,
        )
        return request, query

    def _rejection(self, call: Call, reply: HttpReply, query: str) -> Rejection | None:
        body = reply.body
        if is_plain_success(reply.status, body):
            return None
        if self._signer is not None and call.endpoint.is_signed:
            body = self._signer.masked(body, query=query, parameters=call.parameters)
        return rejection_of(
            call.endpoint.label,
            status=reply.status,
            headers=reply.headers,
            body=body,
            limits=self._config.limits,
        )

    def _note(self, rejection: Rejection, counters: GroupCounters) -> None:
        counters.refused += 1
        counters.rate_limited += self._pauses.on_refused(rejection)

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
        return tuple(counters.metrics(group) for group, counters in self._counters.items())

    def close(self) -> None:
        """End every call, waiting or under way, with `SessionClosed`. May be called twice.

        A command that may have left ends with `OrderOutcomeUnknown` instead. The transport and
        the budget stay open: they belong to whoever made them.
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

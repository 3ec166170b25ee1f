"""Circuits: one breaker for each endpoint group of a client, and the log of what they do.

The limits (429, 418, the firewall) are no failures: the pause of the `RequestBudget` answers them,
for all groups at once.
"""

import logging
from collections.abc import Awaitable, Callable

from mexc_connector.common.circuit import CircuitConfig, CircuitOpen, CircuitReport, CircuitState
from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import ExchangeUnavailable, RateLimitError, TransportError
from mexc_connector.core.breaker import CircuitBreaker, Passage
from mexc_connector.rest.answer import Answer
from mexc_connector.rest.call import Call
from mexc_connector.rest.endpoints import Endpoint, EndpointGroup
from mexc_connector.rest.rejection import Rejection

_logger = logging.getLogger("mexc_connector.rest")


class Circuits:
    """The breakers of one client."""

    def __init__(self, config: CircuitConfig, *, clock: Clock) -> None:
        self._circuits = {group: _Circuit(group, config, clock) for group in EndpointGroup}

    async def attempt(
        self, call: Call, send: Callable[["Trial"], Awaitable[Answer | Rejection]]
    ) -> Answer | Rejection:
        """Make one attempt unless the group's circuit is open, and learn from what comes of it.

        Raises `CircuitOpen` before any budget is asked for. `send` stands in line, then calls
        `require_still_allowed` of what it is given, then sends.
        """
        trial = self._circuits[call.endpoint.group].begin(call)
        try:
            outcome = await send(trial)
        except CircuitOpen:  # it opened while this stood in line
            raise
        except TransportError as error:
            trial.on_failed(error)
            raise
        except BaseException:
            trial.on_left()
            raise
        trial.on_outcome(outcome)
        return outcome

    def reports(self) -> tuple[CircuitReport, ...]:
        """Return how each breaker stands."""
        return tuple(circuit.report() for circuit in self._circuits.values())

    def __repr__(self) -> str:
        shown = (f"{report.group} {report.state}" for report in self.reports())
        return f"<Circuits {', '.join(shown)}>"


class _Circuit:
    """A breaker with a clock and a log."""

    def __init__(self, group: EndpointGroup, config: CircuitConfig, clock: Clock) -> None:
        self.breaker = CircuitBreaker(config)
        self._group = group
        self._clock = clock

    def begin(self, call: Call) -> "Trial":
        passage = self.breaker.enter(self._clock.now(), is_vital=call.endpoint.is_vital)
        if passage is None:
            raise self.refusal(call.endpoint)
        return Trial(self, call, passage)

    def refusal(self, endpoint: Endpoint) -> CircuitOpen:
        report = self.report()
        return CircuitOpen(
            endpoint.label,
            group=report.group,
            open_s=report.open_s,
            probe_in_s=report.probe_in_s,
            last_failure=report.last_failure,
        )

    def on_answered(self, passage: Passage, call: Call) -> None:
        before = self.breaker.state
        self.breaker.on_answered(passage, self._clock.now())
        if self.breaker.state is not before:
            _logger.info("%s requests are answered again", self._group, extra=call.fields())

    def on_failed(self, passage: Passage, call: Call, reason: str) -> None:
        before = self.breaker.state
        self.breaker.on_failed(passage, self._clock.now(), reason)
        if self.breaker.state is CircuitState.OPEN and before is CircuitState.CLOSED:
            text = "%s requests fail, none are sent for now: %s"
            _logger.warning(text, self._group, reason, extra=call.fields())

    def report(self) -> CircuitReport:
        return self.breaker.report(self._group, self._clock.now())


class Trial:
    """One attempt as its breaker sees it."""

    __slots__ = ("_call", "_circuit", "_passage")

    def __init__(self, circuit: _Circuit, call: Call, passage: Passage) -> None:
        self._circuit = circuit
        self._call = call
        self._passage = passage

    def require_still_allowed(self) -> None:
        """Raise `CircuitOpen` if the circuit opened while the attempt stood in line."""
        endpoint = self._call.endpoint
        if not endpoint.is_vital and self._circuit.breaker.turns_away(self._passage):
            raise self._circuit.refusal(endpoint)

    def on_outcome(self, outcome: Answer | Rejection) -> None:
        """Learn from an answer."""
        error = outcome.error if isinstance(outcome, Rejection) else None
        if isinstance(error, RateLimitError):
            self.on_left()
        elif isinstance(error, ExchangeUnavailable):
            self.on_failed(error)
        else:
            self._circuit.on_answered(self._passage, self._call)

    def on_failed(self, error: Exception) -> None:
        """Learn that no answer came, or a fault of the exchange."""
        self._circuit.on_failed(self._passage, self._call, str(error))

    def on_left(self) -> None:
        """Learn nothing: the attempt was cancelled, or refused by a limit."""
        self._circuit.breaker.on_left(self._passage)

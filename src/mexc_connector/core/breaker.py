"""CircuitBreaker: stops asking what does not answer, and tries one request from time to time.

States and transitions, as `_TRANSITIONS` has them:

    CLOSED      everything is sent
      TRIPPED       -> OPEN       too many failures in a row, or among the last answers
    OPEN        nothing is sent for the length of the pause
      PROBED        -> HALF_OPEN  the pause is over, and this request is the probe
      ANSWERED      -> CLOSED
    HALF_OPEN   the probe is under way, nothing else is sent
      ANSWERED      -> CLOSED
      PROBE_FAILED  -> OPEN       with a pause twice as long
      PROBE_LEFT    -> OPEN       the probe told nothing: the next request may be one at once

Rules, cited in the code and in the tests:

- K1  An answer of any kind that is not a fault of the exchange closes the circuit: it answers.
- K2  What began before the circuit last opened, or closed, says nothing of the present: ignored.
- K3  One probe at a time. A probe that is not answered by itself (cancelled, refused by a limit)
      gives its turn back.
- K4  What must always be tried (cancels, lookups that settle an order) passes in every state. Its
      answer closes the circuit; its failure counts only while it is closed, because such requests
      are repeated and would keep the circuit open for ever.

`CircuitBreaker` holds no clock: times are seconds of any monotonic clock.
"""

from collections import deque
from enum import Enum, auto, unique

from mexc_connector.common.circuit import CircuitConfig, CircuitReport, CircuitState
from mexc_connector.common.errors import InternalError
from mexc_connector.core.backoff import backoff_delay

_ANSWERS_KEPT = 20


@unique
class CircuitEvent(Enum):
    """What moves a breaker from state to state."""

    TRIPPED = auto()
    PROBED = auto()
    ANSWERED = auto()
    PROBE_FAILED = auto()
    PROBE_LEFT = auto()


_TRANSITIONS = {
    (CircuitState.CLOSED, CircuitEvent.TRIPPED): CircuitState.OPEN,
    (CircuitState.OPEN, CircuitEvent.PROBED): CircuitState.HALF_OPEN,
    (CircuitState.OPEN, CircuitEvent.ANSWERED): CircuitState.CLOSED,
    (CircuitState.HALF_OPEN, CircuitEvent.ANSWERED): CircuitState.CLOSED,
    (CircuitState.HALF_OPEN, CircuitEvent.PROBE_FAILED): CircuitState.OPEN,
    (CircuitState.HALF_OPEN, CircuitEvent.PROBE_LEFT): CircuitState.OPEN,
}


class Passage:
    """The leave of one request to be sent; give it back with exactly one of the `on_` methods."""

    __slots__ = ("era", "is_probe")

    def __init__(self, era: int, *, is_probe: bool) -> None:
        self.era = era
        self.is_probe = is_probe

    def __repr__(self) -> str:
        return f"<Passage {'probe' if self.is_probe else 'request'} of era {self.era}>"


class CircuitBreaker:
    """One breaker. Ask `enter` before each request, and tell what became of it."""

    def __init__(self, config: CircuitConfig) -> None:
        self.state = CircuitState.CLOSED
        self.openings = 0
        self.held_back = 0
        self.last_failure = ""
        self._config = config
        self._failures_in_a_row = 0
        self._answers: deque[tuple[float, bool]] = deque(maxlen=_ANSWERS_KEPT)
        self._era = 0  # grows when the circuit opens from closed, and when it closes
        self._failed_probes = 0
        self._opened_at = 0.0
        self._probe_at = 0.0

    def enter(self, now: float, *, is_vital: bool = False) -> Passage | None:
        """Return the leave to send a request, None if it is held back.

        `is_vital`: it must always be tried (K4).
        """
        if is_vital or self.state is CircuitState.CLOSED or not self._config.is_enabled:
            return Passage(self._era, is_probe=False)
        if self.state is CircuitState.OPEN and now >= self._probe_at:
            self._move(CircuitEvent.PROBED)
            return Passage(self._era, is_probe=True)
        self.held_back += 1
        return None

    def turns_away(self, passage: Passage) -> bool:
        """Whether the circuit opened since a leave was given that was not used yet."""
        is_late = passage.era != self._era and self.state is not CircuitState.CLOSED
        self.held_back += is_late
        return is_late

    def on_answered(self, passage: Passage, now: float) -> None:
        """An answer came that is no fault of the exchange, a refusal perhaps (K1)."""
        if passage.era != self._era:  # K2
            return
        self._failures_in_a_row = 0
        if self.state is CircuitState.CLOSED:
            self._answers.append((now, False))
            return
        self._move(CircuitEvent.ANSWERED)
        self._era += 1
        self._answers.clear()

    def on_failed(self, passage: Passage, now: float, reason: str) -> None:
        """No answer came, or a fault of the exchange."""
        if passage.era != self._era or not self._config.is_enabled:  # K2
            return
        if self.state is CircuitState.CLOSED:
            self._count_failure(now, reason)
        elif passage.is_probe:
            self.last_failure = reason
            self._failed_probes += 1
            self._move(CircuitEvent.PROBE_FAILED)
            self._probe_at = now + self._pause_s()

    def on_left(self, passage: Passage) -> None:
        """Nothing was learned: never sent, cancelled, or refused by a limit (K3)."""
        is_ours = passage.is_probe and passage.era == self._era
        if is_ours and self.state is CircuitState.HALF_OPEN:
            self._move(CircuitEvent.PROBE_LEFT)

    def report(self, group: str, now: float) -> CircuitReport:
        """Return how it stands."""
        is_closed = self.state is CircuitState.CLOSED
        return CircuitReport(
            group=group,
            state=self.state,
            failures_in_a_row=self._failures_in_a_row,
            open_s=0.0 if is_closed else now - self._opened_at,
            probe_in_s=max(0.0, self._probe_at - now) if self.state is CircuitState.OPEN else 0.0,
            openings=self.openings,
            held_back=self.held_back,
            last_failure=self.last_failure,
        )

    def _count_failure(self, now: float, reason: str) -> None:
        self.last_failure = reason
        self._failures_in_a_row += 1
        self._answers.append((now, True))
        recent = now - self._config.window_s
        failures = sum(is_failure and at >= recent for at, is_failure in self._answers)
        is_streak = self._failures_in_a_row >= self._config.failures_in_a_row
        if is_streak or failures >= self._config.failures_of_last_20:
            self._move(CircuitEvent.TRIPPED)
            self._era += 1
            self.openings += 1
            self._failed_probes = 0
            self._opened_at = now
            self._probe_at = now + self._pause_s()

    def _pause_s(self) -> float:
        config = self._config
        return backoff_delay(
            self._failed_probes, base_s=config.pause_base_s, max_s=config.pause_max_s, jitter=0.0
        )

    def _move(self, event: CircuitEvent) -> None:
        following = _TRANSITIONS.get((self.state, event))
        if following is None:
            raise InternalError(f"a circuit that is {self.state} cannot be {event.name}")
        self.state = following

    def __repr__(self) -> str:
        return f"<CircuitBreaker {self.state}, {self._failures_in_a_row} failures in a row>"

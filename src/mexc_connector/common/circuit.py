"""The circuit breaker in words that users meet: its options, its states, its error, its report."""

from enum import StrEnum, unique

import msgspec

from mexc_connector.common.errors import TransportError
from mexc_connector.common.options import Options, require


@unique
class CircuitState(StrEnum):
    """Whether requests of one endpoint group are sent."""

    CLOSED = "CLOSED"
    """They are."""

    OPEN = "OPEN"
    """They fail at once: the group does not answer."""

    HALF_OPEN = "HALF_OPEN"
    """One of them is under way, to see whether the group answers again; the others fail."""


class CircuitConfig(Options, frozen=True, kw_only=True):
    """When to stop asking a group of endpoints that does not answer.

    A failure is a timeout, a lost connection, a 5xx or the exchange's word that it is under
    maintenance. The circuit opens after `failures_in_a_row`, or when `failures_of_last_20` of the
    last 20 answers, none of them older than `window_s`, were failures. It stays open for
    `pause_base_s`, doubled with each probe that fails, up to `pause_max_s`. `is_enabled` False
    sends everything always.
    """

    is_enabled: bool = True
    failures_in_a_row: int = 5
    failures_of_last_20: int = 10
    window_s: float = 60.0
    pause_base_s: float = 1.0
    pause_max_s: float = 30.0

    def __post_init__(self) -> None:
        require(self.failures_in_a_row >= 1, "failures_in_a_row must be 1 or more")
        require(1 <= self.failures_of_last_20 <= 20, "failures_of_last_20 must be 1 to 20")
        self.require_positive("window_s", "pause_base_s", "pause_max_s")


class CircuitOpen(TransportError):
    """The group of endpoints does not answer, so this request was not sent. `is_sent` is False.

    `open_s`: seconds since it was found out; `probe_in_s`: seconds until a request is let through
    again, 0 while one is under way; `last_failure`: what the last one that was sent met.
    Cancellations and the lookups that settle orders never get this error.
    """

    def __init__(
        self, endpoint: str, *, group: str, open_s: float, probe_in_s: float, last_failure: str
    ) -> None:
        when = f"in {probe_in_s:.1f} s" if probe_in_s > 0 else "under way"
        super().__init__(
            f"{endpoint}: not sent, {group} does not answer since {open_s:.1f} s, the next probe"
            f" is {when}; {last_failure}",
            is_sent=False,
        )
        self.endpoint = endpoint
        self.group = group
        self.open_s = open_s
        self.probe_in_s = probe_in_s
        self.last_failure = last_failure


class CircuitReport(msgspec.Struct, frozen=True, kw_only=True):
    """One breaker. `open_s` and `probe_in_s` as in `CircuitOpen`, both 0 while it is closed.

    `failures_in_a_row` are the latest; `openings` and `held_back` (requests that failed without
    being sent) are counted since the client was made.
    """

    group: str
    state: CircuitState
    failures_in_a_row: int
    open_s: float
    probe_in_s: float
    openings: int
    held_back: int
    last_failure: str

"""What the REST side counts."""

import msgspec

from mexc_connector.common.circuit import CircuitReport, CircuitState
from mexc_connector.core.rate_limit import RateUsage
from mexc_connector.core.request_line import LaneUsage
from mexc_connector.rest.endpoints import EndpointGroup


class GroupMetrics(msgspec.Struct, frozen=True):
    """Counters of one endpoint group since the client was made.

    `requests` went out, retries included; `refused` were answered with an error of any kind, of
    them `rate_limited` with 418, 429 or the firewall's 403; `unanswered` timed out or lost the
    link. `waited_s` is time spent in line for the rate budget, summed over all requests.
    """

    group: EndpointGroup
    requests: int
    retries: int
    refused: int
    rate_limited: int
    unanswered: int
    waited_s: float


class GroupCounters(msgspec.Struct):
    """`GroupMetrics` while they grow."""

    requests: int = 0
    retries: int = 0
    refused: int = 0
    rate_limited: int = 0
    unanswered: int = 0
    waited_s: float = 0.0

    def metrics(self, group: EndpointGroup) -> GroupMetrics:
        """Return the counters as they stand."""
        return GroupMetrics(
            group=group,
            requests=self.requests,
            retries=self.retries,
            refused=self.refused,
            rate_limited=self.rate_limited,
            unanswered=self.unanswered,
            waited_s=self.waited_s,
        )


class RestMetrics(msgspec.Struct, frozen=True):
    """Counters of one REST client.

    A `cache_hits` was answered from the symbol rules in memory or by joining a request under way,
    a `cache_misses` made one. `unlisted_rows` are rows of list replies about markets that
    `exchangeInfo` does not list, `unreadable_rows` are markets whose rules could not be read.
    `budget` and `lanes` are those of all clients that share the `RequestBudget`. `circuits` are
    the breakers of the groups. `clock_offset_ms` is the exchange's clock minus ours as measured
    `clock_age_s` ago; both None before the first time.
    """

    groups: tuple[GroupMetrics, ...]
    budget: RateUsage
    lanes: tuple[LaneUsage, ...]
    cache_hits: int
    cache_misses: int
    unlisted_rows: int
    unreadable_rows: int
    circuits: tuple[CircuitReport, ...] = ()
    clock_offset_ms: int | None = None
    clock_age_s: float | None = None

    @property
    def requests(self) -> int:
        """Requests sent over all groups."""
        return sum(group.requests for group in self.groups)

    @property
    def retries(self) -> int:
        """Repeated requests over all groups."""
        return sum(group.retries for group in self.groups)

    @property
    def rate_limited(self) -> int:
        """Answers that told us to slow down."""
        return sum(group.rate_limited for group in self.groups)

    @property
    def held_back(self) -> int:
        """Requests that failed without being sent, because a circuit was open."""
        return sum(circuit.held_back for circuit in self.circuits)

    @property
    def circuit_openings(self) -> int:
        """How often circuits opened."""
        return sum(circuit.openings for circuit in self.circuits)

    @property
    def open_circuits(self) -> int:
        """Circuits that are not closed now."""
        return sum(circuit.state is not CircuitState.CLOSED for circuit in self.circuits)

    @property
    def waited_s(self) -> float:
        """Seconds spent in line for the rate budget, summed over all requests."""
        return sum(group.waited_s for group in self.groups)

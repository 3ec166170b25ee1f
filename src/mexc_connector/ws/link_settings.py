"""LinkSettings: what the links of a pool share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Self

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import StreamConfig
from mexc_connector.core.liveness import Liveness
from mexc_connector.core.pace import Pace
from mexc_connector.ws.dial import UrlSource

# Links that opened together are replaced apart: up to this part of their age earlier.
_ROTATION_SPREAD = 0.05


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """`connects` paces the opening over all links, `next_epoch` numbers the connections.

    `jitter` gives a random number in [0, 1).
    """

    url: UrlSource
    proxy: str | None
    streams: StreamConfig
    clock: Clock
    connects: Pace
    next_epoch: Callable[[], int]
    jitter: Callable[[], float]

    @classmethod
    def of_pool(
        cls,
        url: UrlSource,
        *,
        proxy: str | None,
        streams: StreamConfig,
        clock: Clock,
        jitter: Callable[[], float],
    ) -> Self:
        """Return the settings of a pool that begins to open links."""
        return cls(
            url=url,
            proxy=proxy,
            streams=streams,
            clock=clock,
            connects=Pace(streams.connects_per_second),
            next_epoch=partial(next, count(1)),
            jitter=jitter,
        )

    def liveness_from(self, now: float) -> Liveness:
        """Return the deadlines of a connection that was opened at `now`."""
        streams = self.streams
        return Liveness(
            ping_interval_s=streams.ping_interval_s,
            pong_timeout_s=streams.pong_timeout_s,
            data_timeout_s=streams.data_timeout_s,
            rotate_after_s=streams.rotate_after_s * (1.0 - _ROTATION_SPREAD * self.jitter()),
            max_age_s=streams.rotate_after_s + streams.rotation.give_up_after_s,
            now=now,
        )

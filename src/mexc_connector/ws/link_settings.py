"""LinkSettings: what the links of a pool share."""

from collections.abc import Callable
from dataclasses import dataclass

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import StreamConfig
from mexc_connector.core.pace import Pace
from mexc_connector.ws.dial import UrlSource


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

"""Handovers: from links that are too old to their successors, as far as a pool sees it."""

import logging
from collections.abc import Callable, Mapping

from mexc_connector.common.log_fields import log_fields
from mexc_connector.core.redundant_plan import RedundantPlan
from mexc_connector.core.subscription_actions import HandedOver, HandoverFailed
from mexc_connector.ws.channel import Channel
from mexc_connector.ws.counters import PoolCounters
from mexc_connector.ws.links import LinkSet

_logger = logging.getLogger("mexc_connector.ws")


def is_in_step(channels: Mapping[str, Channel], name: str, link: int) -> bool:
    """Whether a link alone would do for a channel now; a channel that nobody wants needs none."""
    channel = channels.get(name)
    return channel is None or channel.settle(link)


class Handovers:
    """Counts, logs and reports what becomes of handovers.

    `retry_at(attempt)` says when a further successor is tried.
    """

    def __init__(
        self,
        plan: RedundantPlan,
        links: LinkSet,
        *,
        counters: PoolCounters,
        retry_at: Callable[[int], float],
    ) -> None:
        self._plan = plan
        self._links = links
        self._counters = counters
        self._retry_at = retry_at

    def on_action(self, action: HandedOver | HandoverFailed) -> None:
        """Take note of an end; after a failure the next attempt is planned."""
        fields = log_fields(connection=action.link)
        if isinstance(action, HandedOver):
            self._counters.handovers += 1
            text = "link %d: link %d has taken over"
            _logger.info(text, action.link, action.successor, extra=fields)
            return
        self._counters.handover_failures += 1
        _logger.warning("link %d: no successor: %s", action.link, action.reason, extra=fields)
        if (link := self._links.get(action.link)) is not None:
            self._links.report(link, f"no successor: {action.reason}")
        retry_at = self._retry_at(action.count - 1)
        self._plan.retry_handover(action.link, retry_at)

    def __repr__(self) -> str:
        return f"<Handovers {self._counters.handovers} done>"

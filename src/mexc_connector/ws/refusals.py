"""Refusals: what a pool does about channels that the exchange does not grant."""

import logging
from collections.abc import Callable

from mexc_connector.common.errors import SubscriptionRefused
from mexc_connector.common.log_fields import log_fields
from mexc_connector.core.redundant_plan import RedundantPlan
from mexc_connector.core.subscription_actions import Refused
from mexc_connector.ws.channel import Channel
from mexc_connector.ws.counters import PoolCounters
from mexc_connector.ws.links import LinkSet

_logger = logging.getLogger("mexc_connector.ws")

REPLAY_REFUSALS = 5
"""Refusals in a row of a channel that was granted before, until its consumers get the error."""


class Refusals:
    """Counts, logs and reports refusals, tells who waits, and plans the next attempt.

    `channels` is the pool's own, by name; `retry_at(attempt)` says when the next one is due.
    """

    def __init__(
        self,
        plan: RedundantPlan,
        channels: dict[str, Channel],
        links: LinkSet,
        *,
        counters: PoolCounters,
        retry_at: Callable[[int], float],
        on_complaint: Callable[[int, str], None],
    ) -> None:
        self._plan = plan
        self._channels = channels
        self._links = links
        self._counters = counters
        self._retry_at = retry_at
        self._on_complaint = on_complaint

    def on_action(self, action: Refused) -> None:
        """Carry out what a refusal means for its channel."""
        self._counters.refusals += 1
        text = action.text.strip() or "the acknowledgement was empty"
        fields = log_fields(stream=action.topic, connection=action.link)
        _logger.info("%s refused (%d in a row): %s", action.topic, action.count, text, extra=fields)
        self._on_complaint(action.link, f"{action.topic} refused: {text}")
        channel = self._channels.get(action.topic)
        if channel is None:
            return  # given up by a sink that reacted to an action before

        def refused() -> SubscriptionRefused:
            return SubscriptionRefused(action.topic, text)

        if not action.is_kept:
            del self._channels[action.topic]
            channel.fail_waiters(refused)
            return
        self._counters.replay_refusals += 1
        self._plan.retry_after(action.topic, self._retry_at(action.count - 1))
        if (link := self._links.get(action.link)) is not None:
            self._links.report(link, f"{action.topic} refused after a reconnect: {text}")
        if action.count >= REPLAY_REFUSALS and channel.epoch is None:  # no copy of it lives
            channel.fail_waiters(refused)
            channel.tell_refused(refused())

    def __repr__(self) -> str:
        return f"<Refusals {self._counters.refusals}>"

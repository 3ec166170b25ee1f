"""Handover: one link on its way to a successor, as `RotatingPlan` follows it."""

from collections.abc import Callable

import msgspec

from mexc_connector.core.subscriptions import SubscriptionPlan


class Handover(msgspec.Struct):
    """`plan` is that of the successor. `look_at` is None while ASKING, see `RotatingPlan`."""

    link: int
    successor: int
    plan: SubscriptionPlan
    give_up_at: float
    look_at: float | None = None

    @property
    def deadline(self) -> float:
        """When `on_time` has to see to it next; a time long past if the overlap can begin."""
        if self.look_at is None and self.plan.is_settled:
            return 0.0  # what was missing was given up, and no answer will tell
        times = (self.plan.deadline, self.look_at, self.give_up_at)
        return min(time for time in times if time is not None)

    def is_in_step(self, is_topic_in_step: Callable[[str, int], bool]) -> bool:
        """Whether the successor brings what the link brings, of every topic."""
        return all(is_topic_in_step(topic, self.successor) for topic in self.plan.topics)

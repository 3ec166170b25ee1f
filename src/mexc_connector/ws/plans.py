"""The plan of a pool, made from the options of its streams."""

from collections.abc import Callable
from functools import partial

from mexc_connector.common.config import StreamConfig
from mexc_connector.core.redundant_plan import RedundantPlan
from mexc_connector.core.rotating_plan import RotatingPlan
from mexc_connector.core.subscription_state import PlanNumbers
from mexc_connector.core.subscriptions import SubscriptionPlan


def plan_for(streams: StreamConfig, *, is_in_step: Callable[[str, int], bool]) -> RedundantPlan:
    """Make the plan of one pool; `is_in_step(channel, link)` is what a `RotatingPlan` asks."""

    def new_plane(numbers: PlanNumbers) -> RotatingPlan:
        return RotatingPlan(
            partial(_subscription_plan, streams),
            overlap_s=streams.rotation.overlap_s,
            patience_s=streams.rotation.patience_s,
            is_in_step=is_in_step,
            numbers=numbers,
        )

    return RedundantPlan(new_plane, copies=streams.redundancy)


def _subscription_plan(streams: StreamConfig, numbers: PlanNumbers) -> SubscriptionPlan:
    return SubscriptionPlan(
        per_link=streams.subscriptions_per_link,
        per_message=streams.channels_per_message,
        unsubscribing_frees_slot=streams.unsubscribing_frees_slot,
        ack_timeout_s=streams.ack_timeout_s,
        numbers=numbers,
    )

"""RotatingPlan: a `SubscriptionPlan` whose links get successors before they are too old.

States of a handover, from a link to its successor, and what moves it:

    ASKING       the successor connects and asks for every channel of the link
    OVERLAPPING  all are granted there: both links carry them, until `overlap_s` has passed and
                 every channel is in step on the successor
    over         the successor stands in the link's place, or was given up

    link aged           -> ASKING
    last grant          ASKING -> OVERLAPPING
    another wish        OVERLAPPING -> ASKING
    in step, or the link lost while OVERLAPPING
                        -> over: the successor takes the link's place, the link closes
    refusal, no answer twice, successor lost or not connected, `patience_s` over
                        -> over: the successor closes, the link goes on; tried again
    a topic granted on the successor leaves the link, but is wanted
                        -> over: the same
    link without topics -> over: both close

A successor has a plan of its own, of one link, so that all rules of slots and answers hold for it
too; a second link in it means that the channels do not fit, which is a refusal. Until the handover
a topic is on two links, and the link's own plan goes on as if there was no successor.
"""

from collections.abc import Callable

from mexc_connector.core.handover import Handover
from mexc_connector.core.subscription_actions import (
    Action,
    CloseLink,
    HandoverFailed,
    OpenLink,
    Refused,
    Request,
)
from mexc_connector.core.subscription_state import PlanNumbers, TopicState
from mexc_connector.core.subscriptions import SubscriptionPlan

_LOOK_AGAIN_S = 0.1
"""A successor that was not in step when the overlap was over is looked at again so much later."""


class RotatingPlan:
    """Wanted topics on links of limited size and age. Times are seconds of one monotonic clock.

    `is_in_step(topic, link)` says whether a link brings what another one brings of a topic.
    For the rest see `SubscriptionPlan`, whose methods these are.
    """

    def __init__(
        self,
        new_plan: Callable[[PlanNumbers], SubscriptionPlan],
        *,
        overlap_s: float,
        patience_s: float,
        is_in_step: Callable[[str, int], bool],
        numbers: PlanNumbers | None = None,
    ) -> None:
        self._numbers = numbers or PlanNumbers()
        self._new_plan = new_plan
        self._overlap_s = overlap_s
        self._patience_s = patience_s
        self._is_in_step = is_in_step
        self._plan = new_plan(self._numbers)
        self._handovers: dict[int, Handover] = {}
        self._retry_at: dict[int, float] = {}
        self._failures: dict[int, int] = {}

    # --- what is wanted ---

    def want(self, topic: str) -> list[Action]:
        """Ask for a topic; nothing happens if it is wanted already."""
        return self._followed(self._plan.want(topic))

    def unwant(self, topic: str) -> list[Action]:
        """Give a topic up; nothing happens if it is not wanted."""
        return self._followed(self._plan.unwant(topic))

    def retry_after(self, topic: str, retry_at: float) -> None:
        """Set when a topic that was `Refused` and kept shall be asked for again."""
        self._plan.retry_after(topic, retry_at)

    def note_granted(self, topic: str) -> None:
        """Note that who asked for a topic was told that it is granted, be it elsewhere."""
        self._plan.note_granted(topic)

    def keep_refused(self, topic: str, count: int) -> None:
        """Go on wanting a topic that was refused for good; `retry_after` has to follow."""
        self._plan.keep_refused(topic, count)

    # --- handovers ---

    def on_link_aged(self, link: int, now: float) -> list[Action]:
        """Begin a handover, unless one is under way."""
        topics = self._plan.topics_of(link)
        if not topics or link in self._handovers:
            return []
        plan = self._new_plan(self._numbers)
        actions = [action for topic in topics for action in plan.want(topic)]
        (successor,) = plan.links
        give_up_at = now + self._patience_s
        self._handovers[link] = Handover(link, successor, plan, give_up_at)
        return actions

    def retry_handover(self, link: int, retry_at: float) -> None:
        """Set when another successor shall be tried after a `HandoverFailed`."""
        if link in self._failures:
            self._retry_at[link] = retry_at

    # --- what happens on a link ---

    def on_link_open(self, link: int) -> list[Action]:
        """Start over on a new connection: every topic of the link has to be asked for."""
        return self._plan_of(link).on_link_open(link)

    def on_link_lost(self, link: int, now: float) -> list[Action]:
        """Take every topic of the link back to the queue, or let its successor take over."""
        handover = self._of_successor(link)
        if handover is not None:
            return self._give_up(handover, "the successor was lost")
        self._forgive(link)
        handover = self._handovers.get(link)
        if handover is not None and handover.plan.is_settled:
            return self._complete(handover)
        self._plan.on_link_lost(link)
        return []

    def on_connect_failed(self, link: int) -> list[Action]:
        """Give a successor up that cannot be connected; any other link tries on."""
        handover = self._of_successor(link)
        return [] if handover is None else self._give_up(handover, "the successor did not connect")

    def next_request(self, link: int, now: float) -> Request | None:
        """Take the next message to send on an open link; it counts as sent at `now`."""
        return self._plan_of(link).next_request(link, now)

    def on_frame_before_grant(self, link: int, topic: str) -> None:
        """Note a frame of a topic that is not confirmed there."""
        self._plan_of(link).on_frame_before_grant(link, topic)

    def on_reply(
        self,
        link: int,
        request_id: int,
        *,
        granted: frozenset[str],
        refused: frozenset[str],
        text: str,
        now: float,
    ) -> list[Action] | None:
        """Settle requests by an acknowledgement; None if it belongs to none of ours."""
        actions = self._plan_of(link).on_reply(
            link, request_id, granted=granted, refused=refused, text=text
        )
        if actions is None:
            return None
        handover = self._of_successor(link)
        if handover is None:
            return self._followed(actions)
        return self._judged(handover, actions, now)

    # --- time ---

    @property
    def deadline(self) -> float | None:
        """When `on_time` wants to be called next; None while nothing is due."""
        times = [self._plan.deadline, *self._retry_at.values()]
        times += (handover.deadline for handover in self._handovers.values())
        return min((time for time in times if time is not None), default=None)

    def on_time(self, now: float) -> list[Action]:
        """Deal with answers that did not come, retries that are due, and handovers."""
        actions = self._followed(self._plan.on_time(now))
        for handover in tuple(self._handovers.values()):
            actions += self._judged(handover, handover.plan.on_time(now), now)
            if self._handovers.get(handover.link) is handover:
                actions += self._look(handover, now)
        for link in [link for link, at in self._retry_at.items() if at <= now]:
            del self._retry_at[link]
            if self._plan.is_open(link):
                actions += self.on_link_aged(link, now)
        return actions

    # --- questions ---

    @property
    def topics(self) -> tuple[str, ...]:
        """Every wanted topic."""
        return self._plan.topics

    @property
    def links(self) -> tuple[int, ...]:
        """Every link in use, successors last."""
        return (*self._plan.links, *self.successors)

    @property
    def successors(self) -> tuple[int, ...]:
        """Links that are to take over: nothing depends on them yet."""
        return tuple(one.successor for one in self._handovers.values())

    def topics_of(self, link: int) -> tuple[str, ...]:
        """Return the topics placed on a link."""
        return self._plan_of(link).topics_of(link)

    def slots_used(self, link: int) -> int:
        """Return the slots that a link's topics use, those spent by departed topics included."""
        return self._plan_of(link).slots_used(link)

    def links_of(self, topic: str) -> tuple[int, ...]:
        """Return the links that a topic is placed on: its own, and that one's successor."""
        link = self._plan.link_of(topic)
        if link is None:
            return ()
        handover = self._handovers.get(link)
        return (link,) if handover is None else (link, handover.successor)

    def state_of(self, topic: str) -> TopicState | None:
        """Return how far a topic has come on its own link; None if it is not wanted."""
        return self._plan.state_of(topic)

    # --- inside ---

    def _of_successor(self, link: int) -> Handover | None:
        return next((one for one in self._handovers.values() if one.successor == link), None)

    def _plan_of(self, link: int) -> SubscriptionPlan:
        handover = self._of_successor(link)
        return self._plan if handover is None else handover.plan

    def _followed(self, actions: list[Action]) -> list[Action]:
        """Have each successor want what its link carries by now."""
        for handover in tuple(self._handovers.values()):
            carried, asked = self._plan.topics_of(handover.link), handover.plan.topics
            if set(carried) == set(asked):
                continue
            if not carried:
                del self._handovers[handover.link]
                actions = [*actions, CloseLink(handover.successor)]
                continue
            strays = (topic for topic in asked if self._strays_from(handover, topic))
            if (stray := next(strays, None)) is not None:
                actions = [*actions, *self._give_up(handover, f"{stray} has left the link")]
                continue
            handover.look_at = None
            changes = [one for topic in carried for one in handover.plan.want(topic)]
            for topic in set(asked).difference(carried):
                changes += handover.plan.unwant(topic)
            actions = [*actions, *self._judged(handover, changes, None)]
        for link in [link for link in self._failures if not self._plan.topics_of(link)]:
            self._forgive(link)
        return actions

    def _strays_from(self, handover: Handover, topic: str) -> bool:
        """Whether a wanted topic left the link: off its successor too, it would fall silent."""
        is_elsewhere = self._plan.link_of(topic) != handover.link and topic in self._plan.topics
        return is_elsewhere and handover.plan.state_of(topic) is TopicState.CONFIRMED

    def _judged(self, handover: Handover, actions: list[Action], now: float | None) -> list[Action]:
        """Pass on what a successor's plan wants, unless it says that the successor is no good."""
        for action in actions:
            if isinstance(action, Refused):
                return self._give_up(handover, f"{action.topic} refused: {action.text}")
            if isinstance(action, OpenLink | CloseLink):
                return self._give_up(handover, "its channels do not fit on one link")
        if now is not None and handover.look_at is None and handover.plan.is_settled:
            is_needed_now = not self._plan.is_open(handover.link)
            handover.look_at = now if is_needed_now else now + self._overlap_s
        return actions

    def _look(self, handover: Handover, now: float) -> list[Action]:
        if handover.look_at is not None and now >= handover.look_at:
            if not self._plan.is_open(handover.link) or handover.is_in_step(self._is_in_step):
                return self._complete(handover)
            handover.look_at = now + _LOOK_AGAIN_S
        if now >= handover.give_up_at:
            return self._give_up(handover, "the successor did not get in step")
        return []

    def _complete(self, handover: Handover) -> list[Action]:
        del self._handovers[handover.link]
        self._forgive(handover.link)
        return self._plan.hand_over(handover.link, handover.plan)

    def _give_up(self, handover: Handover, reason: str) -> list[Action]:
        del self._handovers[handover.link]
        failures = self._failures[handover.link] = self._failures.get(handover.link, 0) + 1
        return [
            CloseLink(handover.successor),
            HandoverFailed(handover.link, handover.successor, failures, reason),
        ]

    def _forgive(self, link: int) -> None:
        self._failures.pop(link, None)
        self._retry_at.pop(link, None)

    def __repr__(self) -> str:
        return f"<RotatingPlan {self._plan!r}, {len(self._handovers)} handovers>"

"""RedundantPlan: every topic on as many links as asked for, no two of its copies on one.

Each copy has a plan of its own, a *plane*, with links of its own: what carries the first copies
never carries second ones. A topic is refused once no plane has it or may still get it; until then
a plane that was refused asks again later. One that was granted once, on any link, is kept by all:
who asked for it believes to have it.
"""

from collections.abc import Callable

from mexc_connector.core.rotating_plan import RotatingPlan
from mexc_connector.core.subscription_actions import (
    Action,
    CloseLink,
    Granted,
    OpenLink,
    Refused,
    Request,
)
from mexc_connector.core.subscription_state import PlanNumbers, TopicState


class RedundantPlan:
    """Wanted topics on `copies` links each. For the rest see `RotatingPlan`: these are its methods.

    `new_plane` makes one plane; the numbers that it is given are shared by all.
    """

    def __init__(self, new_plane: Callable[[PlanNumbers], RotatingPlan], *, copies: int) -> None:
        numbers = PlanNumbers()
        self._planes = tuple(new_plane(numbers) for _ in range(copies))
        self._plane_of: dict[int, RotatingPlan] = {}

    # --- what is wanted ---

    def want(self, topic: str) -> list[Action]:
        """Ask for a topic; nothing happens if it is wanted already."""
        return self._in_each(lambda plane: plane.want(topic))

    def unwant(self, topic: str) -> list[Action]:
        """Give a topic up; nothing happens if it is not wanted."""
        return self._in_each(lambda plane: plane.unwant(topic))

    def retry_after(self, topic: str, retry_at: float) -> None:
        """Set when a topic that was `Refused` and kept shall be asked for again."""
        for plane in self._planes:
            plane.retry_after(topic, retry_at)

    # --- what happens on a link ---

    def on_link_aged(self, link: int, now: float) -> list[Action]:
        """Begin a handover, unless one is under way."""
        plane = self._plane_of.get(link)
        return [] if plane is None else self._seen(plane, plane.on_link_aged(link, now))

    def retry_handover(self, link: int, retry_at: float) -> None:
        """Set when another successor shall be tried after a `HandoverFailed`."""
        for plane in self._planes:
            plane.retry_handover(link, retry_at)

    def on_link_open(self, link: int) -> list[Action]:
        """Start over on a new connection: every topic of the link has to be asked for."""
        plane = self._plane_of.get(link)
        return [] if plane is None else plane.on_link_open(link)

    def on_link_lost(self, link: int, now: float) -> list[Action]:
        """Take every topic of the link back to the queue, or let its successor take over."""
        plane = self._plane_of.get(link)
        return [] if plane is None else self._seen(plane, plane.on_link_lost(link, now))

    def on_connect_failed(self, link: int) -> list[Action]:
        """Give a successor up that cannot be connected; any other link tries on."""
        plane = self._plane_of.get(link)
        return [] if plane is None else self._seen(plane, plane.on_connect_failed(link))

    def next_request(self, link: int, now: float) -> Request | None:
        """Take the next message to send on an open link; it counts as sent at `now`."""
        plane = self._plane_of.get(link)
        return None if plane is None else plane.next_request(link, now)

    def on_frame_before_grant(self, link: int, topic: str) -> None:
        """Note a frame of a topic that is not confirmed there."""
        plane = self._plane_of.get(link)
        if plane is not None:
            plane.on_frame_before_grant(link, topic)

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
        plane = self._plane_of.get(link)
        if plane is None:
            return None
        actions = plane.on_reply(
            link, request_id, granted=granted, refused=refused, text=text, now=now
        )
        return None if actions is None else self._seen(plane, actions)

    # --- time ---

    @property
    def deadline(self) -> float | None:
        """When `on_time` wants to be called next; None while nothing is due."""
        times = (plane.deadline for plane in self._planes)
        return min((time for time in times if time is not None), default=None)

    def on_time(self, now: float) -> list[Action]:
        """Deal with answers that did not come, retries that are due, and handovers."""
        return self._in_each(lambda plane: plane.on_time(now))

    # --- questions ---

    @property
    def topics(self) -> tuple[str, ...]:
        """Every wanted topic."""
        return self._planes[0].topics

    @property
    def links(self) -> tuple[int, ...]:
        """Every link in use."""
        return tuple(link for plane in self._planes for link in plane.links)

    def is_successor(self, link: int) -> bool:
        """Whether a link is to take over from another one, and nothing depends on it yet."""
        return any(link in plane.successors for plane in self._planes)

    def topics_of(self, link: int) -> tuple[str, ...]:
        """Return the topics placed on a link."""
        plane = self._plane_of.get(link)
        return () if plane is None else plane.topics_of(link)

    def links_of(self, topic: str) -> tuple[int, ...]:
        """Return the links that a topic is placed on."""
        return tuple(link for plane in self._planes for link in plane.links_of(topic))

    def states_of(self, topic: str) -> tuple[TopicState | None, ...]:
        """Return how far each copy of a topic has come; None where it is not wanted."""
        return tuple(plane.state_of(topic) for plane in self._planes)

    # --- inside ---

    def _in_each(self, do: Callable[[RotatingPlan], list[Action]]) -> list[Action]:
        return [action for plane in self._planes for action in self._seen(plane, do(plane))]

    def _seen(self, plane: RotatingPlan, actions: list[Action]) -> list[Action]:
        """Learn which links are the plane's, and whether a refusal by it is the last word."""
        told: list[Action] = []
        for action in actions:
            if isinstance(action, OpenLink):
                self._plane_of[action.link] = plane
            elif isinstance(action, CloseLink):
                self._plane_of.pop(action.link, None)
            elif isinstance(action, Granted):
                for other in self._planes:
                    other.note_granted(action.topic)
            if isinstance(action, Refused) and not action.is_kept:
                told += self._on_refused(plane, action)
            else:
                told.append(action)
        return told

    def _on_refused(self, plane: RotatingPlan, refused: Refused) -> list[Action]:
        topic = refused.topic
        others = [other for other in self._planes if other is not plane]
        if any(other.state_of(topic) in _HOPEFUL for other in others):
            plane.keep_refused(topic, refused.count)
            return [Refused(topic, refused.link, refused.text, refused.count, is_kept=True)]
        given_up = (self._seen(other, other.unwant(topic)) for other in others)
        return [refused, *(action for actions in given_up for action in actions)]

    def __repr__(self) -> str:
        return f"<RedundantPlan {self._planes!r}>"


_HOPEFUL = (TopicState.QUEUED, TopicState.REQUESTED, TopicState.CONFIRMED)

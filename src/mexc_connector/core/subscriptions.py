"""SubscriptionPlan: which topic lives on which link, what has to be asked, what the answers mean.

States of a topic, and what moves it:

    QUEUED     placed on a link, not asked for on its present connection
    REQUESTED  asked for, no answer yet
    CONFIRMED  granted
    REFUSED    refused when it was asked for again; waits for `retry_at`, placed nowhere

    want         -> QUEUED          link opened   REQUESTED, CONFIRMED -> QUEUED
    next_request QUEUED -> REQUESTED
    granted      REQUESTED -> CONFIRMED
    refused      REQUESTED -> forgotten if it never was confirmed (who asked is told), else REFUSED
    no answer    REQUESTED -> CONFIRMED if frames of it came, -> QUEUED the first time, else refused
    retry due    REFUSED -> QUEUED

Slots. The exchange counts the subscriptions of a connection cumulatively: a topic that left after
it was asked for keeps its slot until the link reconnects (unless `unsubscribing_frees_slot`). A
link never holds more than `per_link` topics and spent slots. Without topics it is closed.
"""

from mexc_connector.core.pending_requests import PendingRequests
from mexc_connector.core.subscription_actions import (
    Action,
    CloseLink,
    Granted,
    HandedOver,
    OpenLink,
    Refused,
    Request,
    RequestKind,
    Wake,
)
from mexc_connector.core.subscription_state import (
    PlannedLink,
    PlanNumbers,
    Topic,
    TopicState,
    still_requested,
)


class SubscriptionPlan:
    """Wanted topics on links of limited size. `on_...`, `want` and `unwant` return what to do.

    Times are seconds of one monotonic clock. `ack_timeout_s` bounds the wait for an answer. Plans
    that work side by side share `numbers`.
    """

    def __init__(
        self,
        *,
        per_link: int,
        per_message: int,
        unsubscribing_frees_slot: bool,
        ack_timeout_s: float,
        numbers: PlanNumbers | None = None,
    ) -> None:
        self._per_link = per_link
        self._per_message = per_message
        self._frees_slot = unsubscribing_frees_slot
        self._ack_timeout_s = ack_timeout_s
        self._topics: dict[str, Topic] = {}
        self._links: dict[int, PlannedLink] = {}
        self._numbers = numbers or PlanNumbers()
        self._pending = PendingRequests(timeout_s=ack_timeout_s, ids=self._numbers.requests)
        self._retry_at: dict[str, float] = {}

    # --- what is wanted ---

    def want(self, topic: str) -> list[Action]:
        """Ask for a topic; nothing happens if it is wanted already."""
        if topic in self._topics:
            return []
        entry = self._topics[topic] = Topic(topic)
        return self._place(entry)

    def unwant(self, topic: str) -> list[Action]:
        """Give a topic up; nothing happens if it is not wanted."""
        entry = self._topics.pop(topic, None)
        if entry is None:
            return []
        self._retry_at.pop(topic, None)
        return self._leave(entry)

    def retry_after(self, topic: str, retry_at: float) -> None:
        """Set when a topic that was `Refused` and kept shall be asked for again."""
        entry = self._topics.get(topic)
        if entry is not None and entry.state is TopicState.REFUSED:
            self._retry_at[topic] = retry_at

    def note_granted(self, topic: str) -> None:
        """Note that a topic is granted elsewhere: refused here, it is kept."""
        entry = self._topics.get(topic)
        if entry is not None:
            entry.was_confirmed = True

    def keep_refused(self, topic: str, count: int) -> None:
        """Go on wanting a topic that was refused and forgotten; `retry_after` has to follow."""
        self._topics[topic] = Topic(topic, TopicState.REFUSED, was_confirmed=True, refusals=count)

    def hand_over(self, link: int, successor: "SubscriptionPlan") -> list[Action]:
        """Put the one link of another plan in a link's place; the other plan is void then.

        It must have confirmed exactly the topics of the link, and wait for no answer.
        """
        old = self._links.pop(link)
        self._pending.void(link)
        new = successor.take_link()
        new.stand_in_for(old)
        self._links[new.number] = new
        return [HandedOver(link, new.number), CloseLink(link)]

    def take_link(self) -> PlannedLink:
        """Give the one link of this plan away."""
        return self._links.popitem()[1]

    # --- what happens on a link ---

    def on_link_open(self, link: int) -> list[Action]:
        """Start over on a new connection: no slot is used, every topic has to be asked for."""
        entry = self._links.get(link)
        if entry is None:
            return []
        self._start_over(entry, is_open=True)
        return [Wake(link)]

    def on_link_lost(self, link: int) -> None:
        """Take every topic of the link back to the queue; its open requests are void."""
        entry = self._links.get(link)
        if entry is not None:
            self._start_over(entry, is_open=False)

    def next_request(self, link: int, now: float) -> Request | None:
        """Take the next message to send on an open link; it counts as sent at `now`."""
        entry = self._links.get(link)
        if entry is None or not entry.has_requests:
            return None
        kind, topics = entry.ask(self._per_message)
        request = self._pending.send(link, kind, topics, now)
        if kind is RequestKind.SUBSCRIBE:
            entry.on_sent(request)
        return request

    def on_frame_before_grant(self, link: int, topic: str) -> None:
        """Note a frame of a topic that is not confirmed: proof, should the answer get lost."""
        entry = self._topics.get(topic)
        if entry is not None and entry.link == link:
            entry.has_frames = True

    def on_reply(
        self,
        link: int,
        request_id: int,
        *,
        granted: frozenset[str],
        refused: frozenset[str],
        text: str,
    ) -> list[Action] | None:
        """Settle requests by an acknowledgement; None if it belongs to none of ours.

        What a request asked for and its answer does not grant is refused. `PendingRequests.settle`
        says which request an answer belongs to.
        """
        settled = self._pending.settle(link, request_id, granted | refused)
        if not settled:
            return None
        actions: list[Action] = []
        for topic in still_requested(self._topics, settled):
            if topic.name in granted:
                actions += self._grant(topic)
            else:
                actions += self._refuse(topic, text, is_certain=True)
        return actions

    # --- time ---

    @property
    def deadline(self) -> float | None:
        """When `on_time` wants to be called next; None while nothing is due."""
        times = list(self._retry_at.values())
        if self._pending.deadline is not None:
            times.append(self._pending.deadline)
        return min(times, default=None)

    def on_time(self, now: float) -> list[Action]:
        """Deal with answers that did not come and with retries that are due."""
        actions: list[Action] = []
        for topic in still_requested(self._topics, self._pending.expire(now)):
            actions += self._expire(topic)
        for name in [name for name, at in self._retry_at.items() if at <= now]:
            del self._retry_at[name]
            actions += self._place(self._topics[name])
        return actions

    # --- questions ---

    @property
    def is_settled(self) -> bool:
        """Whether every topic is confirmed and nothing is left to be sent or answered."""
        return (
            all(topic.state is TopicState.CONFIRMED for topic in self._topics.values())
            and not any(link.leaving for link in self._links.values())
            and not len(self._pending)
        )

    def is_open(self, link: int) -> bool:
        """Whether a link in use is connected."""
        return link in self._links and self._links[link].is_open

    @property
    def topics(self) -> tuple[str, ...]:
        """Every wanted topic."""
        return tuple(self._topics)

    @property
    def links(self) -> tuple[int, ...]:
        """Every link in use."""
        return tuple(self._links)

    def topics_of(self, link: int) -> tuple[str, ...]:
        """Return the topics placed on a link."""
        return tuple(self._links[link].topics) if link in self._links else ()

    def slots_used(self, link: int) -> int:
        """Return the slots that a link's topics use, those spent by departed topics included."""
        return self._links[link].used if link in self._links else 0

    def link_of(self, topic: str) -> int | None:
        """Return the link that carries a topic."""
        entry = self._topics.get(topic)
        return None if entry is None else entry.link or None

    def state_of(self, topic: str) -> TopicState | None:
        """Return how far a topic has come; None if it is not wanted."""
        entry = self._topics.get(topic)
        return None if entry is None else entry.state

    # --- inside ---

    def _place(self, topic: Topic) -> list[Action]:
        topic.state = TopicState.QUEUED
        for link in self._links.values():
            if link.used < self._per_link:
                link.take(topic)
                return [Wake(link.number)] if link.is_open else []
        number = next(self._numbers.links)
        link = self._links[number] = PlannedLink(number)
        link.take(topic)
        return [OpenLink(link.number)]

    def _leave(self, topic: Topic, *, unsubscribes: bool = True) -> list[Action]:
        """Take a topic off its link and, unless it was refused, off the exchange's side too."""
        if not topic.link:
            return []
        link = self._links[topic.link]
        link.release(topic, unsubscribes=unsubscribes, frees_slot=self._frees_slot)
        if not link.topics:
            del self._links[link.number]
            self._pending.void(link.number)
            return [CloseLink(link.number)]
        return [Wake(link.number)] if link.leaving and link.is_open else []

    def _start_over(self, link: PlannedLink, *, is_open: bool) -> None:
        link.start_over()
        link.is_open = is_open
        self._pending.void(link.number)

    def _expire(self, topic: Topic) -> list[Action]:
        if topic.has_frames:
            return self._grant(topic)
        if topic.timeouts == 0:
            topic.timeouts += 1
            # Off and on again, perhaps on another link: asked for twice on one connection, a
            # subscription that was granted after all would be refused as a duplicate.
            return [*self._leave(topic), *self._place(topic)]
        text = f"no acknowledgement within {self._ack_timeout_s:g} s, asked twice"
        return self._refuse(topic, text, is_certain=False)

    def _grant(self, topic: Topic) -> list[Action]:
        topic.confirm()
        return [Granted(topic.name, topic.link)]

    def _refuse(self, topic: Topic, text: str, *, is_certain: bool) -> list[Action]:
        link = topic.link
        topic.refusals += 1
        topic.timeouts = 0
        left = self._leave(topic, unsubscribes=not is_certain)
        if topic.was_confirmed:
            topic.state = TopicState.REFUSED
        else:
            del self._topics[topic.name]
        return [Refused(topic.name, link, text, topic.refusals, topic.was_confirmed), *left]

    def __repr__(self) -> str:
        confirmed = sum(1 for topic in self._topics.values() if topic.state is TopicState.CONFIRMED)
        return (
            f"<SubscriptionPlan {len(self._topics)} topics, {confirmed} confirmed,"
            f" {len(self._links)} links>"
        )

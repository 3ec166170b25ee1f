"""What a `SubscriptionPlan` remembers of each wanted topic and of each link."""

from collections.abc import Iterable, Mapping
from enum import Enum, auto, unique
from itertools import count, islice

import msgspec

from mexc_connector.core.pending_requests import Settled
from mexc_connector.core.subscription_actions import Request, RequestKind


class PlanNumbers:
    """Numbers the links and the requests of plans that work side by side, each from 1."""

    def __init__(self) -> None:
        self.links = count(1)
        self.requests = count(1)


@unique
class TopicState(Enum):
    """How far a wanted topic has come; `subscriptions` says what moves it."""

    QUEUED = auto()
    REQUESTED = auto()
    CONFIRMED = auto()
    REFUSED = auto()


class Topic(msgspec.Struct):
    """One wanted topic. `has_frames` and `request_id` are about the request under way."""

    name: str
    state: TopicState = TopicState.QUEUED
    link: int = 0  # 0: placed nowhere
    request_id: int = 0
    was_confirmed: bool = False
    has_frames: bool = False
    timeouts: int = 0
    refusals: int = 0

    def confirm(self) -> None:
        """Take note that the topic is granted."""
        self.state = TopicState.CONFIRMED
        self.was_confirmed = True
        self.timeouts = 0
        self.refusals = 0


class PlannedLink(msgspec.Struct):
    """One link: what is placed on it, what of that is still to be asked for, what to give up.

    `spent` counts the slots of topics that left the present connection.
    """

    number: int
    is_open: bool = False
    spent: int = 0
    topics: dict[str, Topic] = {}
    queued: dict[str, None] = {}
    leaving: dict[str, None] = {}

    @property
    def used(self) -> int:
        """Slots that are taken on the present connection."""
        return self.spent + len(self.topics)

    @property
    def has_requests(self) -> bool:
        """Whether there is something to send, and a connection for it."""
        return self.is_open and bool(self.leaving or self.queued)

    def take(self, topic: Topic) -> None:
        """Place a topic here; it has to be asked for."""
        topic.link = self.number
        self.topics[topic.name] = topic
        self.queued[topic.name] = None

    def start_over(self) -> None:
        """Forget the connection: no slot is used, every topic has to be asked for."""
        self.spent = 0
        self.leaving.clear()
        self.queued = dict.fromkeys(self.topics)
        for topic in self.topics.values():
            topic.state = TopicState.QUEUED
            topic.has_frames = False

    def ask(self, most: int) -> tuple[RequestKind, tuple[str, ...]]:
        """Take what the next request of the link is about off its queue; `most` topics in one."""
        # First what leaves: a topic that left and came back must be asked for last.
        kind = RequestKind.UNSUBSCRIBE if self.leaving else RequestKind.SUBSCRIBE
        source = self.leaving or self.queued
        names = tuple(islice(source, most))
        for name in names:
            del source[name]
        return kind, names

    def on_sent(self, request: Request) -> None:
        """Take note of what is asked for now."""
        for name in request.topics:
            topic = self.topics[name]
            topic.state = TopicState.REQUESTED
            topic.request_id = request.request_id
            topic.has_frames = False

    def release(self, topic: Topic, *, unsubscribes: bool, frees_slot: bool) -> None:
        """Let a topic go; one that was asked for keeps its slot, and may have to be given up."""
        topic.link = 0
        del self.topics[topic.name]
        self.queued.pop(topic.name, None)
        if topic.state in (TopicState.REQUESTED, TopicState.CONFIRMED):
            if unsubscribes:
                self.leaving[topic.name] = None
            self.spent += not frees_slot

    def stand_in_for(self, other: "PlannedLink") -> None:
        """Take the topics of another link, which are granted on this one too."""
        self.topics = other.topics
        for topic in self.topics.values():
            topic.link = self.number
            topic.confirm()


def still_requested(topics: Mapping[str, Topic], settled: Iterable[Settled]) -> list[Topic]:
    """Return what settled requests asked for, but not what left or was asked for anew since."""
    return [
        topic
        for request, names in settled
        if request.kind is RequestKind.SUBSCRIBE
        for topic in map(topics.get, names)
        if topic is not None
        and topic.state is TopicState.REQUESTED
        and topic.request_id == request.request_id
    ]

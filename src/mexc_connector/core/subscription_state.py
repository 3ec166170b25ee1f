"""What a `SubscriptionPlan` remembers of each wanted topic and of each link."""

from enum import Enum, auto, unique

import msgspec


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

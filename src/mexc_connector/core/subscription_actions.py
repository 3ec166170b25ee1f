"""What a `SubscriptionPlan` tells its owner to do, and the requests that it hands out."""

from enum import Enum, auto, unique

import msgspec


class OpenLink(msgspec.Struct, frozen=True):
    """A new link is needed."""

    link: int


class CloseLink(msgspec.Struct, frozen=True):
    """The link carries nothing any more; the plan has forgotten it."""

    link: int


class Wake(msgspec.Struct, frozen=True):
    """The open link has something to send: ask `next_request` until it is None."""

    link: int


class Granted(msgspec.Struct, frozen=True):
    """The topic is confirmed on the present connection of the link."""

    topic: str
    link: int


class Refused(msgspec.Struct, frozen=True):
    """The topic was refused: for the `count`th time in a row.

    `is_kept` tells a topic that was confirmed before: it stays wanted, and `retry_after` has to
    say when it shall be asked for again. Any other topic is forgotten.
    """

    topic: str
    link: int
    text: str
    count: int
    is_kept: bool


class HandedOver(msgspec.Struct, frozen=True):
    """The successor carries everything that the link carried; a `CloseLink` of the link follows."""

    link: int
    successor: int


class HandoverFailed(msgspec.Struct, frozen=True):
    """A successor was given up, the `count`th in a row; the link goes on.

    `retry_handover` has to say when another one shall be tried.
    """

    link: int
    successor: int
    count: int
    reason: str


Action = OpenLink | CloseLink | Wake | Granted | Refused | HandedOver | HandoverFailed


@unique
class RequestKind(Enum):
    """What a request asks for."""

    SUBSCRIBE = auto()
    UNSUBSCRIBE = auto()


class Request(msgspec.Struct, frozen=True):
    """One message to send: `request_id` is unique over the plan's life and starts at 1."""

    request_id: int
    link: int
    kind: RequestKind
    topics: tuple[str, ...]

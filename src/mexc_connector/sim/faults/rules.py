"""What every fault rule has: a name, when it may act, how often.

A rule counts the events that it is about (frames on its channels, requests to its endpoints, its
own times) while its window is open. It hits an event when the dice say so and the event's number
lies within `first` and `last`, at most `most` times. Times are exchange time since the plan was
switched on.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from mexc_connector.sim.errors import SimError


class FaultError(SimError, ValueError):
    """A fault plan that cannot be: an unknown key, channel or endpoint, a number out of range."""


class FaultRule(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """When and how often a fault strikes; the subclass says what it does and to whom."""

    name: str = ""
    """Seeds the rule's dice and names it in the trace; unnamed rules are called after their fault,
    the second one `drop-2`. Unique within a plan."""
    probability: float = 1.0
    first: int = 1
    """Number of the first event that may be hit, counted from 1."""
    last: int | None = None
    """Number of the last event that may be hit."""
    most: int | None = None
    """How many events are hit at most."""
    after_ms: int = 0
    until_ms: int | None = None

    def __post_init__(self) -> None:
        """Refuse values outside their range with a `FaultError`."""
        require(0 <= self.probability <= 1, "probability must lie between 0 and 1")
        require(self.first >= 1, "first counts from 1")
        require(self.last is None or self.last >= self.first, "last must not be before first")
        require(self.most is None or self.most >= 1, "most must be at least 1")
        require(self.after_ms >= 0, "after_ms must not be negative")
        require(
            self.until_ms is None or self.until_ms > self.after_ms,
            "until_ms must be later than after_ms",
        )
        self.check()

    def check(self) -> None:
        """Refuse what the rule's own fields cannot be; raises `FaultError`."""

    @property
    def kind(self) -> str:
        """The fault's name, as `fault:` spells it in YAML."""
        return str(self.__struct_config__.tag)


class Audience(Enum):
    """Which stream connections a rule is about."""

    ALL = "all"
    PUBLIC = "public"
    PRIVATE = "private"
    """Those that came with a listen key."""

    def includes(self, *, is_private: bool) -> bool:
        """Say whether a connection belongs to it."""
        return self is Audience.ALL or (self is Audience.PRIVATE) == is_private


class Ending(Enum):
    """How a connection ends without a close frame."""

    END = "end"
    """The stream is ended (TCP FIN)."""
    RESET = "reset"
    """The connection is reset (TCP RST); what the client has not read may be lost."""


def require(is_true: bool, complaint: str) -> None:
    """Raise `FaultError` with a complaint unless a condition holds."""
    if not is_true:
        raise FaultError(f"{complaint}.")

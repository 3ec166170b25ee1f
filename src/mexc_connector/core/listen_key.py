"""ListenKeyLife: when a listen key is made, extended, doubted, replaced and closed.

A key opens the private stream of an account. The exchange forgets it 60 minutes after it was made
or last extended, and says nothing when it does: the stream merely falls silent. States of the key:

    NONE    there is no key
    VALID   made or extended, and nothing speaks against it
    IN_USE  VALID, handed to a connection that is being made or is open
    DOUBTED its connection was lost after it had worked: only an extension proves that it lives
    LOST    not to be used again

    NONE     created -> VALID
    VALID    asked for by a connection -> IN_USE
    IN_USE   connection lost after all was granted -> DOUBTED
             asked for again, or lost before all was granted -> LOST
    DOUBTED  extended -> VALID                          extension failed -> LOST
    any      refused, rejected, or about to expire -> LOST
    LOST     closed -> NONE
             a connection is made with it after all -> LOST, and that one is dropped

Whoever connects calls `on_connect` and carries out what it answers, again and again, until the
answer is `USE`. Rules come from the exchange's documents and from what its clients report:
validity 60 minutes, at most 60 keys an account, a failed extension that shows only as silence.

No action and no repr holds the key: it is read from `key`, by who sends it.
"""

import re
from enum import Enum, auto, unique

from mexc_connector.common.account import ListenKey
from mexc_connector.common.config import ListenKeyConfig
from mexc_connector.common.errors import (
    AuthenticationError,
    ExchangeAPIError,
    ExchangeUnavailable,
    MexcError,
    PermissionDenied,
    RateLimitError,
)
from mexc_connector.core.backoff import backoff_delay

_COMPLAINT = re.compile(r"listen[\s_-]*key|not\s+subscribed|refused|blocked", re.IGNORECASE)
_NOT_ABOUT_THE_KEY = (RateLimitError, ExchangeUnavailable, AuthenticationError, PermissionDenied)


@unique
class KeyState(Enum):
    """How far a listen key can be trusted; the module says what moves it."""

    NONE = auto()
    VALID = auto()
    IN_USE = auto()
    DOUBTED = auto()
    LOST = auto()


@unique
class KeyAction(Enum):
    """What the owner of a listen key has to do now."""

    NONE = auto()
    USE = auto()
    """Connect with `key`."""
    CREATE = auto()
    """Make a key, then say `on_created`."""
    EXTEND = auto()
    """Extend `key`, then say `on_extended` or `on_extension_failed`."""
    CLOSE = auto()
    """Close `key`, then say `on_closed`, whether that worked or not."""
    RECONNECT = auto()
    """Drop the connection: its key is lost. The next one gets another."""


def voids_key(error: MexcError) -> bool:
    """Whether the answer to an extension says that the key itself is no good.

    Limits, faults of the exchange and trouble with the credentials pass; so does a lost answer.
    """
    return isinstance(error, ExchangeAPIError) and not isinstance(error, _NOT_ABOUT_THE_KEY)


def is_key_complaint(text: str) -> bool:
    """Whether a refusal on a private link, or a text that is no reply, speaks against the key.

    "Invalid listen key" does, and so does the refusal of any channel: `Blocked!` is all that the
    exchange says when it does not know the key.
    """
    return _COMPLAINT.search(text) is not None


class ListenKeyLife:
    """The life of one listen key after the other. Times are seconds of one monotonic clock."""

    def __init__(self, config: ListenKeyConfig) -> None:
        self.state = KeyState.NONE
        self.key = ListenKey("")
        self._config = config
        self._expires_at = 0.0
        self._extend_at: float | None = None
        self._failures = 0
        self._has_worked = False

    # --- connecting ---

    def on_connect(self, now: float) -> KeyAction:
        """Say what has to be done before the next connection; ask until it is `USE`."""
        if self.state is KeyState.IN_USE:
            self._lose()  # the connection that it was given to never opened
        if self.key and now >= self._replace_at:
            self._lose()
        if self.state is KeyState.NONE:
            return KeyAction.CREATE
        if self.state is KeyState.DOUBTED:
            return KeyAction.EXTEND
        if self.state is KeyState.LOST:
            if now < self._expires_at:
                return KeyAction.CLOSE
            self.on_closed()  # the exchange has forgotten it by itself
            return KeyAction.CREATE
        self.state = KeyState.IN_USE
        self._has_worked = False
        return KeyAction.USE

    def on_link_open(self) -> KeyAction:
        """The connection was made; with a key that was lost meanwhile it is good for nothing."""
        return KeyAction.RECONNECT if self.state is KeyState.LOST else KeyAction.NONE

    def on_granted(self) -> None:
        """All private channels were granted on the connection: the key works."""
        if self.state is KeyState.IN_USE:
            self._has_worked = True

    def on_link_lost(self) -> None:
        """The connection is gone, whatever the reason."""
        if self.state is KeyState.IN_USE:
            if self._has_worked:
                self.state = KeyState.DOUBTED
            else:
                self._lose()

    def on_refused(self) -> KeyAction:
        """The exchange refused a private channel or complained about the key."""
        if self.state is not KeyState.IN_USE:
            return KeyAction.NONE
        self._lose()
        return KeyAction.RECONNECT

    # --- making, extending, closing ---

    def on_created(self, key: ListenKey, asked_at: float) -> None:
        """A key was made by a request that was sent at `asked_at`."""
        self.key = key
        self.state = KeyState.VALID
        self._renew(asked_at)

    def on_extended(self, asked_at: float) -> None:
        """The key was extended by a request that was sent at `asked_at`."""
        self._renew(asked_at)
        if self.state is KeyState.DOUBTED:
            self.state = KeyState.VALID

    def on_extension_failed(self, now: float, *, is_void: bool, jitter: float) -> KeyAction:
        """Take note of a failure; `is_void` is what `voids_key` says of it.

        While the key has time left, what is not about the key is tried again with growing pauses.
        A doubted key that cannot be proven is given up: the next connection waits for it.
        """
        was_in_use = self.state is KeyState.IN_USE
        if is_void:
            self._expires_at = now
        if is_void or self.state is KeyState.DOUBTED:
            self._lose()
            return KeyAction.RECONNECT if was_in_use else KeyAction.NONE
        self._extend_at = now + backoff_delay(
            self._failures,
            base_s=self._config.retry_base_s,
            max_s=self._config.retry_max_s,
            jitter=jitter,
        )
        self._failures += 1
        return KeyAction.NONE

    def on_closed(self) -> None:
        """The key was closed, or nothing more can be done about it."""
        self.key = ListenKey("")
        self.state = KeyState.NONE
        self._extend_at = None

    # --- time ---

    @property
    def deadline(self) -> float | None:
        """When `on_time` wants to be called next; None while nothing is due."""
        if self.state not in (KeyState.VALID, KeyState.IN_USE):
            return None
        if self._extend_at is None:
            return self._replace_at
        return min(self._extend_at, self._replace_at)

    def on_time(self, now: float) -> KeyAction:
        """Say what is due: an extension, or a new connection before the key expires."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return KeyAction.NONE
        if now >= self._replace_at:
            was_in_use = self.state is KeyState.IN_USE
            self._lose()
            return KeyAction.RECONNECT if was_in_use else KeyAction.NONE
        self._extend_at = None  # under way; the answer says when the next one is due
        return KeyAction.EXTEND

    # --- inside ---

    @property
    def _replace_at(self) -> float:
        return self._expires_at - self._config.replace_before_s

    def _renew(self, asked_at: float) -> None:
        # Counted from the sending: the exchange cannot have counted from any sooner.
        self._expires_at = asked_at + self._config.life_s
        self._extend_at = asked_at + self._config.extend_every_s
        self._failures = 0

    def _lose(self) -> None:
        self.state = KeyState.LOST
        self._extend_at = None

    def __repr__(self) -> str:
        due = "nothing due" if self.deadline is None else f"due at {self.deadline:g}"
        return f"<ListenKeyLife {self.state.name}, {due}>"

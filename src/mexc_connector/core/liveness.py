"""Liveness of one link: when to PING, when it is dead, when to replace it.

A quiet market sends nothing, so silence alone proves nothing until `data_timeout_s`; the PONG that
answers our PING is the sooner proof. The exchange cuts a link without a close frame, and every
link after 24 hours, so a link asks for a successor before that, at a time of our choosing, and
ends by itself if none has come.
"""

from enum import Enum, auto, unique
from math import inf

# When the process itself stood still, frames wait unread in the socket: a deadline that was
# missed by more than this gets this much more, so that the reader has its turn first.
_STALL_S = 1.0


@unique
class LivenessAction(Enum):
    """What the owner of the link has to do now."""

    NONE = auto()
    PING = auto()
    DEAD_NO_PONG = auto()
    DEAD_SILENT = auto()
    ROTATE = auto()
    """It is time for a successor; said once."""
    EXPIRED = auto()


class Liveness:
    """Deadlines of one link, from the moment it opened.

    The owner calls `on_frame` and `on_pong` as they come, and `on_time` once `deadline` has
    passed. Times are seconds of one monotonic clock. `rotate_after_s` is the age at which the link
    asks for a successor, `max_age_s` the one at which it ends without.
    """

    __slots__ = (
        "_data_timeout_s",
        "_expires_at",
        "_last_frame",
        "_next_ping",
        "_ping_interval_s",
        "_pong_due",
        "_pong_timeout_s",
        "_rotate_at",
        "_stalled_until",
    )

    def __init__(
        self,
        *,
        ping_interval_s: float,
        pong_timeout_s: float,
        data_timeout_s: float,
        rotate_after_s: float,
        max_age_s: float,
        now: float,
    ) -> None:
        self._ping_interval_s = ping_interval_s
        self._pong_timeout_s = pong_timeout_s
        self._data_timeout_s = data_timeout_s
        self._last_frame = now
        self._next_ping = now + ping_interval_s
        self._pong_due: float | None = None
        self._rotate_at: float = now + rotate_after_s
        self._expires_at = now + max_age_s
        self._stalled_until = now

    @property
    def deadline(self) -> float:
        """When `on_time` wants to be called next, at the latest."""
        return min(self._next_ping, self._death()[0], self._rotate_at, self._expires_at)

    @property
    def last_frame(self) -> float:
        """When a frame of any kind arrived last, or else the link opened."""
        return self._last_frame

    def on_frame(self, now: float) -> None:
        """Note that a frame of any kind arrived."""
        self._last_frame = now

    def on_pong(self, now: float) -> None:
        """Note that our PING was answered."""
        self._last_frame = now
        self._pong_due = None

    def on_time(self, now: float) -> LivenessAction:
        """Say what is due at `now`. One thing at a time: ask again while `deadline` has passed."""
        due, verdict = self._death()
        if now >= due:
            if now - due > _STALL_S:
                self._stalled_until = now + _STALL_S
                return LivenessAction.NONE
            return verdict
        if now >= self._expires_at:
            return LivenessAction.EXPIRED
        if now >= self._rotate_at:
            self._rotate_at = inf
            return LivenessAction.ROTATE
        if now >= self._next_ping:
            self._next_ping = now + self._ping_interval_s
            if self._pong_due is None:
                self._pong_due = now + self._pong_timeout_s
            return LivenessAction.PING
        return LivenessAction.NONE

    def _death(self) -> tuple[float, LivenessAction]:
        silent = max(self._last_frame + self._data_timeout_s, self._stalled_until)
        if self._pong_due is not None:
            unanswered = max(self._pong_due, self._stalled_until)
            if unanswered <= silent:
                return unanswered, LivenessAction.DEAD_NO_PONG
        return silent, LivenessAction.DEAD_SILENT

    def __repr__(self) -> str:
        waiting = "no PONG awaited" if self._pong_due is None else f"PONG due {self._pong_due:g}"
        return f"<Liveness last frame {self._last_frame:g}, {waiting}>"

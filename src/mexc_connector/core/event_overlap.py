"""EventOverlap: one stream of events that carry no number, while a second connection brings it too.

One connection *leads*: what it brings is handed out. What its *successor* brings is held back:

    E1  What was handed out is remembered for `window_s`, and all that is handed out while there is
        a successor until it has left or leads. A copy by the successor settles one that is
        remembered, and is dropped.
    E2  Any other event of the successor is held. If the leader brings it later, it is dropped.
    E3  When the successor is to lead, what is held is handed out in its order. What is remembered
        and not settled may still come from it, for `window_s` more: that is dropped too.
    E4  A successor that leaves takes what is held with it.
    E5  More than `limit` events held, or unsettled beyond those from before the successor joined,
        is trouble: the two do not bring the same. So much is remembered at the most, too.

So of equal events as many are handed out as the one of the two brought that brought more of them,
in the order of the leader, as long as copies come within `window_s` of each other.

E6  A leader that is lost has *proven* itself by one event that both brought: a connection keeps the
    order, so all that was before it had come. Without one, what happened before the successor
    joined may have been under way.
"""

from collections import Counter, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class EventOverlap(Generic[T]):
    """Decides what of two connections is handed out. Times are seconds of one monotonic clock.

    Events are told apart by keys; equal keys mean the same text, not the same event.
    """

    def __init__(self, *, window_s: float, limit: int) -> None:
        self.is_proven = False
        self._window_s = window_s
        self._limit = limit
        self._has_successor = False
        self._recent: deque[tuple[float, Hashable]] = deque(maxlen=limit)
        self._unsettled: Counter[Hashable] = Counter()
        self._most_unsettled = limit
        self._held: deque[tuple[Hashable, T]] = deque()
        # What the leader, once a successor, may still repeat of its predecessor.
        self._late: Counter[Hashable] = Counter()
        self._late_until = 0.0

    def on_leader(self, key: Hashable, now: float) -> bool:
        """Take an event of the leader; return whether it is handed out."""
        if self._late:
            if now > self._late_until:
                self._late.clear()
            elif _take(self._late, key):
                return False
        self._remember(key, now)
        if self._has_successor:
            if self._drop_held(key):
                self.is_proven = True
            else:
                self._unsettled[key] += 1
        return True

    def on_successor(self, key: Hashable, event: T) -> None:
        """Take an event of the successor."""
        if _take(self._unsettled, key):
            self.is_proven = True
        else:
            self._held.append((key, event))

    def join(self, now: float) -> None:
        """Have a successor from now on, in the place of another one."""
        self._forget_old(now)
        self._has_successor = True
        self.is_proven = False
        self._held.clear()
        self._unsettled = Counter(key for _, key in self._recent)
        self._most_unsettled = self._limit + len(self._unsettled)

    def leave(self) -> None:
        """Have no successor any more (E4)."""
        self._has_successor = False
        self._held.clear()
        self._unsettled.clear()

    def hand_over(self, now: float) -> list[T]:
        """Have the successor lead, and hand out what only it has brought (E3)."""
        events = []
        for key, event in self._held:
            self._remember(key, now)
            events.append(event)
        self._late, self._unsettled = self._unsettled, Counter()
        self._late_until = now + self._window_s
        self.leave()
        return events

    def end(self) -> None:
        """Forget everything: no connection is left, and what comes next is another subscription."""
        self.leave()
        self._recent.clear()
        self._late.clear()

    @property
    def is_overfull(self) -> bool:
        """Whether the two have nothing to do with each other (E5)."""
        return len(self._held) > self._limit or len(self._unsettled) > self._most_unsettled

    def _remember(self, key: Hashable, now: float) -> None:
        self._forget_old(now)
        self._recent.append((now, key))

    def _forget_old(self, now: float) -> None:
        while self._recent and self._recent[0][0] < now - self._window_s:
            self._recent.popleft()

    def _drop_held(self, key: Hashable) -> bool:
        for index, (held, _) in enumerate(self._held):
            if held == key:
                del self._held[index]
                return True
        return False

    def __repr__(self) -> str:
        return (
            f"<EventOverlap {len(self._held)} held, {self._unsettled.total()} unsettled,"
            f" {self._late.total()} late>"
        )


def _take(counted: Counter[Hashable], key: Hashable) -> bool:
    """Take one of a key away, if there is one."""
    if key not in counted:
        return False
    counted[key] -= 1
    if not counted[key]:
        del counted[key]
    return True

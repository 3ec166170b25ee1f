"""Requests that wait for an answer, and which of them an answer belongs to."""

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import msgspec

from mexc_connector.core.subscription_actions import Request, RequestKind


class Settled(NamedTuple):
    """A request and those of its topics that are decided now."""

    request: Request
    topics: tuple[str, ...]


class _Pending(msgspec.Struct):
    request: Request
    deadline: float
    undecided: dict[str, None]


class PendingRequests:
    """Requests in the order of sending, each with a deadline `timeout_s` after it was sent.

    The time-out is one for all, so the oldest request is always the next to expire. `ids` numbers
    requests, increasing from above 0; share it where requests of several meet on a link.
    """

    def __init__(self, *, timeout_s: float, ids: Iterator[int] | None = None) -> None:
        self._timeout_s = timeout_s
        self._pending: dict[int, _Pending] = {}
        self._ids = ids or count(1)

    def send(self, link: int, kind: RequestKind, topics: tuple[str, ...], now: float) -> Request:
        """Make a request that counts as sent at `now`. Its id is new and above 0."""
        request = Request(next(self._ids), link, kind, topics)
        self._pending[request.request_id] = _Pending(
            request, now + self._timeout_s, dict.fromkeys(topics)
        )
        return request

    def settle(self, link: int, request_id: int, named: frozenset[str]) -> list[Settled]:
        """Find what an answer decides; nothing if it belongs to no request of this link.

        With the id of a request it decides all of that request. With none (0), each name decides
        the oldest request that waits for it, and an answer without any name the only request that
        waits, if there is only one.
        """
        if request_id:
            known = self._pending.get(request_id)
            return [] if known is None or known.request.link != link else [self._close(known)]
        waiting = [entry for entry in self._pending.values() if entry.request.link == link]
        if not named:
            return [self._close(waiting[0])] if len(waiting) == 1 else []
        settled = []
        for pending in waiting:
            topics = tuple(topic for topic in pending.undecided if topic in named)
            if topics:
                named = named.difference(topics)
                settled.append(self._decide(pending, topics))
        return settled

    def expire(self, now: float) -> list[Settled]:
        """Take out every request whose deadline has passed."""
        expired = []
        while (oldest := self._oldest()) is not None and oldest.deadline <= now:
            expired.append(self._close(oldest))
        return expired

    def void(self, link: int) -> None:
        """Forget the requests of a link: their connection is gone."""
        for request_id in [
            number for number, entry in self._pending.items() if entry.request.link == link
        ]:
            del self._pending[request_id]

    @property
    def deadline(self) -> float | None:
        """When the next request expires; None if none waits."""
        oldest = self._oldest()
        return None if oldest is None else oldest.deadline

    def __len__(self) -> int:
        return len(self._pending)

    def __repr__(self) -> str:
        return f"<PendingRequests {len(self)}, next deadline {self.deadline}>"

    def _oldest(self) -> _Pending | None:
        return next(iter(self._pending.values()), None)

    def _close(self, pending: _Pending) -> Settled:
        del self._pending[pending.request.request_id]
        return Settled(pending.request, tuple(pending.undecided))

    def _decide(self, pending: _Pending, topics: tuple[str, ...]) -> Settled:
        for topic in topics:
            del pending.undecided[topic]
        if not pending.undecided:
            del self._pending[pending.request.request_id]
        return Settled(pending.request, topics)

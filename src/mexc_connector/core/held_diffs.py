"""HeldDiffs: the latest contiguous run of diffs, kept while a snapshot is on its way (R2)."""

from collections import deque

from mexc_connector.common.models import BookDiff

_WAITING_DIFFS = 32
"""Diffs kept while the request waits for its turn: its answer will be newer than the others."""


class HeldDiffs:
    """At most `capacity` diffs, each following the one before it.

    `is_request_sent` says that the snapshot's request has left: until then a short tail is enough.
    """

    __slots__ = ("_capacity", "_diffs", "is_request_sent")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._diffs: deque[BookDiff] = deque()
        self.is_request_sent = False

    def add(self, diff: BookDiff) -> bool:
        """Keep a diff, and forget those that it does not follow; False if it says nothing new."""
        held = self._diffs
        if held and diff.to_version <= held[-1].to_version:
            return False
        if held and diff.from_version > held[-1].to_version + 1:
            held.clear()
        wanted = self._capacity if self.is_request_sent else min(self._capacity, _WAITING_DIFFS)
        while len(held) >= wanted:
            held.popleft()
        held.append(diff)
        return True

    def clear(self) -> None:
        """Forget all."""
        self._diffs.clear()

    def take(self) -> list[BookDiff]:
        """Hand them all out, oldest first."""
        diffs = list(self._diffs)
        self._diffs.clear()
        return diffs

    @property
    def first_version(self) -> int | None:
        """The first version that the run covers; None when nothing is held."""
        return self._diffs[0].from_version if self._diffs else None

    @property
    def first_received_ns(self) -> int | None:
        """When the oldest diff of the run was received; None when nothing is held."""
        return self._diffs[0].received_ns if self._diffs else None

    def __len__(self) -> int:
        return len(self._diffs)

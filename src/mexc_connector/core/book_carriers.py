"""BookCarriers: one book from the diffs of several connections at once (R18).

While a link is replaced, and with redundant feeds always, the same diffs come over more than one
connection: over each of them all, in order, but one may run ahead of the other. The first copy of
each version counts. A carrier is *in step* when the book has everything that it brought so far:
then whatever it brings next follows, or was brought by another one before.

    a diff that is old, or follows  -> its carrier is in step
    a diff that does not follow     -> its carrier is ahead: its diffs are held until those of the
                                       others have come so far
    nobody is in step any more      -> a gap (R8), an undecodable frame (R11), a lost link (R12)
    ahead for longer than `catch_up_ns` -> the others have stopped: a gap (R8)
"""

from mexc_connector.common.enums import BookState, UnsyncReason
from mexc_connector.common.models import BookDiff
from mexc_connector.core.book_actions import BookAction
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.held_diffs import HeldDiffs

_MOST_AHEAD = 2000
"""Diffs held of one carrier that is ahead; at 10 ms between two that is 20 s."""
MOST_COPIES = 100
"""Old diffs with no news between them; from there on it may be that the exchange counts anew."""


class BookCarriers:
    """The carriers of one book, by number. Pure, as `BookSync` is; actions are those of it."""

    def __init__(self, sync: BookSync, *, catch_up_ns: int) -> None:
        self.copies = 0
        self._sync = sync
        self._catch_up_ns = catch_up_ns
        self._joined_at: dict[int, int] = {}
        self._in_step: set[int] = set()
        self._ahead: dict[int, HeldDiffs] = {}
        self._news = 0
        self._copies_since = 0

    def on_joined(self, carrier: int) -> None:
        """Another connection brings the diffs too; the first one sets the pace."""
        if not self._joined_at:
            self._in_step.add(carrier)
        self._joined_at[carrier] = self._version

    def on_left(self, carrier: int) -> BookAction:
        """R12: a connection is gone. If it was the last one, the sync learns it by itself.

        A book that was stale (R15) begins anew with those that are left.
        """
        self._joined_at.pop(carrier, None)
        self._ahead.pop(carrier, None)
        self._in_step.discard(carrier)
        if self._joined_at and self._is_stale:
            self._in_step.clear()
            self._ahead.clear()
            return self._sync.on_subscribed(self._sync.epoch)
        if not self._joined_at or self._in_step:
            return BookAction.NONE
        self._in_step.add(next(iter(self._joined_at)))
        self._ahead.clear()
        if self._sync.state is not BookState.LIVE:
            return BookAction.NONE
        return self._sync.on_subscribed(self._sync.epoch)

    def on_diff(self, diff: BookDiff, carrier: int) -> BookAction:
        """R6 to R8 for several carriers; without a live book it is all up to the sync."""
        sync, version = self._sync, self._version
        if sync.state is not BookState.LIVE or not 0 <= diff.from_version <= diff.to_version:
            return sync.on_diff(diff, sync.epoch)
        if diff.from_version > version + 1:
            return self._hold(diff, carrier)
        self._in_step.add(carrier)
        self._ahead.pop(carrier, None)
        if diff.to_version <= version:
            return self._ignore(diff)
        return self._catch_up(sync.on_diff(diff, sync.epoch))

    def on_old(self) -> bool:
        """Count an old diff of a carrier that `takes_lane`; False if R6 has to judge it.

        With several carriers it is a copy and that is all, as long as there are news between
        copies. From the only one there is, it means that somebody repeats himself or counts anew.
        """
        is_copy = len(self._joined_at) > 1 and self._copies_in_a_row() < MOST_COPIES - 1
        self._copies_since += is_copy
        self.copies += is_copy
        return is_copy

    def on_undecodable(self, carrier: int) -> BookAction:
        """R11: what this carrier did not say, one that is in step says."""
        self._in_step.discard(carrier)
        return BookAction.NONE if self._in_step else self._sync.on_undecodable(self._sync.epoch)

    def is_in_step(self, carrier: int) -> bool:
        """Whether the book has everything that the carrier brought so far, by what it brought."""
        return carrier in self._in_step

    def takes_lane(self, carrier: int) -> bool:
        """Whether its diffs may take the book on past this class, which nobody ahead waits for."""
        return carrier in self._in_step and not self._ahead

    def settle(self, carrier: int) -> bool:
        """Count a carrier as in step, although it is silent, if the book is quiet since it joined.

        To be asked once what was under way elsewhere has had time to arrive. Returns `is_in_step`.
        """
        is_quiet = self._sync.state is BookState.LIVE and self._version >= 0
        if (
            is_quiet
            and self._joined_at.get(carrier) == self._version
            and carrier not in self._ahead
        ):
            self._in_step.add(carrier)
        return carrier in self._in_step

    # Inside.

    @property
    def _version(self) -> int:
        return self._sync.book.head.version

    @property
    def _is_stale(self) -> bool:
        reason = self._sync.book.unsync_reason
        return self._sync.state is BookState.DETACHED and reason is UnsyncReason.STALE

    def _copies_in_a_row(self) -> int:
        if self._news != self._sync.book.head.applied:
            self._news, self._copies_since = self._sync.book.head.applied, 0
        return self._copies_since

    def _ignore(self, diff: BookDiff) -> BookAction:
        """R6; where there is nothing but copies, R15 as well."""
        self.copies += 1
        self._copies_since = self._copies_in_a_row() + 1
        if self._copies_since < MOST_COPIES:
            return BookAction.NONE
        self._copies_since = 0
        return self._sync.on_diff(diff, self._sync.epoch)

    def _hold(self, diff: BookDiff, carrier: int) -> BookAction:
        self._in_step.discard(carrier)
        held = self._ahead.setdefault(carrier, HeldDiffs(_MOST_AHEAD))
        held.is_request_sent = True  # all of the run is wanted
        held.add(diff)
        waits_ns = diff.received_ns - (held.first_received_ns or diff.received_ns)
        if self._in_step and waits_ns <= self._catch_up_ns:
            return BookAction.NONE
        self._ahead.clear()
        return self._sync.on_diff(diff, self._sync.epoch)

    def _catch_up(self, action: BookAction) -> BookAction:
        """Apply what was held, as far as the book has come."""
        for carrier, held in list(self._ahead.items()):
            first = held.first_version
            if first is None or first > self._version + 1:
                continue
            del self._ahead[carrier]
            self._in_step.add(carrier)
            for diff in held.take():
                if diff.to_version > self._version and self._sync.state is BookState.LIVE:
                    action |= self._sync.on_diff(diff, self._sync.epoch)
        return action

    def __repr__(self) -> str:
        return f"<BookCarriers {len(self._joined_at)}, {len(self._in_step)} in step>"

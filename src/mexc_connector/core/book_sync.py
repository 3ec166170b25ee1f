"""BookSync: a snapshot and a stream of diffs make a book that is right, or that says it is not.

[hot] Its benchmark is the depth frame, decoded and applied.

States and what leads from one to the other (rules R1 to R16 are docs/order_book.md):

    DETACHED  --on_subscribed-->              BUFFERING   ask for a snapshot (R3)
    BUFFERING --on_snapshot, it fits-->       LIVE        (R5, R13)
    BUFFERING --on_snapshot, too old-->       BUFFERING   ask again (R4)
    LIVE      --gap, crossed, bad diff, ...--> BUFFERING  ask for a snapshot (R8 to R11, R14)
    LIVE      --the feed proves stale-->      DETACHED    the link is recycled (R15)
    any       --on_link_lost, on_removed-->   DETACHED    (R12)

Theory of operation. The shell tells what happened through `on_...` and carries out the answer:
`PUBLISH` says that readers see something new (levels or state), `FETCH_SNAPSHOT` asks for one
snapshot request, `RECYCLE_LINK` for a new connection. The shell answers each request by
`on_snapshot` or `on_snapshot_failed` and names it by the number that `request` had when it was
asked for; whatever makes a request pointless also changes that number. Diffs that arrive while a
snapshot is awaited are held as one contiguous run.
Times are nanoseconds of one clock, the one that stamps diffs and snapshots.
"""

from collections import deque
from enum import Enum, auto

from mexc_connector.common.enums import BookState, UnsyncReason
from mexc_connector.common.models import BookDiff, OrderBookSnapshot
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction, BookSyncCounts

_PROVEN_DIFFS = 10
"""A book that took this many diffs was right for a while: its next fault is a new one."""

_WAITING_DIFFS = 32
"""Diffs kept while the request waits for its turn: its answer will be newer than the others."""


class _Purpose(Enum):
    """What the snapshot that is awaited is for."""

    NONE = auto()
    SYNC = auto()
    REFRESH = auto()
    AUDIT = auto()


class BookSync:
    """Keeps one `LiveOrderBook` in step. Pure: no clock, no socket, no await.

    `held_diffs` bounds what is kept while a snapshot is on its way. `quiet_ns` is how long a live
    book may go without a diff before it wants an audit, `catch_up_ns` how long the stream may
    take to reach what an audit has seen.
    """

    def __init__(
        self,
        book: LiveOrderBook,
        *,
        held_diffs: int = 2000,
        quiet_ns: int = 20_000_000_000,
        catch_up_ns: int = 3_000_000_000,
    ) -> None:
        self.book = book
        self.state = BookState.DETACHED
        self.epoch = -1
        self.request = 0
        self.fetch_attempt = 0
        self.counts = BookSyncCounts()
        self._capacity = held_diffs
        self._quiet_ns = quiet_ns
        self._catch_up_ns = catch_up_ns
        self._held: deque[BookDiff] = deque()
        self._version = -1
        self._purpose = _Purpose.NONE
        self._is_sent = False
        self._applied_since_load = 0
        self._audit_due_ns = 0
        self._must_reach: int | None = None
        self._reach_by_ns = 0

    def __repr__(self) -> str:
        held = f", {len(self._held)} held" if self._held else ""
        return f"<BookSync {self.state} epoch {self.epoch} version {self._version}{held}>"

    @property
    def audit_due_ns(self) -> int | None:
        """When the book wants to be compared with the exchange; None while it cannot be."""
        is_idle = self.state is BookState.LIVE and self._purpose is _Purpose.NONE
        return self._audit_due_ns if is_idle else None

    # The link.

    def on_subscribed(self, epoch: int) -> BookAction:
        """R1, R3: the channel was granted on a connection of its own epoch; start from nothing."""
        if self.state is not BookState.DETACHED:
            self._count(UnsyncReason.LINK_LOST)
        self.epoch = epoch
        self.state = BookState.BUFFERING
        self._forget(UnsyncReason.SYNCING)
        self.fetch_attempt = 0
        return BookAction.PUBLISH | self._ask(_Purpose.SYNC)

    def on_link_lost(self, epoch: int) -> BookAction:
        """R12: nothing of this connection can be trusted any more."""
        if epoch != self.epoch or self.state is BookState.DETACHED:
            return BookAction.NONE
        self._count(UnsyncReason.LINK_LOST)
        return self._detach(UnsyncReason.LINK_LOST)

    def on_refused(self) -> BookAction:
        """R12: after a reconnect the exchange keeps refusing the channel; it is asked on and on."""
        if self.state is not BookState.DETACHED or self.book.unsync_reason is UnsyncReason.REFUSED:
            return BookAction.NONE
        self._count(UnsyncReason.REFUSED)
        return self._detach(UnsyncReason.REFUSED)

    def on_removed(self, reason: UnsyncReason) -> BookAction:
        """The market was removed, or the session is closing: not a fault, and final."""
        return self._detach(reason)

    def on_undecodable(self, epoch: int) -> BookAction:
        """R11: a frame of this connection was unreadable; what it said is missing."""
        if epoch != self.epoch or self.state is BookState.DETACHED:
            return BookAction.NONE
        return self._restart(UnsyncReason.UNDECODABLE)

    # The stream.

    def on_diff(self, diff: BookDiff, epoch: int) -> BookAction:
        """R2 while a snapshot is awaited, R6 to R10 while the book is live."""
        if epoch != self.epoch or self.state is BookState.DETACHED:  # R1
            self.counts.diffs_of_other_links += 1
            return BookAction.NONE
        if not 0 <= diff.from_version <= diff.to_version:  # R9
            return self._restart(UnsyncReason.BAD_DIFF)
        if self.state is BookState.BUFFERING:
            self._hold(diff)
            return BookAction.NONE
        if diff.to_version <= self._version:  # R6
            self.counts.diffs_old += 1
            self._note_reached(diff)
            if self._applied_since_load:  # R15: repeated, late, or the exchange counts anew
                self._audit_due_ns = diff.received_ns
            return BookAction.NONE
        if diff.from_version > self._version + 1:  # R8
            action = self._restart(UnsyncReason.GAP)
            self._held.append(diff)
            return action
        return self._apply(diff)  # R7

    # Snapshots.

    def on_request_sent(self, request: int) -> None:
        """R2: the request leaves now, after whatever it had to wait for."""
        if request == self.request:
            self._is_sent = True

    def on_snapshot(self, snapshot: OrderBookSnapshot, request: int, now_ns: int) -> BookAction:
        """R4, R5, R13, R15, R16: the answer to a request, if it is still wanted."""
        if request != self.request or self._purpose is _Purpose.NONE:  # R1
            return BookAction.NONE
        purpose, self._purpose = self._purpose, _Purpose.NONE
        if purpose is _Purpose.AUDIT:
            return self._compare(snapshot.version, now_ns)
        known_from = self._held[0].from_version if self._held else self._version + 1
        if (self._held or self._version >= 0) and known_from > snapshot.version + 1:  # R4
            self.counts.snapshots_too_old += 1
            return self._ask_again(purpose)
        return self._load(snapshot, now_ns)

    def on_snapshot_failed(self, request: int) -> BookAction:
        """The request gave no snapshot; ask again, except for an audit, which just stays due."""
        if request != self.request or self._purpose is _Purpose.NONE:
            return BookAction.NONE
        self.counts.snapshots_failed += 1
        purpose, self._purpose = self._purpose, _Purpose.NONE
        return BookAction.NONE if purpose is _Purpose.AUDIT else self._ask_again(purpose)

    # Time.

    def on_audit(self, now_ns: int) -> BookAction:
        """R15: begin the comparison that is due; the shell calls it as its budget allows."""
        due_ns = self.audit_due_ns
        if due_ns is None or now_ns < due_ns:
            return BookAction.NONE
        return self._ask(_Purpose.AUDIT)

    def on_tick(self, now_ns: int) -> BookAction:
        """R15: the stream did not reach in time what REST has already seen."""
        if self._must_reach is None or now_ns < self._reach_by_ns:
            return BookAction.NONE
        self._count(UnsyncReason.STALE)
        return self._detach(UnsyncReason.STALE) | BookAction.RECYCLE_LINK

    # Inside.

    def _hold(self, diff: BookDiff) -> None:
        """R2: keep the latest contiguous run of diffs, so that R4 alone judges a snapshot."""
        held = self._held
        if held and diff.to_version <= held[-1].to_version:
            self.counts.diffs_old += 1
            return
        if held and diff.from_version > held[-1].to_version + 1:
            held.clear()
        capacity = self._capacity if self._is_sent else min(self._capacity, _WAITING_DIFFS)
        while len(held) >= capacity:
            held.popleft()
        held.append(diff)

    def _apply(self, diff: BookDiff) -> BookAction:
        book = self.book
        book.apply(diff)
        self._version = diff.to_version
        self.counts.diffs_applied += 1
        self._applied_since_load += 1
        self._audit_due_ns = diff.received_ns + self._quiet_ns
        self._note_reached(diff)
        fault = book.fault()
        if fault is not None:  # R10, R14
            return self._restart(fault)
        if self._purpose is _Purpose.REFRESH:
            self._hold(diff)
        elif self._purpose is _Purpose.NONE and book.is_thin():  # R16
            return BookAction.PUBLISH | self._ask(_Purpose.REFRESH)
        return BookAction.PUBLISH

    def _note_reached(self, diff: BookDiff) -> None:
        if self._must_reach is not None and diff.to_version >= self._must_reach:
            self._must_reach = None

    def _load(self, snapshot: OrderBookSnapshot, now_ns: int) -> BookAction:
        """R5, R16: take the snapshot, then what was held on top of it."""
        held, self._held = self._held, deque()
        self.book.load(snapshot)
        self._version = snapshot.version
        self.state = BookState.LIVE
        self.counts.snapshots_loaded += 1
        self._applied_since_load = 0
        self._audit_due_ns = now_ns + self._quiet_ns
        fault = self.book.fault()
        if fault is not None:  # R10
            return self._restart(fault)
        action = BookAction.PUBLISH
        for diff in held:
            if diff.to_version > snapshot.version and self.state is BookState.LIVE:
                action |= self._apply(diff)
        return action

    def _compare(self, exchange_version: int, now_ns: int) -> BookAction:
        """R15: what REST knows against what the stream brought."""
        if exchange_version < self._version:
            has_moved_since = self._audit_due_ns > now_ns
            return BookAction.NONE if has_moved_since else self._restart(UnsyncReason.STALE)
        self._audit_due_ns = now_ns + self._quiet_ns
        if exchange_version == self._version:
            self.counts.audits_confirmed += 1
            self.book.confirm(now_ns)
        else:
            self._must_reach = exchange_version
            self._reach_by_ns = now_ns + self._catch_up_ns
        return BookAction.NONE

    def _restart(self, reason: UnsyncReason) -> BookAction:
        """Stop being live, forget everything, ask for a snapshot made after the fault."""
        has_proved_itself = self._applied_since_load >= _PROVEN_DIFFS
        self._count(reason)
        self.state = BookState.BUFFERING
        self._forget(reason)
        if has_proved_itself:
            self.fetch_attempt = 0
            return BookAction.PUBLISH | self._ask(_Purpose.SYNC)
        return BookAction.PUBLISH | self._ask_again(_Purpose.SYNC)

    def _ask(self, purpose: "_Purpose") -> BookAction:
        self._purpose = purpose
        self._is_sent = False
        self.request += 1
        return BookAction.FETCH_SNAPSHOT

    def _ask_again(self, purpose: "_Purpose") -> BookAction:
        """R4: each further attempt in a row is counted, so that the shell waits longer."""
        self.fetch_attempt += 1
        return self._ask(purpose)

    def _detach(self, reason: UnsyncReason) -> BookAction:
        self.state = BookState.DETACHED
        self._forget(reason)
        return BookAction.PUBLISH

    def _forget(self, reason: UnsyncReason) -> None:
        self.book.mark_unsynced(reason)
        self._held.clear()
        self._version = -1
        self._purpose = _Purpose.NONE
        self._applied_since_load = 0
        self._must_reach = None

    def _count(self, reason: UnsyncReason) -> None:
        self.counts.unsynced[reason] = self.counts.unsynced.get(reason, 0) + 1

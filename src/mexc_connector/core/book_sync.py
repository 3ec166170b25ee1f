"""BookSync: a snapshot and a stream of diffs make a book that is right, or that says it is not.

[hot] Its benchmark is the depth frame, decoded and applied.

States and what leads from one to the other (rules R1 to R18 are docs/order_book.md):

    DETACHED  --on_subscribed-->              BUFFERING   ask for a snapshot (R3)
    BUFFERING --on_snapshot, it fits-->       LIVE        (R5, R13)
    BUFFERING --on_snapshot, too old-->       BUFFERING   ask again (R4)
    LIVE      --gap, crossed, bad diff, ...--> BUFFERING  ask for a snapshot (R8 to R11, R14)
    LIVE      --the feed proves stale-->      DETACHED    the link is recycled (R15)
    any       --on_link_lost, on_removed-->   DETACHED    (R12)

Theory of operation. The shell tells what happened through `on_...` and carries out the answer:
`PUBLISH` says that readers see something new (levels or state), `FETCH_SNAPSHOT` asks for one
snapshot request, `RECYCLE_LINK` for a new connection, `REPORT` to tell what `integrity` has found.
The shell answers each request by `on_snapshot` or `on_snapshot_failed` and names it by the number
that `request` had then; what makes a request pointless also changes that number. Diffs that arrive
while a snapshot is awaited are held as one contiguous run. What every diff moves lives in the
book's head: while nothing but R7 can be due its gate is open, and `BookHead.advance` may take
frames of this epoch past this class. Times are nanoseconds of the clock that stamps diffs.
"""

from mexc_connector.common.enums import BookState, UnsyncReason
from mexc_connector.common.integrity import BookMismatch
from mexc_connector.common.models import BookDiff, BookTicker, OrderBookSnapshot
from mexc_connector.core.audit_schedule import AuditSchedule
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction, BookSyncCounts, SnapshotPurpose
from mexc_connector.core.book_integrity import BookIntegrity
from mexc_connector.core.held_diffs import HeldDiffs

_PROVEN_DIFFS = 10
"""A book that took this many diffs was right for a while: its next fault is a new one."""


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
        audit_every_ns: int = 0,
        integrity: BookIntegrity | None = None,
    ) -> None:
        self.book = book
        self.state = BookState.DETACHED
        self.epoch = -1
        self.request = 0
        self.fetch_attempt = 0
        self.integrity = integrity or BookIntegrity(book)
        self._counts = BookSyncCounts()
        self.catch_up_ns = catch_up_ns
        self._head = book.head
        self._audits = AuditSchedule(
            book.head, quiet_ns=quiet_ns, catch_up_ns=catch_up_ns, every_ns=audit_every_ns
        )
        self._held = HeldDiffs(held_diffs)
        self._purpose = SnapshotPurpose.NONE

    def __repr__(self) -> str:
        at = f"epoch {self.epoch} version {self._head.version}"
        return f"<BookSync {self.state} {at}, {len(self._held)} held>"

    @property
    def counts(self) -> BookSyncCounts:
        """What happened since this was made."""
        self._counts.diffs_applied = self._head.applied
        return self._counts

    @property
    def audit_due_ns(self) -> int | None:
        """When the book wants to be compared with the exchange; None while it cannot be."""
        is_idle = self.state is BookState.LIVE and self._purpose is SnapshotPurpose.NONE
        return self._audits.due_ns() if is_idle else None

    # The link.

    def on_subscribed(self, epoch: int) -> BookAction:
        """R1, R3: the channel was granted on a connection of its own epoch; start from nothing."""
        if self.state is not BookState.DETACHED:
            self._counts.add_unsynced(UnsyncReason.LINK_LOST)
        self.epoch = epoch
        self.state = BookState.BUFFERING
        self._forget(UnsyncReason.SYNCING)
        self.fetch_attempt = 0
        return BookAction.PUBLISH | self._ask(SnapshotPurpose.SYNC)

    def on_link_lost(self, epoch: int) -> BookAction:
        """R12: nothing of this connection can be trusted any more."""
        if epoch != self.epoch or self.state is BookState.DETACHED:
            return BookAction.NONE
        self._counts.add_unsynced(UnsyncReason.LINK_LOST)
        return self._detach(UnsyncReason.LINK_LOST)

    def on_refused(self) -> BookAction:
        """R12: after a reconnect the exchange keeps refusing the channel; it is asked on and on."""
        if self.state is not BookState.DETACHED or self.book.unsync_reason is UnsyncReason.REFUSED:
            return BookAction.NONE
        self._counts.add_unsynced(UnsyncReason.REFUSED)
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
            self._counts.diffs_of_other_links += 1
            return BookAction.NONE
        if not 0 <= diff.from_version <= diff.to_version:  # R9
            return self._restart(UnsyncReason.BAD_DIFF)
        if self.state is BookState.BUFFERING:
            self._counts.diffs_old += not self._held.add(diff)  # R2
            return BookAction.NONE
        if diff.to_version <= self._head.version:  # R6
            self._counts.diffs_old += 1
            if self._head.applied_since_load:  # R15: repeated, late, or the exchange counts anew
                self._audits.wish(diff.received_ns)
            return BookAction.NONE
        if diff.from_version > self._head.version + 1:  # R8
            action = self._restart(UnsyncReason.GAP)
            self._counts.diffs_old += not self._held.add(diff)  # R2
            return action
        return self._apply(diff)  # R7

    def on_advanced(self) -> BookAction:
        """R10, R14, R16, R17: the head took a frame by itself, and its levels want a look."""
        return self._look()

    def on_ticker(self, ticker: BookTicker) -> BookAction:
        """R17: what the exchange calls the top of the book at the ticker's version."""
        if self.state is not BookState.LIVE:
            return BookAction.NONE
        return self._judge(self.integrity.on_ticker(ticker))

    # Snapshots.

    def on_request_sent(self, request: int) -> None:
        """R2: the request leaves now, after whatever it had to wait for."""
        if request == self.request:
            self._held.is_request_sent = True

    def on_snapshot(self, snapshot: OrderBookSnapshot, request: int, now_ns: int) -> BookAction:
        """R4, R5, R13, R15, R16: the answer to a request, if it is still wanted."""
        if request != self.request or self._purpose is SnapshotPurpose.NONE:  # R1
            return BookAction.NONE
        purpose = self._purpose
        self._set_purpose(SnapshotPurpose.NONE)
        if purpose is SnapshotPurpose.AUDIT:
            return self._compare(snapshot, now_ns)
        known_from = self._held.first_version
        if known_from is None and self._head.version >= 0:
            known_from = self._head.version + 1
        if known_from is not None and known_from > snapshot.version + 1:  # R4
            self._counts.snapshots_too_old += 1
            return self._ask_again(purpose)
        before = self.integrity.copy() if purpose is SnapshotPurpose.REFRESH else None
        action = self._load(snapshot, now_ns)
        if before is None or self.state is not BookState.LIVE:
            return action
        return action | self._judge(self.integrity.on_reloaded(before))

    def on_snapshot_failed(self, request: int) -> BookAction:
        """The request gave no snapshot; ask again, except for an audit, which just stays due."""
        if request != self.request or self._purpose is SnapshotPurpose.NONE:
            return BookAction.NONE
        self._counts.snapshots_failed += 1
        purpose = self._purpose
        self._set_purpose(SnapshotPurpose.NONE)
        return BookAction.NONE if purpose is SnapshotPurpose.AUDIT else self._ask_again(purpose)

    # Time.

    def on_audit(self, now_ns: int) -> BookAction:
        """R15: begin the comparison that is due; the shell calls it as its budget allows."""
        due_ns = self.audit_due_ns
        if due_ns is None or now_ns < due_ns:
            return BookAction.NONE
        is_quiet = now_ns >= self._audits.quiet_due_ns()
        return self._ask(SnapshotPurpose.AUDIT if is_quiet else SnapshotPurpose.REFRESH)

    def on_tick(self, now_ns: int) -> BookAction:
        """R15: the stream did not reach in time what REST has already seen."""
        if not self._audits.is_overdue(now_ns):
            return BookAction.NONE
        self._counts.add_unsynced(UnsyncReason.STALE)
        return self._detach(UnsyncReason.STALE) | BookAction.RECYCLE_LINK

    # Inside.

    def _apply(self, diff: BookDiff) -> BookAction:
        self.book.apply(diff)
        action = self._look()
        if self._purpose is SnapshotPurpose.REFRESH and BookAction.FETCH_SNAPSHOT not in action:
            self._counts.diffs_old += not self._held.add(diff)  # R2
        return action

    def _look(self) -> BookAction:
        fault = self.book.fault()
        if fault is not None:  # R10, R14
            return self._restart(fault)
        action = BookAction.PUBLISH | self._judge(self.integrity.on_book())  # R17
        if self._purpose is SnapshotPurpose.NONE and self.book.is_thin():  # R16
            action |= self._ask(SnapshotPurpose.REFRESH)
        return action

    def _judge(self, mismatch: BookMismatch | None) -> BookAction:
        """R17: a book that the exchange contradicts at its own version is not right."""
        if mismatch is None or not mismatch.has_resynced:
            return BookAction.NONE if mismatch is None else BookAction.REPORT
        return BookAction.REPORT | self._restart(UnsyncReason.MISMATCH)

    def _load(self, snapshot: OrderBookSnapshot, now_ns: int) -> BookAction:
        """R5, R16: take the snapshot, then what was held on top of it."""
        held = self._held.take()
        self.book.load(snapshot)
        self.state = BookState.LIVE
        self._set_purpose(SnapshotPurpose.NONE)
        self._counts.snapshots_loaded += 1
        self._audits.on_compared(now_ns)
        fault = self.book.fault()
        if fault is not None:  # R10
            return self._restart(fault)
        action = BookAction.PUBLISH
        for diff in held:
            if diff.to_version > snapshot.version and self.state is BookState.LIVE:
                action |= self._apply(diff)
        return action

    def _compare(self, snapshot: OrderBookSnapshot, now_ns: int) -> BookAction:
        """R15: what REST knows against what the stream brought."""
        if snapshot.version < self._head.version:
            self.integrity.on_audit_missed()
            has_moved_since = self._audits.quiet_due_ns() > now_ns
            return BookAction.NONE if has_moved_since else self._restart(UnsyncReason.STALE)
        self._audits.on_compared(now_ns)
        if snapshot.version > self._head.version:
            self.integrity.on_audit_missed()
            self._audits.expect(snapshot.version, now_ns)
            return BookAction.NONE
        self._counts.audits_confirmed += 1
        self.book.confirm(now_ns)
        return self._judge(self.integrity.on_snapshot(snapshot))

    def _restart(self, reason: UnsyncReason) -> BookAction:
        """Stop being live, forget everything, ask for a snapshot made after the fault."""
        is_proven = self._head.applied_since_load >= _PROVEN_DIFFS
        self._counts.add_unsynced(reason)
        self.state = BookState.BUFFERING
        self._forget(reason)
        self.fetch_attempt = 0 if is_proven else self.fetch_attempt + 1
        return BookAction.PUBLISH | self._ask(SnapshotPurpose.SYNC)

    def _ask(self, purpose: SnapshotPurpose) -> BookAction:
        self._set_purpose(purpose)
        self._held.is_request_sent = False
        self.request += 1
        return BookAction.FETCH_SNAPSHOT

    def _ask_again(self, purpose: SnapshotPurpose) -> BookAction:
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
        self._set_purpose(SnapshotPurpose.NONE)
        self._audits.forget()
        self.integrity.forget()

    def _set_purpose(self, purpose: SnapshotPurpose) -> None:
        """Note what is awaited; a refresh needs every diff held, so the gate is shut meanwhile."""
        self._purpose = purpose
        is_open = self.state is BookState.LIVE and purpose is not SnapshotPurpose.REFRESH
        self._head.epoch = self.epoch if is_open else -1

"""AuditSchedule: when a book wants to be compared with the exchange, and what came of it (R15)."""

from mexc_connector.core.implementation import BookHead


class AuditSchedule:
    """The times of one book's audits, in nanoseconds of the clock that stamps its diffs.

    A book without a diff for `quiet_ns` wants an audit, and one that moves every `every_ns`, if
    that is above 0. `catch_up_ns` is how long the stream may take to reach what an audit has seen.
    """

    __slots__ = (
        "_catch_up_ns",
        "_every_ns",
        "_head",
        "_must_reach",
        "_next_ns",
        "_quiet_ns",
        "_reach_by_ns",
        "_wish",
    )

    def __init__(self, head: BookHead, *, quiet_ns: int, catch_up_ns: int, every_ns: int) -> None:
        self._head = head
        self._quiet_ns = quiet_ns
        self._catch_up_ns = catch_up_ns
        self._every_ns = every_ns
        self._wish = (0, -1)  # due when, and how many diffs had been applied by then
        self._next_ns: int | None = None
        self._must_reach: int | None = None
        self._reach_by_ns = 0

    def on_compared(self, now_ns: int) -> None:
        """The book was just loaded or compared."""
        self.wish(now_ns + self._quiet_ns)
        self._next_ns = now_ns + self._every_ns if self._every_ns else None

    def wish(self, due_ns: int) -> None:
        """Want an audit then, unless a diff is applied before."""
        self._wish = (due_ns, self._head.applied)

    def quiet_due_ns(self) -> int:
        """As wished, until a diff is applied; then once the book was quiet after the last."""
        due_ns, applied = self._wish
        if applied == self._head.applied:
            return due_ns
        return (self._head.confirmed_ns or 0) + self._quiet_ns

    def due_ns(self) -> int:
        """When an audit of either kind is due."""
        quiet_ns = self.quiet_due_ns()
        return quiet_ns if self._next_ns is None else min(quiet_ns, self._next_ns)

    def expect(self, version: int, now_ns: int) -> None:
        """REST has seen this version: the stream has to reach it in time.

        What is expected already stands: audits that follow each other faster than the stream may
        take would put its deadline off for ever.
        """
        if not self._is_expecting():
            self._must_reach = version
            self._reach_by_ns = now_ns + self._catch_up_ns

    def is_overdue(self, now_ns: int) -> bool:
        """Whether the stream did not reach in time what was expected."""
        return self._is_expecting() and now_ns >= self._reach_by_ns

    def _is_expecting(self) -> bool:
        return self._must_reach is not None and self._head.version < self._must_reach

    def forget(self) -> None:
        """Expect nothing: the book is no longer live."""
        self._must_reach = None

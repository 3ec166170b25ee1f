"""What became of one case, as a row of a table or a report that says how to see it again."""

import msgspec


class Outcome(msgspec.Struct, kw_only=True):
    """What became of a case; `broken` is empty when every promise was kept.

    `kept_last` is the promise that was waited for the longest once faults were over.
    """

    case: str
    seed: int
    broken: list[str] = []
    struck: int = 0
    orders: int = 0
    unknown: int = 0
    books_compared: int = 0
    recovery_s: float = 0.0
    kept_last: str = ""
    log: list[str] = []

    @property
    def line(self) -> str:
        """One row of a table."""
        return (
            f"{self.case:45} {'BROKEN' if self.broken else 'kept':6} struck {self.struck:5} "
            f"orders {self.orders:3} unknown {self.unknown:3} books {self.books_compared:5} "
            f"recovery {self.recovery_s:5.2f} s {self.kept_last}"
        )

    @property
    def report(self) -> str:
        lines = [f"{self.case}, seed {self.seed}; see it again with:"]
        lines.append(f"  python -m tests.adversity.case {self.case} --seed {self.seed}")
        return "\n".join([*lines, *(f"  - {text}" for text in self.broken), *self.log])

"""What the faults did: one record for each time that one struck, in order."""

from __future__ import annotations

from collections import deque

import msgspec

from mexc_connector.sim.faults.dice import Dice

MOST_RECORDS = 100_000
"""The newest that are kept, about 30 MB."""


class FaultRecord(msgspec.Struct, frozen=True):
    """A fault that struck. `number` counts them from 1."""

    number: int
    rule: str
    fault: str
    exchange_ms: int
    """The exchange's time."""
    event: int
    """Number of the event among those that the rule is about: which frame, which request."""
    where: str
    """Connection and channel, or method and path, or market."""
    detail: str
    """What was drawn, where something was."""


class FaultTrace:
    """The newest records."""

    def __init__(self) -> None:
        self._records: deque[FaultRecord] = deque(maxlen=MOST_RECORDS)
        self._last = 0

    def note(self, dice: Dice, exchange_ms: int, *, where: str, detail: str = "") -> None:
        """Add what a rule just did."""
        self._last += 1
        record = FaultRecord(
            self._last, dice.name, dice.rule.kind, exchange_ms, dice.seen, where, detail
        )
        self._records.append(record)

    def records(self, after: int = 0) -> tuple[FaultRecord, ...]:
        """Give the records with a number above `after`, oldest first."""
        return tuple(record for record in self._records if record.number > after)

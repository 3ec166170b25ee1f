"""What `BookSync` answers and what it counts."""

from enum import Enum, Flag, auto, unique

import msgspec

from mexc_connector.common.enums import UnsyncReason


class BookAction(Flag):
    """What the shell owes after an input."""

    NONE = 0
    PUBLISH = 1
    FETCH_SNAPSHOT = 2
    RECYCLE_LINK = 4
    REPORT = 8


@unique
class SnapshotPurpose(Enum):
    """What the snapshot that is awaited is for."""

    NONE = auto()
    SYNC = auto()
    REFRESH = auto()
    AUDIT = auto()


class BookSyncCounts(msgspec.Struct):
    """What happened to one book since it was made."""

    diffs_applied: int = 0
    diffs_old: int = 0
    diffs_of_other_links: int = 0
    snapshots_loaded: int = 0
    snapshots_too_old: int = 0
    snapshots_failed: int = 0
    audits_confirmed: int = 0
    unsynced: dict[UnsyncReason, int] = msgspec.field(default_factory=dict)

    @property
    def resyncs(self) -> int:
        """How often the book stopped being right, for whatever reason."""
        return sum(self.unsynced.values())

    def add_unsynced(self, reason: UnsyncReason) -> None:
        """Count one more time that the book stopped being right."""
        self.unsynced[reason] = self.unsynced.get(reason, 0) + 1


def total_of(*counts: BookSyncCounts) -> BookSyncCounts:
    """Return the sums over several books."""
    total = BookSyncCounts()
    for one in counts:
        for name in one.__struct_fields__:
            if name != "unsynced":
                setattr(total, name, getattr(total, name) + getattr(one, name))
        for reason, number in one.unsynced.items():
            total.unsynced[reason] = total.unsynced.get(reason, 0) + number
    return total

"""FileLock: one writer of a file, held by the process and given back by its death."""

import sys
from pathlib import Path
from typing import IO

from mexc_connector.common.errors import JournalError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """A lock beside `path`, in `<path>.lock`. The journal itself is replaced when it is compacted.

    The lock belongs to an open file, not to the existence of one: a killed process leaves a file
    that the next one locks again.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises `JournalError` if another one holds it."""
        self._file = path.with_name(path.name + ".lock").open("ab")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise JournalError(f"{path}: another session writes this journal") from error

    def release(self) -> None:
        """Give the lock back. May be called twice."""
        self._file.close()

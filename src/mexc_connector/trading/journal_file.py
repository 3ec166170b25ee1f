"""OrderJournal: the journal on disk. One writer, append-only, compacted when it is opened.

Records are encoded and read by core/journal_records.py; this module owns the file, its lock and
the moments at which it is forced to the disk. Writing to the operating system survives the end of
the process; only forcing survives the loss of power.
"""

import asyncio
import logging
import os
from collections.abc import Iterable
from pathlib import Path

from mexc_connector.common.enums import JournalSync
from mexc_connector.common.errors import JournalError
from mexc_connector.common.log_fields import fields_of, log_fields
from mexc_connector.core.journal_records import (
    FORMAT_VERSION,
    Header,
    JournalContents,
    JournaledOrder,
    Record,
    encoded,
    read_journal,
)
from mexc_connector.trading.file_lock import FileLock

_logger = logging.getLogger("mexc_connector.journal")


class OrderJournal:
    """A journal that is open for writing. `contents` is what it held when it was opened."""

    def __init__(
        self,
        path: Path,
        *,
        account: str,
        sync: JournalSync = JournalSync.ALWAYS,
        sync_interval_s: float = 1.0,
    ) -> None:
        """Read, check and compact the journal at `path`, or begin a new one.

        `account` is the fingerprint of the API key. Raises `JournalError`: damaged, no journal,
        of another account, written by another session, or the file system refuses.
        """
        self.path = path
        self.records_written = 0
        self.syncs = 0
        self._sync = sync
        self._interval_s = sync_interval_s
        self._failure: str | None = None
        self._syncing: asyncio.Task[None] | None = None
        self._is_forcing = False
        self._synced = 0
        try:
            self._lock = FileLock(path)
        except OSError as error:
            raise JournalError(f"{path}: {error.strerror or error}") from error
        try:
            self.contents = _read_and_compact(path, account)
            self._file = path.open("r+b", buffering=0)
        except OSError as error:
            self._lock.release()
            raise JournalError(f"{path}: {error.strerror or error}") from error
        except BaseException:
            self._lock.release()
            raise
        self._end = self._file.seek(0, os.SEEK_END)

    def append(self, record: Record) -> None:
        """Hand a record to the operating system; it survives the process, not the power.

        Raises `JournalError` when it cannot be written; the journal is cut back to its last whole
        record then.
        """
        if self._failure is not None:
            raise JournalError(f"{self.path}: {self._failure}")
        line = encoded(record)
        try:
            self._write(line)
        except OSError as error:
            self._cut_back(record, error)
            raise JournalError(f"{self.path}: not written: {error}") from error
        self._end += len(line)
        self.records_written += 1
        if self._sync is JournalSync.INTERVAL and self._syncing is None:
            self._start_sync(self._interval_s)

    async def append_durably(self, record: Record) -> None:
        """Append a record and, under `ALWAYS`, return once the disk has it.

        Those who wait at the same time share one forcing. Raises `JournalError`.
        """
        self.append(record)
        if self._sync is not JournalSync.ALWAYS:
            return
        number = self.records_written
        while self._synced < number:
            if self._failure is not None:
                raise JournalError(f"{self.path}: {self._failure}")
            await asyncio.wait([self._syncing or self._start_sync(0.0)])

    async def close(self) -> None:
        """Force what is written to the disk and give the file back. May be called twice."""
        if self._file.closed:
            return
        if self._syncing is not None:
            if not self._is_forcing:
                self._syncing.cancel()
            await asyncio.wait([self._syncing])
        try:
            os.fsync(self._file.fileno())
        except OSError:
            self._log_not_forced()
        finally:
            self._failure = "the journal is closed"
            self._file.close()
            self._lock.release()

    def _write(self, line: bytes) -> None:
        """Write all of `line` in one go: the file is not buffered by us."""
        written = self._file.write(line)
        if written != len(line):
            raise OSError(f"{written} of {len(line)} bytes written")

    def _cut_back(self, record: Record, error: OSError) -> None:
        try:
            self._file.truncate(self._end)
            self._file.seek(self._end)
        except OSError:
            self._failure = f"broken since a write failed: {error}"
            fields = fields_of(record, journal=self.path)
            text = "%s: cannot be cut back to its last whole record"
            _logger.exception(text, self.path, extra=fields)

    def _start_sync(self, delay_s: float) -> asyncio.Task[None]:
        self._syncing = asyncio.create_task(self._run_sync(delay_s), name="mexc journal sync")
        return self._syncing

    async def _run_sync(self, delay_s: float) -> None:
        try:
            if delay_s:
                await asyncio.sleep(delay_s)
            number, self._is_forcing = self.records_written, True
            # In a thread: a disk takes milliseconds, in which books have to go on.
            await asyncio.to_thread(os.fsync, self._file.fileno())
            self._synced = number
            self.syncs += 1
        except OSError as error:
            # After a failed fsync the system may have dropped what it held: nothing can be trusted.
            self._failure = f"broken since it could not be forced to the disk: {error}"
            self._log_not_forced()
        finally:
            self._syncing, self._is_forcing = None, False

    def _log_not_forced(self) -> None:
        fields = log_fields(journal=self.path)
        _logger.exception("%s: not forced to the disk", self.path, extra=fields)

    def __repr__(self) -> str:
        state = self._failure or f"{self.records_written} records written"
        return f"<OrderJournal {self.path.name}: {state}>"


def _read_and_compact(path: Path, account: str) -> JournalContents:
    """Read the journal and leave in the file what is not finished, and nothing torn."""
    data = path.read_bytes() if path.exists() else b""
    contents = read_journal(data, account=account)
    if not contents.records or contents.finished or contents.dropped_bytes:
        _replace(path, _compacted(contents.unfinished, account))
    return contents


def _compacted(unfinished: Iterable[JournaledOrder], account: str) -> bytes:
    records: list[Record] = [Header(format=FORMAT_VERSION, account=account)]
    for order in unfinished:
        records += order.records()
    return b"".join(encoded(record) for record in records)


def _replace(path: Path, data: bytes) -> None:
    """Put `data` in the place of the file: after any crash the old file or the new one is there."""
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    if os.name == "posix":  # the name is in the directory, which is forced to the disk apart
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

import asyncio
import errno
import os
import signal
import sys
from pathlib import Path

import pytest

from mexc_connector.common.enums import JournalSync, OrderStatus
from mexc_connector.common.errors import JournalError
from mexc_connector.common.orders import ClientOrderId, OrderId
from mexc_connector.core.journal_records import Accepted, Finished, Intent, intent_of
from mexc_connector.trading.journal_file import OrderJournal
from tests.unit.trading.orders import intent

ACCOUNT = "0123456789abcdef"


def open_journal(path: Path, *, sync: JournalSync = JournalSync.ALWAYS) -> OrderJournal:
    return OrderJournal(path, account=ACCOUNT, sync=sync, sync_interval_s=0.01)


def an_intent(name: str) -> Intent:
    return intent_of(intent(name), 1_000)


def finished(name: str) -> Finished:
    return Finished(client_order_id=ClientOrderId(name), status=OrderStatus.FILLED)


def left_over(journal: OrderJournal) -> list[str]:
    return [order.intent.client_order_id for order in journal.contents.unfinished]


@pytest.mark.parametrize("sync", JournalSync)
async def test_what_was_written_is_there_after_the_process(
    tmp_path: Path, sync: JournalSync
) -> None:
    path = tmp_path / "orders"
    journal = open_journal(path, sync=sync)
    await journal.append_durably(an_intent("a"))
    journal.append(Accepted(client_order_id=ClientOrderId("a"), order_id=OrderId("X1")))
    await journal.append_durably(an_intent("b"))
    assert b'"order_id":"X1"' in path.read_bytes()  # before any close
    await journal.close()
    await journal.close()
    again = open_journal(path)
    assert left_over(again) == ["a", "b"]
    assert again.contents.unfinished[0].order_id == "X1"
    await again.close()


async def test_always_forces_each_intent_and_never_none(tmp_path: Path) -> None:
    always = open_journal(tmp_path / "always")
    await always.append_durably(an_intent("a"))
    await always.append_durably(an_intent("b"))
    assert always.syncs == 2
    await always.close()
    never = open_journal(tmp_path / "never", sync=JournalSync.NEVER)
    await never.append_durably(an_intent("a"))
    assert never.syncs == 0
    await never.close()


async def test_intents_at_the_same_time_share_the_disk(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "orders")
    await asyncio.gather(*(journal.append_durably(an_intent(f"n{n}")) for n in range(50)))
    assert journal.records_written == 50
    assert journal.syncs <= 2
    await journal.close()


async def test_an_interval_forces_later(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "orders", sync=JournalSync.INTERVAL)
    await journal.append_durably(an_intent("a"))
    assert journal.syncs == 0
    async with asyncio.timeout(5):
        while journal.syncs == 0:
            await asyncio.sleep(0.005)
    await journal.close()


async def test_closing_does_not_wait_for_the_interval(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    journal = OrderJournal(path, account=ACCOUNT, sync=JournalSync.INTERVAL, sync_interval_s=3_600)
    journal.append(an_intent("a"))
    async with asyncio.timeout(5):
        await journal.close()


async def test_finished_orders_are_compacted_away_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    journal = open_journal(path)
    for name in ("a", "b", "c"):
        journal.append(an_intent(name))
    journal.append(finished("b"))
    await journal.close()
    size = path.stat().st_size
    again = open_journal(path)
    assert left_over(again) == ["a", "c"]
    assert path.stat().st_size < size
    assert b'"b"' not in path.read_bytes()
    again.append(finished("a"))
    await again.close()
    third = open_journal(path)
    assert left_over(third) == ["c"]
    await third.close()


async def test_a_torn_last_record_is_cut_off_and_writing_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    journal = open_journal(path)
    journal.append(an_intent("a"))
    journal.append(an_intent("b"))
    await journal.close()
    path.write_bytes(path.read_bytes()[:-7])
    again = open_journal(path)
    assert left_over(again) == ["a"]
    assert again.contents.dropped_bytes > 0
    again.append(an_intent("c"))
    await again.close()
    third = open_journal(path)
    assert left_over(third) == ["a", "c"]
    await third.close()


async def test_two_writers_exclude_each_other_and_a_closed_one_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    first = open_journal(path)
    with pytest.raises(JournalError, match="another session writes"):
        open_journal(path)
    await first.close()
    second = open_journal(path)
    await second.close()


async def test_a_killed_writer_lets_go_too(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    code = f"""
import os, signal
from pathlib import Path
from mexc_connector.trading.journal_file import OrderJournal
OrderJournal(Path({str(path)!r}), account={ACCOUNT!r})
os.kill(os.getpid(), signal.SIGKILL)
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await process.wait() == -signal.SIGKILL
    journal = open_journal(path)
    await journal.close()


@pytest.mark.parametrize("content", [b"hello\nworld\n", b"\x00" * 64])
async def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "orders"
    path.write_bytes(content)
    for _ in range(2):  # the lock was given back, too
        with pytest.raises(JournalError, match="not an order journal"):
            open_journal(path)
    assert path.read_bytes() == content


async def test_another_accounts_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    journal = open_journal(path)
    journal.append(an_intent("a"))
    await journal.close()
    content = path.read_bytes()
    with pytest.raises(JournalError, match="another account"):
        OrderJournal(path, account="fedcba9876543210")
    assert path.read_bytes() == content


@pytest.mark.parametrize("place", ["missing/orders", "."])
async def test_a_place_that_cannot_be_written_is_a_journal_error(
    tmp_path: Path, place: str
) -> None:
    with pytest.raises(JournalError):
        open_journal(tmp_path / place)


class FullDisk:
    """Stands in for the file: half of a record fits."""

    def __init__(self, file: object) -> None:
        self._file = file
        self.is_full = True

    def write(self, data: bytes) -> int:
        written: int = self._file.write(data[: len(data) // 2] if self.is_full else data)  # type: ignore[attr-defined]
        return written

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


async def test_a_full_disk_refuses_the_record_and_leaves_no_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    journal = open_journal(path)
    journal.append(an_intent("a"))
    disk = FullDisk(journal._file)
    journal._file = disk  # type: ignore[assignment]
    with pytest.raises(JournalError, match="not written"):
        await journal.append_durably(an_intent("b"))
    disk.is_full = False
    await journal.append_durably(an_intent("c"))
    await journal.close()
    again = open_journal(path)
    assert left_over(again) == ["a", "c"]
    await again.close()


async def test_a_journal_that_cannot_be_cut_back_names_the_order_that_broke_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class BrokenDisk(FullDisk):
        def truncate(self, size: int) -> int:
            raise OSError(errno.EIO, f"no end at {size}")

    journal = open_journal(tmp_path / "orders")
    journal._file = BrokenDisk(journal._file)  # type: ignore[assignment]
    with pytest.raises(JournalError):
        journal.append(an_intent("b"))
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("mexc_connector.journal", "ERROR")
    assert getattr(record, "mexc", None) == {
        "symbol": str(an_intent("b").symbol),
        "client_order_id": "b",
        "journal": str(tmp_path / "orders"),
    }
    await journal.close()


async def test_after_a_failed_forcing_nothing_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal = open_journal(tmp_path / "orders")

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(JournalError, match="broken disk"):
        await journal.append_durably(an_intent("a"))
    with pytest.raises(JournalError, match="broken since"):
        journal.append(an_intent("b"))
    assert "broken" in repr(journal)
    await journal.close()
    lines = [(record.levelname, getattr(record, "mexc", None)) for record in caplog.records]
    assert lines == [("ERROR", {"journal": str(tmp_path / "orders")})] * 2


async def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "orders")
    await journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append(an_intent("a"))

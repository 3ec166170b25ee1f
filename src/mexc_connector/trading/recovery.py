"""Recovery: what became of the orders that an earlier session left in the journal (O19)."""

import asyncio
from collections.abc import Iterable

from mexc_connector.common.clock import Clock
from mexc_connector.common.order_handle import OrderHandle
from mexc_connector.common.trading_reports import RecoveryReport
from mexc_connector.core.journal_records import JournalContents
from mexc_connector.core.tracked_order import TrackedOrder
from mexc_connector.trading.order_board import OrderBoard
from mexc_connector.trading.order_desk import OrderDesk
from mexc_connector.trading.order_settler import OrderSettler, wait_or_sleep

_MS = 1_000


class Recovery:
    """Restores journaled orders before the account is read, and reports on them afterwards."""

    def __init__(
        self,
        contents: JournalContents,
        board: OrderBoard,
        *,
        settler: OrderSettler,
        desk: OrderDesk,
        clock: Clock,
    ) -> None:
        self._contents = contents
        self._board = board
        self._settler = settler
        self._desk = desk
        self._clock = clock
        self._restored: list[tuple[TrackedOrder, int]] = []

    def restore(self) -> None:
        """Put the journal's unfinished orders into memory; call it before the streams open."""
        for journaled in self._contents.unfinished:
            sent_ms = journaled.intent.at_ms
            record = self._board.restore(journaled.order, sent_ms)
            self._restored.append((record, sent_ms))

    async def report(self, *, exchange_time_ms: int, timeout_s: float) -> RecoveryReport:
        """Find out about the orders whose placement had no answer, and tell what was found.

        The account must have been read. Waits at most `timeout_s`; what is not settled then is
        followed in the background.
        """
        for record, sent_ms in self._restored:
            age_s = max(0.0, (exchange_time_ms - sent_ms) / _MS)
            self._settler.start(record, sent_ms=sent_ms, age_s=age_s)
        await asyncio.gather(
            *(
                wait_or_sleep(self._board, record, _is_settled, self._clock, timeout_s)
                for record, _ in self._restored
                if not _is_settled(record)
            )
        )
        records = [record for record, _ in self._restored]
        restored = {record.key for record in records}
        return RecoveryReport(
            alive=self._handles(r for r in records if r.is_settled and not r.is_over),
            finished=self._handles(r for r in records if r.order.is_done),
            unsettled=self._handles(r for r in records if not r.is_settled or r.is_given_up),
            unknown_to_us=tuple(
                record.order
                for record in self._board.tracker.open_records
                if record.key not in restored and not record.is_ours
            ),
            dropped_bytes=self._contents.dropped_bytes,
        )

    def _handles(self, records: Iterable[TrackedOrder]) -> tuple[OrderHandle, ...]:
        return tuple(self._desk.handle(record) for record in records)


def _is_settled(record: TrackedOrder) -> bool:
    return record.is_settled or record.is_given_up

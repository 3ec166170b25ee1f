"""OrderSettler: finds out what became of placements whose answer was lost, in the background.

core/order_settlement.py decides what to ask and when absence is proof; this carries it out, one
task an order. Evidence by the private stream reaches the board by itself and ends the task.
"""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import MexcError, SessionClosed, UnknownOrder
from mexc_connector.common.log_fields import log_fields
from mexc_connector.common.orders import Order, OrderId
from mexc_connector.core.order_settlement import (
    Settlement,
    SettlementStep,
    SettlementTimes,
    judge_orders,
    strangers_in,
)
from mexc_connector.core.tracked_order import CLOCK_SLACK_MS, TrackedOrder
from mexc_connector.trading.account_rest import AccountRest
from mexc_connector.trading.order_board import OrderBoard

_logger = logging.getLogger("mexc_connector.orders")

_TASK = "mexc settle "


class OrderSettler:
    """Owns one task per unknown outcome."""

    def __init__(
        self, board: OrderBoard, rest: AccountRest, *, times: SettlementTimes, clock: Clock
    ) -> None:
        self.settled = 0
        self._board = board
        self._rest = rest
        self._times = times
        self._clock = clock
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._is_closed = False

    @property
    def under_way(self) -> int:
        """How many outcomes are unknown at present."""
        return len(self._tasks)

    def start(self, record: TrackedOrder, *, sent_ms: int, age_s: float = 0.0) -> None:
        """Begin to find out about an order. `sent_ms` is the exchange's clock at its sending.

        `age_s` is how long ago that was, for one that a journal remembers.
        """
        if self._is_closed or record.key in self._tasks or record.is_settled:
            return
        settlement = Settlement(self._times, now=self._clock.now(), age_s=age_s)
        task = asyncio.create_task(
            self._run(record, settlement, sent_ms),
            name=f"{_TASK}{record.order.client_order_id}",
        )
        self._tasks[record.key] = task

        def forget(ended: asyncio.Task[None]) -> None:
            del self._tasks[record.key]
            error = None if ended.cancelled() else ended.exception()
            if error is not None:
                _logger.error(
                    "%r not settled",
                    record.order,
                    exc_info=error,
                    extra=log_fields(order=record.order),
                )

        task.add_done_callback(forget)

    async def close(self) -> None:
        """End all tasks. What is unknown stays unknown, for the journal to remember."""
        self._is_closed = True
        tasks = list(self._tasks.values())
        if tasks:
            names = ", ".join(task.get_name().removeprefix(_TASK) for task in tasks)
            _logger.warning("the session ends with orders of unknown outcome: %s", names)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _run(self, record: TrackedOrder, settlement: Settlement, sent_ms: int) -> None:
        while not record.is_settled:
            plan = settlement.next_step(self._clock.now())
            if plan.wait_s > 0:
                await self._wait(record, plan.wait_s)
                continue
            if plan.step is SettlementStep.ABSENT:
                self._board.on_rejected(record, "the exchange does not know it, and never will")
                break
            if plan.step is SettlementStep.UNPROVABLE:
                self._board.on_given_up(record, "nothing tells whether the order ever arrived")
                return
            await self._take(plan.step, record, settlement, sent_ms)
        self.settled += 1
        order = record.order
        fields = log_fields(order=order)
        _logger.info("%s settled: %s", order.client_order_id, order.status, extra=fields)

    async def _take(
        self, step: SettlementStep, record: TrackedOrder, settlement: Settlement, sent_ms: int
    ) -> None:
        asked_at = self._clock.now()
        try:
            is_ambiguous = await self._ask(step, record.order, sent_ms)
        except SessionClosed:
            raise
        except MexcError as error:
            fields = log_fields(order=record.order)
            name = record.order.client_order_id
            _logger.info("%s: %s failed: %s", name, step.name, error, extra=fields)
            settlement.on_failed(self._clock.now())
        else:
            if is_ambiguous and not record.is_settled:
                settlement.on_ambiguous()
            settlement.on_absent(asked_at, self._clock.now())

    async def _ask(self, step: SettlementStep, intent: Order, sent_ms: int) -> bool:
        """Hand what a step finds to the board; return whether it found a possible twin."""
        if step is SettlementStep.QUERY:
            await self._query(intent)
            return False
        if step is SettlementStep.LIST_OPEN:
            reports = list(await self._rest.get_open_orders(intent.symbol))
        else:
            reports = await self._behind_fills(intent, sent_ms)
        verdict = judge_orders(reports, intent, sent_ms=sent_ms, is_known=self._is_known)
        for report in reports:
            self._board.on_order(report)
        return verdict.found is None and verdict.lookalike is not None

    async def _query(self, intent: Order) -> None:
        try:
            report = await self._rest.get_order(
                intent.symbol, client_order_id=intent.client_order_id
            )
        except UnknownOrder:
            return
        # Replies may leave out the id that they were asked for.
        self._board.on_order(
            msgspec.structs.replace(report, client_order_id=intent.client_order_id)
        )

    async def _behind_fills(self, intent: Order, sent_ms: int) -> list[Order]:
        fills = list(
            await self._rest.get_my_trades(intent.symbol, start_ms=sent_ms - CLOCK_SLACK_MS)
        )
        strangers = strangers_in(fills, intent.client_order_id, is_known=self._is_known)
        return [
            await self._rest.get_order(intent.symbol, order_id=order_id) for order_id in strangers
        ]

    def _is_known(self, order_id: OrderId) -> bool:
        return self._board.tracker.find(order_id=order_id) is not None

    async def _wait(self, record: TrackedOrder, seconds: float) -> None:
        await wait_or_sleep(self._board, record, _is_settled, self._clock, seconds)

    def __repr__(self) -> str:
        return f"<OrderSettler {self.under_way} under way>"


async def wait_or_sleep(
    board: OrderBoard,
    record: TrackedOrder,
    condition: Callable[[TrackedOrder], bool],
    clock: Clock,
    seconds: float,
) -> bool:
    """Wait until `condition` holds for an order, but not longer than `seconds`."""
    waiting = asyncio.ensure_future(board.wait_until(record, condition))
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((waiting, sleeping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (waiting, sleeping):
            task.cancel()
        await asyncio.wait((waiting, sleeping))
    if waiting.done() and not waiting.cancelled():
        waiting.result()
    return condition(record)


def _is_settled(record: TrackedOrder) -> bool:
    return record.is_settled

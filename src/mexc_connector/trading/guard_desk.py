"""GuardDesk: asks the guards before an order goes, watches in between, cancels when they trip."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import MexcError, SessionClosed
from mexc_connector.common.fan_out import FanOut
from mexc_connector.common.guard_config import DeadManSwitch, GuardConfig
from mexc_connector.common.guards import GuardEvent, GuardState
from mexc_connector.common.log_fields import log_fields
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.trading_reports import CancelAllReport
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.core.guard_trips import must_cancel
from mexc_connector.core.guards import Guards, Stage
from mexc_connector.core.order_check import CheckedOrder
from mexc_connector.trading.guard_readings import GuardReadings

_logger = logging.getLogger("mexc_connector.guards")

CancelAll = Callable[[Symbol | None], Awaitable[CancelAllReport]]
"""Cancels what is open in a market, or in the account, and says what is left."""


class GuardDesk:
    """Owns the task that watches, and one for each cancellation by a guard.

    `is_account_current` tells whether orders and balances in memory are true.
    """

    def __init__(
        self,
        config: GuardConfig,
        readings: GuardReadings,
        *,
        cancel_all: CancelAll,
        is_account_current: Callable[[], bool],
        clock: Clock,
        queue_size: int,
    ) -> None:
        self.cancellations = 0
        self.cancel_failures = 0
        self.events: FanOut[GuardEvent] = FanOut("guards", queue_size=queue_size)
        self.guards = Guards(config, started_at=clock.now())
        self._config = config
        self._readings = readings
        self._cancel_all = cancel_all
        self._is_account_current = is_account_current
        self._clock = clock
        self._is_on = config.is_any_on
        self._is_started = False
        self._watching: asyncio.Task[None] | None = None
        self._canceling: set[asyncio.Task[None]] = set()

    # Orders.

    def admit(self, order: CheckedOrder) -> None:
        """Count an order that is about to be placed. Raises `GuardTripped`."""
        self._judge(order, Stage.PLACED)

    def admit_again(self, order: CheckedOrder) -> None:
        """Look once more at an order that leaves now. Raises `GuardTripped`."""
        self._judge(order, Stage.LEAVING)

    def foresee(self, order: CheckedOrder) -> None:
        """Look at an order that another one would have to go for. Raises `GuardTripped`."""
        self._judge(order, Stage.FORESEEN)

    def _judge(self, order: CheckedOrder, stage: Stage) -> None:
        if not self._is_on:
            return
        now = self._clock.now()
        self.guards.on_account(is_current=self._is_account_current(), now=now)
        proposed = self._readings.order(order, replaced=stage is Stage.FORESEEN)
        refusal = self.guards.judge(proposed, now, stage)
        self._tell()
        if refusal is not None:
            raise refusal

    # What the bot says.

    def arm(self, switch: DeadManSwitch | None) -> None:
        """Set or, by None, end the dead-man switch, from now on."""
        self.guards.arm(switch, self._clock.now())
        self._is_on = self._config.is_any_on or switch is not None
        self._tell()
        self._watch()

    def heartbeat(self) -> None:
        """Note that the bot lives."""
        self.guards.on_heartbeat(self._clock.now())
        self._tell()

    def reset(self) -> None:
        """End all trips; see `Guards.reset`."""
        self.guards.reset(self._clock.now())
        self._tell()

    # Life.

    def start(self) -> None:
        """Begin to watch: the session is handed out now."""
        self._is_started = True
        self.guards.arm(self._config.dead_man, self._clock.now())
        self._watch()

    async def close(self) -> None:
        """End the watch; cancel everything if the session asks for it. May be called twice.

        Takes at most `close_timeout_s`. What could not be canceled in time is an error in the log.
        """
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.wait([watching])
        if self._is_started and self._config.cancel_on_close:
            self._spawn(self._cancel_until_gone(None), "at the end of the session")
        self._is_started = False
        if self._canceling:
            await asyncio.wait(self._canceling, timeout=self._config.close_timeout_s)
            late = tuple(self._canceling)
            self.abandon()
            if late:
                await asyncio.wait(late)
        self.events.finish()

    def abandon(self) -> None:
        """End the cancellations that are left; `close` may be cancelled before it did."""
        for task in self._canceling:
            self.cancel_failures += 1
            _logger.error("open orders may be left: not canceled in time (%s)", task.get_name())
            task.cancel()

    def _watch(self) -> None:
        if self._is_on and self._is_started and self._watching is None:
            self._watching = asyncio.create_task(self._run_watch(), name="mexc guards")

    async def _run_watch(self) -> None:
        while True:
            try:
                self._look(self._clock.now())
            except Exception:  # a bug must not end the watch: the dead-man switch hangs on it
                _logger.exception("guards: internal error")
            await self._clock.sleep(self._config.check_every_s)

    def _look(self, now: float) -> None:
        self.guards.on_tick(now, next_at=now + self._config.check_every_s)
        self.guards.on_account(is_current=self._is_account_current(), now=now)
        self.guards.on_time(now, self._readings.books())
        self._tell()

    # Carrying out.

    def _tell(self) -> None:
        for event in self.guards.take_events():
            level = logging.INFO if event.state is GuardState.CLEARED else logging.WARNING
            fields = log_fields(symbol=event.symbol)
            _logger.log(level, "%s %s: %s", event.guard, event.state, event.reason, extra=fields)
            self.events.push(event)
            if must_cancel(event):
                self._spawn(self._carry_out(event), f"by {event.guard}")

    async def _carry_out(self, event: GuardEvent) -> None:
        summary = await self._cancel_until_gone(event.symbol)
        self.guards.on_canceled(event, summary)
        self._tell()

    async def _cancel_until_gone(self, symbol: Symbol | None) -> str:
        """Cancel again and again until the exchange lists nothing, and nothing is under way."""
        finished: set[str | None] = set()
        attempt = 0
        while True:
            try:
                report = await self._cancel_all(symbol)
            except SessionClosed:  # too late for another attempt
                raise
            except MexcError as error:
                self.cancel_failures += 1
                fields = log_fields(symbol=symbol)
                _logger.error("open orders not canceled yet: %s", error, extra=fields)  # noqa: TRY400
            else:
                finished |= {order.order_id for order in report.finished}
                if not report.still_open:
                    self.cancellations += 1
                    return f"{len(finished)} orders finished, none left"
            await self._clock.sleep(self._pause_s(attempt))
            attempt += 1

    def _pause_s(self, attempt: int) -> float:
        config = self._config
        return backoff_delay(
            attempt, base_s=config.retry_base_s, max_s=config.retry_max_s, jitter=0.0
        )

    def _spawn(self, work: Awaitable[object], name: str) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run(), name=f"mexc cancellation {name}")
        self._canceling.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._canceling.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.cancel_failures += 1
            _logger.error("open orders may be left (%s)", task.get_name(), exc_info=error)

    def __repr__(self) -> str:
        return f"<GuardDesk {self.guards!r}, {len(self._canceling)} cancellations under way>"

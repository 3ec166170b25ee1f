"""AccountFeed: keeps orders and balances true: the private stream moves them, REST confirms them.

States, as `AccountStatus` shows them:

    RECONCILING  a connection is granted, and memory is being compared with the exchange
    CURRENT      compared on this connection, and every push since was readable
    STALE        no connection: what memory holds was true before
    POLLING      no connection: what memory holds was true at the last poll over REST
    CLOSED

    any -> RECONCILING    the channels are granted (a new epoch); a push could not be read, or
                          said an older balance after a newer one
    RECONCILING -> CURRENT   a pass that began on this epoch, after the last such push, is complete
    any -> STALE          the link is lost
    STALE -> POLLING      a pass that began after the link was lost is complete
    POLLING -> STALE      a later one is not

While CURRENT, a pass is made every `audit_s`: the streams carry no sequence numbers. While there is
no connection, one every `poll_s`. It leaves out the fills of orders that memory does not know; they
are read when the stream is back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from mexc_connector.common.clock import Clock
from mexc_connector.common.enums import AccountState
from mexc_connector.common.errors import (
    ExchangeUnavailable,
    MexcError,
    RateLimitError,
    SessionClosed,
    TransportError,
)
from mexc_connector.common.fan_out import FanOut
from mexc_connector.common.orders import AssetBalance, Fill, Order
from mexc_connector.common.registration import Registration
from mexc_connector.common.trading_config import TradingConfig
from mexc_connector.common.trading_reports import AccountStatus
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.trading.balance_desk import BalanceDesk
from mexc_connector.trading.order_board import OrderBoard
from mexc_connector.trading.reconciler import Reconciler

_logger = logging.getLogger("mexc_connector.account")

_AWAY_SLACK_MS = 5_000  # fills are stamped to the second, and clocks differ
_STATUS_QUEUE = 1_000
_PASSING = (TransportError, RateLimitError, ExchangeUnavailable)


class AccountFeed:
    """The sink of the private streams. Owns the task that reconciles."""

    def __init__(
        self,
        board: OrderBoard,
        balances: BalanceDesk,
        reconciler: Reconciler,
        *,
        config: TradingConfig,
        clock: Clock,
        exchange_time_ms: Callable[[], int],
        deaf_s: float,
    ) -> None:
        """`deaf_s`: how long a link may be dead before that is noticed."""
        self.failures = 0
        self.polls = 0
        self.status = AccountStatus(AccountState.STALE, "not connected yet", clock.time_ns())
        self._statuses: FanOut[AccountStatus] = FanOut("account status", queue_size=_STATUS_QUEUE)
        self._board = board
        self._balances = balances
        self._reconciler = reconciler
        self._config = config
        self._clock = clock
        self._exchange_time_ms = exchange_time_ms
        self._deaf_ms = round(deaf_s * 1000)
        self._epoch: int | None = None
        self._newest_epoch = 0
        # Grows with everything that makes a pass under way worthless.
        self._doubts = 0
        self._away_since_ms: int | None = None
        self._failure: Exception | None = None
        self._work = asyncio.Event()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # The sink.

    def on_live(self, epoch: int) -> None:
        """All private channels are granted on a new connection."""
        self._epoch = self._newest_epoch = epoch
        self._balances.book.on_live(self._clock.now())
        self._doubt("connected")

    def on_order(self, order: Order, epoch: int) -> None:
        """Take in what the stream says of an order; true on whatever connection it came."""
        self._board.on_order(order)

    def on_fill(self, fill: Fill, epoch: int) -> None:
        """Take in a fill."""
        self._board.on_fill(fill)

    def on_balance(self, balance: AssetBalance, epoch: int) -> None:
        """Take in a balance. One of an older connection may be older than what REST has said.

        The first ones of a connection may come shortly before its `on_live`.
        """
        if epoch >= self._newest_epoch:
            late = self._balances.book.late
            self._balances.on_change(balance)
            if self._balances.book.late > late:  # B6 of core/balance_book.py
                self._doubt("a balance change came too late")

    def on_lost(self, epoch: int, reason: str) -> None:
        """The connection is gone."""
        if epoch != self._epoch:
            return
        self._epoch = None
        self._doubts += 1
        self._balances.book.on_lost()
        self._note_away()
        self._set(AccountState.STALE, reason)
        self._work.set()  # the next pass is due in `poll_s`, not in `audit_s`

    def on_undecodable(self, epoch: int) -> None:
        """Something that was said could not be read: it has to be read by REST."""
        if epoch != self._epoch:
            return
        self._note_away()
        self._balances.book.on_missed(self._clock.now())
        self._doubt("a push could not be read")

    # Life.

    def start(self) -> None:
        """Begin to reconcile; called once, on the running loop."""
        self._task = asyncio.create_task(self._run(), name="mexc account reconciliation")

    async def wait_current(self) -> None:
        """Wait until memory is true. Raises what keeps it from that, unless that may pass."""
        while not self.status.is_current:
            if self.status.state is AccountState.CLOSED:
                raise SessionClosed("the session is closed")
            if self._failure is not None and not isinstance(self._failure, _PASSING):
                raise self._failure
            await self._news.wait()

    def on_status(self, callback: Callable[[AccountStatus], object]) -> Registration:
        """Call `callback(status)` whenever the state changes."""
        return self._statuses.register(callback)

    async def close(self) -> None:
        """Stop. May be called twice."""
        self._set(AccountState.CLOSED, "closed")
        self._statuses.finish()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    # Inside.

    def _note_away(self) -> None:
        if self._away_since_ms is None:
            slack_ms = self._deaf_ms + _AWAY_SLACK_MS
            self._away_since_ms = self._exchange_time_ms() - slack_ms

    def _doubt(self, reason: str) -> None:
        self._doubts += 1
        self._set(AccountState.RECONCILING, reason)
        self._work.set()

    def _set(self, state: AccountState, reason: str) -> None:
        if self.status.state is AccountState.CLOSED:
            return
        last_ns, now_ns = self.status.last_reconciled_ns, self._clock.time_ns()
        if state in (AccountState.CURRENT, AccountState.POLLING):
            last_ns = now_ns
        is_change = state is not self.status.state
        since_ns = now_ns if is_change else self.status.since_ns
        self.status = AccountStatus(state, reason, since_ns, last_ns)
        self._tell()
        if is_change:
            _logger.info("account %s: %s", state, reason)
            self._statuses.push(self.status)

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _run(self) -> None:
        failures = 0
        while True:
            is_due = await self._wait_for_work()
            if self._epoch is None:
                if is_due and self._newest_epoch:
                    await self._poll()
                continue
            if await self._reconcile():
                failures = 0
                continue
            delay_s = backoff_delay(
                failures,
                base_s=self._config.reconcile_base_s,
                max_s=self._config.reconcile_max_s,
                jitter=0.0,
            )
            failures += 1
            await self._clock.sleep(delay_s)
            self._work.set()

    async def _wait_for_work(self) -> bool:
        """Return when something has to be compared now, or (True) an audit or a poll is due."""
        is_lost = self._epoch is None
        waits = [
            asyncio.ensure_future(self._work.wait()),
            asyncio.ensure_future(
                self._clock.sleep(self._config.poll_s if is_lost else self._config.audit_s)
            ),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        is_due = not self._work.is_set()
        self._work.clear()
        return is_due

    async def _reconcile(self) -> bool:
        """Make one pass; return whether it was complete, and late enough for the balances."""
        doubts, away_since_ms = self._doubts, self._away_since_ms
        if not await self._compared(self._reconciler.run(away_since_ms=away_since_ms)):
            return False
        if doubts == self._doubts:
            if not self._balances.book.is_current:  # B6: what REST reads lags
                return False
            self._away_since_ms = None
            self._set(AccountState.CURRENT, "compared with the exchange")
        return True

    async def _poll(self) -> None:
        """Read orders and balances while no stream tells of them."""
        doubts = self._doubts
        is_complete = await self._compared(self._reconciler.poll())
        self.polls += is_complete
        if doubts != self._doubts:
            return  # connected meanwhile, or lost once more: another pass follows
        if is_complete:
            self._set(AccountState.POLLING, "no private stream: compared with the exchange")
        elif self.status.state is AccountState.POLLING:
            self._set(AccountState.STALE, "no private stream, and polling fails")

    async def _compared(self, comparison: Awaitable[None]) -> bool:
        """Compare memory with the exchange; return whether that could be done."""
        try:
            await comparison
        except Exception as error:  # a bug must not end the comparisons for ever
            self.failures += 1
            self._failure = error
            if isinstance(error, MexcError):
                _logger.warning("account not compared with the exchange: %s", error)
            else:
                _logger.exception("account not compared with the exchange")
            self._tell()
            return False
        self._failure = None
        return True

    def __repr__(self) -> str:
        return f"<AccountFeed {self.status.state}: {self.status.reason}>"

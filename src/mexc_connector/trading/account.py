"""Account: the trading side of one session, put together and taken down."""

from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig, StreamConfig
from mexc_connector.common.orders import ClientOrderId, Order, OrderId
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.trading_reports import CancelAllReport, RecoveryReport
from mexc_connector.core.client_order_ids import ClientOrderIds
from mexc_connector.core.order_settlement import SettlementTimes
from mexc_connector.core.order_tracker import OrderTracker
from mexc_connector.trading.account_feed import AccountFeed
from mexc_connector.trading.account_rest import AccountRest, SymbolRules
from mexc_connector.trading.balance_desk import BalanceDesk
from mexc_connector.trading.guard_desk import GuardDesk
from mexc_connector.trading.guard_readings import Books, GuardReadings
from mexc_connector.trading.journal_file import OrderJournal
from mexc_connector.trading.mass_canceller import MassCanceller
from mexc_connector.trading.metrics import TradingMetrics
from mexc_connector.trading.order_board import OrderBoard
from mexc_connector.trading.order_canceller import OrderCanceller
from mexc_connector.trading.order_desk import OrderDesk
from mexc_connector.trading.order_settler import OrderSettler
from mexc_connector.trading.reconciler import Reconciler
from mexc_connector.trading.recovery import Recovery

# The slack beyond `recvWindow`: our clock and the exchange's are measured, not the same.
_ARRIVAL_SLACK_S = 1.0


class Account:
    """Orders, fills and balances of one account. Made on a running loop; `close` ends it all."""

    def __init__(
        self,
        rest: AccountRest,
        *,
        rules: SymbolRules,
        ids: ClientOrderIds,
        markets: Callable[[], Iterable[Symbol]],
        exchange_time_ms: Callable[[], int],
        last_price: Callable[[Symbol], float | None],
        books: Books = dict,
        config: MexcConfig,
        clock: Clock,
        journal: OrderJournal | None = None,
    ) -> None:
        self.recovery: RecoveryReport | None = None
        self.order_hits = self.order_misses = 0
        self._rest = rest
        self._config = config.trading
        self._clock = clock
        self._exchange_time_ms = exchange_time_ms
        self._journal = journal
        self._recovery: Recovery | None = None
        size, times = config.streams.queue_size, _settlement_times(config)
        tracker = OrderTracker(completed_limit=config.trading.completed_orders)
        self.board = OrderBoard(tracker, journal=journal, queue_size=size)
        self.balances = BalanceDesk(rest, queue_size=size, clock=clock)
        self._settler = OrderSettler(self.board, rest, times=times, clock=clock)
        self._canceller = OrderCanceller(self.board, rest, config=config.trading, clock=clock)
        self._mass_canceller = MassCanceller(
            self.board, rest, canceller=self._canceller, config=config.trading, clock=clock
        )
        self.guards = self._new_guards(config, books, last_price)
        self.desk = self._new_desk(rules, ids, last_price)
        self._reconciler = self._new_reconciler(markets)
        self.feed = self._new_feed(config.streams)

    def _new_guards(
        self,
        config: MexcConfig,
        books: Books,
        last_price: Callable[[Symbol], float | None],
    ) -> GuardDesk:
        readings = GuardReadings(
            config.guards,
            books=books,
            last_price=last_price,
            open_orders=lambda: len(self.board.tracker.open_records),
        )
        return GuardDesk(
            config.guards,
            readings,
            cancel_all=self.cancel_all,
            is_account_current=lambda: self.feed.status.is_current,
            clock=self._clock,
            queue_size=config.streams.queue_size,
        )

    def _new_desk(
        self,
        rules: SymbolRules,
        ids: ClientOrderIds,
        last_price: Callable[[Symbol], float | None],
    ) -> OrderDesk:
        return OrderDesk(
            self.board,
            self._rest,
            rules=rules,
            ids=ids,
            settler=self._settler,
            canceller=self._canceller,
            exchange_time_ms=self._exchange_time_ms,
            last_price=last_price,
            guards=self.guards,
        )

    def _new_reconciler(self, markets: Callable[[], Iterable[Symbol]]) -> Reconciler:
        return Reconciler(
            self.board,
            self.balances,
            self._rest,
            markets=markets,
            config=self._config,
            clock=self._clock,
            exchange_time_ms=self._exchange_time_ms,
        )

    def _new_feed(self, streams: StreamConfig) -> AccountFeed:
        return AccountFeed(
            self.board,
            self.balances,
            self._reconciler,
            config=self._config,
            clock=self._clock,
            exchange_time_ms=self._exchange_time_ms,
            deaf_s=streams.ping_interval_s + streams.pong_timeout_s,
        )

    def start(self) -> None:
        """Restore what the journal knows and begin to reconcile; before the streams open."""
        if self._journal is not None:
            self._recovery = Recovery(
                self._journal.contents,
                self.board,
                settler=self._settler,
                desk=self.desk,
                clock=self._clock,
            )
            self._recovery.restore()
        self.feed.start()

    async def recover(self) -> None:
        """Account for the journal's orders, once memory is true; `recovery` says what came of it.

        Takes as long as unknown outcomes need, at most `ready_timeout_s`.
        """
        if self._recovery is not None:
            self.recovery = await self._recovery.report(
                exchange_time_ms=self._exchange_time_ms(), timeout_s=self._config.ready_timeout_s
            )

    async def get_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Return an order: from memory if that is true, else by REST, which memory then learns."""
        record = self.desk.find(symbol, order_id=order_id, client_order_id=client_order_id)
        if record is not None:
            is_followed = record.is_settled and self.feed.status.is_current
            if record.order.is_done or (is_followed and record.order.status.is_open):
                self.order_hits += 1
                return record.order
        self.order_misses += 1
        report = await self._rest.get_order(
            symbol, order_id=order_id, client_order_id=client_order_id
        )
        self.board.on_order(report)
        known = self.board.tracker.find(order_id=report.order_id)
        return report if known is None else known.order

    async def get_open_orders(self, symbol: Symbol | None) -> tuple[Order, ...]:
        """Read the open orders by REST; memory learns them."""
        reports = tuple(await self._rest.get_open_orders(symbol))
        for report in reports:
            self.board.on_order(report)
        return reports

    async def cancel_all(self, symbol: Symbol | None) -> CancelAllReport:
        """Cancel the open orders of a market, or of the account."""
        return await self._mass_canceller.cancel_all(symbol)

    async def close(self) -> None:
        """End everything; what is unsettled stays in the journal. May be called twice.

        The journal stays open for the verdicts on placements that are under way: whoever opened
        it closes it after the REST client.
        """
        async with AsyncExitStack() as closing:  # all of it, also when one of them is cancelled
            closing.callback(self.board.close)
            for part in (self.balances, self._canceller, self._settler, self.feed):
                closing.push_async_callback(part.close)
            closing.callback(self.guards.abandon)
            closing.push_async_callback(self.guards.close)

    def metrics(self) -> TradingMetrics:
        """Return the counters as they are now."""
        tracker, counts, balances = self.board.tracker, self.board.tracker.counts, self.balances
        return TradingMetrics(
            open_orders=len(tracker.open_orders),
            completed_orders=tracker.completed_count,
            unsettled=self._settler.under_way,
            placed=self.desk.placed,
            refused=self.desk.refused,
            unknown=self.desk.unknown,
            settled=self._settler.settled,
            order_hits=self.order_hits,
            order_misses=self.order_misses,
            reports=counts.reports,
            repeated_reports=counts.repeated_reports,
            fills=counts.fills,
            repeated_fills=counts.repeated_fills,
            adopted=counts.adopted,
            contradictions=counts.contradictions,
            balance_reads=balances.reads,
            balance_requests=balances.requests,
            balance_requests_shared=balances.shared,
            reconciliations=self._reconciler.passes,
            reconciliation_failures=self.feed.failures,
            mended_orders=self._reconciler.mended_orders,
            polls=self.feed.polls,
            journal_records=0 if self._journal is None else self._journal.records_written,
            journal_syncs=0 if self._journal is None else self._journal.syncs,
            journal_failures=self.board.journal_failures,
            guard_trips=self.guards.guards.trip_count,
            guard_refusals=self.guards.guards.refusals,
            guard_cancellations=self.guards.cancellations,
            guard_cancel_failures=self.guards.cancel_failures,
            callback_errors=self.board.orders.callback_errors
            + self.board.fills.callback_errors
            + balances.changes.callback_errors
            + self.guards.events.callback_errors,
        )

    def __repr__(self) -> str:
        return f"<Account {self.feed!r} {self.board!r}>"


def _settlement_times(config: MexcConfig) -> SettlementTimes:
    trading = config.trading
    return SettlementTimes(
        stream_wait_s=trading.stream_wait_s,
        pause_base_s=trading.lookup_base_s,
        pause_max_s=trading.lookup_max_s,
        grace_s=trading.grace_s,
        arrival_window_s=config.recv_window_ms / 1000 + _ARRIVAL_SLACK_S,
        lookup_s=trading.lookup_s,
    )

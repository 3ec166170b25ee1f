"""Reconciler: compares what memory holds with the exchange, over REST, and mends memory.

The private streams have neither snapshots nor sequence numbers, so this is the only way to find
out what was missed (O17, O18). One pass reads balances and open orders, then each order that
memory holds open and the exchange does not list, then the fills that are missing.
"""

import logging
from collections.abc import Callable, Iterable
from math import inf

import msgspec

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import (
    AuthenticationError,
    ExchangeUnavailable,
    InvalidSymbol,
    MexcError,
    PermissionDenied,
    ProtocolViolation,
    RateLimitError,
    TransportError,
    UnknownOrder,
    UnknownSymbol,
)
from mexc_connector.common.log_fields import log_fields
from mexc_connector.common.orders import BalanceAmounts, Order, OrderId
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.common.trading_config import TradingConfig
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.core.tracked_order import TrackedOrder
from mexc_connector.trading.account_rest import AccountRest
from mexc_connector.trading.balance_desk import BalanceDesk
from mexc_connector.trading.order_board import OrderBoard

_logger = logging.getLogger("mexc_connector.account")

_PATIENCE_S = 1.0
_FILL_LOOKUPS = 5  # of one order: what `myTrades` does not show by then it never will
# Delisted or switched off: of this market nothing is told, maybe never again, of others all is.
_NOT_TOLD_OF = (InvalidSymbol, UnknownSymbol)
# Whatever is asked next would not be answered either.
_NOT_ABOUT_THE_ORDER = (
    TransportError,
    RateLimitError,
    ExchangeUnavailable,
    AuthenticationError,
    PermissionDenied,
)


class Reconciler:
    """Carries out passes. Every error of REST is raised; what was learned until then stays."""

    def __init__(
        self,
        board: OrderBoard,
        balances: BalanceDesk,
        rest: AccountRest,
        *,
        markets: Callable[[], Iterable[Symbol]],
        config: TradingConfig,
        clock: Clock,
        exchange_time_ms: Callable[[], int],
    ) -> None:
        """`markets`: those whose fills may be of orders that were placed elsewhere."""
        self.passes = 0
        self.mended_orders = 0
        self._board = board
        self._balances = balances
        self._rest = rest
        self._markets = markets
        self._config = config
        self._clock = clock
        self._exchange_time_ms = exchange_time_ms
        self._held: dict[AssetName, BalanceAmounts] = {}
        self._fill_lookups: dict[OrderId, int] = {}
        self._answered_at: dict[OrderId, float] = {}

    async def run(self, *, away_since_ms: int | None = None) -> None:
        """Make one pass. `away_since_ms`: since when the stream may have been missed."""
        await self._compare()
        if away_since_ms is not None:
            await self._read_fills_since(away_since_ms)
        await self._read_missing_fills()
        self._held = self._holdings()
        self.passes += 1

    async def poll(self) -> None:
        """Make one pass while there is no stream.

        The fills of orders that memory does not know, and what moved meanwhile, are left to the
        `run` after it.
        """
        await self._compare()
        await self._read_missing_fills()
        self.passes += 1

    async def _compare(self) -> None:
        await self._balances.refresh()
        suspects = [record for record in self._board.tracker.open_records if record.order.order_id]
        listed = set()
        for report in await self._rest.get_open_orders():
            listed.add(report.order_id)
            self._board.on_order(report)
        for record in suspects:
            if not record.is_over and record.order.order_id not in listed:
                try:
                    await self._read_end(record)
                except _NOT_TOLD_OF as error:  # the next pass asks again
                    self._skip(record.order.symbol, error)

    async def _read_end(self, record: TrackedOrder) -> None:
        """Read an order that is not open any more, or is too new to be listed."""
        give_up_at = self._clock.now() + self._patience_s(record)
        attempt = 0
        while not record.is_over:
            order = record.order
            try:
                report = await self._rest.get_order(order.symbol, order_id=order.order_id)
            except UnknownOrder:
                if self._clock.now() >= give_up_at:
                    self._give_up(record)
                    return
            else:
                self.mended_orders += report.status is not order.status
                self._board.on_order(
                    msgspec.structs.replace(report, client_order_id=order.client_order_id)
                )
                return
            delay_s = backoff_delay(
                attempt,
                base_s=self._config.lookup_base_s,
                max_s=self._config.lookup_max_s,
                jitter=0.0,
            )
            await self._clock.sleep(delay_s)
            attempt += 1

    def _patience_s(self, record: TrackedOrder) -> float:
        """Return how long an order may be hard to find: its first seconds, and little later on."""
        born_ms = record.order.created_ms or record.sent_ms or 0
        age_s = (self._exchange_time_ms() - born_ms) / 1000
        return self._config.grace_s if age_s < 2 * self._config.grace_s else _PATIENCE_S

    def _give_up(self, record: TrackedOrder) -> None:
        reason = "the exchange neither lists it as open nor finds it; it ended long ago"
        self._board.on_given_up(record, reason)

    async def _read_fills_since(self, since_ms: int) -> None:
        """Read what was traded while nobody listened, orders of others included."""
        for symbol in self._concerned():
            try:
                await self._read_fills_in(symbol, since_ms)
            except _NOT_TOLD_OF as error:
                self._skip(symbol, error)

    async def _read_fills_in(self, symbol: Symbol, since_ms: int) -> None:
        for fill in await self._rest.get_my_trades(symbol, start_ms=since_ms):
            record = self._board.tracker.find(order_id=fill.order_id)
            if record is None:
                await self._adopt(symbol, fill.order_id)
                record = self._board.tracker.find(order_id=fill.order_id)
            # An order whose fills add up has them all, whatever name REST gives them.
            if record is None or record.misses_fills:
                self._board.on_fill(fill)

    def _skip(self, symbol: Symbol, error: MexcError) -> None:
        fields = log_fields(symbol=symbol)
        _logger.warning("%s not compared with the exchange: %s", symbol, error, extra=fields)

    async def _adopt(self, symbol: Symbol, order_id: OrderId) -> None:
        try:
            self._board.on_order(await self._rest.get_order(symbol, order_id=order_id))
        except UnknownOrder:
            fields = log_fields(symbol=symbol, order_id=order_id)
            _logger.info("no order %s behind a fill in %s", order_id, symbol, extra=fields)

    async def _read_missing_fills(self) -> None:
        missing = self._board.tracker.missing_fills
        known = {order.order_id for order in missing}
        for noted in (self._fill_lookups, self._answered_at):
            for order_id in noted.keys() - known:
                del noted[order_id]
        failure: MexcError | None = None
        for order in missing:
            try:
                await self._read_fills_of(order)
            except _NOT_ABOUT_THE_ORDER:
                raise
            except MexcError as error:  # the other orders have their fills nevertheless
                failure = failure or error
        if failure is not None:
            raise failure

    async def _read_fills_of(self, order: Order) -> None:
        """Look the fills of an order up. It counts if the exchange said what it knows, or refused.

        Answers within `grace_s` count as one: fills are shown later than what they did, and passes
        may follow each other at once. What failed is no look-up: the pass fails with it, and is
        repeated with growing pauses.
        """
        order_id = order.order_id
        if order_id is None or self._fill_lookups.get(order_id, 0) >= _FILL_LOOKUPS:
            return
        try:
            fills = await self._rest.get_my_trades(order.symbol, order_id=order_id)
        except (*_NOT_ABOUT_THE_ORDER, ProtocolViolation):
            raise
        except MexcError:
            self._note_lookup(order_id)
            raise
        now = self._clock.now()
        if now - self._answered_at.get(order_id, -inf) >= self._config.grace_s:
            self._answered_at[order_id] = now
            self._note_lookup(order_id)
        for fill in fills:
            self._board.on_fill(fill)

    def _note_lookup(self, order_id: OrderId) -> None:
        self._fill_lookups[order_id] = self._fill_lookups.get(order_id, 0) + 1

    def _concerned(self) -> list[Symbol]:
        """Return the markets in which something may have been traded since the last pass.

        Each costs weight 10 of 500, and a session may keep thousands: those of our orders, and
        those whose base asset we now hold more or less of.
        """
        now, before = self._holdings(), self._held
        moved = {
            asset for asset in now.keys() | before.keys() if now.get(asset) != before.get(asset)
        }
        orders = self._board.tracker.open_orders + self._board.tracker.missing_fills
        markets = [symbol for symbol in self._markets() if symbol.base in moved]
        return list(dict.fromkeys([*markets, *(order.symbol for order in orders)]))

    def _holdings(self) -> dict[AssetName, BalanceAmounts]:
        balances = self._balances.book.balances
        return {asset: balance.exact for asset, balance in balances.items()}

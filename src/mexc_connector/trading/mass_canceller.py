"""MassCanceller: cancels all open orders of a market or an account, and looks at what is left."""

import asyncio

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import OrderOutcomeUnknown
from mexc_connector.common.orders import Order
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.trading_config import TradingConfig
from mexc_connector.common.trading_reports import CancelAllReport
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.core.tracked_order import TrackedOrder
from mexc_connector.trading.account_rest import AccountRest
from mexc_connector.trading.order_board import OrderBoard
from mexc_connector.trading.order_canceller import OrderCanceller, without_state

_ROUNDS = 4


class MassCanceller:
    """Cancels, reads the open orders again, and repeats while the exchange still shows some."""

    def __init__(
        self,
        board: OrderBoard,
        rest: AccountRest,
        *,
        canceller: OrderCanceller,
        config: TradingConfig,
        clock: Clock,
    ) -> None:
        self._board = board
        self._rest = rest
        self._canceller = canceller
        self._config = config
        self._clock = clock

    async def cancel_all(self, symbol: Symbol | None) -> CancelAllReport:
        """Cancel the open orders of `symbol`, or of the whole account (O16).

        Orders that are placed meanwhile, or whose placement is still unknown, may come after the
        cancellation: they are `still_open`. Raises `OrderOutcomeUnknown` when no attempt got an
        answer; then nothing is known of what was canceled.
        """
        concerned = {record.key: record for record in self._open_records(symbol)}
        for attempt in range(_ROUNDS):
            await self._send(symbol, attempt)
            still_listed = await self._read_open(symbol)
            for record in self._open_records(symbol):
                concerned.setdefault(record.key, record)
            if not still_listed:
                break
        await asyncio.gather(
            *(
                self._canceller.confirm(record)
                for record in concerned.values()
                if record.order.order_id is not None
                and not record.is_over
                and record.order.order_id not in still_listed
            )
        )
        orders = [record.order for record in concerned.values()]
        return CancelAllReport(
            finished=tuple(order for order in orders if order.is_done),
            still_open=tuple(order for order in orders if not order.is_done),
        )

    async def _send(self, symbol: Symbol | None, attempt: int) -> None:
        """Send the command; one whose answer was lost may be repeated (O13)."""
        if attempt:
            delay_s = backoff_delay(
                attempt - 1,
                base_s=self._config.lookup_base_s,
                max_s=self._config.lookup_max_s,
                jitter=0.0,
            )
            await self._clock.sleep(delay_s)
        try:
            if symbol is None:
                await self._rest.cancel_all_orders()
            else:
                for report in await self._rest.cancel_open_orders(symbol):
                    self._board.on_order(without_state(report))
        except OrderOutcomeUnknown:
            if attempt == _ROUNDS - 1:
                raise

    async def _read_open(self, symbol: Symbol | None) -> set[str]:
        reports: list[Order] = list(await self._rest.get_open_orders(symbol))
        for report in reports:
            self._board.on_order(report)
        return {report.order_id for report in reports if report.order_id is not None}

    def _open_records(self, symbol: Symbol | None) -> list[TrackedOrder]:
        return [
            record
            for record in self._board.tracker.open_records
            if symbol is None or record.order.symbol == symbol
        ]

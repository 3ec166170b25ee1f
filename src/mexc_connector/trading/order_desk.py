"""OrderDesk: places, cancels and modifies orders.

A placement is written to the journal, then sent once, and never again (O1, O10). What the
exchange answers goes to the board; a lost answer is `OrderOutcomeUnknown` for the caller and a
matter for the settler.
"""

from collections.abc import Callable
from functools import partial

import msgspec

from mexc_connector.common.enums import OrderStatus, OrderType
from mexc_connector.common.errors import (
    ExchangeAPIError,
    MexcError,
    OrderAlreadyDone,
    OrderOutcomeUnknown,
    OrderRefused,
    TransportError,
    UsageError,
)
from mexc_connector.common.instrument import Number
from mexc_connector.common.order_handle import OrderHandle
from mexc_connector.common.orders import ClientOrderId, Order, OrderId
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.trading_reports import OrderModification
from mexc_connector.core.client_order_ids import ClientOrderIds, checked_client_order_id
from mexc_connector.core.order_check import CheckedOrder
from mexc_connector.core.order_request import OrderRequest
from mexc_connector.core.tracked_order import TrackedOrder
from mexc_connector.trading.account_rest import AccountRest, SymbolRules
from mexc_connector.trading.guard_desk import GuardDesk
from mexc_connector.trading.handle import TrackedHandle
from mexc_connector.trading.order_board import OrderBoard
from mexc_connector.trading.order_canceller import OrderCanceller
from mexc_connector.trading.order_settler import OrderSettler


class OrderDesk:
    """Commands about single orders. `exchange_time_ms` is the exchange's clock as far as known.

    `last_price` gives a market's last traded price, None while it is not known.
    """

    def __init__(
        self,
        board: OrderBoard,
        rest: AccountRest,
        *,
        rules: SymbolRules,
        ids: ClientOrderIds,
        settler: OrderSettler,
        canceller: OrderCanceller,
        exchange_time_ms: Callable[[], int],
        last_price: Callable[[Symbol], float | None],
        guards: GuardDesk,
    ) -> None:
        self.placed = 0
        self.refused = 0
        self.unknown = 0
        self._board = board
        self._rest = rest
        self._rules = rules
        self._ids = ids
        self._settler = settler
        self._canceller = canceller
        self._exchange_time_ms = exchange_time_ms
        self._last_price = last_price
        self._guards = guards

    async def place_order(self, symbol: Symbol, request: OrderRequest) -> OrderHandle:
        """Check an order against the rules of its market, then `place` it."""
        if not isinstance(request.order_type, OrderType):
            raise OrderRefused(not_offered(request.order_type), rule="order_type")
        checked = await self._checked(symbol, request)
        return await self.place(checked, client_order_id=request.client_order_id)

    async def place(
        self, checked: CheckedOrder, *, client_order_id: str | None = None
    ) -> OrderHandle:
        """Send an order once. The handle follows it.

        Raises `OrderOutcomeUnknown` when the answer was lost, and settles that in the background:
        `handle_of(error.client_order_id)` follows it. A caller that is cancelled meanwhile leaves
        the same behind. Every other error is certain: there is no such order. `GuardTripped` comes
        before anything else happens, or when the order has waited for its turn.
        """
        name = self._ids.next() if client_order_id is None else client_order_id
        sent_ms = self._exchange_time_ms()
        order = Order(
            symbol=checked.symbol,
            side=checked.side,
            order_type=checked.order_type,
            status=OrderStatus.PENDING_NEW,
            exact=checked.exact,
            client_order_id=checked_client_order_id(name),
        )
        self._guards.admit(checked)  # with no await before the order is among the open ones
        record = await self._board.intend(order, sent_ms)
        if client_order_id is None:  # an id of our making was never used before, O3
            record.sent_ms = None
        report = await self._send(checked, record, sent_ms)
        record.sent_ms = None  # the answer says which order is ours, whatever clocks say
        self.placed += 1
        # The acknowledgement does not repeat our id.
        self._board.on_order(msgspec.structs.replace(report, client_order_id=order.client_order_id))
        return self.handle(record)

    async def cancel_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Cancel an order by one of its ids; see `OrderCanceller.cancel`."""
        record = self.find(symbol, order_id=order_id, client_order_id=client_order_id)
        if record is not None:
            return await self._canceller.cancel(record)
        return await self._canceller.cancel_unknown(
            symbol, order_id=order_id, client_order_id=client_order_id
        )

    async def modify_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None,
        client_order_id: ClientOrderId | None,
        amount: Number | None,
        price: Number | None,
    ) -> OrderModification:
        """Cancel an order, then place another in its stead (O15).

        What is wrong with the new order is found before the old one is touched. Raises what the
        cancellation raises; then nothing was placed.
        """
        if amount is None and price is None:
            raise UsageError("modify_order needs a new amount or a new price")
        record = self.find(symbol, order_id=order_id, client_order_id=client_order_id)
        if record is None:
            record = await self._read(symbol, order_id, client_order_id)
        if record.order.order_type is OrderType.MARKET:
            raise UsageError("a market order has nothing to modify")
        foreseen = await self._checked_successor(record.order, amount=amount, price=price)
        self._guards.foresee(foreseen)
        canceled = await self._canceller.cancel(record)
        if not canceled.is_done:
            raise OrderOutcomeUnknown(canceled.client_order_id, order_id=canceled.order_id)
        try:
            checked = await self._checked_successor(canceled, amount=amount, price=price)
            replacement = await self.place(checked)
        except MexcError as failure:
            return OrderModification(canceled, replacement=None, failure=failure)
        return OrderModification(canceled, replacement=replacement, failure=None)

    async def _read(
        self, symbol: Symbol, order_id: OrderId | None, client_order_id: ClientOrderId | None
    ) -> TrackedOrder:
        """Read and adopt an order that was placed elsewhere."""
        report = await self._rest.get_order(
            symbol, order_id=order_id, client_order_id=client_order_id
        )
        self._board.on_order(report)
        record = self._board.tracker.find(order_id=report.order_id)
        if record is None:
            raise OrderAlreadyDone(report)
        return record

    def handle_of(self, client_order_id: ClientOrderId) -> OrderHandle:
        """Return the handle of an order by our id. Raises `UsageError` if it is not in memory."""
        record = self._board.tracker.find(client_order_id=client_order_id)
        if record is None:
            raise UsageError(f"no order with client order id {client_order_id} is in memory")
        return self.handle(record)

    def handle(self, record: TrackedOrder) -> OrderHandle:
        """Return a handle of an order."""
        return TrackedHandle(record, self._board, self._canceller.cancel)

    def find(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> TrackedOrder | None:
        """Return what is known of an order; exactly one id is given, of an order of `symbol`."""
        if (order_id is None) == (client_order_id is None):
            raise UsageError("give order_id or client_order_id, one of them")
        record = self._board.tracker.find(order_id=order_id, client_order_id=client_order_id)
        if record is not None and record.order.symbol != symbol:
            raise UsageError(f"this is an order of {record.order.symbol}, not of {symbol}")
        return record

    async def _send(self, checked: CheckedOrder, record: TrackedOrder, sent_ms: int) -> Order:
        client_order_id = checked_client_order_id(record.order.client_order_id)
        try:
            admit = partial(self._guards.admit_again, checked)
            return await self._rest.send_checked(checked, client_order_id, admit=admit)
        except (UsageError, ExchangeAPIError, TransportError) as error:  # certain, see AccountRest
            self.refused += 1
            self._board.on_rejected(record, str(error))
            raise
        except BaseException:  # a lost answer, a cancellation, or a bug: it may have arrived
            self._on_lost(record, sent_ms)
            raise

    def _on_lost(self, record: TrackedOrder, sent_ms: int) -> None:
        self.unknown += 1
        self._board.on_outcome_unknown(record)
        self._settler.start(record, sent_ms=sent_ms)

    async def _checked_successor(
        self, order: Order, *, amount: Number | None, price: Number | None
    ) -> CheckedOrder:
        """Check the order that takes the place of `order`; what is not given is carried over."""
        known = order.exact
        remaining = None if known.amount is None else known.amount - known.amount_filled
        if remaining is not None and remaining <= 0:
            raise OrderAlreadyDone(order)
        successor = OrderRequest(
            side=order.side,
            order_type=order.order_type,
            amount=remaining if amount is None else amount,
            price=known.price if price is None else price,
        )
        return await self._checked(order.symbol, successor)

    async def _checked(self, symbol: Symbol, request: OrderRequest) -> CheckedOrder:
        info = await self._rules(symbol)
        has_band = info.max_buy_premium is not None or info.max_sell_discount is not None
        last_price = self._last_price(symbol) if has_band else None  # O20
        return request.checked(info, reference_price=last_price)

    def __repr__(self) -> str:
        return f"<OrderDesk {self.placed} placed, {self.refused} refused, {self.unknown} unknown>"


def not_offered(what: object) -> str:
    """Say that the exchange has no such order, and what to do instead."""
    text = str(what).upper()
    if "OCO" in text:
        return (
            f"{what}: the API takes no OCO orders; place a limit order, watch the price, {_CANCEL}"
        )
    if "STOP" in text or "TAKE_PROFIT" in text or "TRAIL" in text:
        return f"{what}: the API takes no stop orders; watch the price and place an order at it"
    return f"{what!r} is no OrderType: " + ", ".join(OrderType)


_CANCEL = "and cancel it when you place the other one"

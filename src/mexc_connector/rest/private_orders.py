"""Placing, cancelling and reading orders."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from mexc_connector.common.enums import OrderStatus, SelfTradePrevention
from mexc_connector.common.errors import (
    MexcError,
    OrderOutcomeUnknown,
    OrderRefused,
    ProtocolViolation,
    UsageError,
)
from mexc_connector.common.orders import ClientOrderId, Order, OrderId
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.client_order_ids import require_distinct
from mexc_connector.core.order_check import CheckedOrder, plain
from mexc_connector.rest import endpoints, wire
from mexc_connector.rest import private_models as models
from mexc_connector.rest import wire_private as private
from mexc_connector.rest.answer import Answer, OrderReference
from mexc_connector.rest.private_link import PrivateLink
from mexc_connector.rest.rejection import entry_rejection

MOST_IN_A_BATCH = 20
MOST_SYMBOLS = 5

Result = TypeVar("Result")


class OrderEndpoints:
    """The endpoints about orders of one account."""

    def __init__(self, link: PrivateLink) -> None:
        self._link = link

    async def place(
        self,
        order: CheckedOrder,
        client_order_id: ClientOrderId,
        *,
        admit: Callable[[], object] | None = None,
    ) -> Order:
        """Send an order once; see `MexcPrivateSpotRest.send_checked`."""
        about = OrderReference(client_order_id=client_order_id)
        parameters = order_parameters(order, client_order_id)
        answer = await self._link.command(
            endpoints.PLACE_ORDER, parameters, about=about, admit=admit
        )
        build = partial(_accepted, order=order, client_order_id=client_order_id)
        return _settled(about, lambda: wire.convert(answer, private.OrderAck, build))

    async def test(self, order: CheckedOrder, client_order_id: ClientOrderId) -> None:
        """Let the exchange check an order without placing it."""
        parameters = order_parameters(order, client_order_id)
        wire.decode(await self._link.command(endpoints.TEST_ORDER, parameters), wire.Empty)

    async def place_batch(
        self, orders: Sequence[tuple[CheckedOrder, ClientOrderId]]
    ) -> list[Order | MexcError]:
        """Send several orders of one market at once; see `MexcPrivateSpotRest.place_orders`."""
        if not 1 <= len(orders) <= MOST_IN_A_BATCH:
            raise UsageError(f"a batch holds 1 to {MOST_IN_A_BATCH} orders, not {len(orders)}")
        if len({order.symbol for order, _ in orders}) > 1:
            raise OrderRefused("all orders of a batch are about one market", rule="batch")
        require_distinct(client_order_id for _, client_order_id in orders)
        entries = [dict(order_parameters(*entry)) for entry in orders]
        parameters = [("batchOrders", msgspec.json.encode(entries).decode())]
        about = OrderReference()
        try:
            answer = await self._link.command(endpoints.PLACE_BATCH, parameters, about=about)
            rows = _settled(about, lambda: _batch_rows(answer, len(orders)))
        except OrderOutcomeUnknown as error:
            return [_lost(client_order_id, error.__cause__) for _, client_order_id in orders]
        return [self._entry(answer, row, *entry) for row, entry in zip(rows, orders, strict=True)]

    def _entry(
        self,
        answer: Answer,
        row: private.BatchEntry,
        order: CheckedOrder,
        client_order_id: ClientOrderId,
    ) -> Order | MexcError:
        if row.new_client_order_id not in (None, "", client_order_id):
            return _lost(client_order_id, wire.violation(answer, "the entries are out of order"))
        if row.code not in (None, 0, 200):
            rejection = entry_rejection(
                answer.endpoint, row.code, row.msg or "", limits=self._link.config.limits
            )
            if rejection.is_certain:
                return rejection.error
            return _lost(client_order_id, rejection.error)
        if row.order_id in (None, ""):
            return _lost(client_order_id, wire.violation(answer, "an order without an id"))
        return _pending(order, client_order_id, models.order_id(row.order_id), None)

    async def cancel(self, symbol: Symbol, order: OrderReference) -> Order:
        """Cancel one order; see `MexcPrivateSpotRest.cancel_order`."""
        name = await self._link.name_of(symbol)
        parameters = [("symbol", name), *reference_parameters(order)]
        answer = await self._link.command(endpoints.CANCEL_ORDER, parameters, about=order)
        build = partial(_canceled, symbol=symbol, exchange_symbol=name, order=order)
        return _settled(order, lambda: wire.convert(answer, private.OrderRow, build))

    async def cancel_open(self, symbols: Sequence[Symbol]) -> list[Order]:
        """Cancel all orders of some markets; see `MexcPrivateSpotRest.cancel_open_orders`."""
        if not 1 <= len(symbols) <= MOST_SYMBOLS:
            raise UsageError(f"name 1 to {MOST_SYMBOLS} markets, not {len(symbols)}")
        names = {await self._link.name_of(symbol): symbol for symbol in symbols}
        about = OrderReference()
        parameters = [("symbol", ",".join(names))]
        answer = await self._link.command(endpoints.CANCEL_OPEN_ORDERS, parameters, about=about)

        def build(row: private.OrderRow) -> Order:
            if row.symbol not in names:
                raise ValueError(f"an order about {row.symbol}")
            return models.canceled_order(row, names[row.symbol])

        return _settled(about, lambda: wire.convert_rows(answer, private.OrderRow, build))

    async def cancel_all(self) -> None:
        """Cancel every order of the account; see `MexcPrivateSpotRest.cancel_all_orders`."""
        about = OrderReference()
        answer = await self._link.command(endpoints.CANCEL_ALL_ORDERS, about=about)
        _settled(about, lambda: wire.decode(answer, wire.Empty))

    async def get(self, symbol: Symbol, order: OrderReference) -> Order:
        """Read one order; see `MexcPrivateSpotRest.get_order`."""
        name = await self._link.name_of(symbol)
        parameters = [("symbol", name), *reference_parameters(order)]
        answer = await self._link.read(endpoints.ORDER, parameters)
        build = partial(_found, symbol=symbol, exchange_symbol=name, order=order)
        return wire.convert(answer, private.OrderRow, build)

    async def get_open(self, symbol: Symbol | None) -> list[Order]:
        """Read the open orders; see `MexcPrivateSpotRest.get_open_orders`."""
        if symbol is not None:
            name = await self._link.name_of(symbol)
            answer = await self._link.read(endpoints.OPEN_ORDERS, [("symbol", name)])
            build = partial(
                _found,
                symbol=symbol,
                exchange_symbol=name,
                order=OrderReference(),
            )
            return wire.convert_rows(answer, private.OrderRow, build)
        answer = await self._link.read(endpoints.OPEN_ORDERS)
        orders = []
        for row in wire.decode_rows(answer, private.OrderRow):
            listed = await self._link.symbol_of(row.symbol)
            if listed is not None:
                try:
                    orders.append(models.order(row, listed))
                except ValueError as error:
                    raise wire.violation(answer, str(error)) from error
        return orders


def order_parameters(order: CheckedOrder, client_order_id: ClientOrderId) -> list[tuple[str, str]]:
    """Return what the exchange wants to know of an order, numbers in plain notation."""
    parameters = [
        ("symbol", order.exchange_symbol),
        ("side", order.side.value),
        ("type", order.order_type.value),
    ]
    if order.amount is not None:
        parameters.append(("quantity", plain(order.amount)))
    if order.price is not None:
        parameters.append(("price", plain(order.price)))
    if order.quote_amount is not None:
        parameters.append(("quoteOrderQty", plain(order.quote_amount)))
    parameters.append(("newClientOrderId", client_order_id))
    if order.self_trade_prevention is not SelfTradePrevention.NONE:
        parameters.append(("stpMode", order.self_trade_prevention.value))
    return parameters


def reference_parameters(order: OrderReference) -> list[tuple[str, str]]:
    """Return how one order is named. Raises `UsageError` unless it is named by one of the ids."""
    if order.order_id and order.client_order_id is None:
        return [("orderId", order.order_id)]
    if order.client_order_id and order.order_id is None:
        return [("origClientOrderId", order.client_order_id)]
    raise UsageError("name the order by order_id or by client_order_id, one of them")


def _settled(about: OrderReference, read: Callable[[], Result]) -> Result:
    """Return what `read` makes of a success; if it can make nothing of it, nothing is certain."""
    try:
        return read()
    except ProtocolViolation as error:
        raise about.outcome_unknown() from error


def _lost(client_order_id: ClientOrderId, cause: BaseException | None) -> OrderOutcomeUnknown:
    error = OrderOutcomeUnknown(client_order_id)
    error.__cause__ = cause
    return error


def _pending(
    order: CheckedOrder, client_order_id: ClientOrderId, order_id: OrderId, at_ms: int | None
) -> Order:
    return Order(
        symbol=order.symbol,
        side=order.side,
        order_type=order.order_type,
        status=OrderStatus.PENDING_NEW,
        exact=order.exact,
        order_id=order_id,
        client_order_id=client_order_id,
        created_ms=at_ms,
    )


def _accepted(ack: private.OrderAck, order: CheckedOrder, client_order_id: ClientOrderId) -> Order:
    if ack.symbol != order.exchange_symbol:
        raise ValueError(f"an acknowledgement about {ack.symbol}")
    return _pending(order, client_order_id, models.order_id(ack.order_id), ack.transact_time)


def _batch_rows(answer: Answer, count: int) -> list[private.BatchEntry]:
    rows = wire.decode(answer, list[private.BatchEntry])
    if len(rows) != count:
        raise wire.violation(answer, f"{len(rows)} entries for {count} orders")
    return rows


def _canceled(
    row: private.OrderRow, symbol: Symbol, exchange_symbol: str, order: OrderReference
) -> Order:
    _require_same(row, exchange_symbol, order.order_id)
    found = models.canceled_order(row, symbol)
    if found.client_order_id is None and order.client_order_id is not None:
        return msgspec.structs.replace(found, client_order_id=order.client_order_id)
    return found


def _found(
    row: private.OrderRow, symbol: Symbol, exchange_symbol: str, order: OrderReference
) -> Order:
    _require_same(row, exchange_symbol, order.order_id)
    found = models.order(row, symbol)
    if order.client_order_id not in (None, found.client_order_id):
        if found.client_order_id is not None:
            raise ValueError(f"an order with the client order id {found.client_order_id}")
        return msgspec.structs.replace(found, client_order_id=order.client_order_id)
    return found


def _require_same(row: private.OrderRow, exchange_symbol: str, order_id: OrderId | None) -> None:
    if row.symbol != exchange_symbol:
        raise ValueError(f"an order about {row.symbol}")
    if order_id is not None and str(row.order_id) != order_id:
        raise ValueError(f"order {row.order_id}")

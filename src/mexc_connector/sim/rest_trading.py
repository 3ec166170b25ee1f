"""The order endpoints: a caller and its parameters in, reply body out."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import UNSET

from mexc_connector.sim import private_replies as replies
from mexc_connector.sim.accounts import Account
from mexc_connector.sim.client_orders import ClientOrder
from mexc_connector.sim.errors import Refusal, TradeRefusal, bad_parameter
from mexc_connector.sim.gate import Caller
from mexc_connector.sim.ledger import ATOMS
from mexc_connector.sim.matching import OrderKind
from mexc_connector.sim.order_requests import OrderRequest, read_order
from mexc_connector.sim.queries import Query, required_text
from mexc_connector.sim.rest_replies import Nothing
from mexc_connector.sim.trading_desk import TradingDesk

MOST_IN_BATCH = 20
MOST_SYMBOLS = 5
BATCH_SPELLINGS = {"LIMIT_ORDER": "LIMIT"}
"""The documentation's own sample of a batch spells the type like that."""


class TradingEndpoints:
    """Placing and cancelling. `clock` gives the exchange's time."""

    def __init__(self, desk: TradingDesk, clock: Callable[[], int]) -> None:
        self._desk = desk
        self._clock = clock

    def place(self, caller: Caller) -> replies.OrderAck:
        """POST order."""
        request = _allowed(caller, read_order(caller.query))
        order = self._desk.place(caller.account, request)
        asked, market = order.asked, order.market
        is_market = asked.kind is OrderKind.MARKET
        return replies.OrderAck(
            symbol=order.symbol,
            orderId=order.order_id,
            price="0" if is_market else market.prices.plain(order.price),
            origQty=market.quantities.plain(asked.lots or 0),
            type=asked.kind,
            side=asked.side.name,
            stpMode=asked.stp_mode,
            transactTime=order.created_ms,
        )

    def test(self, caller: Caller) -> Nothing:
        """POST order/test: the rules are checked, funds and books are not looked at."""
        self._desk.rules.check(_allowed(caller, read_order(caller.query)))
        return Nothing()

    def place_batch(self, caller: Caller) -> list[replies.BatchAck | replies.BatchError]:
        """POST batchOrders: each order is taken or refused for itself."""
        entries = _batch(required_text(caller.query, "batchOrders"))
        return [self._place_one(caller, entry) for entry in entries]

    def cancel(self, caller: Caller) -> replies.CancelReply:
        """DELETE order."""
        order = find_order(caller.account, caller.query)
        if order is None or not order.state.is_open:
            raise TradeRefusal(-2011, "Unknown order sent.")
        _check_symbol(caller, order.symbol)
        return self._cancel(order, caller.query.get("newClientOrderId") or None)

    def cancel_of_symbols(self, caller: Caller) -> list[replies.CancelReply]:
        """DELETE openOrders: of up to five markets."""
        symbols = symbol_list(self._desk, required_text(caller.query, "symbol"))
        for symbol in symbols:
            _check_symbol(caller, symbol)
        open_orders = tuple(caller.account.open_orders.values())
        return [self._cancel(order, None) for order in open_orders if order.symbol in symbols]

    def cancel_all(self, caller: Caller) -> replies.Done:
        """DELETE order/all."""
        for order in tuple(caller.account.open_orders.values()):
            self._desk.cancel(order)
        return replies.Done(self._clock())

    def _cancel(self, order: ClientOrder, client_order_id: str | None) -> replies.CancelReply:
        status = order.state
        self._desk.cancel(order)
        asked, market = order.asked, order.market
        return replies.CancelReply(
            symbol=order.symbol,
            origClientOrderId=asked.client_order_id,
            orderId=order.order_id,
            clientOrderId=client_order_id,
            price=market.prices.plain(order.price),
            origQty=market.quantities.plain(order.lots),
            executedQty=market.quantities.plain(order.executed_lots),
            cummulativeQuoteQty=market.turnovers.plain(order.turnover),
            status=status,
            type=asked.kind,
            side=asked.side.name,
            stpMode=asked.stp_mode,
        )

    def _place_one(
        self, caller: Caller, entry: dict[str, str]
    ) -> replies.BatchAck | replies.BatchError:
        client_order_id = entry.get("newClientOrderId") or UNSET
        try:
            request = _allowed(caller, read_order(entry))
            order = self._desk.place(caller.account, request)
        except Refusal as refusal:
            return replies.BatchError(refusal.message, refusal.code, client_order_id)
        return replies.BatchAck(order.symbol, order.order_id, client_order_id)


def find_order(account: Account, query: Query) -> ClientOrder | None:
    """Find the order that a request names by either id, in the market it names."""
    symbol = required_text(query, "symbol")
    order_id, client_order_id = query.get("orderId"), query.get("origClientOrderId")
    if not order_id and not client_order_id:
        raise Refusal(
            400,
            700004,
            "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
        )
    return account.find(symbol, order_id=order_id, client_order_id=client_order_id)


def symbol_list(desk: TradingDesk, text: str) -> list[str]:
    """Read up to five names, each of a market."""
    symbols = text.split(",")
    if len(symbols) > MOST_SYMBOLS:
        raise bad_parameter("symbol")
    return [desk.rules.market(symbol).symbol for symbol in symbols]


def order_reply(order: ClientOrder) -> replies.OrderReply:
    """Show an order as the queries do."""
    asked, market = order.asked, order.market
    price, quantity = order.price, order.lots
    quote_amount: str | None = market.turnovers.plain(price * quantity)
    if asked.kind is OrderKind.MARKET:
        price, quote_amount = order.last_price, None
    if asked.quote_amount is not None:
        quantity, quote_amount = order.executed_lots, ATOMS.plain(asked.quote_amount)
    return replies.OrderReply(
        symbol=order.symbol,
        orderId=order.order_id,
        clientOrderId=asked.client_order_id,
        price=market.prices.plain(price),
        origQty=market.quantities.plain(quantity),
        executedQty=market.quantities.plain(order.executed_lots),
        cummulativeQuoteQty=market.turnovers.plain(order.turnover),
        status=order.state,
        type=asked.kind,
        side=asked.side.name,
        time=order.created_ms,
        updateTime=order.updated_ms,
        origQuoteOrderQty=quote_amount,
        stpMode=asked.stp_mode,
        cancelReason=order.cancel_reason or UNSET,
    )


def _allowed(caller: Caller, request: OrderRequest) -> OrderRequest:
    _check_symbol(caller, request.symbol)
    return request


def _check_symbol(caller: Caller, symbol: str) -> None:
    if caller.key.symbols is not None and symbol not in caller.key.symbols:
        raise TradeRefusal(30020, "no permission for the symbol")


def _batch(text: str) -> list[dict[str, str]]:
    try:
        entries = msgspec.json.decode(text, type=list[dict[str, str]])
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise bad_parameter("batchOrders") from error
    symbols = {entry.get("symbol") for entry in entries}
    if not 1 <= len(entries) <= MOST_IN_BATCH or len(symbols) != 1:
        raise bad_parameter("batchOrders")
    for entry in entries:
        kind = entry.get("type", "")
        entry["type"] = BATCH_SPELLINGS.get(kind, kind)
    return entries

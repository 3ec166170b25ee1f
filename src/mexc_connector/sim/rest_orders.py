"""The endpoints that read orders and trades of an account, newest first."""

from __future__ import annotations

from collections.abc import Iterable

from mexc_connector.sim import private_replies as replies
from mexc_connector.sim.client_orders import ClientFill, ClientOrder
from mexc_connector.sim.errors import TradeRefusal
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.gate import Caller
from mexc_connector.sim.intervals import DAY_MS
from mexc_connector.sim.ledger import ATOMS
from mexc_connector.sim.matching import Side
from mexc_connector.sim.options import SimOptions
from mexc_connector.sim.queries import required_text, row_limit, whole_number
from mexc_connector.sim.rest_trading import find_order, order_reply, symbol_list
from mexc_connector.sim.trading_desk import TradingDesk

ORDER_HORIZON_MS = 7 * DAY_MS
TRADE_HORIZON_MS = 30 * DAY_MS
USUAL_ORDERS = 500
MOST_ORDERS = 1_000
USUAL_TRADES = 10
"""What a client that read the endpoint live in 2026 reports; older documents say 100."""


class OrderQueries:
    """Reading back."""

    def __init__(self, desk: TradingDesk, exchange: Exchange, options: SimOptions) -> None:
        self._desk = desk
        self._exchange = exchange
        self._options = options

    def order(self, caller: Caller) -> replies.OrderReply:
        """GET order: up to 7 days back."""
        order = find_order(caller.account, caller.query)
        if order is None or not self._is_visible(order):
            raise TradeRefusal(-2013, "Order does not exist.")
        if order.created_ms < self._exchange.now_ms - ORDER_HORIZON_MS:
            raise TradeRefusal(-2013, "Order does not exist.")
        return order_reply(order)

    def open_orders(self, caller: Caller) -> list[replies.OrderReply]:
        """GET openOrders: of up to five markets, or of all."""
        names = caller.query.get("symbol")
        symbols = symbol_list(self._desk, names) if names else None
        return [
            order_reply(order)
            for order in reversed(caller.account.open_orders.values())
            if (symbols is None or order.symbol in symbols) and self._is_visible(order)
        ]

    def all_orders(self, caller: Caller) -> list[replies.OrderReply]:
        """GET allOrders: the last day unless asked otherwise, at most 7 days back."""
        query = caller.query
        symbol = self._desk.rules.market(required_text(query, "symbol")).symbol
        limit = row_limit(query, usual=USUAL_ORDERS, most=MOST_ORDERS)
        now_ms = self._exchange.now_ms
        start_ms, end_ms = whole_number(query, "startTime"), whole_number(query, "endTime")
        end_ms = now_ms if end_ms is None else end_ms
        start_ms = max(
            min(end_ms, now_ms) - DAY_MS if start_ms is None else start_ms,
            now_ms - ORDER_HORIZON_MS,
        )
        found: list[replies.OrderReply] = []
        for order in reversed(caller.account.orders.values()):
            if order.created_ms < start_ms or len(found) == limit:
                break
            if order.symbol == symbol and order.created_ms <= end_ms and self._is_visible(order):
                found.append(order_reply(order))
        return found

    def own_trades(self, caller: Caller) -> list[replies.OwnTrade]:
        """GET myTrades: bounds and stamps are whole seconds, one month is kept."""
        query = caller.query
        symbol = self._desk.rules.market(required_text(query, "symbol")).symbol
        limit = row_limit(query, usual=USUAL_TRADES, most=self._options.limits.own_trade_rows)
        now_ms = self._exchange.now_ms
        start_ms = whole_number(query, "startTime") or 0
        end_ms = whole_number(query, "endTime")
        first_s = max(start_ms, now_ms - TRADE_HORIZON_MS) // 1000
        last_s = (now_ms if end_ms is None else end_ms) // 1000
        settled_ms = now_ms - self._options.own_trades_lag_ms
        chosen = (
            fill
            for fill in _of_order(reversed(caller.account.fills), query.get("orderId"))
            if fill.order.symbol == symbol
            and first_s <= fill.time_ms // 1000 <= last_s
            and fill.time_ms <= settled_ms
        )
        return [_own_trade(fill) for fill, _ in zip(chosen, range(limit), strict=False)]

    def _is_visible(self, order: ClientOrder) -> bool:
        return self._exchange.now_ms - order.written_ms >= self._options.read_after_write_ms


def _of_order(fills: Iterable[ClientFill], order_id: str | None) -> Iterable[ClientFill]:
    if not order_id:
        return fills
    return (fill for fill in fills if fill.order.order_id == order_id)


def _own_trade(fill: ClientFill) -> replies.OwnTrade:
    order, market = fill.order, fill.order.market
    return replies.OwnTrade(
        symbol=order.symbol,
        id=fill.trade_id,
        orderId=order.order_id,
        price=market.prices.plain(fill.price),
        qty=market.quantities.plain(fill.lots),
        quoteQty=market.turnovers.plain(fill.price * fill.lots),
        commission=ATOMS.plain(fill.fee.atoms),
        commissionAsset=fill.fee.asset,
        time=fill.time_ms - fill.time_ms % 1000,
        isBuyer=order.asked.side is Side.BUY,
        isMaker=fill.is_maker,
        isSelfTrade=fill.is_self_trade,
        clientOrderId=order.asked.client_order_id,
    )

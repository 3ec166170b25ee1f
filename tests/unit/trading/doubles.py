"""An account's REST as a little exchange in memory, with switches for what goes wrong."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from mexc_connector.common.config import MexcConfig
from mexc_connector.common.enums import MarketStatus, OrderStatus, OrderType, Side, TradableSides
from mexc_connector.common.errors import MexcError, OrderOutcomeUnknown, UnknownOrder
from mexc_connector.common.guard_config import GuardConfig
from mexc_connector.common.instrument import SymbolInfo
from mexc_connector.common.orders import (
    AssetBalance,
    BalanceAmounts,
    ClientOrderId,
    Fill,
    Order,
    OrderId,
)
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.common.trading_config import TradingConfig
from mexc_connector.core.client_order_ids import ClientOrderIds
from mexc_connector.core.order_check import CheckedOrder
from mexc_connector.trading.account import Account
from mexc_connector.trading.guard_readings import Books
from mexc_connector.trading.journal_file import OrderJournal
from tests.unit.rest.doubles import FakeClock
from tests.unit.trading.orders import BTC

NOT_FOUND = UnknownOrder("Order does not exist.", endpoint="GET /api/v3/order", code=-2013)
NO_SUCH_OPEN = UnknownOrder("Unknown order sent.", endpoint="DELETE /api/v3/order", code=-2011)


def lost(client_order_id: str = "") -> OrderOutcomeUnknown:
    return OrderOutcomeUnknown(client_order_id)


def balance(asset: str, free: str, locked: str = "0", *, at_ms: int | None = None) -> AssetBalance:
    exact = BalanceAmounts(free=Decimal(free), locked=Decimal(locked))
    return AssetBalance(asset=AssetName(asset), exact=exact, updated_ms=at_ms)


def rules(symbol: Symbol = BTC) -> SymbolInfo:
    return SymbolInfo(
        symbol=symbol,
        exchange_symbol=f"{symbol.base}{symbol.quote}",
        full_name="",
        status=MarketStatus.ONLINE,
        is_api_trading_allowed=True,
        tradable_sides=TradableSides.BOTH,
        order_types=frozenset({OrderType.LIMIT, OrderType.MARKET, OrderType.LIMIT_MAKER}),
        base_precision=6,
        quote_precision=2,
        step_size=Decimal("0.000001"),
        tick_size=Decimal("0.01"),
        min_amount=Decimal("0.0001"),
        min_quote_amount=Decimal(1),
        min_quote_amount_market=Decimal(1),
        max_quote_amount=None,
        max_quote_amount_market=None,
        maker_commission=None,
        taker_commission=None,
        max_buy_premium=None,
        max_sell_discount=None,
        is_special_treatment=False,
        contract_address="",
        listed_ms=None,
    )


Trouble = MexcError | Callable[[], Awaitable[None]]


@dataclass
class FakeRest:
    """`trouble[name]` is a queue: None lets a call pass, an error is raised, a function awaited.

    An `OrderOutcomeUnknown` is raised after the command was carried out, unless `is_dropping`:
    then the request never arrived.
    """

    orders: dict[OrderId, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    held: list[AssetBalance] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    trouble: dict[str, deque[Trouble | None]] = field(default_factory=dict)
    sent: list[ClientOrderId] = field(default_factory=list)
    is_dropping: bool = False
    names_orders: bool = True
    """Whether replies carry the client order id."""
    on_placed: Callable[[Order], None] | None = None
    now_ms: int = 1_000_000

    def will(self, name: str, *troubles: Trouble | None) -> None:
        self.trouble.setdefault(name, deque()).extend(troubles)

    async def _meet(self, name: str, arrive: Callable[[], None] | None = None) -> None:
        self.calls.append(name)
        queue = self.trouble.get(name)
        trouble = queue.popleft() if queue else None
        if isinstance(trouble, OrderOutcomeUnknown):
            if arrive is not None and not self.is_dropping:
                arrive()
            raise trouble
        if isinstance(trouble, MexcError):
            raise trouble
        if trouble is not None:
            await trouble()
        if arrive is not None:
            arrive()

    def count(self, name: str) -> int:
        return self.calls.count(name)

    def add(self, order: Order) -> None:
        assert order.order_id is not None
        self.orders[order.order_id] = order

    def set(self, order_id: str, status: OrderStatus, filled: str = "0") -> Order:
        """Let an order come to a state at the exchange."""
        known = self.orders[OrderId(order_id)]
        exact = msgspec.structs.replace(
            known.exact,
            amount_filled=Decimal(filled),
            quote_amount_filled=Decimal(filled) * 100,
        )
        known = msgspec.structs.replace(known, status=status, exact=exact)
        self.add(known)
        return known

    def _find(self, order_id: str | None, client_order_id: str | None) -> Order:
        for order in self.orders.values():
            if order_id == order.order_id or (
                client_order_id is not None and client_order_id == order.client_order_id
            ):
                return order
        raise NOT_FOUND

    def _told(self, order: Order) -> Order:
        return order if self.names_orders else msgspec.structs.replace(order, client_order_id=None)

    # AccountRest.

    async def send_checked(
        self,
        order: CheckedOrder,
        client_order_id: ClientOrderId,
        *,
        admit: Callable[[], object] | None = None,
    ) -> Order:
        queue = self.trouble.get("turn")
        if queue:
            await queue.popleft()()  # type: ignore[misc,operator]  # a function, no error
        if admit is not None:
            admit()
        self.sent.append(client_order_id)
        placed = Order(
            symbol=order.symbol,
            side=order.side,
            order_type=order.order_type,
            status=OrderStatus.NEW,
            exact=order.exact,
            order_id=OrderId(f"X{len(self.sent)}"),
            client_order_id=client_order_id,
            created_ms=self.now_ms,
        )

        def arrive() -> None:
            self.add(placed)
            if self.on_placed is not None:
                self.on_placed(placed)

        await self._meet("place", arrive)
        return msgspec.structs.replace(placed, status=OrderStatus.PENDING_NEW, client_order_id=None)

    async def cancel_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        found: list[Order] = []

        def arrive() -> None:
            order = self._open(order_id, client_order_id)
            found.append(order)
            self._cancel(order)

        await self._meet("cancel", arrive)
        return self._told(found[0])

    def _open(self, order_id: str | None, client_order_id: str | None) -> Order:
        try:
            order = self._find(order_id, client_order_id)
        except UnknownOrder:
            raise NO_SUCH_OPEN from None
        if order.is_done:
            raise NO_SUCH_OPEN
        return order

    def _cancel(self, order: Order) -> None:
        filled = order.exact.amount_filled
        status = OrderStatus.PARTIALLY_CANCELED if filled else OrderStatus.CANCELED
        self.set(str(order.order_id), status, str(filled))

    async def cancel_open_orders(self, *symbols: Symbol) -> list[Order]:
        canceled: list[Order] = []

        def arrive() -> None:
            for order in list(self.orders.values()):
                if order.symbol in symbols and not order.is_done:
                    canceled.append(order)
                    self._cancel(order)

        await self._meet("cancel_open", arrive)
        return canceled

    async def cancel_all_orders(self) -> None:
        def arrive() -> None:
            for order in list(self.orders.values()):
                if not order.is_done:
                    self._cancel(order)

        await self._meet("cancel_all", arrive)

    async def get_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        await self._meet("get_order")
        return self._told(self._find(order_id, client_order_id))

    async def get_open_orders(self, symbol: Symbol | None = None) -> list[Order]:
        await self._meet("open_orders")
        return [
            self._told(order)
            for order in self.orders.values()
            if not order.is_done and symbol in (None, order.symbol)
        ]

    async def get_my_trades(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        start_ms: int | None = None,
    ) -> list[Fill]:
        await self._meet("my_trades")
        return [
            fill
            for fill in self.fills
            if fill.symbol == symbol
            and order_id in (None, fill.order_id)
            and fill.exchange_time_ms >= (start_ms or 0)
        ]

    async def get_account_balances(self) -> list[AssetBalance]:
        await self._meet("balances")
        return list(self.held)


async def rules_of(symbol: Symbol) -> SymbolInfo:
    return rules(symbol)


NO_GUARDS = GuardConfig()
FAST = TradingConfig(audit_s=3_600.0)


def new_account(
    rest: FakeRest,
    *,
    clock: FakeClock | None = None,
    journal: OrderJournal | None = None,
    trading: TradingConfig = FAST,
    markets: tuple[Symbol, ...] = (BTC,),
    guards: GuardConfig = NO_GUARDS,
    books: Books = dict,
) -> Account:
    return Account(
        rest,
        rules=rules_of,
        ids=ClientOrderIds(started_ms=1, entropy=2),
        markets=lambda: markets,
        exchange_time_ms=lambda: rest.now_ms,
        last_price=lambda _: None,
        books=books,
        config=MexcConfig(trading=trading, guards=guards),
        clock=clock or FakeClock(),
        journal=journal,
    )


def checked(amount: str = "10", price: str = "100", *, side: Side = Side.BUY) -> CheckedOrder:
    return CheckedOrder(
        symbol=BTC,
        exchange_symbol="BTCUSDT",
        side=side,
        order_type=OrderType.LIMIT,
        price=Decimal(price),
        amount=Decimal(amount),
    )

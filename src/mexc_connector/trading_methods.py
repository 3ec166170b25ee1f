"""TradingMethods: the account's half of the facade; every method delegates to the open account."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Never

from mexc_connector.common.enums import OrderType, SelfTradePrevention, Side, TimeInForce
from mexc_connector.common.errors import UsageError
from mexc_connector.common.guard_config import DeadManSwitch
from mexc_connector.common.guards import GuardAction, GuardEvent
from mexc_connector.common.instrument import Number
from mexc_connector.common.order_handle import OrderHandle
from mexc_connector.common.orders import AssetBalance, ClientOrderId, Fill, Order, OrderId
from mexc_connector.common.registration import Registration
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.common.trading_reports import (
    AccountStatus,
    CancelAllReport,
    OrderModification,
    RecoveryReport,
)
from mexc_connector.common.watch import Watch
from mexc_connector.core.order_request import OrderRequest
from mexc_connector.trading.account import Account
from mexc_connector.trading.order_desk import not_offered
from mexc_connector.trading_interface import TradingInterface


class TradingMethods(TradingInterface):
    """Implements `TradingInterface` for whoever can say which account is open."""

    @abstractmethod
    def _open_account(self) -> Account:
        """Return the open account. Raises `SessionClosed`, and `UsageError` without keys."""

    # Placing.

    async def place_order(
        self,
        symbol: Symbol,
        *,
        side: Side,
        order_type: OrderType = OrderType.LIMIT,
        amount: Number | None = None,
        price: Number | None = None,
        quote_amount: Number | None = None,
        time_in_force: TimeInForce | None = None,
        client_order_id: str | None = None,
        self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE,
    ) -> OrderHandle:
        """Place an order; costs one of 12 orders a second."""
        request = OrderRequest(
            side=side,
            order_type=order_type,
            amount=amount,
            price=price,
            quote_amount=quote_amount,
            time_in_force=time_in_force,
            client_order_id=client_order_id,
            self_trade_prevention=self_trade_prevention,
        )
        return await self._open_account().desk.place_order(symbol, request)

    async def place_limit_order(
        self,
        symbol: Symbol,
        *,
        side: Side,
        amount: Number,
        price: Number,
        time_in_force: TimeInForce = TimeInForce.GTC,
        client_order_id: str | None = None,
    ) -> OrderHandle:
        """Place a limit order; see `place_order`."""
        return await self.place_order(
            symbol,
            side=side,
            order_type=OrderType.LIMIT,
            amount=amount,
            price=price,
            time_in_force=time_in_force,
            client_order_id=client_order_id,
        )

    async def place_market_order(
        self,
        symbol: Symbol,
        *,
        side: Side,
        amount: Number | None = None,
        quote_amount: Number | None = None,
        client_order_id: str | None = None,
    ) -> OrderHandle:
        """Place a market order; see `place_order`."""
        return await self.place_order(
            symbol,
            side=side,
            order_type=OrderType.MARKET,
            amount=amount,
            quote_amount=quote_amount,
            client_order_id=client_order_id,
        )

    async def place_stop_order(self, *_: object, **__: object) -> Never:
        """Refuse: the exchange's API takes no stop orders. Raises `UsageError`, always."""
        raise UsageError(not_offered("a stop order"))

    async def place_oco_order(self, *_: object, **__: object) -> Never:
        """Refuse: the exchange's API takes no OCO orders. Raises `UsageError`, always."""
        raise UsageError(not_offered("an OCO order"))

    # Cancelling and changing.

    async def cancel_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Cancel an order and return its final state; costs one of 12 orders a second."""
        return await self._open_account().desk.cancel_order(
            symbol, order_id=order_id, client_order_id=client_order_id
        )

    async def cancel_all_orders(self, symbol: Symbol | None = None) -> CancelAllReport:
        """Cancel all open orders of a market or of the account, OCO orders of the web included."""
        return await self._open_account().cancel_all(symbol)

    async def modify_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
        amount: Number | None = None,
        price: Number | None = None,
    ) -> OrderModification:
        """Cancel, then place: two of 12 orders a second."""
        return await self._open_account().desk.modify_order(
            symbol, order_id=order_id, client_order_id=client_order_id, amount=amount, price=price
        )

    async def amend_order(self, *_: object, **__: object) -> Never:
        """Refuse: the exchange cannot amend an order. Raises `UsageError`, always."""
        raise UsageError("the exchange cannot amend orders; modify_order cancels and places anew")

    # Reading.

    async def get_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Return an order from memory where that is true, else by REST at weight 2."""
        return await self._open_account().get_order(
            symbol, order_id=order_id, client_order_id=client_order_id
        )

    def get_order_handle(self, client_order_id: str) -> OrderHandle:
        """Return the handle of an order in memory by our id."""
        return self._open_account().desk.handle_of(ClientOrderId(client_order_id))

    async def get_open_orders(self, symbol: Symbol | None = None) -> tuple[Order, ...]:
        """Read the open orders by REST."""
        return await self._open_account().get_open_orders(symbol)

    @property
    def open_orders(self) -> tuple[Order, ...]:
        """Every order that may still trade, from memory."""
        return self._open_account().board.tracker.open_orders

    @property
    def balances(self) -> Mapping[AssetName, AssetBalance]:
        """All balances, from memory."""
        return self._open_account().balances.balances

    def get_asset_balance(self, asset: AssetName) -> AssetBalance:
        """Return one balance from memory."""
        return self._open_account().balances.get(asset)

    async def get_fresh_balances(self) -> Mapping[AssetName, AssetBalance]:
        """Read all balances by REST."""
        return await self._open_account().balances.refresh()

    @property
    def account_status(self) -> AccountStatus:
        """Whether memory is what the exchange holds."""
        return self._open_account().feed.status

    @property
    def recovery(self) -> RecoveryReport | None:
        """What became of the orders of an earlier session."""
        return self._open_account().recovery

    # Guards.

    def dead_man_switch(
        self, timeout_s: float | None, *, action: GuardAction = GuardAction.HALT
    ) -> None:
        """Act unless `heartbeat()` is called every `timeout_s`; None ends it."""
        switch = None if timeout_s is None else DeadManSwitch(timeout_s=timeout_s, action=action)
        self._open_account().guards.arm(switch)

    def heartbeat(self) -> None:
        """Tell the dead-man switch that the bot is well."""
        self._open_account().guards.heartbeat()

    @property
    def tripped_guards(self) -> tuple[GuardEvent, ...]:
        """The guards that refuse orders now."""
        return self._open_account().guards.guards.tripped

    def reset_guards(self) -> None:
        """Let orders pass again."""
        self._open_account().guards.reset()

    def on_guard(self, callback: Callable[[GuardEvent], object]) -> Registration:
        """Call `callback(event)` when a guard trips, has canceled, and clears."""
        return self._open_account().guards.events.register(callback)

    # Events.

    def watch_orders(self) -> Watch[Order]:
        """Iterate over changed orders."""
        return self._open_account().board.orders.watch()

    def on_orders(self, callback: Callable[[Order], object]) -> Registration:
        """Call `callback(order)` whenever an order has changed."""
        return self._open_account().board.orders.register(callback)

    def watch_fills(self) -> Watch[Fill]:
        """Iterate over executions, each once."""
        return self._open_account().board.fills.watch()

    def on_fills(self, callback: Callable[[Fill], object]) -> Registration:
        """Call `callback(fill)` for each execution."""
        return self._open_account().board.fills.register(callback)

    def watch_balances(self) -> Watch[AssetBalance]:
        """Iterate over balances as they change."""
        return self._open_account().balances.changes.watch()

    def on_balances(self, callback: Callable[[AssetBalance], object]) -> Registration:
        """Call `callback(balance)` for each change of a balance."""
        return self._open_account().balances.changes.register(callback)

    def on_account_status(self, callback: Callable[[AccountStatus], object]) -> Registration:
        """Call `callback(status)` when memory stops or starts being true."""
        return self._open_account().feed.on_status(callback)

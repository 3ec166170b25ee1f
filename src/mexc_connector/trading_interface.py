"""TradingInterface: orders, fills and balances as a bot may rely on them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from mexc_connector.common.enums import OrderType, SelfTradePrevention, Side, TimeInForce
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


class TradingInterface(ABC):
    """The account's half of an exchange. Everything here raises `UsageError` without API keys.

    Orders and balances in memory are what the exchange holds while `account_status` is current:
    the private stream moves them, and after every reconnect they are compared over REST first.
    """

    # Placing.

    @abstractmethod
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
        """Place an order; it returns once the exchange has accepted it, and is sent once.

        Nothing is rounded. Raises `OrderRefused` (a rule of the market, nothing was sent),
        `GuardTripped` (a guard, never sent), `ExchangeAPIError` (the exchange said no),
        `TransportError` (never sent), `JournalError` (never sent), and `OrderOutcomeUnknown` when
        the answer was lost: the order is looked for in the background, and
        `get_order_handle(error.client_order_id)` follows it. Never place it again before it is
        settled. Cancelling this call leaves the same behind.
        """

    @abstractmethod
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
        """Place a limit order; `amount` in base. Raises like `place_order`."""

    @abstractmethod
    async def place_market_order(
        self,
        symbol: Symbol,
        *,
        side: Side,
        amount: Number | None = None,
        quote_amount: Number | None = None,
        client_order_id: str | None = None,
    ) -> OrderHandle:
        """Place a market order, sized in base or in quote. Raises like `place_order`."""

    # Cancelling and changing.

    @abstractmethod
    async def cancel_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Cancel an order, named by one of its ids, and return its final state.

        Raises `OrderAlreadyDone` with the final state of an order that had ended before,
        `UnknownOrder`, and `OrderOutcomeUnknown` when nothing could be learned in time.
        """

    @abstractmethod
    async def cancel_all_orders(self, symbol: Symbol | None = None) -> CancelAllReport:
        """Cancel all open orders of a market, or of the whole account, and read what is left."""

    @abstractmethod
    async def modify_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
        amount: Number | None = None,
        price: Number | None = None,
    ) -> OrderModification:
        """Cancel an order and place another with a new amount or price; both halves are reported.

        The exchange cannot amend: the new order has a new id and goes to the end of the queue.
        Without `amount` what was not filled is carried over. Nothing is cancelled for a new order
        that breaks a rule. Raises what `cancel_order` raises, and then nothing was placed.
        """

    # Reading.

    @abstractmethod
    async def get_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Return an order, from memory where that is true, else by REST (seven days back)."""

    @abstractmethod
    def get_order_handle(self, client_order_id: str) -> OrderHandle:
        """Return the handle of an order in memory by our id. Raises `UsageError`."""

    @abstractmethod
    async def get_open_orders(self, symbol: Symbol | None = None) -> tuple[Order, ...]:
        """Read the open orders of a market, or of the account, by REST."""

    @property
    @abstractmethod
    def open_orders(self) -> tuple[Order, ...]:
        """Every order that may still trade, from memory; those under way and unknown included."""

    @property
    @abstractmethod
    def balances(self) -> Mapping[AssetName, AssetBalance]:
        """All balances, from memory: read-only, follows the session."""

    @abstractmethod
    def get_asset_balance(self, asset: AssetName) -> AssetBalance:
        """Return one balance from memory; zero for an asset that is not held."""

    @abstractmethod
    async def get_fresh_balances(self) -> Mapping[AssetName, AssetBalance]:
        """Read all balances by REST and return `balances`. Callers at the same time share it."""

    @property
    @abstractmethod
    def account_status(self) -> AccountStatus:
        """Whether orders and balances in memory are what the exchange holds, and why not."""

    @property
    @abstractmethod
    def recovery(self) -> RecoveryReport | None:
        """What became of the orders of an earlier session; None without a journal."""

    # Guards.

    @abstractmethod
    def dead_man_switch(
        self, timeout_s: float | None, *, action: GuardAction = GuardAction.HALT
    ) -> None:
        """Act unless `heartbeat()` is called every `timeout_s`, from now on; None ends it.

        Orders are canceled and refused by this process: it must live, and reach the exchange,
        which has no such switch of its own. docs/reliability.md has one that survives it.
        """

    @abstractmethod
    def heartbeat(self) -> None:
        """Tell the dead-man switch that the bot is well. Costs nothing; see `dead_man_switch`."""

    @property
    @abstractmethod
    def tripped_guards(self) -> tuple[GuardEvent, ...]:
        """The guards that refuse orders now, each as it tripped, the oldest first."""

    @abstractmethod
    def reset_guards(self) -> None:
        """Let orders pass again, after `GuardAction.HALT` too.

        A cause that is still there trips again, and cancels again. A guard that is still canceling
        refuses until it is done.
        """

    @abstractmethod
    def on_guard(self, callback: Callable[[GuardEvent], object]) -> Registration:
        """Call `callback(event)` when a guard trips, has canceled, and clears."""

    # Events.

    @abstractmethod
    def watch_orders(self) -> Watch[Order]:
        """Iterate over changed orders, each state once; `EventsLost` if the queue overflows."""

    @abstractmethod
    def on_orders(self, callback: Callable[[Order], object]) -> Registration:
        """Call `callback(order)` whenever an order has changed."""

    @abstractmethod
    def watch_fills(self) -> Watch[Fill]:
        """Iterate over executions, each once; `EventsLost` if the queue overflows."""

    @abstractmethod
    def on_fills(self, callback: Callable[[Fill], object]) -> Registration:
        """Call `callback(fill)` for each execution."""

    @abstractmethod
    def watch_balances(self) -> Watch[AssetBalance]:
        """Iterate over balances as they change; `EventsLost` if the queue overflows."""

    @abstractmethod
    def on_balances(self, callback: Callable[[AssetBalance], object]) -> Registration:
        """Call `callback(balance)` for each change of a balance."""

    @abstractmethod
    def on_account_status(self, callback: Callable[[AccountStatus], object]) -> Registration:
        """Call `callback(status)` when memory stops or starts being true."""

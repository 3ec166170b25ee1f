"""`MexcPrivateSpotRest`: orders, balances and the account over REST."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Self

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.credentials import credentials_from
from mexc_connector.common.enums import OrderType, SelfTradePrevention, Side, TimeInForce
from mexc_connector.common.errors import ConfigError, MexcError
from mexc_connector.common.instrument import Number
from mexc_connector.common.orders import ClientOrderId, Fill, Order, OrderId
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.client_order_ids import (
    ENTROPY_BITS,
    ClientOrderIds,
    checked_client_order_id,
)
from mexc_connector.core.order_check import CheckedOrder
from mexc_connector.core.order_request import OrderRequest
from mexc_connector.rest import arguments
from mexc_connector.rest.answer import OrderReference
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.metrics import RestMetrics
from mexc_connector.rest.private_account import AccountClient
from mexc_connector.rest.private_history import HistoryEndpoints
from mexc_connector.rest.private_link import PrivateLink
from mexc_connector.rest.private_orders import OrderEndpoints
from mexc_connector.rest.public import MexcPublicSpotRest
from mexc_connector.rest.session import RestSession
from mexc_connector.rest.transport import HttpTransport

_NS_PER_MS = 1_000_000


class MexcPrivateSpotRest(AccountClient):
    """Orders, balances and the account. Use it in `async with`, or `close` it.

    The keys come from the arguments, else from the config, else from `MEXC_API_KEY` and
    `MEXC_API_SECRET`; without any it raises `ConfigError`. They are in no log, `repr`, error or
    metric. `public` lends its symbol rules, rate budget and configuration where none are given, and
    stays open; without it one is made. `transport` and `clock` are seams for tests.

    Commands are sent once. `OrderOutcomeUnknown` says that one may have been carried out: look the
    order up before doing anything else about it. Every other error of a command is certain:
    nothing happened. A cancelled call is certain of nothing. Reads are repeated and fail as those
    of `MexcPublicSpotRest`; everything waits for rate budget, cancels first, then placements.
    Wrong arguments are a `UsageError`, orders that break a rule of their market an `OrderRefused`,
    both before anything is sent.
    """

    def __init__(
        self,
        api_key: str | None = None,
        secret_key: str | None = None,
        *,
        config: MexcConfig | None = None,
        public: MexcPublicSpotRest | None = None,
        transport: HttpTransport | None = None,
        budget: RequestBudget | None = None,
        clock: Clock | None = None,
    ) -> None:
        if public is not None:
            config, budget = config or public.symbols.config, budget or public.budget
        config = config or MexcConfig()
        credentials = credentials_from(api_key, secret_key, config=config)
        if credentials is None:
            raise ConfigError(
                "no API key: give api_key and secret_key, or set MEXC_API_KEY and MEXC_API_SECRET"
            )
        self._session = RestSession(
            config,
            transport=transport,
            budget=budget,
            clock=clock,
            credentials=credentials,
        )
        self._session.budget.keep_room_for_trading()
        self._own_public = None
        if public is None:
            public = self._own_public = self._public_client(transport)
        self._symbols = public.symbols
        link = PrivateLink(self._session, self._symbols)
        super().__init__(link, api_key=credentials.api_key)
        self._orders = OrderEndpoints(link)
        self._history = HistoryEndpoints(link)
        self._client_order_ids = ClientOrderIds(
            started_ms=self._session.clock.time_ns() // _NS_PER_MS,
            entropy=secrets.randbits(ENTROPY_BITS),
        )

    def _public_client(self, transport: HttpTransport | None) -> MexcPublicSpotRest:
        session = self._session
        return MexcPublicSpotRest(
            session.config, transport=transport, budget=session.budget, clock=session.clock
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End calls under way, with `SessionClosed` or `OrderOutcomeUnknown`. May be called twice.

        Nothing is cancelled at the exchange. Takes a few seconds at most.
        """
        async with AsyncExitStack() as closing:  # a cancellation stops one of these at most
            if self._own_public is not None:
                closing.push_async_callback(self._own_public.close)
            closing.push_async_callback(self._shared_account.close)
            closing.push_async_callback(self._session.close)

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
    ) -> Order:
        """Check an order and send it once. One of 12 orders a second; weight 1.

        Limit orders take `amount` (base) and `price`, market orders one of `amount` and
        `quote_amount` (to spend, or to receive). Without a `client_order_id` one is made. The
        exchange acknowledges only: the result is `PENDING_NEW`, with its order id and no fills.

        Source: Spot v3 docs, "New Order", POST /api/v3/order, read 2026-11-20.
        """
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
        return await self.send_checked(*await self._checked(symbol, request))

    async def _checked(
        self, symbol: Symbol, request: OrderRequest
    ) -> tuple[CheckedOrder, ClientOrderId]:
        order = request.checked(await self._link.info_of(symbol))
        if request.client_order_id is None:
            return order, self._client_order_ids.next()
        return order, checked_client_order_id(request.client_order_id)

    async def send_checked(
        self,
        order: CheckedOrder,
        client_order_id: ClientOrderId,
        *,
        admit: Callable[[], object] | None = None,
    ) -> Order:
        """Send an order that is checked already, once; as `place_order` from there on.

        `admit` is called when its turn has come; what it raises stops the order, and is raised.
        """
        return await self._orders.place(order, client_order_id, admit=admit)

    async def test_order(self, symbol: Symbol, request: OrderRequest) -> None:
        """Let the exchange check an order without placing it. Counts like a placed one.

        That it passes proves little: the matching engine never sees it.
        """
        await self._orders.test(*await self._checked(symbol, request))

    async def place_orders(
        self, symbol: Symbol, requests: Sequence[OrderRequest]
    ) -> list[Order | MexcError]:
        """Send up to 20 orders of one market in one request, once. Weight 10, one order a second.

        If any breaks a rule of its market nothing is sent. The result has one entry for each, in
        order: an `Order` that was acknowledged; an `ExchangeAPIError` for one that was certainly
        not placed; an `OrderOutcomeUnknown` where that is open, for all of them if the answer is
        lost. An error about the request as a whole is raised: then none was placed.
        """
        checked = [await self._checked(symbol, request) for request in requests]
        return await self._orders.place_batch(checked)

    async def cancel_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Cancel one order, named by one of the ids. Overtakes all but cancels. Weight 1.

        Cancels take effect a moment later, so the reply may show the state before it, or none
        (`UNKNOWN`): read the order to know its end. `UnknownOrder` says that it is not open:
        finished, or never there. Repeating a cancel after `OrderOutcomeUnknown` does no harm.
        """
        return await self._orders.cancel(symbol, OrderReference(order_id, client_order_id))

    async def cancel_open_orders(self, *symbols: Symbol) -> list[Order]:
        """Cancel all orders of up to 5 markets, those placed on the web included. Weight 1.

        Returns what was cancelled, as `cancel_order` does.
        """
        return await self._orders.cancel_open(symbols)

    async def cancel_all_orders(self) -> None:
        """Cancel every order of the account, on all markets. Weight 1.

        The reply names no order: read the open orders afterwards.
        """
        await self._orders.cancel_all()

    async def get_order(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        client_order_id: ClientOrderId | None = None,
    ) -> Order:
        """Read one order of the last 7 days, named by one of the ids. Weight 2.

        Right after placing or cancelling the exchange may not find it yet: `UnknownOrder`.
        """
        return await self._orders.get(symbol, OrderReference(order_id, client_order_id))

    async def get_open_orders(self, symbol: Symbol | None = None) -> list[Order]:
        """Read the open orders of one market, or of all. Weight 3.

        Orders in markets that `exchangeInfo` lacks have no `Symbol`: they are left out and
        counted as `unlisted_rows`.
        """
        return await self._orders.get_open(symbol)

    async def get_all_orders(
        self,
        symbol: Symbol,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Order]:
        """Read orders of one market in any state, newest first. Weight 10 per request.

        The exchange keeps 7 days, which is the default window; `limit` keeps the newest. A window
        of more than 1000 orders takes several requests.
        """
        arguments.require_range(start_ms, end_ms)
        arguments.require_limit(limit)
        return await self._history.all_orders(symbol, start_ms=start_ms, end_ms=end_ms, limit=limit)

    async def get_my_trades(
        self,
        symbol: Symbol,
        *,
        order_id: OrderId | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Fill]:
        """Read fills of one market or order, newest first, each once. Weight 10 per request.

        The exchange keeps a month, which is the default window; `limit` keeps the newest. Fills
        are stamped to the second, and may appear a moment after the order reads `FILLED`.
        """
        arguments.require_range(start_ms, end_ms)
        arguments.require_limit(limit)
        return await self._history.my_trades(
            symbol, order_id=order_id, start_ms=start_ms, end_ms=end_ms, limit=limit
        )

    def exchange_time_ms(self) -> int:
        """Return the exchange's clock as last measured; this machine's before that."""
        return self._session.exchange_clock.now_ms()

    def metrics(self) -> RestMetrics:
        """Return the counters; a shared account read counts as a hit of the cache."""
        account = self._shared_account
        return self._session.metrics(
            cache_hits=account.calls - account.requests,
            cache_misses=account.requests,
            unlisted_rows=self._symbols.unlisted_rows,
            unreadable_rows=self._symbols.cache.unreadable,
        )

    def __repr__(self) -> str:
        return f"<MexcPrivateSpotRest {self._session!r}>"

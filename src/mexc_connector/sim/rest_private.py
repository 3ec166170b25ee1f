"""Which private endpoints exist: what each costs, what right it needs, who answers."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from mexc_connector.sim.account_limits import AccountLimiter
from mexc_connector.sim.account_options import Permission
from mexc_connector.sim.errors import TooManyRequests
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.gate import Caller, SignedRequest, admit
from mexc_connector.sim.options import SimOptions
from mexc_connector.sim.private_streams import PrivateStreams
from mexc_connector.sim.rest_account import AccountEndpoints
from mexc_connector.sim.rest_groups import GroupEndpoints
from mexc_connector.sim.rest_orders import OrderQueries
from mexc_connector.sim.rest_trading import TradingEndpoints
from mexc_connector.sim.trading_desk import TradingDesk

PREFIX = "/api/v3/"

PrivateEndpoint = Callable[[Caller], object]


class PrivateRoute(msgspec.Struct, frozen=True):
    """One method and path: weight in both pools, the right it needs, who answers."""

    weight: int
    permission: str
    endpoint: PrivateEndpoint
    is_order: bool = False
    """Whether it counts against the orders of a second."""


class PrivateServer:
    """Every private endpoint behind the gate. `limit_clock` gives the time that limits follow."""

    def __init__(
        self,
        desk: TradingDesk,
        exchange: Exchange,
        streams: PrivateStreams,
        *,
        options: SimOptions,
        limit_clock: Callable[[], int],
    ) -> None:
        self._accounts = desk.accounts
        self._exchange = exchange
        self._limit_clock = limit_clock
        self._limiters = {
            account.owner: AccountLimiter(options.limits) for account in desk.accounts
        }
        trading = TradingEndpoints(desk, lambda: exchange.now_ms)
        queries = OrderQueries(desk, exchange, options)
        account = AccountEndpoints(desk, exchange, streams, limits=options.limits)
        self.routes: Routes = {
            (method, PREFIX + path): route
            for (method, path), route in (
                _order_routes(trading, queries)
                | _account_routes(account)
                | _group_routes(GroupEndpoints(desk, exchange))
            ).items()
        }

    def route(self, method: str, path: str) -> PrivateRoute | None:
        """Find a private endpoint."""
        return self.routes.get((method, path))

    def answer(self, route: PrivateRoute, request: SignedRequest) -> object:
        """Answer a request, or raise its refusal."""
        caller = admit(request, route.permission, self._accounts, self._exchange.told_ms)
        limiter = self._limiters[caller.account.owner]
        wait_s = limiter.judge(route.weight, self._limit_clock(), is_order=route.is_order)
        if wait_s:
            raise TooManyRequests(wait_s)
        return route.endpoint(caller)


Routes = dict[tuple[str, str], PrivateRoute]


def _order_routes(trading: TradingEndpoints, queries: OrderQueries) -> Routes:
    read, write = Permission.DEAL_READ, Permission.DEAL_WRITE
    return {
        ("POST", "order"): PrivateRoute(1, write, trading.place, is_order=True),
        ("POST", "order/test"): PrivateRoute(1, write, trading.test),
        ("POST", "batchOrders"): PrivateRoute(1, write, trading.place_batch, is_order=True),
        ("DELETE", "order"): PrivateRoute(1, write, trading.cancel, is_order=True),
        ("DELETE", "openOrders"): PrivateRoute(1, write, trading.cancel_of_symbols, is_order=True),
        ("DELETE", "order/all"): PrivateRoute(1, write, trading.cancel_all, is_order=True),
        ("GET", "order"): PrivateRoute(2, read, queries.order),
        ("GET", "openOrders"): PrivateRoute(3, read, queries.open_orders),
        ("GET", "allOrders"): PrivateRoute(10, read, queries.all_orders),
        ("GET", "myTrades"): PrivateRoute(10, Permission.ACCOUNT_READ, queries.own_trades),
    }


def _account_routes(account: AccountEndpoints) -> Routes:
    read = Permission.ACCOUNT_READ
    return {
        ("GET", "account"): PrivateRoute(10, read, account.account),
        ("GET", "tradeFee"): PrivateRoute(20, read, account.trade_fee),
        ("GET", "mxDeduct/enable"): PrivateRoute(1, Permission.DEAL_READ, account.mx_deduct),
        ("POST", "mxDeduct/enable"): PrivateRoute(1, Permission.DEAL_WRITE, account.set_mx_deduct),
        ("GET", "kyc/status"): PrivateRoute(1, read, account.kyc_status),
        ("GET", "uid"): PrivateRoute(1, read, account.uid),
        ("GET", "selfSymbols"): PrivateRoute(1, read, account.own_symbols),
        ("GET", "apiKeyInfo"): PrivateRoute(1, "", account.key_information),
        ("POST", "apiKeyInfo"): PrivateRoute(1, "", account.change_key),
        ("GET", "capital/config/getall"): PrivateRoute(10, Permission.WITHDRAW_READ, account.coins),
        ("POST", "userDataStream"): PrivateRoute(1, read, account.make_listen_key),
        ("GET", "userDataStream"): PrivateRoute(1, read, account.listen_keys),
        ("PUT", "userDataStream"): PrivateRoute(1, read, account.extend_listen_key),
        ("DELETE", "userDataStream"): PrivateRoute(1, read, account.close_listen_key),
    }


def _group_routes(groups: GroupEndpoints) -> Routes:
    read, write = Permission.ACCOUNT_READ, Permission.ACCOUNT_WRITE
    return {
        ("POST", "strategy/group"): PrivateRoute(20, write, groups.create),
        ("GET", "strategy/group"): PrivateRoute(20, read, groups.show),
        ("DELETE", "strategy/group"): PrivateRoute(20, write, groups.delete),
        ("POST", "strategy/group/uid"): PrivateRoute(20, write, groups.add),
        ("DELETE", "strategy/group/uid"): PrivateRoute(20, write, groups.remove),
    }

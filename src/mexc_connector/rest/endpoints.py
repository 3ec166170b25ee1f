"""Endpoints as data: path, weights, lane, and the group whose `RestConfig` applies.

Source: Spot v3 docs, the pages of 2026, read 2026-11-20. The weights of 2025 were lower for
exchangeInfo (10), depth (1) and the tickers (1 or 2); the exchange raises them without notice.
Placing and cancelling count in three budgets: weight of the address, weight of the account, and
the 12 orders a second; all else counts by the address. A batch counts once among the orders; its
weight is nowhere stated, 10 is the highest that a client assumes.
"""

from enum import StrEnum, unique

import msgspec

from mexc_connector.common.config import MexcConfig, RestConfig
from mexc_connector.core.rate_limit import RequestCost
from mexc_connector.core.request_line import Priority


@unique
class EndpointGroup(StrEnum):
    """Endpoints that share timeout and retries. `MARKET_DATA_FAST` is for what ages at once."""

    MARKET_DATA = "market_data"
    MARKET_DATA_FAST = "market_data_fast"
    ACCOUNT = "account"
    ORDER = "order"

    def options(self, config: MexcConfig) -> RestConfig:
        """Return the options of this group."""
        if self is EndpointGroup.MARKET_DATA:
            return config.market_data
        if self is EndpointGroup.MARKET_DATA_FAST:
            return config.market_data_fast
        return config.account if self is EndpointGroup.ACCOUNT else config.order


class Endpoint(msgspec.Struct, frozen=True):
    """One endpoint. `weight` counts against the budget of the address.

    `lane` decides who overtakes whom, and that placing and cancelling count as orders. Not given
    but derived are `label`, method and path as errors and logs name the endpoint, and `cost`, what
    one request takes from the budgets. `is_vital`: no circuit breaker may hold it back. Cancels
    are, and so is what they need and what settles an unknown outcome.
    """

    method: str
    path: str
    weight: int
    group: EndpointGroup
    is_signed: bool = False
    lane: Priority = Priority.READ
    label: str = ""
    cost: RequestCost = RequestCost()
    is_vital: bool = False

    def __post_init__(self) -> None:
        orders = int(self.lane is not Priority.READ)
        cost = RequestCost(ip_weight=self.weight, account_weight=orders, orders=orders)
        # Derived once: a request reads them ten times.
        msgspec.structs.force_setattr(self, "label", f"{self.method} {self.path}")
        msgspec.structs.force_setattr(self, "cost", cost)

    @property
    def is_command(self) -> bool:
        """Whether it changes something at the exchange: then it is sent at most once."""
        return self.method != "GET"


_SLOW = EndpointGroup.MARKET_DATA
_FAST = EndpointGroup.MARKET_DATA_FAST

PING = Endpoint("GET", "/api/v3/ping", 1, _FAST)
TIME = Endpoint("GET", "/api/v3/time", 1, _FAST, is_vital=True)  # signatures carry it
DEFAULT_SYMBOLS = Endpoint("GET", "/api/v3/defaultSymbols", 1, _SLOW)
OFFLINE_SYMBOLS = Endpoint("GET", "/api/v3/symbol/offline", 10, _SLOW)
ANNOUNCEMENTS = Endpoint("GET", "/api/v3/announcements", 8, _SLOW)
EXCHANGE_INFO = Endpoint("GET", "/api/v3/exchangeInfo", 25, _SLOW)
DEPTH = Endpoint("GET", "/api/v3/depth", 3, _FAST)
TRADES = Endpoint("GET", "/api/v3/trades", 5, _FAST)
AGGREGATE_TRADES = Endpoint("GET", "/api/v3/aggTrades", 1, _SLOW)
KLINES = Endpoint("GET", "/api/v3/klines", 1, _SLOW)
AVERAGE_PRICE = Endpoint("GET", "/api/v3/avgPrice", 1, _FAST)
TICKER_24H = Endpoint("GET", "/api/v3/ticker/24hr", 25, _SLOW)
TICKER_PRICE = Endpoint("GET", "/api/v3/ticker/price", 10, _FAST)
TICKER_BOOK = Endpoint("GET", "/api/v3/ticker/bookTicker", 10, _FAST)


def _order(method: str, path: str, weight: int, lane: Priority) -> Endpoint:
    return Endpoint(
        method,
        f"/api/v3/{path}",
        weight,
        EndpointGroup.ORDER,
        is_signed=True,
        lane=lane,
        is_vital=lane is Priority.CANCEL,
    )


def _signed(method: str, path: str, weight: int, *, is_vital: bool = False) -> Endpoint:
    return Endpoint(
        method,
        f"/api/v3/{path}",
        weight,
        EndpointGroup.ACCOUNT,
        is_signed=True,
        is_vital=is_vital,
    )


PLACE_ORDER = _order("POST", "order", 1, Priority.PLACE)
TEST_ORDER = _order("POST", "order/test", 1, Priority.PLACE)
PLACE_BATCH = _order("POST", "batchOrders", 10, Priority.PLACE)
CANCEL_ORDER = _order("DELETE", "order", 1, Priority.CANCEL)
CANCEL_OPEN_ORDERS = _order("DELETE", "openOrders", 1, Priority.CANCEL)
CANCEL_ALL_ORDERS = _order("DELETE", "order/all", 1, Priority.CANCEL)

ORDER = _signed("GET", "order", 2, is_vital=True)
OPEN_ORDERS = _signed("GET", "openOrders", 3, is_vital=True)
ALL_ORDERS = _signed("GET", "allOrders", 10)
MY_TRADES = _signed("GET", "myTrades", 10, is_vital=True)
ACCOUNT = _signed("GET", "account", 10)
TRADE_FEE = _signed("GET", "tradeFee", 20)
MX_DEDUCT = _signed("GET", "mxDeduct/enable", 1)
SET_MX_DEDUCT = _signed("POST", "mxDeduct/enable", 1)
KYC_STATUS = _signed("GET", "kyc/status", 1)
UID = _signed("GET", "uid", 1)
SELF_SYMBOLS = _signed("GET", "selfSymbols", 1)
API_KEY_INFO = _signed("GET", "apiKeyInfo", 1)
CURRENCIES = _signed("GET", "capital/config/getall", 10)

CREATE_STP_GROUP = _signed("POST", "strategy/group", 20)
STP_GROUPS = _signed("GET", "strategy/group", 20)
DELETE_STP_GROUP = _signed("DELETE", "strategy/group", 20)
ADD_STP_UIDS = _signed("POST", "strategy/group/uid", 20)
REMOVE_STP_UIDS = _signed("DELETE", "strategy/group/uid", 20)

CREATE_LISTEN_KEY = _signed("POST", "userDataStream", 1)
LISTEN_KEYS = _signed("GET", "userDataStream", 1)
EXTEND_LISTEN_KEY = _signed("PUT", "userDataStream", 1)
CLOSE_LISTEN_KEY = _signed("DELETE", "userDataStream", 1)

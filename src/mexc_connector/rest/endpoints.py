"""Endpoints as data: path, weight, and the group whose `RestConfig` applies.

Source: Spot v3 docs, the pages of 2026, read 2026-11-20. The weights of 2025 were lower for
exchangeInfo (10), depth (1) and the tickers (1 or 2); the exchange raises them without notice.
"""

from enum import StrEnum, unique

import msgspec

from mexc_connector.common.config import MexcConfig, RestConfig
from mexc_connector.core.rate_limit import RequestCost


@unique
class EndpointGroup(StrEnum):
    """Endpoints that share timeout and retries. `MARKET_DATA_FAST` is for what ages at once."""

    MARKET_DATA = "market_data"
    MARKET_DATA_FAST = "market_data_fast"

    def options(self, config: MexcConfig) -> RestConfig:
        """Return the options of this group."""
        if self is EndpointGroup.MARKET_DATA:
            return config.market_data
        return config.market_data_fast


class Endpoint(msgspec.Struct, frozen=True):
    """One endpoint. `weight` counts against the budget of the address."""

    method: str
    path: str
    weight: int
    group: EndpointGroup

    @property
    def label(self) -> str:
        """Method and path, as errors and logs name the endpoint."""
        return f"{self.method} {self.path}"

    @property
    def cost(self) -> RequestCost:
        """What one request takes from the budgets."""
        return RequestCost(ip_weight=self.weight)


_SLOW = EndpointGroup.MARKET_DATA
_FAST = EndpointGroup.MARKET_DATA_FAST

PING = Endpoint("GET", "/api/v3/ping", 1, _FAST)
TIME = Endpoint("GET", "/api/v3/time", 1, _FAST)
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

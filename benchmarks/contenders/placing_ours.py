"""Places orders with our two clients; the exchange's limits are lifted."""

import time
from collections.abc import Awaitable

from benchmarks.contenders.placing import AMOUNT, KEY, PRICE, SECRET, Figures, Round, timed
from mexc_connector import (
    AssetName,
    MexcConfig,
    MexcPrivateSpotRest,
    MexcPublicSpotRest,
    OrderRequest,
    RateLimitConfig,
    Side,
    Symbol,
)
from mexc_connector.common.clock import Clock
from mexc_connector.core.client_order_ids import ClientOrderIds
from mexc_connector.trading.account import Account

BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))


def _config(port: int) -> MexcConfig:
    return MexcConfig(rest_url=f"http://127.0.0.1:{port}", limits=RateLimitConfig.lifted())


def rest_client(port: int, orders: int) -> Round:
    """`MexcPrivateSpotRest.place_order`: check, budget, signature, one sending, `Order`."""

    async def run() -> Figures:
        async with MexcPrivateSpotRest(KEY, SECRET, config=_config(port)) as client:

            def place() -> Awaitable[object]:
                return client.place_order(BTC_USDT, side=Side.BUY, amount=AMOUNT, price=PRICE)

            return await timed(place, orders)

    return run


def session(port: int, orders: int) -> Round:
    """The desk behind `MexcExchange.place_order`: the same, and tracked as a session does it."""

    async def run() -> Figures:
        config = _config(port)
        async with (
            MexcPublicSpotRest(config) as public,
            MexcPrivateSpotRest(KEY, SECRET, public=public) as rest,
        ):
            account = Account(
                rest,
                rules=public.get_symbol_info,
                ids=ClientOrderIds(started_ms=time.time_ns() // 1_000_000, entropy=1),
                markets=tuple,
                exchange_time_ms=rest.exchange_time_ms,
                last_price=lambda _: float(PRICE),
                config=config,
                clock=Clock(),
                journal=None,
            )

            def place() -> Awaitable[object]:
                request = OrderRequest(side=Side.BUY, amount=AMOUNT, price=PRICE)
                return account.desk.place_order(BTC_USDT, request)

            return await timed(place, orders)

    return run

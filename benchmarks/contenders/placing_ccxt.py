"""Places orders with ccxt: its markets loaded, its rate limiter off, its result parsed."""

from collections.abc import Awaitable

import ccxt.async_support as ccxt

from benchmarks.contenders.placing import AMOUNT, KEY, PRICE, SECRET, Figures, Round, timed


def create_order(port: int, orders: int) -> Round:
    """`create_order` of a limit order, as its users call it."""

    async def run() -> Figures:
        exchange = ccxt.mexc({"apiKey": KEY, "secret": SECRET, "enableRateLimit": False})
        for access in ("public", "private"):
            exchange.urls["api"]["spot"][access] = f"http://127.0.0.1:{port}"

        def place() -> Awaitable[object]:
            created: Awaitable[object] = exchange.create_order(
                "BTC/USDT", "limit", "buy", float(AMOUNT), float(PRICE)
            )
            return created

        try:
            exchange.set_markets(await exchange.fetch_spot_markets())
            return await timed(place, orders)
        finally:
            await exchange.close()

    return run

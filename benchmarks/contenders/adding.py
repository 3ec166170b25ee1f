"""Adds markets to an open session, one after the other."""

import time
from collections.abc import Awaitable, Callable

from mexc_connector import (
    MexcConfig,
    MexcExchange,
    MexcPublicSpotRest,
    RateLimitConfig,
    StreamConfig,
    StreamSpeed,
)

Figures = dict[str, float]


async def add_symbols(
    rest: str, ws: str, markets: int, has_limits: bool
) -> Callable[[], Awaitable[Figures]]:
    """Each round opens a session over one market and adds `markets` others.

    Gives milliseconds from the call until the book can be read: `typical_ms`, the median over the
    markets, and `worst_ms`.
    """
    config = MexcConfig(
        rest_url=rest,
        stream_url=ws,
        limits=RateLimitConfig() if has_limits else RateLimitConfig.lifted(),
        streams=StreamConfig(depth_speed=StreamSpeed.MS_10),
    )

    async with MexcPublicSpotRest(config) as client:
        first, *others = [info.symbol for info in await client.get_symbol_infos()]

    async def run() -> Figures:
        taken_ms = []
        async with MexcExchange(config=config).session([first]) as mexc:
            for symbol in others[:markets]:
                started = time.perf_counter()
                await mexc.add_symbol(symbol)
                taken_ms.append((time.perf_counter() - started) * 1000)
                if not mexc.get_orderbook(symbol).bids:
                    raise ValueError(f"{symbol} was added without a book")
        taken_ms.sort()
        return {"typical_ms": taken_ms[len(taken_ms) // 2], "worst_ms": taken_ms[-1]}

    return run

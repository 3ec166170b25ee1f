"""A bot that trades until it is killed: `python order_loop.py REST STREAM JOURNAL PRICE`.

The keys come from the environment. It prints a line when its first order is about to leave.
"""

import asyncio
import itertools
import random
import sys
from pathlib import Path

from mexc_connector import (
    AssetName,
    MexcConfig,
    MexcExchange,
    OrderAlreadyDone,
    RateLimitConfig,
    ReadyWhen,
    Side,
    Symbol,
)

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))


async def trade(mexc: MexcExchange, mid: float) -> None:
    for number in itertools.count():
        away = round(mid * random.choice([0.997, 0.999, 1.001, 1.003]), 2)
        handle = await mexc.place_limit_order(
            BTC, side=random.choice(list(Side)), amount="0.0001", price=away
        )
        if number % 3:
            try:
                await handle.cancel()
            except OrderAlreadyDone:
                continue


async def main(rest_url: str, stream_url: str, journal: str, mid: str) -> None:
    config = MexcConfig(rest_url=rest_url, stream_url=stream_url, limits=RateLimitConfig.lifted())
    session = MexcExchange(config=config).session(
        ready_when=ReadyWhen.SUBSCRIBED, journal=Path(journal)
    )
    async with session as mexc:
        sys.stdout.write("placing\n")
        sys.stdout.flush()
        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(trade(mexc, float(mid)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

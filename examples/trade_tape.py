"""Print the trades of two markets as they happen, on a simulated exchange: `python trade_tape.py`.

`watch_trades` loses nothing in silence: whoever is slower than its queue gets `EventsLost`.
`on_trades` calls a function instead, from the task that reads the socket.
"""

import asyncio
from datetime import UTC, datetime

from mexc_connector import AssetName, MexcConfig, MexcExchange, Symbol, run
from mexc_connector.sim import Simulator

USDT = AssetName("USDT")
MARKETS = [Symbol(AssetName("BTC"), USDT), Symbol(AssetName("ETH"), USDT)]
SHOWN = 10


async def main() -> None:
    """Follow all markets at the same time, until each has had its trades."""
    async with Simulator() as sim:
        config = MexcConfig(rest_url=sim.rest_url, stream_url=sim.ws_url)
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config)
        async with exchange.session() as mexc, asyncio.TaskGroup() as group:
            for market in MARKETS:
                group.create_task(follow(mexc, market))


async def follow(mexc: MexcExchange, market: Symbol) -> None:
    """Print the next trades of one market; `side` is the taker's."""
    info = await mexc.get_symbol_info(market)
    shown = 0
    async for trade in mexc.watch_trades(market):
        moment = datetime.fromtimestamp(trade.exchange_time_ms / 1000, UTC)
        amount = info.round_amount(trade.amount)
        print(f"{moment:%H:%M:%S.%f} {market} {trade.side:4} {amount:f} at {trade.price}")
        shown += 1
        if shown == SHOWN:
            break


if __name__ == "__main__":
    run(main())

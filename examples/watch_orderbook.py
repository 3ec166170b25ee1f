"""Follow the best prices of one market, on a simulated exchange: `python watch_orderbook.py`.

`MexcExchange()` without a config follows the real one.
"""

from mexc_connector import AssetName, MexcConfig, MexcExchange, Symbol, run
from mexc_connector.sim import Simulator

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))


async def main() -> None:
    """Print the best bid and ask of ten states of the book."""
    async with Simulator() as sim:
        config = MexcConfig(rest_url=sim.rest_url, stream_url=sim.ws_url)
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config)
        async with exchange.session([BTC_USDT]) as mexc:
            shown = 0
            async for book in mexc.watch_orderbook(BTC_USDT):
                if book.is_synced:
                    print("bid", book.bids[0].price, "ask", book.asks[0].price, "of", book.version)
                    shown += 1
                if shown == 10:
                    break


if __name__ == "__main__":
    run(main())

"""Follow the best prices of one market, on a simulated exchange: `python watch_orderbook.py`.

`MexcExchange()` without a config follows the real one.
"""

from mexc_connector import AssetName, MexcConfig, MexcExchange, Symbol, run
from mexc_connector.sim import Simulator

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))


async def main() -> None:
    """Print the best bid and ask of ten states of the book."""
    async with Simulator() as exchange:
        config = MexcConfig(rest_url=exchange.rest_url, stream_url=exchange.ws_url)
        async with MexcExchange(config=config).session([BTC_USDT]) as mexc:
            shown = 0
            async for book in mexc.watch_orderbook(BTC_USDT):
                if book.is_synced:
                    print("bid", book.bids[0].price, "ask", book.asks[0].price, "of", book.version)
                    shown += 1
                if shown == 10:
                    break


if __name__ == "__main__":
    run(main())

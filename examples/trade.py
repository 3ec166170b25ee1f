"""Place an order, watch it fill, cancel another one: `python trade.py`, on a simulated exchange.

`python trade.py --rest URL --stream URL` uses an exchange that runs already, with the keys of
`MEXC_API_KEY` and `MEXC_API_SECRET`. Anything but this machine is refused without `--live`, which
trades with real money: about 5 USDT, at the real exchange if no URL is given.
"""

import argparse
import asyncio
import sys
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from mexc_connector import AssetName, MexcConfig, MexcExchange, Rounding, Side, Symbol, run
from mexc_connector.sim import Simulator

BTC, USDT = AssetName("BTC"), AssetName("USDT")
BTC_USDT = Symbol(base=BTC, quote=USDT)
SPENT = 5.0  # USDT for each order


async def main(arguments: argparse.Namespace) -> None:
    """Trade in one session."""
    async with AsyncExitStack() as stack:
        api_key, secret_key, config = None, None, MexcConfig()
        if arguments.rest:
            config = MexcConfig(rest_url=arguments.rest, stream_url=arguments.stream)
        elif not arguments.live:
            sim = await stack.enter_async_context(Simulator())
            api_key, secret_key = sim.api_key, sim.secret_key
            config = MexcConfig(rest_url=sim.rest_url, stream_url=sim.ws_url)
        exchange = MexcExchange(api_key, secret_key, config=config)
        async with exchange.session([BTC_USDT]) as mexc, asyncio.timeout(60):
            await trade(mexc)


async def trade(mexc: MexcExchange) -> None:
    """Buy what is offered, then bid far below the market and cancel that."""
    before = mexc.get_asset_balance(BTC).exact.free
    info = await mexc.get_symbol_info(BTC_USDT)
    bid = mexc.orderbook.bids[0].price
    high = info.round_price(mexc.orderbook.asks[0].price * 1.001, rounding=Rounding.UP)

    async with mexc.watch_fills() as fills:
        order = await mexc.place_limit_order(
            symbol=BTC_USDT,
            side=Side.BUY,
            amount=info.round_amount(SPENT / float(high)),
            price=high,
        )
        print("placed", order.order_id, "to buy", order.exact.amount, "at", order.exact.price)
        fill = await anext(fills)
        print("filled", fill.exact.amount, "at", fill.exact.price, "fee", fill.fee_asset)
    done = await order.done()
    print("bought", done.exact.amount_filled, "at", done.average_price, "on average")

    low = info.round_price(bid * 0.97, rounding=Rounding.DOWN)
    resting = await mexc.place_limit_order(
        symbol=BTC_USDT, side=Side.BUY, amount=info.round_amount(SPENT / float(low)), price=low
    )
    canceled = await mexc.cancel_order(symbol=BTC_USDT, order_id=resting.order_id)
    print("canceled", canceled.order_id, "which is", canceled.status)

    await mexc.get_fresh_balances()
    print("own", mexc.get_asset_balance(BTC).exact.free - before, "BTC more,", end=" ")
    print(mexc.get_asset_balance(USDT).exact.free, "USDT left,", len(mexc.open_orders), "open")


def parse() -> argparse.Namespace:
    """Read the command line; refuse to touch a real exchange without being told to."""
    parser = argparse.ArgumentParser(description="Trade once, on a simulated exchange.")
    parser.add_argument("--rest", help="REST URL of an exchange that runs already")
    parser.add_argument("--stream", help="stream URL of the same")
    parser.add_argument("--live", action="store_true", help="trade with real money")
    arguments = parser.parse_args()
    if bool(arguments.rest) != bool(arguments.stream):
        parser.error("--rest and --stream belong together")
    is_here = not arguments.rest or urlsplit(arguments.rest).hostname in ("127.0.0.1", "localhost")
    if not is_here and not arguments.live:
        sys.exit("this would trade with real money; add --live if that is what you want")
    return arguments


if __name__ == "__main__":
    run(main(parse()))

"""What an installed package must do at least, on the implementation named by argv[1].

Run it outside the sources, or they are what gets tested.
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import mexc_connector as mexc
from mexc_connector.core import IMPLEMENTATION
from mexc_connector.sim import Simulator

BTC_USDT = mexc.Symbol(base=mexc.AssetName("BTC"), quote=mexc.AssetName("USDT"))


async def follow_a_book() -> None:
    async with Simulator() as sim, asyncio.timeout(30):
        config = mexc.MexcConfig(rest_url=sim.rest_url, stream_url=sim.ws_url)
        async with mexc.MexcExchange(config=config).session([BTC_USDT]) as live:
            updates = 0
            async for book in live.watch_orderbook(BTC_USDT):
                assert book.best_bid.price < book.best_ask.price
                updates += 1
                if updates == 3:
                    return


def faults(expected: str) -> Iterator[str]:
    if expected != IMPLEMENTATION:
        yield f"{IMPLEMENTATION} runs, where {expected} should"
    package = Path(mexc.__file__).parent
    for name in ("py.typed", "native/_hot.pyi"):
        if not (package / name).exists():
            yield f"{name} is not installed"
    for path in (package / "native").iterdir():
        if path.suffix in {".c", ".pyx", ".pxi", ".pxd"}:
            yield f"{path.name} has no business in an installation"


def main(expected: str) -> None:
    if found := list(faults(expected)):
        sys.exit("\n".join(found))
    asyncio.run(follow_a_book())
    print(f"  installed, {IMPLEMENTATION}, and follows a book")


if __name__ == "__main__":
    main(sys.argv[1])

"""How to test a bot: `pytest test_your_bot.py`.

The exchange runs inside the test, with markets that are empty and a clock that stands still until
the test moves it. So the test decides what happens, and the bot sees real wire bytes.
"""

import asyncio

from mexc_connector import AssetName, MexcConfig, MexcExchange, Symbol
from mexc_connector.sim import SimOptions, Simulator

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))


class SpreadAlarm:
    """The bot: remembers the moments at which the spread was wider than it likes."""

    def __init__(self, mexc: MexcExchange, *, widest: float) -> None:
        self._mexc = mexc
        self._widest = widest
        self.alarms: list[float] = []

    async def run(self) -> None:
        """Follow the book until cancelled."""
        async for book in self._mexc.watch_orderbook(BTC_USDT):
            if book.is_synced and book.spread is not None and book.spread > self._widest:
                self.alarms.append(book.spread)


async def until_version(mexc: MexcExchange, version: int) -> None:
    """Wait until the session has seen what the exchange knew at `version`."""
    async with asyncio.timeout(5):
        async for book in mexc.watch_orderbook(BTC_USDT):
            if book.is_synced and book.version >= version:
                return


async def watch_a_quote_vanish() -> list[float]:
    """Return the alarms of a session in which the best ask is cancelled."""
    options = SimOptions(symbols=("BTCUSDT",), agents=0, realtime=False)
    async with Simulator(options) as sim:
        market = sim.market("BTCUSDT")
        market.place("BUY", "84000.00", "0.5")
        near = market.place("SELL", "84001.00", "0.5")
        market.place("SELL", "84100.00", "0.5")

        config = MexcConfig(rest_url=sim.rest_url, stream_url=sim.ws_url)
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config)
        async with exchange.session([BTC_USDT]) as mexc:
            bot = SpreadAlarm(mexc, widest=50.0)
            running = asyncio.create_task(bot.run())
            await asyncio.sleep(0)

            market.cancel(near.order_id)
            await sim.advance(10)  # the exchange pushes what 10 ms have changed

            await until_version(mexc, market.version)
            await asyncio.sleep(0)
            running.cancel()
        return bot.alarms


def test_the_alarm_goes_off_when_the_near_quote_vanishes() -> None:
    """A test is an ordinary function: no plugin, no fixture."""
    assert asyncio.run(watch_a_quote_vanish()) == [100.0]

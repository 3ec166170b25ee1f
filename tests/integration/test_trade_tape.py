"""The tape of trades against the simulator: REST gives what a cut or a bad frame hides."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from mexc_connector import (
    AssetName,
    MexcConfig,
    MexcExchange,
    RateLimitConfig,
    StreamConfig,
    Symbol,
    TapeBreak,
    TapeConfig,
    TapeDoubt,
    Trade,
    TradeGap,
)
from mexc_connector.sim import SimOptions, Simulator
from tests.integration.tampering_proxy import TamperingProxy, tampering_proxy

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))

Shown = tuple[int, float, float]


class World:
    def __init__(self, sim: Simulator, proxy: TamperingProxy, mexc: MexcExchange) -> None:
        self.sim = sim
        self.proxy = proxy
        self.mexc = mexc
        self.trades: list[Trade] = []
        self.gaps: list[TradeGap] = []

    async def listen(self) -> None:
        await self.mexc.on_trades(BTC, self.trades.append)
        self.mexc.on_trade_gaps(self.gaps.append)
        await self.until(lambda: len(self.trades) >= 20)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                await asyncio.sleep(0.005)

    async def go_on(self, count: int = 50) -> None:
        wanted = len(self.trades) + count
        await self.until(lambda: len(self.trades) >= wanted)

    def handed_out(self) -> Counter[Shown]:
        return Counter((t.exchange_time_ms, t.price, t.amount) for t in self.trades)

    def printed(self) -> Counter[Shown]:
        """What the simulator printed between the first and the last trade handed out."""
        market = self.sim.market("BTCUSDT")
        first, last = self.trades[0].exchange_time_ms, self.trades[-1].exchange_time_ms
        rows = market.trades_between(first + 1, last, limit=100_000)
        prices, amounts = market.prices.plain, market.quantities.plain
        return Counter((t.time_ms, float(prices(t.price)), float(amounts(t.lots))) for t in rows)

    def assert_complete(self) -> None:
        first, last = self.trades[0].exchange_time_ms, self.trades[-1].exchange_time_ms
        ours = {key: n for key, n in self.handed_out().items() if first < key[0] < last}
        assert ours == dict(self.printed())


@asynccontextmanager
async def world(**tape: float | bool) -> AsyncIterator[World]:
    options = SimOptions(symbols=("BTCUSDT",), seed=7, speed=4.0)
    async with Simulator(options) as sim, tampering_proxy(sim.ws_url) as proxy:
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url=proxy.url,
            limits=RateLimitConfig.lifted(),
            streams=StreamConfig(backoff_base_s=0.2),
            tape=TapeConfig(retry_s=0.05, **tape),
        )
        async with MexcExchange(config=config).session([BTC]) as mexc:
            yield World(sim, proxy, mexc)


def cut(proxy: TamperingProxy) -> None:
    for client in list(proxy.clients):
        client.transport.abort()


async def test_what_a_cut_hides_is_handed_out_once_and_in_order() -> None:
    async with world() as w:
        await w.listen()
        for breaks in (1, 2):
            cut(w.proxy)
            await w.until(lambda breaks=breaks: len(w.gaps) == breaks)
            await w.go_on()
        assert all(gap.is_closed for gap in w.gaps), w.gaps
        assert {gap.cause for gap in w.gaps} == {TapeBreak.LINK_LOST}
        assert sum(gap.backfilled for gap in w.gaps) > 0
        w.assert_complete()
        times = [trade.exchange_time_ms for trade in w.trades]
        assert times == sorted(times)
        metrics = w.mexc.get_performance_metrics()
        assert metrics["trade_gaps_closed"] == 2
        assert metrics["trade_gaps_open"] == 0
        assert metrics["trades_backfilled"] == sum(gap.backfilled for gap in w.gaps)


async def test_an_unreadable_frame_of_trades_is_made_up_for() -> None:
    async with world() as w:
        await w.listen()
        is_spoilt = False

        def tamper(frame: str | bytes) -> list[str | bytes]:
            nonlocal is_spoilt
            if is_spoilt or isinstance(frame, str) or b"aggre.deals" not in frame:
                return [frame]
            is_spoilt = True
            return [frame[:-3]]

        w.proxy.tamper = tamper
        await w.until(lambda: bool(w.gaps))
        await w.go_on()
        assert [(gap.cause, gap.is_closed) for gap in w.gaps] == [(TapeBreak.UNDECODABLE, True)]
        assert w.gaps[0].backfilled > 0
        w.assert_complete()


async def test_without_backfill_a_break_is_declared_and_costs_no_request() -> None:
    async with world(backfill=False) as w:
        await w.listen()
        cut(w.proxy)
        await w.until(lambda: bool(w.gaps))
        assert w.gaps[0].doubt is TapeDoubt.NO_BACKFILL
        assert not w.gaps[0].is_closed
        assert w.mexc.get_performance_metrics()["trade_backfill_requests"] == 0
        assert w.mexc.get_performance_metrics()["trade_gaps_open"] == 1


async def test_a_tape_that_never_breaks_costs_no_request() -> None:
    async with world() as w:
        await w.listen()
        await w.go_on()
        assert not w.gaps
        assert w.mexc.get_performance_metrics()["trade_backfill_requests"] == 0
        w.assert_complete()


async def test_a_break_longer_than_what_rest_gives_stays_open() -> None:
    async with world(asked_trades=3) as w:
        await w.listen()
        cut(w.proxy)
        await w.until(lambda: bool(w.gaps))
        await w.go_on()
        assert w.gaps[0].doubt is TapeDoubt.TOO_LONG
        surplus = w.handed_out() - w.printed()
        first, last = w.trades[0].exchange_time_ms, w.trades[-1].exchange_time_ms
        assert not [key for key in surplus if first < key[0] < last]

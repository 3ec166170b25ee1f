"""Two links for every channel: what one of them loses or delays is told of it, and of it only."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from mexc_connector import (
    AssetName,
    LinkCopies,
    MexcConfig,
    MexcExchange,
    MexcPublicSpotRest,
    MexcWebsocketPublic,
    RateLimitConfig,
    StreamConfig,
    Symbol,
    Trade,
)
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.sim.faults import DelayFrames, DropFrames, FaultPlan

USDT = AssetName("USDT")
MARKETS = tuple(Symbol(AssetName(base), USDT) for base in ("BTC", "ETH"))
MISSED_AFTER_S = 1.0
LOST = 30
LATE_MS = 150
NEARLY_LATE_NS = 140_000_000


async def until(condition: Callable[[], object], *, limit_s: float = 20.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.005)


class World:
    """A session on two links, and a client on one, which is the witness of the tape."""

    def __init__(self, sim: Simulator, mexc: MexcExchange) -> None:
        self.sim = sim
        self.mexc = mexc
        self.truth: list[Trade] = []
        self.got: list[Trade] = []
        self.unreadable: list[str] = []

    def copies(self) -> list[LinkCopies]:
        found = [link.copies for link in self.mexc.health().links]
        return [copies for copies in found if copies is not None]

    def metric(self, name: str) -> float:
        return self.mexc.get_performance_metrics()[name]

    async def takes_part(self) -> None:
        """Wait until both links take part in the race of every channel."""

        def has_traded_again(market: Symbol) -> bool:
            times = [trade.received_ns for trade in self.got if trade.symbol == market]
            return bool(times) and times[-1] - times[0] > 2 * MISSED_AFTER_S * 1e9

        await until(lambda: all(map(has_traded_again, MARKETS)))

    async def is_whole(self) -> None:
        """Require every book to be right, and to have been all the time, and no trade missing."""
        assert self.unreadable == []
        assert self.metric("orderbook_resyncs") == 0
        for market in MARKETS:
            book = self.mexc.get_orderbook(market)
            truth = self.sim.market(f"{market.base}USDT").book_at(book.version)
            shown = [(entry.price, entry.size) for entry in book.bids]
            assert shown == [(float(price), float(size)) for price, size in truth.bids]
        newest = {trade.trade_id for trade in self.got}
        await until(lambda: newest <= {trade.trade_id for trade in self.truth})
        for market in MARKETS:
            ids = [trade.trade_id for trade in self.got if trade.symbol == market]
            assert len(ids) == len(set(ids))
            witnessed = [trade.trade_id for trade in self.truth if trade.symbol == market]
            begin = witnessed.index(ids[0])
            assert set(ids) == set(witnessed[begin : begin + len(ids)])


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    options = SimOptions(
        symbols=tuple(f"{market.base}USDT" for market in MARKETS),
        seed=11,
        agents=60,
        book_history=100_000,
        limits=SimLimits.lifted(),
    )
    async with Simulator(options) as sim:

        def config(**streams: float) -> MexcConfig:
            return MexcConfig(
                rest_url=sim.rest_url,
                stream_url=sim.ws_url,
                limits=RateLimitConfig.lifted(),
                streams=StreamConfig(missed_after_s=MISSED_AFTER_S, **streams),
            )

        async with MexcPublicSpotRest(config()) as rest:
            symbols = await rest.get_symbol_map()
        async with (
            MexcExchange(config=config(redundancy=2)).session(MARKETS) as mexc,
            MexcWebsocketPublic(symbols, config=config()) as witness,
        ):
            made = World(sim, mexc)
            await until(lambda: len(sim.connections) == 2)
            for market in MARKETS:
                await witness.on_trades(market, made.truth.append)
            for market in MARKETS:
                await mexc.on_trades(market, made.got.append)
                mexc.on_orderbook(
                    market,
                    lambda book: None if book.is_synced else made.unreadable.append(str(book)),
                )
            await made.takes_part()
            yield made


async def test_exactly_the_link_that_loses_frames_reports_the_loss() -> None:
    async with world() as made:
        assert [copies.missed for copies in made.copies()] == [0, 0]
        assert min(copies.compared for copies in made.copies()) > 0
        struck = min(connection.number for connection in made.sim.connections)
        rule = DropFrames(
            channels=("depth", "deals"), connection=struck, probability=0.2, most=LOST
        )
        made.sim.set_faults(FaultPlan(seed=5, rules=(rule,)))
        await until(lambda: max(copies.missed for copies in made.copies()) == LOST)
        compared = max(copies.compared for copies in made.copies())
        await until(lambda: made.copies()[0].compared > compared + 50)
        assert len(made.sim.fault_trace) == LOST
        assert sorted(copies.missed for copies in made.copies()) == [0, LOST]
        for copies in made.copies():
            assert copies.compared == copies.first + copies.late + copies.missed
        shares = [100 * copies.missed_share for copies in made.copies()]
        assert 0 < made.metric("stream_copies_missed_percent") <= max(shares) < 100
        await made.is_whole()


async def test_a_link_that_is_late_says_how_late() -> None:
    async with world() as made:
        before = made.copies()
        struck = min(connection.number for connection in made.sim.connections)
        rule = DelayFrames(channels=("public",), connection=struck, delay_ms=LATE_MS)
        made.sim.set_faults(FaultPlan(rules=(rule,)))

        def slow() -> int | None:
            """Whose copies come that late, and were not by chance."""
            for at, now in enumerate(made.copies()):
                is_late = now.late_median_ns is not None and now.late_median_ns > NEARLY_LATE_NS
                if is_late and now.late - before[at].late > 100:
                    return at
            return None

        await until(lambda: slow() is not None)
        at = slow()
        assert at is not None
        quick, quick_before = made.copies()[1 - at], before[1 - at]
        compared = quick.compared - quick_before.compared
        assert quick.first - quick_before.first > 0.9 * compared
        assert quick.late_median_ns is None or quick.late_median_ns < NEARLY_LATE_NS
        assert [copies.missed for copies in made.copies()] == [0, 0]
        assert made.metric("stream_copies_late_ms") * 1e6 > NEARLY_LATE_NS
        shown = json.loads(made.mexc.health().to_json())["links"]
        assert any((link["copies"]["late_median_ns"] or 0) > NEARLY_LATE_NS for link in shown)
        await made.is_whole()


async def test_without_redundant_feeds_there_is_nothing_to_compare() -> None:
    async with Simulator(SimOptions(symbols=("BTCUSDT",), agents=2)) as sim:
        config = MexcConfig(rest_url=sim.rest_url, stream_url=sim.ws_url)
        async with MexcExchange(config=config).session(MARKETS[:1]) as mexc:
            assert [link.copies for link in mexc.health().links] == [None]
            metrics = mexc.get_performance_metrics()
            assert metrics["stream_copies_missed_percent"] == 0
            assert metrics["stream_copies_late_ms"] == 0

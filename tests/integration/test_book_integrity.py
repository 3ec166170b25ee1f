"""Books that are wrong at the right version are found out, told with evidence, and loaded anew."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from mexc_connector import (
    AssetName,
    BookConfig,
    BookMismatch,
    IntegrityCheck,
    IntegrityConfig,
    MexcConfig,
    MexcExchange,
    OrderBook,
    RateLimitConfig,
    StreamConfig,
    StreamSpeed,
    Symbol,
    UnsyncReason,
)
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import SimOptions, Simulator
from tests.integration.tampering_proxy import Frame, TamperingProxy, honest, tampering_proxy

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))


class World:
    def __init__(self, sim: Simulator, proxy: TamperingProxy, mexc: MexcExchange) -> None:
        self.sim = sim
        self.proxy = proxy
        self.mexc = mexc
        self.reasons: list[UnsyncReason] = []
        self.found: list[BookMismatch] = []
        mexc.on_orderbook(BTC, self._note)
        mexc.on_book_mismatches(self.found.append)

    def _note(self, book: OrderBook) -> None:
        if book.unsync_reason is not None and book.unsync_reason not in self.reasons[-1:]:
            self.reasons.append(book.unsync_reason)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                await asyncio.sleep(0.005)

    async def is_right_again(self) -> None:
        """Wait for a version at which the whole book can be compared with the simulator's."""
        await self.mexc.wait_synced(BTC, timeout_s=10)
        market, book = self.sim.market("BTCUSDT"), self.mexc.get_orderbook(BTC)
        await self.until(lambda: book.is_synced and book.version == market.version)
        truth = market.book_at(book.version)
        assert [(e.price, e.size) for e in book.bids] == [
            (float(p), float(q)) for p, q in truth.bids
        ]
        assert [(e.price, e.size) for e in book.asks] == [
            (float(p), float(q)) for p, q in truth.asks
        ]


@asynccontextmanager
async def world(**integrity: float | bool) -> AsyncIterator[World]:
    options = SimOptions(symbols=("BTCUSDT",), seed=11, speed=2.0, book_history=5000)
    async with Simulator(options) as sim, tampering_proxy(sim.ws_url) as proxy:
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url=proxy.url,
            limits=RateLimitConfig.lifted(),
            streams=StreamConfig(backoff_base_s=0.02, book_ticker_speed=StreamSpeed.MS_10),
            books=BookConfig(audits_per_second=20.0),
            integrity=IntegrityConfig(**integrity),
        )
        async with MexcExchange(config=config).session([BTC]) as mexc:
            yield World(sim, proxy, mexc)


def tampered(sim: Simulator, frame: Frame, *, depth: int, off_by: float) -> Frame:
    """Give a bid of the book before this frame another size, or put one beside it."""
    if isinstance(frame, str) or b"aggre.depth" not in frame:
        return frame
    push = PushDataV3ApiWrapper.FromString(frame)
    body = push.publicAggreDepths
    price = float(sim.market("BTCUSDT").book_at(int(body.fromVersion) - 1).bids[depth][0])
    if any(float(item.price) == price for item in body.bids):
        return frame
    body.bids.add(price=f"{price - off_by:.3f}", quantity="7.125")
    return push.SerializeToString()


async def test_a_wrong_top_is_found_by_the_ticker_that_is_watched() -> None:
    async with world() as w:
        await w.mexc.public_streams.on_book_ticker(BTC, lambda _: None)
        checks = w.mexc.get_book_integrity
        await w.until(lambda: checks(BTC).tickers_compared >= 20)
        assert not w.found
        w.proxy.tamper = lambda frame: [tampered(w.sim, frame, depth=0, off_by=0)]
        await w.until(lambda: bool(w.found))
        w.proxy.tamper = honest
        mismatch = w.found[0]
        assert mismatch.check is IntegrityCheck.TICKER
        assert mismatch.has_resynced
        assert mismatch.book_top.version == mismatch.exchange_top.version == mismatch.version
        assert any(d.book_size == 7.125 for d in mismatch.differences)
        assert mismatch.book_top.bid_size != mismatch.exchange_top.bid_size
        assert mismatch.exchange_top.received_ns > 0
        assert w.reasons[0] is UnsyncReason.MISMATCH
        await w.is_right_again()
        assert w.mexc.book_mismatches == tuple(w.found)
        metrics = w.mexc.get_performance_metrics()
        assert metrics["orderbook_mismatches"] == len(w.found)
        assert metrics["orderbook_resyncs"] == len(w.reasons) == len(w.found)


async def test_the_option_watches_the_tickers_by_itself() -> None:
    async with world(watch_tickers=True) as w:
        await w.until(lambda: w.mexc.get_book_integrity(BTC).tickers_compared >= 5)
        await w.mexc.remove_symbol(BTC)
        await w.until(lambda: w.mexc.get_performance_metrics()["stream_subscriptions"] == 0)


async def test_a_wrong_level_below_the_top_is_found_by_the_audit() -> None:
    async with world(check_tickers=False, audit_every_s=0.2, compared_levels=2000) as w:
        await w.until(lambda: w.mexc.get_book_integrity(BTC).audits_compared >= 3)
        assert w.mexc.get_book_integrity(BTC).match_score == 1.0
        assert not w.found
        # Again and again: a snapshot newer than the book heals it before anybody can compare.
        w.proxy.tamper = lambda frame: [
            frame if w.found else tampered(w.sim, frame, depth=20, off_by=0.003)
        ]
        await w.until(lambda: bool(w.found))
        mismatch = w.found[0]
        assert mismatch.check is IntegrityCheck.AUDIT
        sizes = {(d.book_size, d.exchange_size) for d in mismatch.differences}
        assert sizes == {(7.125, 0.0)}
        assert mismatch.levels_equal < mismatch.levels_compared
        assert UnsyncReason.MISMATCH in w.reasons
        assert w.mexc.get_performance_metrics()["orderbook_match_percent"] < 100
        await w.is_right_again()


async def test_a_ticker_that_comes_before_its_diff_waits_for_the_book() -> None:
    async with world(watch_tickers=True) as w:
        late: list[Frame] = []

        def tickers_first(frame: Frame) -> list[Frame]:
            if isinstance(frame, bytes) and b"aggre.depth" in frame:
                late.append(frame)
                return []
            if isinstance(frame, str) or b"bookTicker" not in frame:
                return [frame]
            frames = [frame, *late]
            late.clear()
            return frames

        w.proxy.tamper = tickers_first
        before = w.mexc.get_book_integrity(BTC)
        await w.until(
            lambda: w.mexc.get_book_integrity(BTC).tickers_compared >= before.tickers_compared + 30
        )
        assert w.mexc.get_book_integrity(BTC).tickers_missed <= before.tickers_missed + 2
        assert not w.found


async def test_an_honest_exchange_is_never_contradicted() -> None:
    async with world(watch_tickers=True, audit_every_s=0.1) as w:
        checks = w.mexc.get_book_integrity
        await w.until(lambda: checks(BTC).tickers_compared >= 200)
        await w.until(lambda: checks(BTC).audits_compared >= 10)
        assert not w.found
        assert not w.reasons
        assert checks(BTC).match_score == 1.0


async def test_a_check_that_keeps_contradicting_fresh_books_stops_resyncing_them() -> None:
    async with world(watch_tickers=True) as w:

        def tamper(frame: Frame) -> list[Frame]:
            if isinstance(frame, str) or b"bookTicker" not in frame:
                return [frame]
            push = PushDataV3ApiWrapper.FromString(frame)
            push.publicAggreBookTicker.bidQuantity = "0.001"
            return [push.SerializeToString()]

        w.proxy.tamper = tamper
        await w.until(lambda: len(w.found) >= 6)
        assert [mismatch.has_resynced for mismatch in w.found[:4]] == [True, True, True, False]
        assert w.mexc.get_performance_metrics()["orderbook_resyncs"] == 3
        await w.is_right_again()

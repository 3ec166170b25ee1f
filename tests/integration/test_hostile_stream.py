"""What the exchange may send that it should not: the books know, say so, and come back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from mexc_connector import (
    AssetName,
    BookConfig,
    MexcConfig,
    MexcExchange,
    OrderBook,
    RateLimitConfig,
    StreamConfig,
    Symbol,
    UnsyncReason,
)
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import SimOptions, Simulator
from tests.integration.tampering_proxy import Frame, TamperingProxy, honest, tampering_proxy

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
ETH = Symbol(AssetName("ETH"), AssetName("USDT"))


class World:
    def __init__(self, sim: Simulator, proxy: TamperingProxy, mexc: MexcExchange) -> None:
        self.sim = sim
        self.proxy = proxy
        self.mexc = mexc
        self.reasons: dict[Symbol, list[UnsyncReason]] = {BTC: [], ETH: []}
        self.wrong: list[OrderBook] = []
        for symbol in self.reasons:
            mexc.on_orderbook(symbol, self._note)

    def _note(self, book: OrderBook) -> None:
        if book.unsync_reason is not None:
            self.reasons[book.symbol].append(book.unsync_reason)
            return
        market = self.sim.market(f"{book.symbol.base}{book.symbol.quote}")
        truth = market.book_at(book.version)
        ours = [(entry.price, entry.size) for entry in book.bids]
        if ours != [(float(price), float(size)) for price, size in truth.bids]:
            self.wrong.append(book)

    async def recovered(self, symbol: Symbol, *reasons: UnsyncReason) -> None:
        """Wait until the book was lost for these reasons and is back; it was never wrong."""
        async with asyncio.timeout(10):
            while not set(reasons) <= set(self.reasons[symbol]):
                await asyncio.sleep(0.005)
            self.proxy.tamper = honest
            await self.mexc.wait_synced(symbol)
            version = self.mexc.get_orderbook(symbol).version
            while self.mexc.get_orderbook(symbol).version == version:
                await asyncio.sleep(0.005)
        assert not self.wrong


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    options = SimOptions(symbols=("BTCUSDT", "ETHUSDT"), seed=11, speed=2.0, book_history=5000)
    async with Simulator(options) as sim, tampering_proxy(sim.ws_url) as proxy:
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url=proxy.url,
            limits=RateLimitConfig.lifted(),
            streams=StreamConfig(
                backoff_base_s=0.02, ping_interval_s=0.3, pong_timeout_s=2, data_timeout_s=2
            ),
            books=BookConfig(quiet_s=0.5, catch_up_s=1.5, audits_per_second=4.0),
        )
        async with MexcExchange(config=config).session([BTC, ETH]) as mexc:
            yield World(sim, proxy, mexc)


def is_depth_of(frame: Frame, market: str) -> bool:
    return isinstance(frame, bytes) and b"aggre.depth" in frame and market.encode() in frame


def once(change: Callable[[Frame], list[Frame]], market: str) -> Callable[[Frame], list[Frame]]:
    """Tamper with the first depth frame of a market, then be honest."""
    done = False

    def tamper(frame: Frame) -> list[Frame]:
        nonlocal done
        if done or not is_depth_of(frame, market):
            return [frame]
        done = True
        return change(frame)

    return tamper


async def test_a_frame_that_is_not_protobuf_unsyncs_every_book_of_its_link() -> None:
    async with world() as w:
        await w.proxy.inject(b"\x0a\xff not protobuf")
        await w.recovered(BTC, UnsyncReason.UNDECODABLE)
        await w.recovered(ETH, UnsyncReason.UNDECODABLE)
        assert w.mexc.get_performance_metrics()["stream_undecodable_frames"] == 1
        assert w.mexc.get_performance_metrics()["stream_reconnects"] == 0


async def test_a_truncated_frame_unsyncs() -> None:
    async with world() as w:
        w.proxy.tamper = once(lambda frame: [frame[: len(frame) - 3]], "BTCUSDT")
        await w.recovered(BTC, UnsyncReason.UNDECODABLE)


async def test_a_lost_frame_is_a_gap_of_its_own_market_only() -> None:
    async with world() as w:
        w.proxy.tamper = once(lambda frame: [], "BTCUSDT")
        await w.recovered(BTC, UnsyncReason.GAP)
        assert not w.reasons[ETH]


async def test_repeated_frames_change_nothing() -> None:
    async with world() as w:
        w.proxy.tamper = lambda frame: [frame, frame] if is_depth_of(frame, "") else [frame]
        await asyncio.sleep(1.0)
        assert w.mexc.get_orderbook(BTC).is_synced
        assert not w.reasons[BTC]
        assert not w.wrong


async def test_a_frame_without_its_body_unsyncs() -> None:
    def without_body(frame: Frame) -> list[Frame]:
        assert isinstance(frame, bytes)
        push = PushDataV3ApiWrapper.FromString(frame)
        push.ClearField("publicAggreDepths")
        return [push.SerializeToString()]

    async with world() as w:
        w.proxy.tamper = once(without_body, "BTCUSDT")
        await w.recovered(BTC, UnsyncReason.UNDECODABLE)


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "-1"), ("price", "NaN"), ("quantity", "x"), ("quantity", "1e999")],
)
async def test_numbers_that_are_none_unsync(field: str, value: str) -> None:
    def with_bad_level(frame: Frame) -> list[Frame]:
        assert isinstance(frame, bytes)
        push = PushDataV3ApiWrapper.FromString(frame)
        level = push.publicAggreDepths.bids.add(price="1", quantity="1")
        setattr(level, field, value)
        return [push.SerializeToString()]

    async with world() as w:
        w.proxy.tamper = once(with_bad_level, "BTCUSDT")
        await w.recovered(BTC, UnsyncReason.UNDECODABLE)


async def test_a_crossed_diff_unsyncs() -> None:
    def crossing(frame: Frame) -> list[Frame]:
        assert isinstance(frame, bytes)
        push = PushDataV3ApiWrapper.FromString(frame)
        push.publicAggreDepths.bids.add(price="99999999", quantity="1")
        return [push.SerializeToString()]

    async with world() as w:
        w.proxy.tamper = once(crossing, "BTCUSDT")
        await w.recovered(BTC, UnsyncReason.CROSSED)


@pytest.mark.parametrize("text", ["not json", "{}", "[]", '{"id":0,"code":0,"msg":""}', "\u9f99"])
async def test_text_that_is_no_reply_breaks_nothing(text: str) -> None:
    async with world() as w:
        await w.proxy.inject(text)
        version = w.mexc.get_orderbook(BTC).version
        async with asyncio.timeout(5):
            while w.mexc.get_orderbook(BTC).version == version:
                await asyncio.sleep(0.005)
        assert not w.reasons[BTC]


async def test_a_link_that_goes_silent_without_closing_is_found_by_the_missing_pong() -> None:
    async with world() as w:
        w.proxy.tamper = lambda frame: []
        await w.recovered(BTC, UnsyncReason.LINK_LOST)
        await w.recovered(ETH, UnsyncReason.LINK_LOST)


async def test_a_subscription_that_dies_while_its_link_lives_is_found_by_the_audit() -> None:
    async with world() as w:
        w.proxy.tamper = lambda frame: [] if is_depth_of(frame, "BTCUSDT") else [frame]
        await w.recovered(BTC, UnsyncReason.STALE)

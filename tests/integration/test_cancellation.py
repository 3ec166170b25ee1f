"""Cancelled in the middle of anything: no task, no socket, no warning, and the rest goes on."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest

from mexc_connector import (
    AssetName,
    ConnectionState,
    KlineInterval,
    MexcConfig,
    MexcExchange,
    OrderBook,
    RateLimitConfig,
    StreamConfig,
    Symbol,
)
from mexc_connector.sim import SimOptions, Simulator

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
ETH = Symbol(AssetName("ETH"), AssetName("USDT"))
MX = Symbol(AssetName("MX"), AssetName("USDT"))

MOMENTS_MS = [0, 1, 2, 4, 7, 11, 16, 23, 35, 60, 100]


@asynccontextmanager
async def world() -> AsyncIterator[tuple[Simulator, MexcExchange]]:
    """A simulator and an exchange; afterwards nothing of ours may be left."""
    options = SimOptions(symbols=("BTCUSDT", "ETHUSDT", "MXUSDT"), seed=5)
    async with Simulator(options) as sim:
        before = asyncio.all_tasks()
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url=sim.ws_url,
            limits=RateLimitConfig.lifted(),
            streams=StreamConfig(backoff_base_s=0.05, close_timeout_s=0.5),
        )
        yield sim, MexcExchange(config=config)
        await asyncio.sleep(0)
        left = {task for task in asyncio.all_tasks() - before if "mexc" in task.get_name()}
        assert not left
        async with asyncio.timeout(5):
            while sim.connections:
                await asyncio.sleep(0.005)
    gc.collect()  # a socket or coroutine left behind would warn here, and warnings are errors


async def cancelled(job: Coroutine[object, object, object], *, after_ms: int) -> None:
    """Run a job and cancel it after a moment, unless it has ended by then."""
    task = asyncio.ensure_future(job)
    await asyncio.sleep(after_ms / 1000)
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.result()


@pytest.mark.parametrize("after_ms", MOMENTS_MS)
async def test_a_session_cancelled_at_any_moment(after_ms: int) -> None:
    async with world() as (_, exchange):

        async def use() -> None:
            async with exchange.session([BTC, ETH, MX]) as mexc:
                async for _ in mexc.watch_trades(BTC):
                    pass

        await cancelled(use(), after_ms=after_ms)
        assert exchange.state is ConnectionState.CLOSED
        async with exchange.session([BTC]) as mexc:
            assert mexc.orderbook.is_synced


@pytest.mark.parametrize("after_ms", MOMENTS_MS)
async def test_add_symbol_cancelled_at_any_moment(after_ms: int) -> None:
    async with world() as (_, exchange), exchange.session([BTC]) as mexc:
        await cancelled(mexc.add_symbol(ETH), after_ms=after_ms)
        if ETH in mexc.active_symbols:
            assert mexc.get_orderbook(ETH).is_synced
        assert mexc.get_orderbook(BTC).is_synced
        await mexc.add_symbol(ETH)
        assert mexc.get_orderbook(ETH).is_synced


@pytest.mark.parametrize("after_ms", MOMENTS_MS)
async def test_add_symbol_cancelled_is_left_to_who_wants_the_book_too(after_ms: int) -> None:
    async with world() as (_, exchange), exchange.session([BTC]) as mexc:
        first, second = (asyncio.create_task(mexc.add_symbol(ETH)) for _ in range(2))
        await asyncio.sleep(after_ms / 1000)
        first.cancel()
        await second
        assert mexc.get_orderbook(ETH).is_synced


@pytest.mark.parametrize("after_ms", [0, 1, 3, 8, 20])
async def test_watches_cancelled_at_any_moment(after_ms: int) -> None:
    async with world() as (_, exchange), exchange.session([BTC]) as mexc:
        watches: list[Callable[[], AsyncIterator[object]]] = [
            lambda: mexc.watch_orderbook(BTC),
            lambda: mexc.watch_trades(BTC),
            lambda: mexc.watch_book_ticker(BTC),
            lambda: mexc.watch_klines(BTC, KlineInterval.MINUTE_1),
            mexc.watch_mini_tickers,
        ]

        async def drain(make: Callable[[], AsyncIterator[object]]) -> None:
            async for _ in make():
                pass

        for make in watches:
            await cancelled(drain(make), after_ms=after_ms)
        gc.collect()
        async with asyncio.timeout(5):
            while mexc.public_streams.metrics().wanted > 1:  # only the book's own channel is left
                await asyncio.sleep(0.005)
        async for book in mexc.watch_orderbook(BTC):
            assert isinstance(book, OrderBook)
            break


@pytest.mark.parametrize("after_ms", [0, 1, 2, 5])
async def test_a_close_cancelled_half_way(after_ms: int) -> None:
    async with world() as (_, exchange):
        session = exchange.session([BTC, ETH])
        await session.__aenter__()
        await cancelled(exchange.close(), after_ms=after_ms)
        await session.__aexit__(None, None, None)
        assert exchange.state is ConnectionState.CLOSED


async def test_waiting_for_a_book_cancelled() -> None:
    async with world() as (sim, exchange), exchange.session([BTC]) as mexc:
        for connection in sim.connections:
            connection.drop()
        async with asyncio.timeout(5):
            while mexc.orderbook.is_synced:
                await asyncio.sleep(0)
        await cancelled(mexc.wait_synced(BTC), after_ms=0)
        await mexc.wait_synced(BTC)
        assert mexc.orderbook.is_synced

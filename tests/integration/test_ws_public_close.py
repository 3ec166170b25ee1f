"""Closing is bounded and complete, and a cancellation at any moment leaves nothing behind.

Warnings are errors in this suite, so a socket or a task that is left behind fails the test too.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from mexc_connector.common.config import MexcConfig, StreamConfig
from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.errors import SessionClosed, UsageError
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.public import MexcWebsocketPublic
from tests.integration.scripted_server import ScriptedServer, our_tasks, trade_frame, until

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))
ETH_USDT = Symbol(base=AssetName("ETH"), quote=AssetName("USDT"))
SYMBOLS = SymbolMap([(BTC_USDT, "BTCUSDT"), (ETH_USDT, "ETHUSDT")])
BTC_TRADES = "spot@public.aggre.deals.v3.api.pb@10ms@BTCUSDT"

QUICK = StreamConfig(
    backoff_base_s=0.01, backoff_max_s=0.05, connects_per_second=1000.0, close_timeout_s=0.3
)


def client(url: str) -> MexcWebsocketPublic:
    return MexcWebsocketPublic(SYMBOLS, config=MexcConfig(stream_url=url, streams=QUICK))


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as scripted:
        yield scripted


class DeafHost:
    """Accepts connections and never says a word."""

    def __init__(self) -> None:
        self.url = ""
        self.accepted = 0
        self.left = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        await reader.read()
        writer.close()
        await writer.wait_closed()
        self.left += 1


@pytest.fixture
async def deaf() -> AsyncIterator[DeafHost]:
    host = DeafHost()
    async with await asyncio.start_server(host.serve, "127.0.0.1", 0) as listener:
        host.url = f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}/ws"
        yield host
        await until(lambda: host.left == host.accepted)


async def assert_nothing_is_left() -> None:
    gc.collect()
    await asyncio.sleep(0)
    assert our_tasks() == set()


async def test_closing_ends_watches_callbacks_links_and_tasks(server: ScriptedServer) -> None:
    streams = client(server.url)
    await streams.open()
    watch = streams.watch_trades(BTC_USDT)
    step = asyncio.ensure_future(anext(watch, "end"))
    registration = await streams.on_trades(ETH_USDT, lambda _: None)
    await until(lambda: streams.metrics().subscriptions == 2)
    await streams.close()
    assert await step == "end"
    await assert_nothing_is_left()
    registration.close()
    await watch.aclose()
    assert streams.state is ConnectionState.CLOSED
    assert streams.metrics().links == 0
    await until(lambda: server.last.is_over)


async def test_what_was_queued_before_closing_can_still_be_read(server: ScriptedServer) -> None:
    async with client(server.url) as streams:
        watch = streams.watch_trades(BTC_USDT)
        await watch.__aenter__()
        await server.last.send(trade_frame(BTC_TRADES, "a", "b"))
        await until(lambda: streams.metrics().frames == 1)
    assert [trade.trade_id async for trade in watch] == ["a", "b"]


async def test_closing_twice_and_at_once_is_fine(server: ScriptedServer) -> None:
    streams = client(server.url)
    await streams.open()
    await streams.on_trades(BTC_USDT, lambda _: None)
    await asyncio.gather(streams.close(), streams.close())
    await streams.close()
    await assert_nothing_is_left()


async def test_who_waits_for_a_grant_learns_that_the_client_closed(deaf: DeafHost) -> None:
    streams = client(deaf.url)
    await streams.open()
    step = asyncio.ensure_future(anext(streams.watch_trades(BTC_USDT)))
    registration = streams.on_trades(ETH_USDT, lambda _: None)
    await until(lambda: streams.metrics().links == 1)
    await streams.close()
    with pytest.raises(SessionClosed):
        await step
    with pytest.raises(SessionClosed):
        await registration
    await assert_nothing_is_left()


class ClosingSink:
    """Begins to close the client in the very turn in which its channel is granted."""

    def __init__(self, streams: MexcWebsocketPublic) -> None:
        self.streams = streams
        self.closing: asyncio.Task[None] | None = None

    def on_subscribed(self, epoch: int) -> None:
        self.closing = asyncio.ensure_future(self.streams.close())

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        raise AssertionError("nothing is pushed")

    def on_undecodable(self, epoch: int) -> None:
        raise AssertionError("nothing is pushed")

    def on_link_lost(self, epoch: int, reason: str) -> None:
        pass


async def test_who_was_granted_in_the_turn_of_closing_learns_of_it(server: ScriptedServer) -> None:
    streams = client(server.url)
    await streams.open()
    sink = ClosingSink(streams)
    subscribing = asyncio.ensure_future(streams.subscribe_depth(ETH_USDT, sink))
    await asyncio.sleep(0)
    step = asyncio.ensure_future(anext(streams.watch_trades(BTC_USDT)))
    registration = streams.on_trades(ETH_USDT, lambda _: None)
    for waiting in (subscribing, step, registration):
        with pytest.raises(SessionClosed):
            await asyncio.wait_for(waiting, timeout=3.0)
    assert sink.closing is not None
    await sink.closing
    await assert_nothing_is_left()


async def test_closing_is_bounded_when_the_other_side_says_no_farewell(
    server: ScriptedServer,
) -> None:
    streams = client(server.url)
    await streams.open()
    await streams.on_trades(BTC_USDT, lambda _: None)
    server.last.socket.transport.pause_reading()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await streams.close()
    assert loop.time() - begun < 2.0
    await assert_nothing_is_left()


async def test_closing_is_quick_while_a_handshake_hangs(deaf: DeafHost) -> None:
    streams = client(deaf.url)
    await streams.open()
    streams.on_trades(BTC_USDT, lambda _: None)
    await until(lambda: deaf.accepted)
    async with asyncio.timeout(2.0):
        await streams.close()
    await assert_nothing_is_left()


async def test_a_cancelled_close_can_be_repeated(server: ScriptedServer) -> None:
    streams = client(server.url)
    await streams.open()
    await streams.on_trades(BTC_USDT, lambda _: None)
    server.last.socket.transport.pause_reading()
    closing = asyncio.ensure_future(streams.close())
    await asyncio.sleep(0.01)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await assert_nothing_is_left()
    await streams.close()


async def test_cancelling_a_wish_withdraws_it(deaf: DeafHost) -> None:
    async with client(deaf.url) as streams:
        entry = asyncio.ensure_future(streams.watch_trades(BTC_USDT).__aenter__())
        await until(lambda: streams.metrics().wanted == 1)
        entry.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entry
        await until(lambda: streams.metrics().links == 0)
        assert streams.metrics().wanted == 0
        await until(lambda: our_tasks() == set())


async def test_an_abandoned_watch_gives_its_channel_back(server: ScriptedServer) -> None:
    async with client(server.url) as streams:

        async def first() -> object:
            async for trade in streams.watch_trades(BTC_USDT):
                return trade.trade_id
            return None

        task = asyncio.ensure_future(first())
        await until(lambda: streams.metrics().subscriptions == 1)
        await server.last.send(trade_frame(BTC_TRADES, "t1"))
        assert await task == "t1"
        del task
        gc.collect()
        await until(lambda: streams.metrics().wanted == 0)
        await until(lambda: server.last.is_over)


async def use_everything(streams: MexcWebsocketPublic, server: ScriptedServer) -> None:
    async with streams:
        async with streams.watch_trades(BTC_USDT) as watch:
            await server.last.send(trade_frame(BTC_TRADES, "t1"))
            await anext(watch)
            registration = await streams.on_trades(ETH_USDT, lambda _: None)
            server.last.cut()
            await until(lambda: streams.metrics().reconnects == 1)
            registration.close()
        await streams.on_book_ticker(ETH_USDT, lambda _: None)


async def after_turns(turns: int, work: Awaitable[None]) -> bool:
    """Cancel `work` after that many turns of the loop; tell whether it was still running."""
    task = asyncio.ensure_future(work)
    for _ in range(turns):
        if task.done():
            break
        await asyncio.sleep(0)
    was_running = task.cancel()
    await asyncio.wait((task,))
    return was_running


async def test_a_cancellation_at_any_moment_leaves_nothing_behind(server: ScriptedServer) -> None:
    turns, cancelled = 0, 0
    while turns < 4000:
        streams = client(server.url)
        if not await after_turns(turns, use_everything(streams, server)):
            break
        cancelled += 1
        await streams.close()
        await assert_nothing_is_left()
        turns += 1 if turns < 80 else turns // 10
    assert cancelled > 80


async def test_the_same_for_a_close_that_is_cancelled(server: ScriptedServer) -> None:
    for turns in range(25):
        streams = client(server.url)
        await streams.open()
        await streams.on_trades(BTC_USDT, lambda _: None)
        await after_turns(turns, streams.close())
        await streams.close()
        await assert_nothing_is_left()


def test_a_loop_that_ends_without_a_close_says_nothing() -> None:
    """Dropping everything is no way to end, but it must not make noise."""

    async def forget_to_close() -> Callable[[], object]:
        async with ScriptedServer() as server:
            streams = client(server.url)
            await streams.open()
            await streams.on_trades(BTC_USDT, lambda _: None)
            return streams.metrics

    assert asyncio.run(forget_to_close())()
    gc.collect()


async def test_unsubscribing_ends_the_wait_for_a_grant(deaf: DeafHost) -> None:
    async with client(deaf.url) as streams:
        sink = ClosingSink(streams)
        subscribing = asyncio.ensure_future(streams.subscribe_depth(ETH_USDT, sink))
        await until(lambda: streams.metrics().links == 1)
        streams.unsubscribe_depth(ETH_USDT, sink)
        with pytest.raises(UsageError):
            await asyncio.wait_for(subscribing, timeout=3.0)
        assert streams.metrics().wanted == 0
    await assert_nothing_is_left()


@pytest.mark.parametrize("successors", [1, 2])
async def test_a_callback_that_is_exchanged_for_another_interrupts_nothing(
    server: ScriptedServer, successors: int
) -> None:
    async with client(server.url) as streams:
        first = await streams.on_trades(BTC_USDT, lambda _: None)
        seen: list[str | None] = []
        later = [
            streams.on_trades(BTC_USDT, lambda trade: seen.append(trade.trade_id))
            for _ in range(successors)
        ]
        first.close()
        for registration in later:
            await registration
        await server.last.send(trade_frame(BTC_TRADES, "a"))
        await until(lambda: len(seen) == successors)
        (connection,) = server.connections
        assert [request["method"] for request in connection.requests] == ["SUBSCRIPTION"]
        for registration in later:
            registration.close()
        assert streams.metrics().wanted == 0
        await until(lambda: server.last.is_over)


async def test_a_successor_that_never_comes_gives_the_subscription_back(
    server: ScriptedServer,
) -> None:
    async with client(server.url) as streams:
        first = await streams.on_trades(BTC_USDT, lambda _: None)
        later = streams.on_trades(BTC_USDT, lambda _: None)
        first.close()
        later.close()
        await asyncio.sleep(0)
        assert streams.metrics().wanted == 0


async def test_a_successor_whose_grant_is_awaited_learns_that_the_client_closed(
    server: ScriptedServer,
) -> None:
    async with client(server.url) as streams:
        await streams.on_trades(BTC_USDT, lambda _: None)
        later = streams.on_trades(BTC_USDT, lambda _: None)
        await streams.close()
        with pytest.raises(SessionClosed):
            await later

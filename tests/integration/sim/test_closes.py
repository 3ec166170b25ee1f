"""How connections end: by idleness, silence, age, too many messages, slowness."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
import websockets

from mexc_connector.sim import SimLimits, SimOptions, Simulator

DEPTH = '{"method":"SUBSCRIPTION","params":["spot@public.aggre.depth.v3.api.pb@100ms@BTCUSDT"]}'
TICKER = (
    '{"method":"SUBSCRIPTION","params":["spot@public.aggre.bookTicker.v3.api.pb@10ms@BTCUSDT"]}'
)
PING = '{"method":"PING"}'


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    options = SimOptions(symbols=("BTCUSDT",), agents=0, realtime=False)
    async with Simulator(options) as running:
        yield running


async def ended(socket: websockets.ClientConnection) -> int:
    """Read until the end; give the close code, 1006 where no close frame came."""
    async with asyncio.timeout(5):
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code


async def test_a_connection_without_subscription_is_closed_after_30_s(
    simulator: Simulator,
) -> None:
    async with websockets.connect(simulator.ws_url) as socket:
        await simulator.advance(29_900)
        await socket.send(PING)
        assert "PONG" in str(await socket.recv())
        await simulator.advance(100)
        assert await ended(socket) == 1000
    assert simulator.connections == []


async def test_unsubscribing_everything_starts_the_30_s_anew(simulator: Simulator) -> None:
    async with websockets.connect(simulator.ws_url) as socket:
        await socket.send(DEPTH)
        await socket.recv()
        await simulator.advance(40_000)
        await socket.send(DEPTH.replace("SUBSCRIPTION", "UNSUBSCRIPTION"))
        await socket.recv()
        await simulator.advance(29_000)
        assert len(simulator.connections) == 1
        await simulator.advance(1_000)
        assert await ended(socket) == 1000


async def test_a_silent_connection_is_dropped_after_60_s_without_a_close_frame(
    simulator: Simulator,
) -> None:
    async with websockets.connect(simulator.ws_url, ping_interval=None) as socket:
        await socket.send(DEPTH)
        await socket.recv()
        await simulator.advance(60_000)
        assert await ended(socket) == 1006


async def test_pings_and_data_keep_a_connection(simulator: Simulator) -> None:
    async with (
        websockets.connect(simulator.ws_url, ping_interval=None) as pinging,
        websockets.connect(simulator.ws_url, ping_interval=None, max_queue=None) as listening,
    ):
        await pinging.send(DEPTH)
        await listening.send(TICKER)
        for socket in (pinging, listening):
            await socket.recv()
        await simulator.advance(50_000)
        await pinging.send(PING)
        assert "PONG" in str(await pinging.recv())
        await simulator.advance(50_000)
        assert len(simulator.connections) == 2


async def test_a_connection_is_closed_after_24_h() -> None:
    limits = SimLimits(connection_life_ms=5_000)
    options = SimOptions(symbols=("BTCUSDT",), realtime=False, limits=limits)
    async with (
        Simulator(options) as simulator,
        websockets.connect(simulator.ws_url) as socket,
    ):
        await socket.send(DEPTH)
        await socket.recv()
        await simulator.advance(5_000)
        assert await ended(socket) == 1000


async def test_the_101st_message_within_a_second_ends_the_connection(
    simulator: Simulator,
) -> None:
    async with websockets.connect(simulator.ws_url) as socket:
        for _ in range(100):
            await socket.send(PING)
        for _ in range(100):
            assert "PONG" in str(await socket.recv())
        await simulator.advance(1_000)
        await socket.send(PING)
        assert "PONG" in str(await socket.recv())
        for _ in range(100):
            await socket.send(PING)
        assert await ended(socket) == 1008


async def test_a_client_that_does_not_read_is_dropped_and_blocks_nobody() -> None:
    limits = SimLimits(send_queue_bytes=20_000)
    options = SimOptions(symbols=("BTCUSDT",), limits=limits, speed=200.0)
    async with Simulator(options) as simulator, aiohttp.ClientSession() as session:
        reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
        writer.write(
            b"GET /ws HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        writer.write(bytes((0x81, 0x80 | len(TICKER))) + bytes(4) + TICKER.encode())
        async with session.ws_connect(simulator.ws_url) as healthy:
            await healthy.send_str(TICKER)
            async with asyncio.timeout(20):
                while len(simulator.connections) == 2 or not simulator.connections:
                    await healthy.receive()
            for _ in range(10):
                assert (await healthy.receive()).type is aiohttp.WSMsgType.BINARY
            assert len(simulator.connections) == 1
        writer.close()


async def test_a_test_may_end_connections_itself(simulator: Simulator) -> None:
    async with (
        websockets.connect(simulator.ws_url) as polite,
        websockets.connect(simulator.ws_url) as rude,
    ):
        first, second = simulator.connections
        first.close(1000)
        second.drop()
        assert sorted([await ended(polite), await ended(rude)]) == [1000, 1006]

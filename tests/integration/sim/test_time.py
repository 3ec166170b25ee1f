"""Exchange time against the wall's, and what a snapshot can see between two pushes."""

import asyncio
import json
import time
from types import SimpleNamespace

import aiohttp
import pytest
import websockets

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import SimLimits, SimOptions, Simulator, pace, parts

DEPTH = "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT"
TICKER = "spot@public.aggre.bookTicker.v3.api.pb@10ms@BTCUSDT"
START_MS = 1_790_281_200_000


class StallingClock:
    """The time module as the simulator sees it: a stall is a leap that nobody else notices."""

    def __init__(self) -> None:
        self.stalled_s = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.stalled_s

    def time(self) -> float:
        return time.time() + self.stalled_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StallingClock:
    stalling = StallingClock()
    module = SimpleNamespace(monotonic=stalling.monotonic, time=stalling.time)
    monkeypatch.setattr(pace, "time", module)
    monkeypatch.setattr(parts, "time", module)
    return stalling


async def subscribe(url: str, channel: str) -> websockets.ClientConnection:
    socket = await websockets.connect(url, max_queue=None)
    await socket.send(json.dumps({"method": "SUBSCRIPTION", "params": [channel]}))
    await socket.recv()
    return socket


async def push(socket: websockets.ClientConnection) -> PushDataV3ApiWrapper:
    data = await socket.recv()
    assert isinstance(data, bytes)
    return PushDataV3ApiWrapper.FromString(data)


@pytest.mark.parametrize("stall_s", [1.0, 3.5, 6.0, 28_800.0])
async def test_after_a_stall_exchange_time_is_the_walls_again(
    clock: StallingClock, stall_s: float
) -> None:
    options = SimOptions(symbols=("BTCUSDT",), limits=SimLimits.lifted())
    async with Simulator(options) as running:
        socket = await subscribe(running.ws_url, DEPTH)
        last = int((await push(socket)).publicAggreDepths.toVersion)
        clock.stalled_s = stall_s
        async with asyncio.timeout(10):
            while running.now_ms < clock.time() * 1000 - 100:
                body = (await push(socket)).publicAggreDepths
                assert int(body.fromVersion) == last + 1
                last = int(body.toVersion)
        assert running.now_ms <= clock.time() * 1000
        await socket.close()


async def test_a_fixed_start_is_not_skipped_through(clock: StallingClock) -> None:
    options = SimOptions(symbols=("BTCUSDT",), start_ms=START_MS)
    async with Simulator(options) as running:
        clock.stalled_s = 60.0
        before = running.now_ms
        async with asyncio.timeout(10):
            while running.now_ms < before + 1_500:
                await asyncio.sleep(0.01)
        assert running.now_ms < before + 10_000, "the market fell back, and no time was skipped"


async def test_no_frame_comes_from_the_future() -> None:
    for _ in range(3):
        async with Simulator() as running:
            socket = await subscribe(running.ws_url, TICKER)
            async with asyncio.timeout(10):
                for _ in range(40):
                    frame = await push(socket)
                    assert frame.sendTime <= time.time() * 1000
            assert running.now_ms <= time.time() * 1000
            await socket.close()


async def read_version(session: aiohttp.ClientSession, running: Simulator) -> int:
    url = f"{running.rest_url}/api/v3/depth?symbol=BTCUSDT&limit=5"
    async with session.get(url) as response:
        version: int = (await response.json())["lastUpdateId"]
    return version


async def test_snapshots_asked_for_while_time_is_moved_fall_inside_ranges() -> None:
    options = SimOptions(symbols=("BTCUSDT",), realtime=False, limits=SimLimits.lifted())
    async with Simulator(options) as running, aiohttp.ClientSession() as session:
        socket = await subscribe(running.ws_url, DEPTH)
        versions: list[int] = []

        async def ask() -> None:
            while len(versions) < 20:
                versions.append(await read_version(session, running))

        asking = asyncio.create_task(ask())
        async with asyncio.timeout(20):
            while not asking.done():
                await running.advance(1_000)
        await running.advance(10)
        assert inside_some_range(versions, await ranges_upto(socket, max(versions)))
        await socket.close()


async def test_snapshots_fall_inside_ranges_in_real_time_too() -> None:
    options = SimOptions(symbols=("BTCUSDT",), agents=60, limits=SimLimits.lifted())
    async with Simulator(options) as running, aiohttp.ClientSession() as session:
        socket = await subscribe(running.ws_url, DEPTH)
        is_inside = False
        async with asyncio.timeout(20):
            while not is_inside:
                versions = [await read_version(session, running) for _ in range(10)]
                is_inside = inside_some_range(versions, await ranges_upto(socket, max(versions)))
        await socket.close()


async def ranges_upto(socket: websockets.ClientConnection, version: int) -> list[tuple[int, int]]:
    ranges = [(0, 0)]
    async with asyncio.timeout(20):
        while ranges[-1][1] < version:
            body = (await push(socket)).publicAggreDepths
            ranges.append((int(body.fromVersion), int(body.toVersion)))
    return ranges


def inside_some_range(versions: list[int], ranges: list[tuple[int, int]]) -> bool:
    return any(first <= version < last for version in versions for first, last in ranges)

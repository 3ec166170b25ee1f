"""Starting, stopping and moving time."""

import asyncio
import socket
import time

import aiohttp
import pytest
import uvloop
import websockets

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import SimError, SimLimits, SimOptions, Simulator

TICKER = (
    '{"method":"SUBSCRIPTION","params":["spot@public.aggre.bookTicker.v3.api.pb@10ms@BTCUSDT"]}'
)


async def test_a_simulator_can_be_started_again() -> None:
    simulator = Simulator(SimOptions(start_ms=1_000_000, realtime=False))
    for _ in range(2):
        async with simulator:
            assert simulator.now_ms == 1_000_000
            await simulator.advance(50)
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{simulator.rest_url}/api/v3/time") as response,
            ):
                assert await response.json() == {"serverTime": 1_000_050}


async def test_starting_twice_at_once_is_refused() -> None:
    async with Simulator() as simulator:
        with pytest.raises(SimError, match="running already"):
            await simulator.start()


async def test_stopping_twice_is_fine_and_frees_the_port() -> None:
    simulator = Simulator()
    await simulator.start()
    port = simulator.port
    await simulator.stop()
    await simulator.stop()
    async with Simulator(SimOptions(port=port)) as again:
        assert again.port == port


async def test_a_port_in_use_is_one_clear_error_and_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SimError, match=f"Cannot listen on 127.0.0.1:{port}"):
            await Simulator(SimOptions(port=port)).start()
    assert asyncio.all_tasks() == before


async def test_a_bad_symbol_is_an_error_at_the_start() -> None:
    with pytest.raises(SimError, match="'btcusdt' is not a symbol"):
        await Simulator(SimOptions(symbols=("btcusdt",))).start()


async def test_a_simulator_that_never_started_says_so() -> None:
    with pytest.raises(SimError, match="has not been started"):
        Simulator().market("BTCUSDT")
    with pytest.raises(SimError, match="has not been started"):
        _ = Simulator().rest_url


async def test_an_unlisted_market_says_so() -> None:
    async with Simulator() as simulator:
        with pytest.raises(SimError, match="'NOPEUSDT' is not listed"):
            simulator.market("NOPEUSDT")


async def test_stopping_with_clients_connected_closes_them_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    async with Simulator() as simulator:
        first = await websockets.connect(simulator.ws_url)
        second = await websockets.connect(simulator.ws_url)
        await second.send(TICKER)
        await second.recv()
        began = time.monotonic()
    assert time.monotonic() - began < 3.0
    async with asyncio.timeout(5):
        await first.wait_closed()
        await second.wait_closed()
        assert first.close_code == second.close_code == 1000
        # The clients' own keep-alive tasks end a moment later.
        while asyncio.all_tasks() != before:
            await asyncio.sleep(0)


async def test_time_runs_by_itself_at_the_speed_asked_for() -> None:
    options = SimOptions(speed=100.0, start_ms=1_790_281_200_000)
    async with Simulator(options) as simulator:
        async with asyncio.timeout(5):
            while simulator.now_ms < options.start_ms + 20_000:  # type: ignore[operator]  # set above
                await asyncio.sleep(0.01)
        with pytest.raises(SimError, match="realtime=False"):
            await simulator.advance(10)


@pytest.mark.parametrize("duration_ms", [0, -10, 13])
async def test_time_moves_in_whole_steps_only(duration_ms: int) -> None:
    async with Simulator(SimOptions(realtime=False)) as simulator:
        with pytest.raises(SimError, match="positive multiple of 5"):
            await simulator.advance(duration_ms)


async def test_time_stands_still_between_advances() -> None:
    async with Simulator(SimOptions(realtime=False)) as simulator:
        version = simulator.market("BTCUSDT").version
        before = simulator.now_ms
        await asyncio.sleep(0.05)
        assert (simulator.now_ms, simulator.market("BTCUSDT").version) == (before, version)


async def test_a_long_advance_waits_for_clients_that_read() -> None:
    limits = SimLimits(send_queue_bytes=2_000_000)
    options = SimOptions(symbols=("BTCUSDT",), realtime=False, limits=limits)
    async with (
        Simulator(options) as simulator,
        websockets.connect(simulator.ws_url, max_queue=None) as client,
    ):
        await client.send(TICKER)
        await client.recv()
        await simulator.advance(120_000)
        async with asyncio.timeout(20):
            for _ in range(12_000):
                await client.recv()
        assert len(simulator.connections) == 1


def test_it_runs_on_uvloop_as_well() -> None:
    async def scenario() -> None:
        async with (
            Simulator(SimOptions(realtime=False)) as simulator,
            websockets.connect(simulator.ws_url) as client,
        ):
            await client.send(TICKER)
            assert "bookTicker" in str(await client.recv())
            await simulator.advance(10)
            assert isinstance(await client.recv(), bytes)

    uvloop.run(scenario())


async def depth_frames(simulator: Simulator, count: int) -> dict[int, bytes]:
    """Collect BTCUSDT's diffs by the send time that they carry."""
    found: dict[int, bytes] = {}
    async with websockets.connect(simulator.ws_url, max_queue=None) as client:
        await client.send(TICKER.replace("bookTicker", "depth"))
        await client.recv()
        if not simulator.options.realtime:
            await simulator.advance(10_000)
        async with asyncio.timeout(20):
            while len(found) < count:
                frame = await client.recv()
                assert isinstance(frame, bytes)
                found[PushDataV3ApiWrapper.FromString(frame).sendTime] = frame
    return found


async def test_a_market_in_real_time_is_the_one_that_a_test_moves_by_hand() -> None:
    start_ms = 1_790_281_200_000
    async with Simulator(SimOptions(start_ms=start_ms, speed=20.0)) as simulator:
        real = await depth_frames(simulator, 200)
    async with Simulator(SimOptions(start_ms=start_ms, realtime=False)) as simulator:
        moved = await depth_frames(simulator, 400)
    shared = real.keys() & moved.keys()
    assert len(shared) > 100
    assert {time_ms: real[time_ms] for time_ms in shared} == {
        time_ms: moved[time_ms] for time_ms in shared
    }

"""Faults while time runs by itself, in a market that lives."""

import asyncio
import time

import aiohttp
import pytest

from mexc_connector.sim import SimOptions, Simulator
from mexc_connector.sim.faults import (
    AnyRule,
    DelayAnswer,
    DelayFrames,
    LimitLife,
    SlowDrip,
    Unreachable,
)
from tests.integration.sim.faults.rig import DEPTH, SYMBOL, connected, plan

TICKER = f"spot@public.aggre.bookTicker.v3.api.pb@10ms@{SYMBOL}"


def living(*rules: AnyRule, speed: float = 1.0) -> Simulator:
    return Simulator(SimOptions(symbols=(SYMBOL,), speed=speed, faults=plan(*rules)))


async def test_a_sped_up_clock_brings_the_24_hours_on_in_no_time() -> None:
    async with (
        living(LimitLife(life_ms=120_000), speed=240) as simulator,
        connected(simulator, DEPTH) as client,
    ):
        began_s = time.monotonic()
        assert await client.ended() == (1000, "")
        assert time.monotonic() - began_s < 5
        assert simulator.fault_trace[0].fault == "connection_life"


async def test_an_answer_is_late_by_the_wall_whatever_the_speed() -> None:
    async with (
        living(DelayAnswer(delay_ms=150), speed=50) as simulator,
        aiohttp.ClientSession() as session,
    ):
        began_s = time.monotonic()
        async with session.get(f"{simulator.rest_url}/api/v3/ping") as response:
            assert response.status == 200
        assert time.monotonic() - began_s >= 0.149


async def test_stopping_does_not_wait_for_a_late_answer() -> None:
    simulator = living(DelayAnswer(delay_ms=60_000))
    await simulator.start()
    async with aiohttp.ClientSession() as session:
        asked = asyncio.create_task(session.get(f"{simulator.rest_url}/api/v3/ping"))
        async with asyncio.timeout(5):
            while not simulator.fault_trace:
                await asyncio.sleep(0.005)
        began_s = time.monotonic()
        await simulator.stop()
        assert time.monotonic() - began_s < 0.9
        async with await asked as response:
            assert response.status == 200


async def test_frames_are_late_by_the_wall_whatever_the_speed() -> None:
    rule = DelayFrames(channels=("book_ticker",), delay_ms=200)
    async with living(rule, speed=20) as simulator, connected(simulator, TICKER) as client:
        began_s = time.monotonic()
        await client.next()
        assert time.monotonic() - began_s >= 0.15


async def test_a_drip_is_as_slow_as_it_is_said_to_be() -> None:
    rule = SlowDrip(bytes_per_second=2_000)
    async with living(rule) as simulator, connected(simulator, TICKER) as client:
        began_s, received = time.monotonic(), 0
        while received < 1_000:
            received += len(await client.next()) + 4
        assert time.monotonic() - began_s >= 0.4


async def test_the_port_closes_and_opens_again_by_itself() -> None:
    async with living(Unreachable(after_ms=50, for_ms=300)) as simulator:
        url = f"{simulator.rest_url}/api/v3/ping"
        is_refused = []
        async with asyncio.timeout(10):
            while is_refused[-2:] != [True, False]:
                async with aiohttp.ClientSession() as session:
                    try:
                        async with session.get(url) as response:
                            is_refused.append(response.status != 200)
                    except aiohttp.ClientConnectorError:
                        is_refused.append(True)
                await asyncio.sleep(0.005)


async def test_a_port_that_was_taken_meanwhile_ends_the_simulator_with_an_error() -> None:
    simulator = living(Unreachable(for_ms=300))
    await simulator.start()
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    thief = await asyncio.start_server(lambda *_: None, "127.0.0.1", simulator.port)
                    break
                except OSError:
                    await asyncio.sleep(0.005)
        async with asyncio.timeout(10):
            await simulator.wait_stopped()
    finally:
        thief.close()
        with pytest.raises(Exception, match="Cannot listen on"):
            await simulator.stop()

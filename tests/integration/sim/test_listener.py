"""The port of the simulator at the moments between open and closed."""

import asyncio
import socket
from contextlib import suppress

import pytest
from aiohttp import web

from mexc_connector.sim import SimOptions, Simulator
from mexc_connector.sim.listener import Listener

HOST = "127.0.0.1"
TURNS = range(6)


def is_free(port: int) -> bool:
    with socket.socket() as other:
        try:
            other.bind((HOST, port))
        except OSError:
            return False
    return True


async def some(turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


@pytest.mark.parametrize("turns", TURNS)
async def test_a_client_that_came_last_is_hung_up_on_like_the_others(turns: int) -> None:
    simulator = Simulator(SimOptions(symbols=("BTCUSDT",), realtime=False))
    await simulator.start()
    with socket.create_connection((HOST, simulator.port)) as client:
        client.setblocking(False)
        await some(turns)
        await simulator.stop()
        async with asyncio.timeout(2):
            with suppress(ConnectionResetError):
                assert await asyncio.get_running_loop().sock_recv(client, 1) == b""


@pytest.mark.parametrize("turns", TURNS)
async def test_a_client_that_came_before_the_refusal_is_served_or_refused(turns: int) -> None:
    listener = Listener(web.Application(), host=HOST, port=0)
    await listener.open()
    with socket.create_connection((HOST, listener.port)) as client:
        client.setblocking(False)
        await some(turns)
        await listener.set_refusing(refuses=True)
        async with asyncio.timeout(2):
            loop = asyncio.get_running_loop()
            with suppress(ConnectionError):
                await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                assert await loop.sock_recv(client, 8) == b"HTTP/1.1"
    await listener.close()


async def test_the_port_is_never_free_between_refusing_and_listening() -> None:
    listener = Listener(web.Application(), host=HOST, port=0)
    await listener.open()
    await listener.set_refusing(refuses=True)
    assert not is_free(listener.port)
    listening = asyncio.create_task(listener.set_refusing(refuses=False))
    while not listening.done():
        await asyncio.sleep(0)
        assert not is_free(listener.port)
    await listening
    await listener.close()
    assert is_free(listener.port)


@pytest.mark.parametrize("turns", TURNS)
async def test_listening_again_that_is_cancelled_leaves_no_port(turns: int) -> None:
    listener = Listener(web.Application(), host=HOST, port=0)
    await listener.open()
    await listener.set_refusing(refuses=True)
    listening = asyncio.create_task(listener.set_refusing(refuses=False))
    await some(turns)
    listening.cancel()
    await asyncio.wait([listening])
    await listener.close()
    assert is_free(listener.port)

"""The command as a process: its ready line, its signals, its complaints."""

import asyncio
import json
import signal
import socket
import sys

import aiohttp
import pytest

PROGRAM = """
import argparse, asyncio, sys
from mexc_connector.sim.command import configure, serve
parser = argparse.ArgumentParser()
configure(parser)
sys.exit(asyncio.run(serve(parser.parse_args())))
"""


async def start(*flags: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        *flags,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_announces_itself_serves_and_ends_on_a_signal(number: signal.Signals) -> None:
    process = await start("--port", "0", "--symbol", "BTCUSDT", "--symbol", "MXUSDT", "--seed", "9")
    assert process.stdout is not None
    async with asyncio.timeout(20):
        ready = json.loads(await process.stdout.readline())
    assert set(ready) == {"rest", "ws", "api_key", "secret_key", "accounts"}
    assert ready["ws"] == ready["rest"].replace("http", "ws") + "/ws"
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{ready['rest']}/api/v3/defaultSymbols") as response,
    ):
        assert (await response.json())["data"] == ["BTCUSDT", "MXUSDT"]
    process.send_signal(number)
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"", b"")


async def test_its_ready_line_names_every_account() -> None:
    flags = ("--symbol", "BTCUSDT", "--account", "mx0mine01:secret:USDT=100000,BTC=2.5")
    process = await start("--port", "0", *flags)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        ready = json.loads(await process.stdout.readline())
    usual, mine = ready["accounts"]
    assert (usual["api_key"], usual["secret_key"]) == (ready["api_key"], ready["secret_key"])
    assert usual["balances"] == {"USDT": "1000000", "MX": "100000", "BTC": "10"}
    uid = mine.pop("uid")
    assert uid.isdecimal()
    assert mine == {
        "api_key": "mx0mine01",
        "secret_key": "secret",
        "balances": {"USDT": "100000", "BTC": "2.5"},
    }
    process.terminate()
    async with asyncio.timeout(20):
        await process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--symbol", "btcusdt"], "'btcusdt' is not a symbol"),
        (["--port", "99999"], "The port must lie between 0 and 65535"),
        (["--speed", "0"], "The speed must be above 0"),
        (["--agents", "-1"], "The number of agents must lie between"),
        (["--levels", "0"], "The levels per side must lie between"),
        (["--symbols", "0"], "The number of symbols must lie between"),
        (["--symbols", "5", "--symbol", "BTCUSDT"], "not both"),
        (["--account", "key"], "An account is given as KEY:SECRET:ASSET=AMOUNT"),
        (["--account", "key:secret:USDT=lots"], "'lots' is not a number"),
        (["--account", "k:s:", "--account", "k:s:"], "Two accounts have the key k"),
    ],
)
async def test_bad_flags_get_one_sentence_and_exit_code_2(flags: list[str], complaint: str) -> None:
    process = await start("--port", "0", *flags)
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    assert complaint in err.decode()
    assert err.decode().count("\n") == 1


async def test_a_port_in_use_gets_one_sentence_and_exit_code_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = await start("--port", port)
        async with asyncio.timeout(20):
            _, err = await process.communicate()
    assert process.returncode == 2
    assert err.decode().startswith(f"Cannot listen on 127.0.0.1:{port}")
    assert err.decode().count("\n") == 1

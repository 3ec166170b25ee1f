"""examples/watchdog.py: a process of its own cancels what a bot that died has left open."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mexc_connector import (
    AssetName,
    MexcConfig,
    MexcPrivateSpotRest,
    OrderRequest,
    RateLimitConfig,
    Side,
    Symbol,
)
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.sim.faults import FaultPlan, ServerError

WATCHDOG = Path(__file__).parents[2] / "examples" / "watchdog.py"
BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))
OPTIONS = SimOptions(symbols=("BTCUSDT",), agents=0, limits=SimLimits.lifted())


@asynccontextmanager
async def watchdog(
    *arguments: str, sim: Simulator | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    keys = {"MEXC_API_KEY": "k", "MEXC_API_SECRET": "s"}
    if sim is not None:
        keys = {"MEXC_API_KEY": sim.api_key, "MEXC_API_SECRET": sim.secret_key}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", str(WATCHDOG), *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **keys},
    )
    try:
        async with asyncio.timeout(60):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def place(sim: Simulator, count: int) -> None:
    config = MexcConfig(
        rest_url=sim.rest_url, stream_url=sim.ws_url, limits=RateLimitConfig.lifted()
    )
    async with MexcPrivateSpotRest(sim.api_key, sim.secret_key, config=config) as rest:
        for number in range(count):
            request = OrderRequest(side=Side.BUY, amount="0.001", price=str(20_000 + number))
            await rest.place_order(
                BTC_USDT, side=request.side, amount=request.amount, price=request.price
            )


async def test_orders_live_while_the_file_is_touched_and_go_when_it_is_not(tmp_path: Path) -> None:
    beat = tmp_path / "heartbeat"
    async with Simulator(OPTIONS) as sim:
        await place(sim, 3)
        arguments = ("--heartbeat", str(beat), "--timeout", "1.5", "--once", "--rest", sim.rest_url)
        async with watchdog(*arguments, sim=sim) as process:
            assert process.stdout is not None
            assert b"watching" in await process.stdout.readline()
            for _ in range(10):  # twice as long as it would wait
                beat.touch()
                await asyncio.sleep(0.3)
            assert len(sim.account(sim.api_key).open_orders()) == 3
            sim.set_faults(
                FaultPlan(rules=(ServerError(endpoints=("commands",), last=1, moment="before"),))
            )
            output, errors = await process.communicate()
            assert (process.returncode, errors) == (0, b"")
            assert b"silent for" in output
            assert b"not yet" in output
            assert output.endswith(b"no order is open\n")
            assert sim.account(sim.api_key).open_orders() == []
            assert sim.secret_key.encode() not in output


async def test_a_real_exchange_is_refused_without_the_flag(tmp_path: Path) -> None:
    async with watchdog("--heartbeat", str(tmp_path / "beat")) as process:
        _, errors = await process.communicate()
        assert process.returncode == 1
        assert b"add --live" in errors

"""A case that goes wrong in a way that nobody thought of is told, and the others go on."""

import asyncio
from unittest.mock import patch

import pytest

from mexc_connector import MexcExchange
from mexc_connector.sim import SimError, Simulator
from tests.adversity.case import run_batch, stopped


async def broken_of(case: str) -> str:
    (outcome,) = await run_batch([(case,)], seed=1, at_once=1)
    assert outcome.case == case
    (text,) = outcome.broken
    return text


async def test_a_simulator_that_fails_is_told() -> None:
    with patch.object(Simulator, "start", side_effect=SimError("no port")):
        assert "SimError: no port" in await broken_of("drop_public")


async def test_a_market_that_broke_off_is_told() -> None:
    stop = Simulator.stop

    async def failing(self: Simulator) -> None:
        await stop(self)
        raise SimError("the market broke off")

    with (
        patch.object(Simulator, "stop", failing),
        patch.object(MexcExchange, "session", side_effect=TimeoutError),
    ):
        assert "SimError: the market broke off" in await broken_of("drop_public")


async def test_a_cancellation_out_of_nowhere_is_told() -> None:
    with patch.object(MexcExchange, "session", side_effect=asyncio.CancelledError):
        assert "CancelledError" in await broken_of("drop_public")


async def test_a_batch_that_is_cancelled_ends() -> None:
    running = asyncio.create_task(run_batch([("drop_public",)], seed=1, at_once=1))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_trader_that_was_cancelled_by_nobody_is_told() -> None:
    async def run() -> None:
        raise asyncio.CancelledError

    trading = asyncio.create_task(run())
    await asyncio.wait([trading])
    assert "nobody" in (await stopped(trading))[0]

"""Kill -9 at any point of a run loses no order: a real process, killed again and again."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from mexc_connector import (
    MexcConfig,
    MexcExchange,
    OrderStatus,
    RateLimitConfig,
    ReadyWhen,
    RecoveryReport,
    TradingConfig,
)
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.sim.account_view import AccountView

ROUNDS = 8
LOOP = Path(__file__).with_name("order_loop.py")


async def run_and_kill(sim: Simulator, journal: Path, mid: float, seconds: float) -> None:
    environment = {
        **os.environ,
        "MEXC_API_KEY": sim.api_key,
        "MEXC_API_SECRET": sim.secret_key,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(LOOP), sim.rest_url, sim.ws_url, str(journal), str(mid)),
        stdout=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"placing\n"
        await asyncio.sleep(seconds)  # the moment of the kill is what the test is about
    finally:
        process.kill()
        assert await process.wait() == -signal.SIGKILL


async def recover(sim: Simulator, journal: Path) -> RecoveryReport:
    config = MexcConfig(
        rest_url=sim.rest_url,
        stream_url=sim.ws_url,
        recv_window_ms=500,
        limits=RateLimitConfig.lifted(),
        trading=TradingConfig(grace_s=0.5),
    )
    exchange = MexcExchange(sim.api_key, sim.secret_key, config=config)
    async with exchange.session(ready_when=ReadyWhen.SUBSCRIBED, journal=journal) as mexc:
        assert mexc.recovery is not None
        return mexc.recovery


def check(report: RecoveryReport, account: AccountView) -> None:
    theirs = {order.client_order_id: order for order in account.orders()}
    assert report.unknown_to_us == ()
    assert report.unsettled == ()
    alive = {handle.client_order_id for handle in report.alive}
    assert {order.client_order_id for order in account.open_orders()} <= alive
    for handle in report.finished:
        there = theirs.get(handle.client_order_id)
        if there is None:
            assert handle.status is OrderStatus.REJECTED
        else:
            assert (handle.status, handle.exact.amount_filled) == (there.status, there.filled)


@pytest.mark.slow
async def test_a_process_killed_again_and_again_loses_no_order(tmp_path: Path) -> None:
    journal = tmp_path / "orders"
    dice = random.Random(7)
    options = SimOptions(symbols=("BTCUSDT",), seed=7, limits=SimLimits.lifted())
    async with Simulator(options) as sim:
        account = sim.account(sim.api_key)
        mid = float(sim.market("BTCUSDT").bids()[0][0])
        for _ in range(ROUNDS):
            placed = len(account.orders())
            await run_and_kill(sim, journal, mid, dice.uniform(0.0, 0.3))
            report = await recover(sim, journal)
            check(report, account)
            assert len(account.orders()) >= placed
        assert len(account.orders()) > ROUNDS * 5
        assert len({order.client_order_id for order in account.orders()}) == len(account.orders())

"""Memory of a bot's process alone: an exchange that misbehaves, and consumers that never read.

    python -m tests.adversity.memory_run --minutes 60 --seed 1

The exchange is a process of its own. Every channel comes over two links, which are replaced every
few seconds; faults come and go; a trader trades; every kind of watch is opened and never read.
Tapes, queues and tables fill up first; exit code 1 if the resident memory grows in the second half.
"""

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from statistics import median

import aiohttp
import msgspec

from mexc_connector import MexcConfig, MexcExchange
from mexc_connector.sim.faults import FaultPlan
from tests.adversity.case import rules_of, stopped
from tests.adversity.catalogue import FAULTS, SYMBOLS
from tests.adversity.growth import growth_per_hour
from tests.adversity.memory_watch import resident_kb
from tests.adversity.rig import MARKETS, quick_config
from tests.adversity.trader import Trader

MOST_GROWTH_KB_PER_MINUTE = 200.0
MOST_NEW_BLOCKS_PER_MINUTE = 1_000.0
"""Blocks are what Python's allocator has given out: what lives, whatever holes are left between."""
SAMPLE_S = 5.0
FAULTS_S = (1.0, 3.0)
CALM_S = 3.0
QUEUE = 1_000
PAUSE_S = 0.01
"""Between orders: ten thousand fills, as many as are told apart, come together in minutes."""
LEFT_OUT = frozenset({"delist"})
"""A market that is gone for good leaves less and less to trade."""


class Sim(msgspec.Struct):
    """What the simulator's process says of itself when it is ready."""

    rest: str
    ws: str
    api_key: str
    secret_key: str


@asynccontextmanager
async def simulator(seed: int) -> AsyncIterator[Sim]:
    """Run the exchange in a process of its own."""
    markets = [part for name in SYMBOLS for part in ("--symbol", name)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "mexc_connector", "sim", "--port", "0", "--seed", str(seed)),
        *("--agents", "40", "--admin", "--no-limits", *markets),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield msgspec.json.decode(await process.stdout.readline(), type=Sim)
    finally:
        process.terminate()
        await process.wait()


async def misbehave(sim: Sim, seed: int, counts: dict[str, int]) -> None:
    """Bring faults on and off until cancelled."""
    dice = Random(seed)
    names = sorted(FAULTS.keys() - LEFT_OUT)
    async with aiohttp.ClientSession() as http:
        while True:
            rules = rules_of(dice.sample(names, dice.randint(1, 3)))
            plan = FaultPlan(seed=dice.randrange(2**32), rules=rules)
            async with http.put(f"{sim.rest}/sim/faults", data=msgspec.json.encode(plan)) as put:
                put.raise_for_status()
            counts["plans"] += 1
            await asyncio.sleep(dice.uniform(*FAULTS_S))
            async with http.delete(f"{sim.rest}/sim/faults") as deleted:
                deleted.raise_for_status()
            await asyncio.sleep(CALM_S)


async def neglect(mexc: MexcExchange, stack: AsyncExitStack) -> None:
    """Open a watch of every kind and read nothing from it."""
    markets = MARKETS.values()
    for watch in (
        *(mexc.watch_orderbook(market) for market in markets),
        *(mexc.watch_trades(market) for market in markets),
        *(mexc.watch_book_ticker(market) for market in markets),
        mexc.watch_orders(),
        mexc.watch_fills(),
        mexc.watch_balances(),
        mexc.watch_trade_gaps(),
        mexc.watch_book_mismatches(),
        mexc.watch_degraded(),
    ):
        await stack.enter_async_context(watch)


class Samples:
    """Memory over time: `(seconds, KiB)` that are resident, `(seconds, blocks)` that are in use."""

    def __init__(self) -> None:
        self.resident: list[tuple[float, float]] = []
        self.blocks: list[tuple[float, float]] = []

    async def run(self) -> None:
        """Look every few seconds until cancelled."""
        began = time.perf_counter()
        while True:
            at_s = time.perf_counter() - began
            self.resident.append((at_s, resident_kb() / 1024))
            self.blocks.append((at_s, sys.getallocatedblocks()))
            await asyncio.sleep(SAMPLE_S)

    def judge(self) -> None:
        """Say what was seen; more than a little growth ends the process with an error."""
        mib, blocks = grown(self.resident, "resident, MiB"), grown(self.blocks, "blocks in use")
        if mib * 1024 > MOST_GROWTH_KB_PER_MINUTE or blocks > MOST_NEW_BLOCKS_PER_MINUTE:
            raise SystemExit("memory grows")


def grown(samples: list[tuple[float, float]], what: str) -> float:
    """Tell the medians of the sixths of a run; return the growth a minute in its last half."""
    whole_s = samples[-1][0]
    parts = [[seen for at_s, seen in samples if int(at_s * 6 / whole_s) == n] for n in range(6)]
    growth = growth_per_hour([one for one in samples if one[0] > whole_s / 2]) / 60
    told = ", ".join(f"{median(part):,.1f}" for part in parts if part)
    sys.stdout.write(f"{what}, by sixths: {told}; last half {growth:+,.2f} a minute\n")
    return growth


def config_of(sim: Sim) -> MexcConfig:
    """Give two links for every channel, and short queues, so that they are full soon."""
    config = quick_config(sim.rest, sim.ws, redundancy=2, rotate_after_s=5.0)
    streams = msgspec.structs.replace(config.streams, queue_size=QUEUE)
    trading = msgspec.structs.replace(config.trading, completed_orders=200)
    return msgspec.structs.replace(config, streams=streams, trading=trading)


async def run(minutes: float, seed: int) -> None:
    """Live for some minutes."""
    samples = Samples()
    counts = {"plans": 0}
    async with simulator(seed) as sim, AsyncExitStack() as stack:
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config_of(sim))
        mexc = await stack.enter_async_context(exchange.session(MARKETS.values()))
        await neglect(mexc, stack)
        trader = Trader(mexc, seed=seed, pause_s=PAUSE_S, most_open=40)
        tasks = [
            asyncio.create_task(work)
            for work in (trader.run(), misbehave(sim, seed, counts), samples.run())
        ]
        await asyncio.sleep(minutes * 60)
        broken = [text for task in tasks for text in await stopped(task)]
        metrics = mexc.get_performance_metrics()
    sys.stdout.write(
        f"{minutes:g} minutes, seed {seed}: {counts['plans']} spells of faults, {trader.placed} "
        f"orders, {metrics['stream_frames']:.0f} frames, {metrics['stream_handovers']:.0f} "
        f"handovers, {metrics['stream_reconnects']:.0f} reconnects\n"
    )
    if broken:
        raise SystemExit("\n".join(broken))
    samples.judge()


def main() -> None:
    """Run, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=os.getpid())
    arguments = parser.parse_args()
    logging.getLogger("mexc_connector").setLevel(logging.CRITICAL)  # it warns of what is done to it
    asyncio.run(run(arguments.minutes, arguments.seed))


if __name__ == "__main__":
    main()

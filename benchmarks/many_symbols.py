"""Sync every book of a large exchange: the simulator with 2,000 markets, in a process of its own.

It stands for a bot that watches the whole exchange. With the limits lifted on both sides it
measures our own speed; with the exchange's limits the weight budget decides (100 books per 10 s).
Run: `python -m benchmarks.many_symbols [--symbols N] [--with-limits] [--json]`.
"""

import argparse
import asyncio
import json
import sys
import time

from mexc_connector import (
    MexcConfig,
    MexcExchange,
    MexcPublicSpotRest,
    RateLimitConfig,
    ReadyWhen,
    StreamConfig,
    StreamSpeed,
    run,
)


async def measure(symbols: int, *, with_limits: bool) -> dict[str, float]:
    """Start the simulator, open a session over all of its markets, and time it."""
    limits = [] if with_limits else ["--no-limits"]
    simulator = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mexc_connector", "sim", "--port", "0", "--seed", "3"),
        *("--symbols", str(symbols), *limits),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        if simulator.stdout is None:
            raise SystemExit("no pipe to the simulator")
        ready = json.loads(await simulator.stdout.readline())
        config = MexcConfig(
            rest_url=ready["rest"],
            stream_url=ready["ws"],
            limits=RateLimitConfig() if with_limits else RateLimitConfig.lifted(),
            streams=StreamConfig(depth_speed=StreamSpeed.MS_100),
        )
        return await time_session(config)
    finally:
        simulator.terminate()
        await simulator.wait()


async def time_session(config: MexcConfig) -> dict[str, float]:
    """Seconds until everything is subscribed and synced, and the CPU that it took here."""
    async with MexcPublicSpotRest(config) as rest:
        infos = await rest.get_symbol_infos()
    exchange = MexcExchange(config=config)
    started, cpu = time.perf_counter(), time.process_time()
    session = exchange.session([i.symbol for i in infos], ready_when=ReadyWhen.SUBSCRIBED)
    async with session as mexc:
        subscribed_s = time.perf_counter() - started
        while mexc.get_performance_metrics()["live_books_count"] < len(infos):
            await asyncio.sleep(0.02)
        synced_s, synced_cpu_s = time.perf_counter() - started, time.process_time() - cpu
        cpu = time.process_time()
        await asyncio.sleep(5)
        metrics = mexc.get_performance_metrics()
        return {
            "symbols": len(infos),
            "links": metrics["stream_links"],
            "subscribed_s": round(subscribed_s, 2),
            "synced_s": round(synced_s, 2),
            "client_cpu_s_until_synced": round(synced_cpu_s, 2),
            "client_cpu_percent_afterwards": round(20 * (time.process_time() - cpu), 1),
            "resyncs": metrics["orderbook_resyncs"],
        }


def main() -> None:
    """Print one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=2000)
    parser.add_argument("--with-limits", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = run(measure(options.symbols, with_limits=options.with_limits))
    if options.json:
        print(json.dumps({"many_symbols": figures}))
        return
    for name, value in figures.items():
        print(f"{name:>32}: {value}")


if __name__ == "__main__":
    main()

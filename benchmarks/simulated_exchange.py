"""The simulator as a process that ends with its input: `python -m benchmarks.simulated_exchange`.

The argument is JSON: `symbols` how many markets, `levels` a side in each, `has_limits` whether the
exchange's limits hold. When it is ready it prints its address and the default account's keys as
JSON.
"""

import asyncio
import json
import sys
import threading

from mexc_connector import run
from mexc_connector.sim import SimOptions, Simulator
from mexc_connector.sim.options import SimLimits


async def serve(symbols: int | None = None, levels: int | None = None, *, has_limits: bool) -> None:
    """Serve until stdin ends."""
    options = SimOptions(
        seed=3,
        symbol_count=symbols,
        levels_per_side=levels,
        limits=SimLimits() if has_limits else SimLimits.lifted(),
    )
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    # A thread, because no loop can watch every kind of stdin on every system.
    threading.Thread(target=wait_for_the_end, daemon=True).start()
    async with Simulator(options) as simulator:
        ready = {
            "rest": simulator.rest_url,
            "ws": simulator.ws_url,
            "api_key": simulator.api_key,
            "secret_key": simulator.secret_key,
        }
        print(json.dumps(ready), flush=True)
        await ended.wait()


if __name__ == "__main__":
    run(serve(**json.loads(sys.argv[1])))

"""Put `health()` behind an HTTP endpoint: `python health_endpoint.py`.

GET /health answers 200 while the session is healthy or degraded and 503 while it is down, with the
whole answer as JSON. The verdict is of now: alarm on `books[].mismatches` and `tapes[].gaps_open`
too if your bot must not have missed anything. A simulated exchange plays an outage, so that all
three can be seen.
"""

import asyncio

import aiohttp
from aiohttp import web

from mexc_connector import (
    AssetName,
    DegradedEvent,
    HealthVerdict,
    MexcConfig,
    MexcExchange,
    StreamConfig,
    Symbol,
    run,
)
from mexc_connector.sim import Simulator
from mexc_connector.sim.faults import FaultPlan, Unreachable

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))


def health_app(mexc: MexcExchange) -> web.Application:
    """Make the application; give it a port that only your monitoring can reach."""

    async def answer(_: web.Request) -> web.Response:
        health = mexc.health()
        status = 503 if health.verdict is HealthVerdict.DOWN else 200
        return web.Response(body=health.to_json(), status=status, content_type="application/json")

    app = web.Application()
    app.router.add_get("/health", answer)
    return app


async def wait_for(verdict: HealthVerdict, url: str, mexc: MexcExchange) -> None:
    """Wait for a verdict, looking whenever a mode begins or ends, then ask the endpoint."""
    changed = asyncio.Event()

    def tell(event: DegradedEvent) -> None:
        print(event.mode, event.change)
        changed.set()

    registration = mexc.on_degraded(tell)
    while mexc.health().verdict is not verdict:
        await changed.wait()
        changed.clear()
    registration.close()
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        health = await response.json()
        print("HTTP", response.status, health["verdict"], *health["reasons"], sep=" | ")
        for book in health["books"]:
            print("book", book["symbol"], "contradicted", book["mismatches"], "times")
        for tape in health["tapes"]:
            print("tape", tape["symbol"], "lacks nothing" if tape["is_complete"] else tape["state"])


async def main() -> None:
    """Serve, and ask before, during and after an outage of the exchange."""
    async with Simulator() as sim:
        config = MexcConfig(
            rest_url=sim.rest_url,
            stream_url=sim.ws_url,
            streams=StreamConfig(backoff_base_s=0.1, backoff_max_s=0.2),
        )
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config)
        async with exchange.session([BTC_USDT]) as mexc:
            runner = web.AppRunner(health_app(mexc))
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            url = f"http://{host}:{port}/health"
            print("serving", url)
            try:
                await wait_for(HealthVerdict.HEALTHY, url, mexc)
                sim.set_faults(FaultPlan(rules=(Unreachable(for_ms=1_000),)))
                for connection in tuple(sim.connections):
                    connection.drop()
                await wait_for(HealthVerdict.DOWN, url, mexc)
                await wait_for(HealthVerdict.HEALTHY, url, mexc)
            finally:
                await runner.cleanup()


if __name__ == "__main__":
    run(main())

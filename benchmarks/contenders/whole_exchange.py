"""A session over every market of a running simulator: until all books are live, and afterwards."""

import asyncio
import time
from contextlib import AsyncExitStack

from mexc_connector import (
    MexcConfig,
    MexcExchange,
    MexcPublicSpotRest,
    RateLimitConfig,
    ReadyWhen,
    StreamConfig,
    StreamSpeed,
)

_LIMIT_S = 100.0
_LOOK_S = 0.02


class Round:
    """Open a session over all markets, watch it live for a while, close it."""

    def __init__(self, config: MexcConfig, live_s: float) -> None:
        self._config = config
        self._live_s = live_s

    async def __call__(self) -> dict[str, float]:
        """Return seconds until synced, the CPU seconds they took, and what living costs."""
        async with MexcPublicSpotRest(self._config) as rest:
            symbols = list(await rest.get_symbol_map())
        exchange = MexcExchange(config=self._config, environment={})
        started, cpu = time.perf_counter(), time.process_time()
        async with AsyncExitStack() as stack:
            session = exchange.session(symbols, ready_when=ReadyWhen.SUBSCRIBED)
            mexc = await stack.enter_async_context(session)
            async with asyncio.timeout(_LIMIT_S):
                while mexc.get_performance_metrics()["live_books_count"] < len(symbols):
                    await asyncio.sleep(_LOOK_S)
            synced_s = time.perf_counter() - started
            synced_cpu_s = time.process_time() - cpu
            return {
                "synced": synced_s,
                "synced cpu": synced_cpu_s,
                **await self._live(mexc),
                "resyncs": mexc.get_performance_metrics()["orderbook_resyncs"],
            }

    async def _live(self, mexc: MexcExchange) -> dict[str, float]:
        frames = mexc.get_performance_metrics()["stream_frames"]
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(self._live_s)
        spent_s, lived_s = time.process_time() - cpu, time.perf_counter() - wall
        came = mexc.get_performance_metrics()["stream_frames"] - frames
        return {
            "frames": came / lived_s,
            "live cpu": 100 * spent_s / lived_s,
            "per frame": 1e6 * spent_s / came if came else 0.0,
        }


def prepare(rest_url: str, stream_url: str, live_s: float, *, has_limits: bool) -> Round:
    """Prepare sessions with a running simulator."""
    config = MexcConfig(
        rest_url=rest_url,
        stream_url=stream_url,
        limits=RateLimitConfig() if has_limits else RateLimitConfig.lifted(),
        streams=StreamConfig(depth_speed=StreamSpeed.MS_100),
    )
    return Round(config, live_s)

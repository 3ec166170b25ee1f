"""Where the time of a frame goes in a session of ours, by its own report."""

import asyncio
from collections.abc import Awaitable, Callable

from benchmarks.contenders import WrongResult
from mexc_connector import (
    LatencyReport,
    LatencyStage,
    MexcConfig,
    MexcExchange,
    MexcPublicSpotRest,
    RateLimitConfig,
    StreamConfig,
    StreamKind,
    Symbol,
)

PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9)
KINDS = (StreamKind.ORDER_BOOK, StreamKind.TRADES, StreamKind.BOOK_TICKER)
STAGES = tuple(stage for stage in LatencyStage if stage.name.startswith("RECEIVED_"))


def figure(kind: StreamKind, stage: LatencyStage, percent: float) -> str:
    """Name a figure: a percentile of one stage of one kind of stream."""
    return f"{kind} {stage} p{percent:g}"


async def prepare(
    rest: str, ws: str, seconds: float, needed: int
) -> Callable[[], Awaitable[dict[str, float]]]:
    """Return a round: a session of its own that watches every market, and tells the stages.

    `needed`: as many frames make a distribution; with fewer the percentiles would mean nothing.
    """
    config = MexcConfig(
        rest_url=rest,
        stream_url=ws,
        limits=RateLimitConfig.lifted(),
        streams=StreamConfig(latency_one_in=1),
    )

    async with MexcPublicSpotRest(config) as public:
        symbols = list(await public.get_symbol_map())

    async def round_() -> dict[str, float]:
        report = await _watched(MexcExchange(config=config, environment={}), symbols, seconds)
        for kind in KINDS:
            delivered = report.streams.get(kind, {}).get(LatencyStage.RECEIVED_TO_DELIVERED)
            if delivered is None or delivered.count < needed:
                raise WrongResult(f"{kind}: {delivered and delivered.count} frames delivered")
        return {
            figure(kind, stage, percent): durations.percentile_ns(percent) / 1000
            for kind in KINDS
            for stage, durations in report.streams[kind].items()
            if stage in STAGES and durations.count >= needed
            for percent in PERCENTILES
        }

    return round_


async def _watched(exchange: MexcExchange, symbols: list[Symbol], seconds: float) -> LatencyReport:
    async with exchange.session(symbols) as mexc:
        for symbol in symbols:
            mexc.on_orderbook(symbol, _ignore)
            mexc.on_trades(symbol, _ignore)
            mexc.on_book_ticker(symbol, _ignore)
        await asyncio.sleep(seconds)
        return mexc.get_latency()


def _ignore(_: object) -> None:
    """Do nothing, as the cheapest callback does."""

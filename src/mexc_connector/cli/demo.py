"""The `demo` command: a venue, a session over it, and a view of what it tells."""

import asyncio
import contextlib
from pathlib import Path

import msgspec

from mexc_connector.cli.feed import DemoFeed
from mexc_connector.cli.rates import SendDelays
from mexc_connector.cli.stop_signals import until_stopped
from mexc_connector.cli.venue import USUAL_SYMBOLS, Venue, live, simulated
from mexc_connector.cli.view_model import DemoView
from mexc_connector.cli.views import View
from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.errors import MexcError, UnknownSymbol
from mexc_connector.common.symbols import Symbol, SymbolMap
from mexc_connector.exchange import MexcExchange

_CLOCK_INTERVAL_S = 60.0


class DemoOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. `symbols` in the exchange's spelling; `seconds` None means for ever."""

    live: bool = False
    symbols: tuple[str, ...] = ()
    seconds: float | None = None
    config: Path | None = None


async def run_demo(options: DemoOptions, view: View) -> int:
    """Show the markets until the time is over or a signal comes; 0 either way.

    Raises `CommandFailed` and the library's own errors.
    """
    config = MexcConfig() if options.config is None else MexcConfig.from_yaml(options.config)
    await until_stopped(_demo(options, config, view))
    return 0


async def _demo(options: DemoOptions, config: MexcConfig, view: View) -> None:
    names = tuple(dict.fromkeys(options.symbols)) or USUAL_SYMBOLS
    view.announce(config.rest_url if options.live else "a simulator of its own")
    async with live(config) if options.live else simulated(config, names) as venue:
        clock = Clock()
        # The demo shows markets: keys in the environment are none of its business.
        exchange = MexcExchange(config=venue.config, clock=clock, environment={})
        async with exchange.session() as mexc:
            symbols = _symbols(names, await mexc.public_rest.get_symbol_map())
            await _watch(mexc, venue, symbols, view, clock=clock, seconds=options.seconds)


def _symbols(names: tuple[str, ...], symbol_map: SymbolMap) -> list[Symbol]:
    found = []
    for name in names:
        try:
            found.append(symbol_map.from_exchange(name))
        except UnknownSymbol:
            raise UnknownSymbol(name, note=_hint(name, symbol_map)) from None
    return found


def _hint(name: str, symbol_map: SymbolMap) -> str:
    listed = sorted(symbol_map.to_exchange(symbol) for symbol in symbol_map)
    if name.upper() in listed:
        return f"did you mean {name.upper()}?"
    return f"it lists {', '.join(listed)}" if len(listed) <= 20 else ""


async def _watch(
    mexc: MexcExchange,
    venue: Venue,
    symbols: list[Symbol],
    view: View,
    *,
    clock: Clock,
    seconds: float | None,
) -> None:
    infos = [await mexc.get_symbol_info(symbol) for symbol in symbols]
    delays = SendDelays(clock_offset_ms=await mexc.public_rest.sync_clock())
    model = DemoView(venue.name, infos, started_at=clock.now())
    feed = DemoFeed(mexc, model, clock=clock, delays=delays)
    starting = asyncio.ensure_future(feed.start(symbols))
    measuring = asyncio.ensure_future(_keep_measuring(mexc, delays, clock))
    try:
        await view.show(feed, starting, clock=clock, seconds=seconds, check=venue.check)
    finally:
        starting.cancel()
        measuring.cancel()
        await asyncio.wait([starting, measuring])


async def _keep_measuring(mexc: MexcExchange, delays: SendDelays, clock: Clock) -> None:
    """Follow the drift of the two clocks; while nothing answers, the last measurement stands."""
    while True:
        await clock.sleep(_CLOCK_INTERVAL_S)
        with contextlib.suppress(MexcError):
            delays.clock_offset_ms = await mexc.public_rest.sync_clock()

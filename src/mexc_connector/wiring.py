"""What one session is made of, and the order in which it is put together."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.credentials import Credentials
from mexc_connector.common.models import BookTicker, OrderBookSnapshot, Trade
from mexc_connector.common.registration import Release
from mexc_connector.common.shared_read import JointWork
from mexc_connector.common.symbols import Symbol
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.clock_upkeep import ClockUpkeep
from mexc_connector.rest.public import MexcPublicSpotRest
from mexc_connector.trading.last_prices import LastPrices
from mexc_connector.trading_wiring import TradingParts, open_journal, open_trading
from mexc_connector.ws.book_feed import BookFeed
from mexc_connector.ws.integrity_desk import IntegrityDesk
from mexc_connector.ws.public import MexcWebsocketPublic

_SNAPSHOT_WEIGHT = 3


@dataclass(frozen=True, slots=True)
class Parts:
    """The clients of one session, open."""

    config: MexcConfig
    rest: MexcPublicSpotRest
    streams: MexcWebsocketPublic
    feed: BookFeed
    trading: TradingParts | None = None
    additions: JointWork[Symbol] = field(default_factory=lambda: JointWork("addition"))

    async def add(self, symbol: Symbol) -> None:
        """Keep one more book and wait for it; a failure leaves the symbol as it was.

        Of several who wait for the same book, one who is cancelled leaves it to the others.
        """
        await self.additions.join(symbol, partial(self._add, symbol))

    async def _add(self, symbol: Symbol) -> None:
        was_active = symbol in self.feed.books
        await self.rest.get_symbol_info(symbol)
        symbol_map = await self.rest.get_symbol_map()
        self.streams.use_symbol_map(symbol_map)
        if self.trading is not None:
            self.trading.streams.use_symbol_map(symbol_map)
        try:
            await self.feed.add(symbol)
            await self.wait_all_synced([symbol])
        except BaseException:
            if not was_active:
                self.feed.remove(symbol)
            raise

    async def wait_all_synced(self, symbols: Sequence[Symbol]) -> None:
        """Wait for the books, as long as the rate budget needs for them and then some.

        Raises `OrderBookNotSynced` about the first one that is too late.
        """
        limits = self.config.limits
        paced_s = len(symbols) * _SNAPSHOT_WEIGHT / limits.ip_weight * limits.window_s
        timeout_s = self.config.books.sync_timeout_s + paced_s
        await _all_or_first_error(
            self.feed.wait_synced(symbol, timeout_s=timeout_s) for symbol in symbols
        )


async def open_parts(
    config: MexcConfig,
    symbols: Sequence[Symbol],
    *,
    credentials: Credentials | None,
    journal: Path | None,
    clock: Clock,
    budget: RequestBudget,
    closing: AsyncExitStack,
) -> Parts:
    """Open everything and subscribe to the books of `symbols`, which then sync by themselves.

    With `credentials` the account is open and read when this returns. What is opened is put on
    `closing` at once, so that whoever owns it can take everything down in reverse order, whether
    this returns, raises or is cancelled.
    """
    journal_file = None
    if credentials is not None and journal is not None:  # first: its errors cost nothing yet
        journal_file = open_journal(journal, credentials, config.trading)
        closing.push_async_callback(journal_file.close)
    rest = MexcPublicSpotRest(config, budget=budget, clock=clock)
    closing.push_async_callback(rest.close)
    markets = await _open_markets(rest, config, symbols, clock=clock, closing=closing)
    if credentials is None:
        return markets
    prices = LastPrices(markets.streams.on_trades)
    markets.streams.on_connection(prices.on_connection)
    trading = await open_trading(
        credentials,
        rest,
        prices,
        journal=journal_file,
        books=lambda: markets.feed.books,
        config=config,
        clock=clock,
        closing=closing,
    )
    if len(symbols) <= config.streams.subscriptions_per_link:  # of more, those that are traded
        prices.follow(symbols)
    return replace(markets, trading=trading)


async def _open_markets(
    rest: MexcPublicSpotRest,
    config: MexcConfig,
    symbols: Sequence[Symbol],
    *,
    clock: Clock,
    closing: AsyncExitStack,
) -> Parts:
    symbol_map = await rest.get_symbol_map()
    for symbol in symbols:
        await rest.get_symbol_info(symbol)  # unknown ones raise before a socket is opened
    streams = MexcWebsocketPublic(symbol_map, config=config, clock=clock)
    closing.push_async_callback(streams.close)
    await streams.open()
    if config.streams.latency_one_in:
        upkeep = ClockUpkeep(rest.sync_clock, every_s=config.clock_sync_s, clock=clock)
        closing.push_async_callback(upkeep.close)
        await upkeep.start()  # before the first frame, so that all are corrected alike
        streams.use_clock_offset(lambda: rest.clock_offset_ms)

    async def fetch_trades(symbol: Symbol, count: int) -> list[Trade]:
        return await rest.get_recent_trades(symbol, limit=count)

    streams.tapes.fetch = fetch_trades

    feed = _make_feed(rest, streams, config, clock)
    closing.push_async_callback(feed.close)
    await _all_or_first_error(feed.add(symbol) for symbol in symbols)
    return Parts(config, rest, streams, feed)


def _make_feed(
    rest: MexcPublicSpotRest, streams: MexcWebsocketPublic, config: MexcConfig, clock: Clock
) -> BookFeed:
    async def fetch_snapshot(symbol: Symbol, levels: int) -> OrderBookSnapshot:
        return await rest.get_orderbook(symbol, limit=levels)

    def show_quotes(symbol: Symbol, listener: Callable[[BookTicker], None]) -> Release:
        release = streams.quotes.put(symbol, listener)
        if not config.integrity.watch_tickers:
            return release
        watching = streams.on_book_ticker(symbol, lambda _: None)

        def end() -> None:
            release()
            watching.close()

        return end

    return BookFeed(
        streams,
        fetch_snapshot,
        config=config.books,
        clock=clock,
        timer=streams.timer,
        integrity=IntegrityDesk(config.integrity, show_quotes),
    )


async def _all_or_first_error(jobs: Iterable[Coroutine[None, None, None]]) -> None:
    """Run all at once; the first error ends the others and is raised alone."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

"""Connects a session to the demo's view model: who is asked, what is told."""

import asyncio
from collections.abc import Iterable

from mexc_connector.cli.rates import SendDelays
from mexc_connector.cli.view_model import DemoFrame, DemoView, LinkFigures
from mexc_connector.common.clock import Clock
from mexc_connector.common.order_book import OrderBook
from mexc_connector.common.symbols import Symbol
from mexc_connector.exchange import MexcExchange


class DemoFeed:
    """Keeps the books of some markets and reports what happens in them to a view."""

    def __init__(
        self, mexc: MexcExchange, view: DemoView, *, clock: Clock, delays: SendDelays
    ) -> None:
        self._mexc = mexc
        self._view = view
        self._clock = clock
        self._delays = delays
        self._last_sent_ms: dict[Symbol, int] = {}

    async def start(self, symbols: Iterable[Symbol]) -> None:
        """Sync all books; returns when each can be read. The first error ends the others."""
        jobs = [asyncio.ensure_future(self._add(symbol)) for symbol in symbols]
        try:
            await asyncio.gather(*jobs)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.wait(jobs)

    def frame(self, *, levels: int) -> DemoFrame:
        """Return what there is to see now, with at most `levels` a side."""
        counters = self._mexc.get_performance_metrics()
        links = LinkFigures(
            state=self._mexc.state,
            links=int(counters["stream_links"]),
            open_links=int(counters["stream_open_links"]),
            reconnects=int(counters["stream_reconnects"]),
            resyncs=int(counters["orderbook_resyncs"]),
            frames=int(counters["stream_frames"]),
            updates=int(counters["orderbook_updates"]),
        )
        return self._view.frame(links, self._clock.now(), levels=levels)

    async def _add(self, symbol: Symbol) -> None:
        trades = self._mexc.on_trades(symbol, self._view.on_trade)
        await self._mexc.add_symbol(symbol)
        self._view.attach(self._mexc.get_orderbook(symbol))
        await self._mexc.on_orderbook(symbol, self._on_book)
        await trades

    def _on_book(self, book: OrderBook) -> None:
        self._view.on_book(book.symbol, latency_ms=self._latency_ms(book), now=self._clock.now())

    def _latency_ms(self, book: OrderBook) -> float | None:
        """Return receive time minus send time if this change of the book states the latter."""
        if not book.is_synced:
            return None
        sent_ms = book.exchange_time_ms
        if sent_ms is None or self._last_sent_ms.get(book.symbol) == sent_ms:
            return None
        self._last_sent_ms[book.symbol] = sent_ms
        received_ms = self._clock.time_ns() / 1e6 - book.age_s * 1000
        return self._delays.latency_ms(sent_ms=sent_ms, received_ms=received_ms)

"""MexcWebsocketPublic: the public channels as typed events, by iteration or by callback."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.enums import ConnectionState, KlineInterval, TickerZone
from mexc_connector.common.errors import SessionClosed
from mexc_connector.common.latency import LatencyReport
from mexc_connector.common.models import BookTicker, Kline, MiniTicker, OrderBookSnapshot, Trade
from mexc_connector.common.registration import Registration
from mexc_connector.common.stream_status import ConnectionEvent, StreamMetrics
from mexc_connector.common.symbols import Symbol, SymbolMap
from mexc_connector.common.watch import Watch
from mexc_connector.ws import channels, streams
from mexc_connector.ws.hub import StreamHub
from mexc_connector.ws.latency import FrameTimer
from mexc_connector.ws.quote_taps import QuoteTaps
from mexc_connector.ws.sinks import ChannelSink, RefusalListener
from mexc_connector.ws.streams import Stream
from mexc_connector.ws.trade_stage import TapeDesk


class MexcWebsocketPublic:
    """The exchange's public streams.

    ```python
    async with MexcWebsocketPublic(symbol_map) as streams:
        async for trade in streams.watch_trades(BTC_USDT): ...
    ```

    `watch_...` returns an async iterator, `on_...` calls a synchronous function for the same
    events. Both raise `UnknownSymbol` at once for a market that the map lacks, and `SessionClosed`
    before `open` and after `close`. A refusal by the exchange is raised by the first step of the
    iteration, or by awaiting the registration. Links are opened as subscriptions need them and
    reconnect by themselves; every subscription is made again then.
    """

    def __init__(
        self,
        symbol_map: SymbolMap,
        *,
        config: MexcConfig | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._config = config or MexcConfig()
        self._clock = clock or Clock()
        self._symbol_map = symbol_map
        self._hub: StreamHub | None = None
        self.tapes = TapeDesk(config=self._config.tape, clock=self._clock)
        self.quotes = QuoteTaps()
        self._depth_channels: dict[Symbol, str] = {}
        self._is_closed = False

    async def open(self) -> None:
        """Get ready on the running loop; connects nowhere yet. Opening twice is fine."""
        if self._is_closed:
            raise SessionClosed("the public streams were closed; make new ones")
        if self._hub is None:
            self._hub = StreamHub(self._url, config=self._config, clock=self._clock)

    async def close(self) -> None:
        """End every link, watch and callback, within `close_timeout_s`. Closing twice is fine."""
        self._is_closed = True
        self.tapes.gaps.finish()
        if self._hub is not None:
            await self._hub.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def use_symbol_map(self, symbol_map: SymbolMap) -> None:
        """Use a newer map from now on; subscriptions that exist keep their channels."""
        self._symbol_map = symbol_map

    # --- state ---

    @property
    def state(self) -> ConnectionState:
        """The worst state of all links, successors on their way aside; IDLE without any."""
        if self._is_closed:
            return ConnectionState.CLOSED
        return ConnectionState.IDLE if self._hub is None else self._hub.pool.links.state

    @property
    def is_connected(self) -> bool:
        """Whether there are links and all are open; a successor on its way need not be."""
        return self.state is ConnectionState.OPEN

    def on_connection(self, callback: Callable[[ConnectionEvent], object]) -> Registration:
        """Call `callback(event)` when a link changes its state, and for what goes wrong on it."""
        return self._open_hub().on_connection(callback)

    def metrics(self) -> StreamMetrics:
        """Return the counters as they are now; they stay readable after `close`."""
        if self._hub is None:
            raise SessionClosed("the public streams were never opened")
        return self._hub.metrics()

    def get_latency(self) -> LatencyReport:
        """Return where the time of the frames went so far; readable after `close` too.

        Raises `UsageError` unless `StreamConfig.latency_one_in` has it measured. Alone this client
        does not know the exchange's clock: see `use_clock_offset`.
        """
        if self._hub is None:
            raise SessionClosed("the public streams were never opened")
        return self._hub.latency()

    def use_clock_offset(self, offset_ms: Callable[[], int | None]) -> None:
        """Correct latencies by what this returns: the exchange's clock minus ours, None if unknown.

        `MexcPublicSpotRest` measures it: `lambda: rest.clock_offset_ms`.
        """
        timer = self.timer
        if timer is not None:
            timer.use_offset(offset_ms)

    @property
    def timer(self) -> FrameTimer | None:
        """What times the frames, for keepers of order books to mark their part; None if off."""
        return self._open_hub().timer

    # --- trades ---

    def watch_trades(self, symbol: Symbol) -> Watch[Trade]:
        """Iterate over public trades; `EventsLost` where the consumer was too slow.

        `tapes` tells of every break, and mends it where it was given a way to `fetch` trades.
        """
        return self._open_hub().watch(self._trades(symbol))

    def on_trades(self, symbol: Symbol, callback: Callable[[Trade], object]) -> Registration:
        """Call `callback(trade)` for each public trade."""
        return self._open_hub().register(self._trades(symbol), callback)

    def _trades(self, symbol: Symbol) -> Stream[Trade]:
        speed = self._config.streams.trade_speed
        return streams.trades(self._market(symbol), symbol, speed, self.tapes)

    # --- book tickers ---

    def watch_book_ticker(self, symbol: Symbol) -> Watch[BookTicker]:
        """Iterate over changes of the best bid and ask: the latest, with a count of skipped."""
        return self._open_hub().watch(self._book_ticker(symbol))

    def on_book_ticker(
        self, symbol: Symbol, callback: Callable[[BookTicker], object]
    ) -> Registration:
        """Call `callback(ticker)` when price or size of the best bid or ask changes."""
        return self._open_hub().register(self._book_ticker(symbol), callback)

    def _book_ticker(self, symbol: Symbol) -> Stream[BookTicker]:
        speed = self._config.streams.book_ticker_speed
        stream = streams.book_ticker(self._market(symbol), symbol, speed)
        return self.quotes.tapped(stream, symbol)

    def watch_book_ticker_batch(self, symbol: Symbol) -> Watch[tuple[BookTicker, ...]]:
        """Iterate over the exchange's batches of best quotes: the latest batch."""
        return self._open_hub().watch(self._book_ticker_batch(symbol))

    def on_book_ticker_batch(
        self, symbol: Symbol, callback: Callable[[tuple[BookTicker, ...]], object]
    ) -> Registration:
        """Call `callback(batch)` for each batch of best quotes."""
        return self._open_hub().register(self._book_ticker_batch(symbol), callback)

    def _book_ticker_batch(self, symbol: Symbol) -> Stream[tuple[BookTicker, ...]]:
        return streams.book_ticker_batch(self._market(symbol), symbol)

    # --- depth ---

    def watch_limit_depth(self, symbol: Symbol, levels: int) -> Watch[OrderBookSnapshot]:
        """Iterate over the top 5, 10 or 20 levels of the book: the latest state.

        Whole states, each newer than the last one. Other depths raise `UsageError`.
        """
        return self._open_hub().watch(self._limit_depth(symbol, levels))

    def on_limit_depth(
        self, symbol: Symbol, levels: int, callback: Callable[[OrderBookSnapshot], object]
    ) -> Registration:
        """Call `callback(snapshot)` for each newer state of the top 5, 10 or 20 levels."""
        return self._open_hub().register(self._limit_depth(symbol, levels), callback)

    def _limit_depth(self, symbol: Symbol, levels: int) -> Stream[OrderBookSnapshot]:
        return streams.limit_depth(self._market(symbol), symbol, levels)

    async def subscribe_depth(
        self, symbol: Symbol, sink: ChannelSink, *, on_refused: RefusalListener | None = None
    ) -> None:
        """Send the raw diffs of a market's book to `sink`; returns once they are granted.

        For keepers of order books: a diff means nothing without its version range and epoch.
        Raises what `LinkPool.subscribe` does.
        """
        hub = self._open_hub()
        channel = channels.depth(self._market(symbol), self._config.streams.depth_speed)
        self._depth_channels[symbol] = channel
        await hub.pool.subscribe(channel, sink, on_refused=on_refused)

    def unsubscribe_depth(self, symbol: Symbol, sink: ChannelSink) -> None:
        """Give the diffs back; nothing happens if there is nothing to give back."""
        channel = self._depth_channels.get(symbol)
        if self._hub is not None and channel is not None:
            self._hub.pool.unsubscribe(channel, sink)

    def recycle_depth(self, symbol: Symbol, reason: str) -> None:
        """Replace the connection that carries a market's diffs, and all else that is on it."""
        channel = self._depth_channels.get(symbol)
        if self._hub is not None and channel is not None:
            self._hub.pool.recycle(channel, reason)

    # --- klines ---

    def watch_klines(self, symbol: Symbol, interval: KlineInterval) -> Watch[Kline]:
        """Iterate over the running candle, about once a second, and each candle that closes.

        The exchange marks no candle as final: one counts as closed when the next one begins, as
        it was last seen. After a reconnect in between it is not handed out as closed at all.
        """
        return self._open_hub().watch(self._klines(symbol, interval))

    def on_klines(
        self, symbol: Symbol, interval: KlineInterval, callback: Callable[[Kline], object]
    ) -> Registration:
        """Call `callback(kline)` for the running candle and each one that closes."""
        return self._open_hub().register(self._klines(symbol, interval), callback)

    def _klines(self, symbol: Symbol, interval: KlineInterval) -> Stream[Kline]:
        return streams.klines(self._market(symbol), symbol, interval)

    # --- mini tickers ---

    def watch_mini_ticker(self, symbol: Symbol, zone: TickerZone) -> Watch[MiniTicker]:
        """Iterate over the rolling figures of a market, every 3 s: the latest ones."""
        return self._open_hub().watch(self._mini_ticker(symbol, zone))

    def on_mini_ticker(
        self, symbol: Symbol, zone: TickerZone, callback: Callable[[MiniTicker], object]
    ) -> Registration:
        """Call `callback(ticker)` with the rolling figures of a market."""
        return self._open_hub().register(self._mini_ticker(symbol, zone), callback)

    def _mini_ticker(self, symbol: Symbol, zone: TickerZone) -> Stream[MiniTicker]:
        return streams.mini_ticker(self._market(symbol), symbol, zone)

    def watch_mini_tickers(self, zone: TickerZone) -> Watch[tuple[MiniTicker, ...]]:
        """Iterate over the rolling figures of all markets, every 3 s: the latest push.

        Markets that the symbol map lacks are left out and counted as `unknown_markets`.
        """
        return self._open_hub().watch(self._mini_tickers(zone))

    def on_mini_tickers(
        self, zone: TickerZone, callback: Callable[[tuple[MiniTicker, ...]], object]
    ) -> Registration:
        """Call `callback(tickers)` with the rolling figures of all markets."""
        return self._open_hub().register(self._mini_tickers(zone), callback)

    def _mini_tickers(self, zone: TickerZone) -> Stream[tuple[MiniTicker, ...]]:
        return streams.mini_tickers(zone, lambda: self._symbol_map)

    # --- inside ---

    def _open_hub(self) -> StreamHub:
        if self._hub is None or self._is_closed:
            raise SessionClosed(
                "the public streams are closed" if self._is_closed else "open the streams first"
            )
        return self._hub

    def _market(self, symbol: Symbol) -> str:
        return self._symbol_map.to_exchange(symbol)

    async def _url(self, _link: int) -> str:
        return self._config.stream_url

    def __repr__(self) -> str:
        return f"<MexcWebsocketPublic {self.state}>"

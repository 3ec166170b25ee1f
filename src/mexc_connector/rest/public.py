"""`MexcPublicSpotRest`: the public market data of the exchange over REST."""

from functools import partial
from typing import Self

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig
from mexc_connector.common.enums import KlineInterval
from mexc_connector.common.errors import UsageError
from mexc_connector.common.instrument import ExchangeInfo, SymbolInfo
from mexc_connector.common.models import (
    AggregateTrade,
    Announcement,
    AveragePrice,
    BookTicker,
    Kline,
    OfflineSymbol,
    OrderBookSnapshot,
    PriceTicker,
    Ticker,
    Trade,
)
from mexc_connector.common.symbols import Symbol, SymbolMap
from mexc_connector.rest import arguments, endpoints, market_data, wire
from mexc_connector.rest.announcements import read_announcements
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.klines import read_klines
from mexc_connector.rest.metrics import RestMetrics
from mexc_connector.rest.session import RestSession
from mexc_connector.rest.symbol_directory import SymbolDirectory
from mexc_connector.rest.transport import HttpTransport

_MOST_LEVELS = 5000
_MOST_TRADES = 1000
_HOUR_MS = 60 * 60 * 1000


class MexcPublicSpotRest:
    """Public market data. Use it in `async with`, or `close` it.

    Without arguments it talks to the real exchange. `transport` and `clock` are seams for tests;
    a transport that is handed in is not closed. Clients behind one address should be given one
    `budget`, because the exchange counts the address.

    Every call waits for rate budget and may raise `RateLimitError` (its kind `FirewallBlocked`
    included), other `ExchangeAPIError`s, `TransportError` when nothing answers after the retries
    of its group, `ProtocolViolation` for an answer that breaks its form, and `SessionClosed`
    after `close`. Calls about a market raise `UnknownSymbol` if the exchange does not list it.
    Arguments that cannot work are a `UsageError` before anything is sent.
    """

    def __init__(
        self,
        config: MexcConfig | None = None,
        *,
        transport: HttpTransport | None = None,
        budget: RequestBudget | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._session = RestSession(
            config or MexcConfig(), transport=transport, budget=budget, clock=clock
        )
        self._symbols = SymbolDirectory(self._session)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End calls under way with `SessionClosed`. Two seconds at most; may be called twice."""
        try:
            await self._session.close()
        finally:
            await self._symbols.cache.close()

    async def ping(self) -> None:
        """Return if the exchange answers. Weight 1."""
        wire.decode(await self._session.read(endpoints.PING), wire.Empty)

    async def get_server_time_ms(self) -> int:
        """Read the exchange's clock: milliseconds since 1970. Weight 1."""
        return await self._session.get_server_time_ms()

    async def sync_clock(self, *, samples: int = 3) -> int:
        """Measure the exchange's clock and return its offset: theirs minus ours, milliseconds.

        The sample with the shortest round trip counts. Weight 1 a sample.
        """
        arguments.require_count(samples, "samples")
        return await self._session.sync_clock(samples=samples)

    @property
    def clock_offset_ms(self) -> int | None:
        """The offset as last measured, None before `sync_clock` or the first `get_klines`."""
        return self._session.exchange_clock.offset_ms

    async def get_announcements(
        self, *, language: str = "en-US", page: int = 1, limit: int = 20
    ) -> list[Announcement]:
        """Read one page of announcements, newest first. Weight 8 per hundred.

        `page` counts from 1 in pages of `limit`, which may be any number: the exchange's own
        pages, multiples of 5 up to 100, are joined and trimmed.
        """
        arguments.require_count(page, "page")
        arguments.require_count(limit, "limit")
        return await read_announcements(self._session, language=language, page=page, limit=limit)

    async def get_exchange_info(self) -> ExchangeInfo:
        """Read the rules of all markets from the exchange, past the copy in memory. Weight 25.

        About 2 MB. Other calls go on with what this read.
        """
        return (await self._symbols.cache.get(max_age_s=0.0)).info

    async def get_symbol_infos(self) -> tuple[SymbolInfo, ...]:
        """Return the rules of all markets, at most `symbol_cache_s` old. Weight 25 when read.

        However many ask at once, one request is made.
        """
        return (await self._symbols.cache.get()).info.symbols

    async def get_symbol_info(self, symbol: Symbol) -> SymbolInfo:
        """Return the rules of one market, from the same memory as `get_symbol_infos`."""
        return await self._symbols.info_of(symbol)

    async def get_symbol_map(self) -> SymbolMap:
        """Return the map to and from the exchange's spelling, from the same memory."""
        return (await self._symbols.cache.get()).symbol_map

    async def get_default_symbols(self) -> list[str]:
        """Read which markets the API may trade for everybody, in the exchange's spelling. Weight 1.

        Not all of them need be in `exchangeInfo`, hence no `Symbol`s.
        """
        answer = await self._session.read(endpoints.DEFAULT_SYMBOLS)
        return wire.decode(answer, wire.DefaultSymbols).data

    async def get_offline_symbols(self) -> list[OfflineSymbol]:
        """Read the suspended and delisted markets. Weight 10."""
        return await self._symbols.read_offline()

    async def get_orderbook(self, symbol: Symbol, *, limit: int = 100) -> OrderBookSnapshot:
        """Read one snapshot of the order book, best price first on both sides. Weight 3.

        `limit` is levels per side, any number from 1. The exchange discloses 2000 at most: asked
        for more, the snapshot has what there is, and its horizons say where knowledge ends.

        Source: Spot v3 docs, "Order Book", GET /api/v3/depth, read 2026-11-20.
        """
        arguments.require_count(limit, "limit")
        asked = min(limit, _MOST_LEVELS)
        answer = await self._symbols.read_about(symbol, endpoints.DEPTH, [("limit", asked)])
        build = partial(
            market_data.order_book,
            symbol=symbol,
            asked=asked,
            limit=limit,
            received_ns=answer.received_ns,
        )
        return wire.convert(answer, wire.Depth, build)

    async def get_recent_trades(self, symbol: Symbol, *, limit: int = 500) -> list[Trade]:
        """Read the last public trades, newest first as the exchange gives them. Weight 5.

        1000 is the most that the exchange gives. The trades carry no identity here.
        """
        arguments.require_count(limit, "limit")
        parameters = [("limit", min(limit, _MOST_TRADES))]
        answer = await self._symbols.read_about(symbol, endpoints.TRADES, parameters)
        build = partial(market_data.trade, symbol=symbol)
        return wire.convert_rows(answer, wire.TradeRow, build)[:limit]

    async def get_aggregate_trades(
        self,
        symbol: Symbol,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int = 500,
    ) -> list[AggregateTrade]:
        """Read trades summed per taker order and price, newest first. Weight 1.

        `start_ms` and `end_ms` come together or not at all and span an hour at most; the exchange
        reads both to whole seconds and keeps about a day. 1000 is the most that it gives.

        Source: Spot v3 docs, "Compressed/Aggregate Trades List", read 2026-11-20.
        """
        arguments.require_count(limit, "limit")
        arguments.require_range(start_ms, end_ms)
        parameters: list[tuple[str, str | int]] = [("limit", min(limit, _MOST_TRADES))]
        if start_ms is not None and end_ms is not None:
            if end_ms - start_ms > _HOUR_MS:
                raise UsageError("start_ms and end_ms may be one hour apart at most")
            parameters += [("startTime", start_ms), ("endTime", end_ms)]
        elif start_ms is not None or end_ms is not None:
            raise UsageError("start_ms and end_ms come together or not at all")
        answer = await self._symbols.read_about(symbol, endpoints.AGGREGATE_TRADES, parameters)
        build = partial(market_data.aggregate_trade, symbol=symbol)
        return wire.convert_rows(answer, wire.AggregateTradeRow, build)[:limit]

    async def get_klines(
        self,
        symbol: Symbol,
        interval: KlineInterval,
        *,
        start_ms: int | None = None,
        end_ms: int | None = None,
        limit: int = 500,
    ) -> list[Kline]:
        """Read candles, oldest first, each once. Weight 1 per 500.

        From `start_ms` on the first `limit` candles that open before `end_ms` (default: now);
        without `start_ms` the last `limit` ones. `end_ms` itself is excluded. Any `limit` works;
        it is read page by page. `HOUR_8` exists on the stream only and is a `UsageError`.
        `is_closed` goes by the exchange's clock, which costs one more request every
        `clock_sync_s`. A window in which the exchange has nothing is stepped over.

        Source: Spot v3 docs, "Kline/Candlestick Data", read 2026-11-20.
        """
        arguments.rest_interval(interval)
        arguments.require_count(limit, "limit")
        arguments.require_range(start_ms, end_ms)
        return await read_klines(
            self._session,
            self._symbols,
            symbol,
            interval,
            start_ms=start_ms,
            end_ms=end_ms,
            limit=limit,
        )

    async def get_average_price(self, symbol: Symbol) -> AveragePrice:
        """Read the average price of the last minutes (5 at present). Weight 1."""
        answer = await self._symbols.read_about(symbol, endpoints.AVERAGE_PRICE)
        build = partial(market_data.average_price, symbol=symbol)
        return wire.convert(answer, wire.AveragePriceReply, build)

    async def get_ticker(self, symbol: Symbol) -> Ticker:
        """Read the figures of the last 24 hours. Weight 25."""
        return await self._symbols.read_row(
            symbol, endpoints.TICKER_24H, wire.TickerRow, market_data.ticker
        )

    async def get_tickers(self) -> list[Ticker]:
        """Read the figures of the last 24 hours of all markets. Weight 25."""
        return await self._symbols.read_rows(
            endpoints.TICKER_24H, wire.TickerRow, market_data.ticker
        )

    async def get_price(self, symbol: Symbol) -> PriceTicker:
        """Read the last traded price. Weight 10."""
        return await self._symbols.read_row(
            symbol, endpoints.TICKER_PRICE, wire.PriceRow, market_data.price_ticker
        )

    async def get_prices(self) -> list[PriceTicker]:
        """Read the last traded price of all markets. Weight 10."""
        return await self._symbols.read_rows(
            endpoints.TICKER_PRICE, wire.PriceRow, market_data.price_ticker
        )

    async def get_book_ticker(self, symbol: Symbol) -> BookTicker:
        """Read the best bid and ask. Weight 10, more than the whole book of `get_orderbook`."""
        return await self._symbols.read_row(
            symbol, endpoints.TICKER_BOOK, wire.BookTickerRow, market_data.book_ticker
        )

    async def get_book_tickers(self) -> list[BookTicker]:
        """Read the best bid and ask of all markets. Weight 10."""
        return await self._symbols.read_rows(
            endpoints.TICKER_BOOK, wire.BookTickerRow, market_data.book_ticker
        )

    def metrics(self) -> RestMetrics:
        """Return the counters as they stand."""
        cache = self._symbols.cache
        return self._session.metrics(
            cache_hits=cache.hits,
            cache_misses=cache.misses,
            unlisted_rows=self._symbols.unlisted_rows,
            unreadable_rows=cache.unreadable,
        )

    @property
    def symbols(self) -> SymbolDirectory:
        """The symbol rules in memory, to be shared with a private client."""
        return self._symbols

    @property
    def budget(self) -> RequestBudget:
        """The rate budget, to be shared with other clients behind the same address."""
        return self._session.budget

    def __repr__(self) -> str:
        return f"<MexcPublicSpotRest {self._session!r}>"

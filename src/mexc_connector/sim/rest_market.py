"""The public market data endpoints: query in, reply body out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from mexc_connector.sim import rest_replies as replies
from mexc_connector.sim.bodies import turnover_text
from mexc_connector.sim.candles import Candle
from mexc_connector.sim.chart import minute_of
from mexc_connector.sim.errors import Refusal, bad_parameter, invalid_symbol
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.fixed_point import ratio_text
from mexc_connector.sim.intervals import BY_REST_NAME, MINUTE_MS
from mexc_connector.sim.market import Market
from mexc_connector.sim.matching import BookSide, Side
from mexc_connector.sim.options import SimLimits
from mexc_connector.sim.prints import Print
from mexc_connector.sim.queries import (
    Query,
    required_market,
    required_text,
    row_limit,
    whole_number,
)

MARKETS_PER_BREATH = 10
"""Markets worked on before other connections get a turn: up to 10 ms, when none is alive yet."""
ROWS_PER_BREATH = 16
AVERAGE_MINUTES = 5

KlineRow = tuple[int, str, str, str, str, str, int, str]


class MarketEndpoints:
    """Every public endpoint that reads a market."""

    def __init__(self, exchange: Exchange, limits: SimLimits) -> None:
        self._exchange = exchange
        self._limits = limits

    async def depth(self, query: Query) -> replies.Depth:
        """GET depth: at most the capped number of levels, whatever `limit` says."""
        market = required_market(query, self._exchange)
        limit = row_limit(query, usual=100, most=self._limits.snapshot_levels)
        return replies.Depth(
            lastUpdateId=market.version,
            bids=_padded_rows(market, market.book.bids, limit),
            asks=_padded_rows(market, market.book.asks, limit),
            timestamp=self._exchange.told_ms,
        )

    async def trades(self, query: Query) -> list[replies.TradeRow]:
        """GET trades: newest first."""
        market = required_market(query, self._exchange)
        limit = row_limit(query, usual=500, most=self._limits.trade_rows)
        return [_trade_row(market, trade) for trade in reversed(market.recent_trades(limit))]

    async def aggregate_trades(self, query: Query) -> list[replies.AggregateTradeRow]:
        """GET aggTrades: newest first, bounds read to whole seconds."""
        market = required_market(query, self._exchange)
        start_ms, end_ms = whole_number(query, "startTime"), whole_number(query, "endTime")
        limit = row_limit(query, usual=500, most=self._limits.trade_rows)
        if (start_ms is None) != (end_ms is None):
            raise Refusal(400, -1128, "Combination of optional parameters invalid.")
        if start_ms is None or end_ms is None:
            chosen = market.recent_trades(limit)
        else:
            if end_ms - start_ms > self._limits.aggregate_window_ms:
                hours = self._limits.aggregate_window_ms // 3_600_000
                raise Refusal(400, -1127, f"More than {hours} hours between startTime and endTime.")
            first_ms, last_ms = start_ms - start_ms % 1000, end_ms - end_ms % 1000
            chosen = market.trades_between(first_ms, last_ms + 1000, limit=limit)
        return [_aggregate_row(market, trade) for trade in reversed(chosen)]

    async def klines(self, query: Query) -> list[KlineRow]:
        """GET klines: oldest first; with `startTime` the first rows from there, else the last."""
        market = required_market(query, self._exchange)
        interval = BY_REST_NAME.get(required_text(query, "interval"))
        if interval is None:
            raise bad_parameter("interval")
        limit = row_limit(query, usual=500, most=self._limits.kline_rows)
        start_ms, end_ms = whole_number(query, "startTime"), whole_number(query, "endTime")
        beyond_now_ms = self._exchange.now_ms + 1
        end_ms = beyond_now_ms if end_ms is None else min(end_ms, beyond_now_ms)
        if start_ms is None:
            newest = interval.start_of(max(0, end_ms - 1))
            start_ms = interval.back(newest, limit - 1)
        rows: list[KlineRow] = []
        for candle in market.chart.rows(interval, start_ms, end_ms):
            rows.append(_kline_row(market, candle, interval.end_of(candle.start_ms)))
            if len(rows) == limit:
                break
            if len(rows) % ROWS_PER_BREATH == 0:
                await asyncio.sleep(0)
        return rows

    async def average_price(self, query: Query) -> replies.AveragePrice:
        """GET avgPrice: weighted over the last five minute candles, else the last price."""
        market = required_market(query, self._exchange)
        last = market.last_price()
        minute_ms = minute_of(self._exchange.now_ms)
        recent = market.chart.total(
            minute_ms - (AVERAGE_MINUTES - 1) * MINUTE_MS, minute_ms + MINUTE_MS
        )
        if recent is not None:
            # Two decimals more than a price, and at least eight as on the exchange.
            digits = max(8, market.prices.digits + 2)
            price = ratio_text(recent.turnover, recent.lots * market.prices.unit, digits)
            return replies.AveragePrice(AVERAGE_MINUTES, price)
        plain = None if last is None else market.prices.plain(last)
        return replies.AveragePrice(AVERAGE_MINUTES, plain)

    async def day_ticker(self, query: Query) -> replies.DayTicker | list[replies.DayTicker]:
        """GET ticker/24hr: one symbol, or all; a plural `symbols` is ignored."""
        if query.get("symbol"):
            return _day_ticker(required_market(query, self._exchange))
        return [_day_ticker(market) async for market in self._all_markets()]

    async def price_ticker(self, query: Query) -> replies.PriceTicker | list[replies.PriceTicker]:
        """GET ticker/price: one symbol, or all."""
        if query.get("symbol"):
            return _price_ticker(required_market(query, self._exchange))
        return [_price_ticker(market) async for market in self._all_markets()]

    async def book_ticker(
        self, query: Query
    ) -> replies.BookTickerRow | list[replies.BookTickerRow]:
        """GET ticker/bookTicker: one symbol, or all."""
        if query.get("symbol"):
            return _book_ticker(required_market(query, self._exchange))
        return [_book_ticker(market) async for market in self._all_markets()]

    async def exchange_information(self, query: Query) -> replies.ExchangeInformation:
        """GET exchangeInfo: all symbols, one by `symbol`, some by a comma list in `symbols`."""
        by_symbol = self._exchange.by_symbol
        names = list(by_symbol)
        if query.get("symbols"):
            names = [name for name in query["symbols"].split(",") if name in by_symbol]
        elif query.get("symbol"):
            names = [query["symbol"]] if query["symbol"] in by_symbol else []
        if not names:
            raise invalid_symbol()
        return replies.ExchangeInformation(
            timezone="CST",
            serverTime=self._exchange.told_ms,
            rateLimits=[],
            exchangeFilters=[],
            symbols=[self._exchange.symbol_row(by_symbol[name]) for name in names],
        )

    async def _all_markets(self) -> AsyncIterator[Market]:
        for number, market in enumerate(self._exchange.markets()):
            if number % MARKETS_PER_BREATH == 0:
                await asyncio.sleep(0)
            yield market


def _padded_rows(market: Market, side: BookSide, limit: int) -> list[tuple[str, str]]:
    price_text, lots_text = market.prices.padded, market.quantities.padded
    return [(price_text(price), lots_text(lots)) for price, lots in side.best_first(limit)]


def _trade_row(market: Market, trade: Print) -> replies.TradeRow:
    is_buy = trade.taker is Side.BUY
    return replies.TradeRow(
        id=None,
        price=market.prices.plain(trade.price),
        qty=market.quantities.plain(trade.lots),
        quoteQty=market.turnovers.plain(trade.price * trade.lots),
        time=trade.time_ms,
        isBuyerMaker=not is_buy,
        isBestMatch=True,
        tradeType="BID" if is_buy else "ASK",
    )


def _aggregate_row(market: Market, trade: Print) -> replies.AggregateTradeRow:
    return replies.AggregateTradeRow(
        a=None,
        f=None,
        l=None,
        p=market.prices.plain(trade.price),
        q=market.quantities.plain(trade.lots),
        T=trade.time_ms - trade.time_ms % 1000,
        m=trade.taker is Side.SELL,
        M=True,
    )


def _kline_row(market: Market, candle: Candle, end_ms: int) -> KlineRow:
    price_text = market.prices.plain
    return (
        candle.start_ms,
        price_text(candle.opening),
        price_text(candle.highest),
        price_text(candle.lowest),
        price_text(candle.closing),
        market.quantities.plain(candle.lots),
        end_ms,
        turnover_text(market, candle.turnover),
    )


def _best(market: Market, side: BookSide) -> tuple[str | None, str]:
    for price, lots in side.best_first(1):
        return market.prices.plain(price), market.quantities.plain(lots)
    return None, ""


def _book_ticker(market: Market) -> replies.BookTickerRow:
    bid, ask = _best(market, market.book.bids), _best(market, market.book.asks)
    return replies.BookTickerRow(market.symbol, bid[0], bid[1], ask[0], ask[1])


def _price_ticker(market: Market) -> replies.PriceTicker:
    last = market.last_price()
    return replies.PriceTicker(market.symbol, None if last is None else market.prices.plain(last))


def _day_ticker(market: Market) -> replies.DayTicker:
    day = market.rolling_day()
    bid, ask = _best(market, market.book.bids), _best(market, market.book.asks)
    now_ms = market.clock.now_ms
    price_text = market.prices.plain
    change = day.closing - day.opening if day else 0
    sign = "-" if change < 0 else ""
    return replies.DayTicker(
        symbol=market.symbol,
        priceChange=sign + price_text(abs(change)) if day else None,
        priceChangePercent=ratio_text(change, day.opening) if day else None,
        prevClosePrice=price_text(day.opening) if day else None,
        lastPrice=price_text(day.closing) if day else None,
        bidPrice=bid[0],
        bidQty=bid[1],
        askPrice=ask[0],
        askQty=ask[1],
        openPrice=price_text(day.opening) if day else None,
        highPrice=price_text(day.highest) if day else None,
        lowPrice=price_text(day.lowest) if day else None,
        volume=market.quantities.plain(day.lots) if day else None,
        quoteVolume=turnover_text(market, day.turnover) if day else None,
        openTime=day.start_ms if day else now_ms,
        closeTime=now_ms,
        count=None,
    )

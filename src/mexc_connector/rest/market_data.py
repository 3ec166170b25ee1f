"""From the exchange's rows to models. Raises `ValueError` for figures that cannot be true."""

from collections.abc import Iterable
from itertools import pairwise

from mexc_connector.common.enums import KlineInterval, Side
from mexc_connector.common.models import (
    AggregateTrade,
    Announcement,
    AveragePrice,
    BookTicker,
    Kline,
    OfflineSymbol,
    OrderBookEntry,
    OrderBookSnapshot,
    PriceTicker,
    Ticker,
    Trade,
)
from mexc_connector.common.symbols import Symbol
from mexc_connector.rest import wire
from mexc_connector.rest.wire import not_negative, optional_figure, positive

SNAPSHOT_CAP = 2000
"""Levels per side that a snapshot never exceeds, whatever is asked (measured 2026-10)."""

_DELISTED = 3


def order_book(
    reply: wire.Depth, symbol: Symbol, *, asked: int, limit: int, received_ns: int
) -> OrderBookSnapshot:
    """Return the first `limit` levels of a reply to a request for `asked`."""
    bids, asks = _levels(reply.bids), _levels(reply.asks)
    _require_order((entry.price for entry in reversed(bids)), "bids")
    _require_order((entry.price for entry in asks), "asks")
    full = min(asked, SNAPSHOT_CAP)
    return OrderBookSnapshot(
        symbol=symbol,
        bids=bids[:limit],
        asks=asks[:limit],
        version=reply.last_update_id,
        exchange_time_ms=reply.timestamp,
        received_ns=received_ns,
        bid_horizon=_horizon(bids, is_cut=len(reply.bids) >= full, limit=limit),
        ask_horizon=_horizon(asks, is_cut=len(reply.asks) >= full, limit=limit),
    )


def _levels(rows: list[wire.LevelRow]) -> tuple[OrderBookEntry, ...]:
    return tuple(
        OrderBookEntry(positive(row.price, "a price"), row.size)
        for row in rows
        if not_negative(row.size, "a size") > 0  # a level of nothing is no level
    )


def _require_order(prices: Iterable[float], side: str) -> None:
    if any(low >= high for low, high in pairwise(prices)):
        raise ValueError(f"{side} are not ordered by price")


def _horizon(entries: tuple[OrderBookEntry, ...], *, is_cut: bool, limit: int) -> float | None:
    return entries[:limit][-1].price if entries and is_cut else None


def trade(row: wire.TradeRow, symbol: Symbol) -> Trade:
    """Return one public trade."""
    return Trade(
        symbol=symbol,
        price=positive(row.price, "a price"),
        amount=not_negative(row.qty, "a quantity"),
        side=_taker_side(row),
        exchange_time_ms=row.time,
    )


def _taker_side(row: wire.TradeRow) -> Side:
    if row.is_buyer_maker is not None:
        return Side.SELL if row.is_buyer_maker else Side.BUY
    if row.trade_type in {"BID", "ASK"}:
        return Side.BUY if row.trade_type == "BID" else Side.SELL
    raise ValueError("a trade without a side")


def aggregate_trade(row: wire.AggregateTradeRow, symbol: Symbol) -> AggregateTrade:
    """Return one aggregate trade."""
    return AggregateTrade(
        symbol=symbol,
        price=positive(row.p, "a price"),
        amount=not_negative(row.q, "a quantity"),
        side=Side.SELL if row.m else Side.BUY,
        exchange_time_ms=row.T,
    )


def kline(row: wire.KlineRow, symbol: Symbol, interval: KlineInterval, *, now_ms: int) -> Kline:
    """Return one candle; it is closed if it had ended at `now_ms`, the exchange's time."""
    return Kline(
        symbol=symbol,
        interval=interval,
        open_time_ms=row.open_time,
        close_time_ms=row.close_time,
        open=not_negative(row.open, "a price"),
        high=not_negative(row.high, "a price"),
        low=not_negative(row.low, "a price"),
        close=not_negative(row.close, "a price"),
        amount=not_negative(row.volume, "a volume"),
        quote_amount=not_negative(row.quote_volume, "a volume"),
        is_closed=row.close_time <= now_ms,
    )


def klines_between(klines: list[Kline], *, start_ms: int | None, end_ms: int | None) -> list[Kline]:
    """Return the candles that open in [start_ms, end_ms), oldest first, each once."""
    by_time = {
        kline.open_time_ms: kline
        for kline in klines
        if (start_ms is None or kline.open_time_ms >= start_ms)
        and (end_ms is None or kline.open_time_ms < end_ms)
    }
    return [by_time[open_time_ms] for open_time_ms in sorted(by_time)]


def average_price(reply: wire.AveragePriceReply, symbol: Symbol) -> AveragePrice:
    """Return the average price."""
    return AveragePrice(symbol, not_negative(reply.price, "a price"), reply.mins)


def ticker(row: wire.TickerRow, symbol: Symbol) -> Ticker:
    """Return the figures of the last 24 hours."""
    return Ticker(
        symbol=symbol,
        last_price=optional_figure(row.last_price),
        open_price=optional_figure(row.open_price),
        high_price=optional_figure(row.high_price),
        low_price=optional_figure(row.low_price),
        previous_close_price=optional_figure(row.prev_close_price),
        price_change=optional_figure(row.price_change),
        price_change_rate=optional_figure(row.price_change_percent),
        bid_price=optional_figure(row.bid_price),
        bid_size=optional_figure(row.bid_qty),
        ask_price=optional_figure(row.ask_price),
        ask_size=optional_figure(row.ask_qty),
        amount=optional_figure(row.volume),
        quote_amount=optional_figure(row.quote_volume),
        open_time_ms=row.open_time,
        close_time_ms=row.close_time,
    )


def price_ticker(row: wire.PriceRow, symbol: Symbol) -> PriceTicker:
    """Return the last price."""
    return PriceTicker(symbol, optional_figure(row.price))


def book_ticker(row: wire.BookTickerRow, symbol: Symbol) -> BookTicker:
    """Return the top of the book. A side without a price or at price 0 has no orders."""
    bid, ask = optional_figure(row.bid_price) or None, optional_figure(row.ask_price) or None
    return BookTicker(
        symbol=symbol,
        bid_price=bid,
        bid_size=None if bid is None else optional_figure(row.bid_qty),
        ask_price=ask,
        ask_size=None if ask is None else optional_figure(row.ask_qty),
    )


def offline_symbol(row: wire.OfflineRow) -> OfflineSymbol:
    """Return one suspended or delisted market."""
    return OfflineSymbol(row.symbol, row.state == _DELISTED, row.offline_time)


def announcement(row: wire.AnnouncementRow) -> Announcement:
    """Return one announcement."""
    return Announcement(
        title=row.title, url=row.url, posted_ms=row.post_time, language=row.language
    )

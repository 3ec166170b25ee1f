"""Protobuf bodies of the public channels, made from a market's present state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mexc_connector.proto.generated.market_pb2 import PublicMiniTickerV3Api
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim.candles import Candle
from mexc_connector.sim.fixed_point import ratio_text, rescaled
from mexc_connector.sim.intervals import Interval
from mexc_connector.sim.market import Market
from mexc_connector.sim.matching import BookSide
from mexc_connector.sim.prints import Print, trade_id_text
from mexc_connector.sim.tickers import HOME_ZONE

Best = tuple[str, str]
"""Price and quantity text of a best level."""


def turnover_text(market: Market, turnover: int) -> str:
    """Write a quote turnover with the price's decimals, cut, as klines and tickers show it."""
    scale = market.prices
    cut = rescaled(turnover, from_digits=market.turnovers.digits, to_digits=scale.digits)
    return scale.plain(cut)


def depth_body(market: Market, event_type: str, changes: Sequence[int], first: int) -> bytes:
    """Encode the levels that `changes` touched; their versions run from `first` to the present."""
    book = market.book
    wrapper = PushDataV3ApiWrapper()
    body = wrapper.publicAggreDepths
    price_text, lots_text = market.prices.plain, market.quantities.plain
    bid_levels, ask_levels = book.bids.levels, book.asks.levels
    keys = sorted(set(changes))
    for key in reversed(keys):
        if key < 0:
            level = ask_levels.get(-key)
            quantity = lots_text(level.total) if level else "0"
            body.asks.add(price=price_text(-key), quantity=quantity)
        else:
            level = bid_levels.get(key)
            quantity = lots_text(level.total) if level else "0"
            body.bids.add(price=price_text(key), quantity=quantity)
    body.eventType = event_type
    body.fromVersion = str(first)
    body.toVersion = str(book.version)
    body.lastOrderCreateTime = market.last_order_ms
    return wrapper.SerializeToString()


def deals_body(market: Market, event_type: str, prints: Iterable[Print]) -> bytes:
    """Encode the trades of an interval, oldest first."""
    wrapper = PushDataV3ApiWrapper()
    body = wrapper.publicAggreDeals
    for trade in prints:
        body.deals.add(
            price=market.prices.plain(trade.price),
            quantity=market.quantities.plain(trade.lots),
            tradeType=trade.taker,
            time=trade.time_ms,
            tradeId=trade_id_text(trade.trade_id),
        )
    body.eventType = event_type
    return wrapper.SerializeToString()


def limit_depth_body(market: Market, event_type: str, levels: int) -> bytes:
    """Encode the whole top of the book, padded to scale."""
    book = market.book
    wrapper = PushDataV3ApiWrapper()
    body = wrapper.publicLimitDepths
    price_text, lots_text = market.prices.padded, market.quantities.padded
    for price, lots in book.asks.best_first(levels):
        body.asks.add(price=price_text(price), quantity=lots_text(lots))
    for price, lots in book.bids.best_first(levels):
        body.bids.add(price=price_text(price), quantity=lots_text(lots))
    body.eventType = event_type
    body.version = str(book.version)
    body.lastOrderCreateTime = market.last_order_ms
    return wrapper.SerializeToString()


def best_of(market: Market, side: BookSide) -> Best:
    """Give price and quantity text of a side's best level, two empty texts when there is none."""
    for price, lots in side.best_first(1):
        return market.prices.plain(price), market.quantities.plain(lots)
    return "", ""


def book_ticker_body(market: Market) -> bytes:
    """Encode best bid and ask; the fields of an empty side are absent."""
    wrapper = PushDataV3ApiWrapper()
    body = wrapper.publicAggreBookTicker
    body.bidPrice, body.bidQuantity = best_of(market, market.book.bids)
    body.askPrice, body.askQuantity = best_of(market, market.book.asks)
    body.version = str(market.version)
    body.lastOrderCreateTime = market.last_order_ms
    return wrapper.SerializeToString()


def book_ticker_batch_body(market: Market, quotes: Iterable[tuple[Best, Best]]) -> bytes:
    """Encode the best quotes that an interval saw, oldest first."""
    wrapper = PushDataV3ApiWrapper()
    body = wrapper.publicBookTickerBatch
    for bid, ask in quotes:
        body.items.add(bidPrice=bid[0], bidQuantity=bid[1], askPrice=ask[0], askQuantity=ask[1])
    body.version = str(market.version)
    body.lastOrderCreateTime = market.last_order_ms
    return wrapper.SerializeToString()


def kline_body(market: Market, interval: Interval, candle: Candle) -> bytes:
    """Encode a candle; window bounds in seconds."""
    wrapper = PushDataV3ApiWrapper()
    body = wrapper.publicSpotKline
    price_text = market.prices.plain
    body.interval = interval.stream_name
    body.windowStart = candle.start_ms // 1000
    body.openingPrice = price_text(candle.opening)
    body.closingPrice = price_text(candle.closing)
    body.highestPrice = price_text(candle.highest)
    body.lowestPrice = price_text(candle.lowest)
    body.volume = market.quantities.plain(candle.lots)
    body.amount = turnover_text(market, candle.turnover)
    body.windowEnd = interval.end_of(candle.start_ms) // 1000
    return wrapper.SerializeToString()


def fill_mini_ticker(item: PublicMiniTickerV3Api, market: Market, zone: str) -> bool:
    """Fill in a market's mini ticker; False for a market that never traded."""
    day = market.rolling_day()
    home = market.day_reference(HOME_ZONE)
    zoned = market.day_reference(zone)
    if day is None or home is None or zoned is None:
        return False
    last, prices = day.closing, market.prices
    item.symbol = market.symbol
    item.price = prices.plain(last)
    item.rate = _change(last, home.opening)
    item.zonedRate = _change(last, zoned.opening)
    item.high = prices.plain(day.highest)
    item.low = prices.plain(day.lowest)
    item.volume = turnover_text(market, day.turnover)
    item.quantity = market.quantities.plain(day.lots)
    item.lastCloseRate = _change(last, home.close_before)
    item.lastCloseZonedRate = _change(last, zoned.close_before)
    item.lastCloseHigh = prices.plain(max(day.highest, zoned.close_before))
    item.lastCloseLow = prices.plain(min(day.lowest, zoned.close_before))
    return True


def _change(last: int, reference: int) -> str:
    return ratio_text(last - reference, reference, digits=4)

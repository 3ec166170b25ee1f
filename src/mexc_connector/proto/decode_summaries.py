"""Pushed bytes to models: the top of the book as a whole, candles and mini tickers.

Same tolerance and same errors as `decode`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from mexc_connector.common.enums import KlineInterval
from mexc_connector.common.errors import UnknownSymbol
from mexc_connector.common.models import Kline, MiniTicker, OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import Symbol, SymbolMap
from mexc_connector.proto import numbers
from mexc_connector.proto.body import Reading, pushed_ms
from mexc_connector.proto.generated.market_pb2 import (
    PublicLimitDepthV3ApiItem,
    PublicMiniTickerV3Api,
    PublicSpotKlineV3Api,
)
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

_INTERVALS = {interval.stream_name: interval for interval in KlineInterval}


def limit_depth(
    push: PushDataV3ApiWrapper, symbol: Symbol, *, levels: int, received_ns: int
) -> OrderBookSnapshot:
    """Read the top `levels` of a book. Raises `ProtocolViolation`.

    A side that fills all its levels has a horizon: what lies deeper is unknown.
    """
    with Reading(push, "publicLimitDepths"):
        body = push.publicLimitDepths
        bids = _entries(body.bids)
        asks = _entries(body.asks)
        return OrderBookSnapshot(
            symbol=symbol,
            bids=bids,
            asks=asks,
            version=numbers.version(body.version),
            exchange_time_ms=pushed_ms(push),
            received_ns=received_ns,
            bid_horizon=bids[-1].price if len(bids) >= levels else None,
            ask_horizon=asks[-1].price if len(asks) >= levels else None,
        )


def _entries(items: Iterable[PublicLimitDepthV3ApiItem]) -> tuple[OrderBookEntry, ...]:
    texts = [text for item in items for text in (item.price, item.quantity)]
    return tuple(OrderBookEntry(price, size) for price, size in numbers.levels(texts))


def kline(push: PushDataV3ApiWrapper, symbol: Symbol, received_ns: int) -> Kline:
    """Read the running candle. `is_closed` is always False: no frame says so.

    Raises `ProtocolViolation`.
    """
    with Reading(push, "publicSpotKline"):
        return _candle(push.publicSpotKline, symbol, received_ns)


def _candle(body: PublicSpotKlineV3Api, symbol: Symbol, received_ns: int) -> Kline:
    interval = _INTERVALS.get(body.interval)
    if interval is None:
        raise ValueError(f"interval {body.interval!r}")
    if not 0 < body.windowStart < body.windowEnd:
        raise ValueError(f"window from {body.windowStart} to {body.windowEnd}")
    return Kline(
        symbol=symbol,
        interval=interval,
        open_time_ms=body.windowStart * 1000,
        close_time_ms=body.windowEnd * 1000,
        open=numbers.positive(body.openingPrice),
        high=numbers.positive(body.highestPrice),
        low=numbers.positive(body.lowestPrice),
        close=numbers.positive(body.closingPrice),
        amount=numbers.optional_non_negative(body.volume) or 0.0,
        quote_amount=numbers.optional_non_negative(body.amount) or 0.0,
        is_closed=False,
        received_ns=received_ns,
    )


def mini_ticker(push: PushDataV3ApiWrapper, symbol: Symbol, received_ns: int) -> MiniTicker:
    """Read the mini ticker of one market. Raises `ProtocolViolation`."""
    with Reading(push, "publicMiniTicker"):
        return _mini_ticker(push.publicMiniTicker, symbol, pushed_ms(push), received_ns)


class MiniTickers(NamedTuple):
    """The mini tickers of one push, and how many were of markets that the map does not know."""

    tickers: tuple[MiniTicker, ...]
    unknown: int


def mini_tickers(
    push: PushDataV3ApiWrapper, symbol_map: SymbolMap, received_ns: int
) -> MiniTickers:
    """Read the mini tickers of all markets. Raises `ProtocolViolation`.

    Markets that are not in `symbol_map` (listed since it was made) are left out and counted.
    """
    with Reading(push, "publicMiniTickers"):
        time_ms = pushed_ms(push)
        tickers = []
        unknown = 0
        for item in push.publicMiniTickers.items:
            try:
                symbol = symbol_map.from_exchange(item.symbol)
            except UnknownSymbol:
                unknown += 1
                continue
            tickers.append(_mini_ticker(item, symbol, time_ms, received_ns))
        return MiniTickers(tuple(tickers), unknown)


def _mini_ticker(
    item: PublicMiniTickerV3Api, symbol: Symbol, exchange_time_ms: int | None, received_ns: int
) -> MiniTicker:
    return MiniTicker(
        symbol=symbol,
        price=numbers.non_negative(item.price),
        rate=numbers.optional_signed(item.rate),
        zoned_rate=numbers.optional_signed(item.zonedRate),
        high=numbers.optional_non_negative(item.high),
        low=numbers.optional_non_negative(item.low),
        amount=numbers.optional_non_negative(item.quantity),
        quote_amount=numbers.optional_non_negative(item.volume),
        last_close_rate=numbers.optional_signed(item.lastCloseRate),
        last_close_zoned_rate=numbers.optional_signed(item.lastCloseZonedRate),
        last_close_high=numbers.optional_non_negative(item.lastCloseHigh),
        last_close_low=numbers.optional_non_negative(item.lastCloseLow),
        exchange_time_ms=exchange_time_ms,
        received_ns=received_ns,
    )

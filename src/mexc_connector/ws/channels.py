"""Names of the stream channels, in the exchange's spelling.

`market` is the exchange's spelling of a symbol, upper case, as `SymbolMap.to_exchange` gives it;
it may be Chinese or contain brackets and goes out as it is.
Source: Spot v3 docs, "Websocket Market Streams", read 2026-11-20.
"""

from mexc_connector.common.enums import KlineInterval, StreamSpeed, TickerZone
from mexc_connector.common.latency import StreamKind

LIMIT_DEPTH_LEVELS = (5, 10, 20)
"""Depths that the exchange offers; any other is refused with `Blocked!`."""


PRIVATE_ORDERS = "spot@private.orders.v3.api.pb"
"""States of our orders, as they change. The private channels want a link with a listen key."""

PRIVATE_FILLS = "spot@private.deals.v3.api.pb"
"""Executions of our orders."""

PRIVATE_BALANCES = "spot@private.account.v3.api.pb"
"""Balances, one asset at a time, as they change."""


def trades(market: str, speed: StreamSpeed) -> str:
    """Public trades, collected per interval."""
    return f"spot@public.aggre.deals.v3.api.pb@{speed}@{market}"


def depth(market: str, speed: StreamSpeed) -> str:
    """Changed levels of the order book, collected per interval, with their version range."""
    return f"spot@public.aggre.depth.v3.api.pb@{speed}@{market}"


def limit_depth(market: str, levels: int) -> str:
    """The whole top of the order book, on change."""
    return f"spot@public.limit.depth.v3.api.pb@{market}@{levels}"


def book_ticker(market: str, speed: StreamSpeed) -> str:
    """Best bid and ask, every interval, even when unchanged."""
    return f"spot@public.aggre.bookTicker.v3.api.pb@{speed}@{market}"


def book_ticker_batch(market: str) -> str:
    """Best bid and ask, in batches."""
    return f"spot@public.bookTicker.batch.v3.api.pb@{market}"


def klines(market: str, interval: KlineInterval) -> str:
    """The running candle, about once a second."""
    return f"spot@public.kline.v3.api.pb@{market}@{interval.stream_name}"


def mini_ticker(market: str, zone: TickerZone) -> str:
    """Rolling figures of one market, every 3 s. Without a zone it is refused."""
    return f"spot@public.miniTicker.v3.api.pb@{market}@{zone}"


def mini_tickers(zone: TickerZone) -> str:
    """Rolling figures of all markets, every 3 s."""
    return f"spot@public.miniTickers.v3.api.pb@{zone}"


def kind_of(frame: bytes) -> StreamKind | None:
    """Return what a frame tells of, by the channel that it begins with.

    None for a channel that is not ours, and for a frame that begins otherwise.
    """
    if len(frame) < 2 or frame[0] != _CHANNEL_FIELD:
        return None
    end = 2 + frame[1]
    second_at = frame.find(b"@", _AFTER_SPOT, end)
    return _KINDS.get(frame[2 : end if second_at < 0 else second_at])


_CHANNEL_FIELD = 0x0A  # field 1, length-delimited
_AFTER_SPOT = 2 + len("spot@")
_NAMES = {
    "spot@public.aggre.depth.v3.api.pb": StreamKind.ORDER_BOOK,
    "spot@public.aggre.deals.v3.api.pb": StreamKind.TRADES,
    "spot@public.aggre.bookTicker.v3.api.pb": StreamKind.BOOK_TICKER,
    "spot@public.bookTicker.batch.v3.api.pb": StreamKind.BOOK_TICKER_BATCH,
    "spot@public.limit.depth.v3.api.pb": StreamKind.LIMIT_DEPTH,
    "spot@public.kline.v3.api.pb": StreamKind.KLINES,
    "spot@public.miniTicker.v3.api.pb": StreamKind.MINI_TICKER,
    "spot@public.miniTickers.v3.api.pb": StreamKind.MINI_TICKERS,
    PRIVATE_ORDERS: StreamKind.ORDERS,
    PRIVATE_FILLS: StreamKind.FILLS,
    PRIVATE_BALANCES: StreamKind.BALANCES,
}
_KINDS = {name.encode(): kind for name, kind in _NAMES.items()}

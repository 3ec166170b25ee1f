"""Pushed bytes to models: depth, trades and book tickers, over `protobuf`.

[hot] The readable reference implementation. Empty text, absent scalars and unknown fields are
tolerated where the exchange is known to send them. A missing body, a version that is not a number,
and prices or sizes that are negative, not finite or not numbers raise `ProtocolViolation`, which
keeps the bytes. Slower channels are in `decode_summaries`.
"""

from google.protobuf.message import DecodeError

from mexc_connector.common.enums import Side
from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.models import BookDiff, BookTicker, Trade, TradeId
from mexc_connector.common.symbols import Symbol
from mexc_connector.proto import numbers
from mexc_connector.proto.body import Reading, pushed_ms, violation
from mexc_connector.proto.generated.market_pb2 import (
    PublicAggreBookTickerV3Api,
    PublicAggreDealsV3ApiItem,
    PublicAggreDepthsV3Api,
    PublicBookTickerV3Api,
)
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

_TAKER_SIDES = {1: Side.BUY, 2: Side.SELL}
_from_string = PushDataV3ApiWrapper.FromString


def parse_push(frame: bytes) -> PushDataV3ApiWrapper:
    """Parse one binary frame. Raises `ProtocolViolation` for bytes that are not a push.

    A push without a channel name is none: nobody could tell whom it is for.
    """
    try:
        push = _from_string(frame)
    except (DecodeError, UnicodeDecodeError) as error:  # the latter out of protobuf's pure Python
        raise ProtocolViolation("not a protobuf message", endpoint="push", body=frame) from error
    if not push.channel:
        raise ProtocolViolation("no channel", endpoint="push", body=frame)
    return push


def book_diff(body: PublicAggreDepthsV3Api, send_time_ms: int, received_ns: int) -> BookDiff:
    """Read the changed levels of one depth push. Raises `ProtocolViolation`.

    `send_time_ms` is the wrapper's `sendTime`, 0 where it has none. The body of a push that has
    none reads as empty, and fails here for want of versions.
    """
    try:
        from_version = numbers.version(body.fromVersion)
        to_version = numbers.version(body.toVersion)
        # Both sides in one batch: the checks cost more per call than per level.
        texts = [text for item in body.bids for text in (item.price, item.quantity)]
        bid_count = len(texts) // 2
        texts += [text for item in body.asks for text in (item.price, item.quantity)]
        levels = numbers.levels(texts)
    except ValueError as error:
        raise violation("aggre.depth", body, error) from error
    if from_version > to_version:
        raise violation("aggre.depth", body, ValueError("fromVersion above toVersion"))
    return BookDiff(
        from_version,
        to_version,
        levels[:bid_count],
        levels[bid_count:],
        send_time_ms or None,
        received_ns,
    )


def trades(push: PushDataV3ApiWrapper, symbol: Symbol, received_ns: int) -> list[Trade]:
    """Read the trades of one push, in the exchange's order. Raises `ProtocolViolation`."""
    with Reading(push, "publicAggreDeals"):
        return [_trade(item, symbol, received_ns) for item in push.publicAggreDeals.deals]


def _trade(item: PublicAggreDealsV3ApiItem, symbol: Symbol, received_ns: int) -> Trade:
    side = _TAKER_SIDES.get(item.tradeType)
    if side is None:
        raise ValueError(f"tradeType {item.tradeType}")
    price, amount = numbers.floats((item.price, item.quantity))
    if price == 0.0:
        raise ValueError("price of zero")
    return Trade(
        symbol=symbol,
        price=price,
        amount=amount,
        side=side,
        exchange_time_ms=item.time,
        trade_id=TradeId(item.tradeId) if item.tradeId else None,
        received_ns=received_ns,
    )


def book_ticker(push: PushDataV3ApiWrapper, symbol: Symbol, received_ns: int) -> BookTicker:
    """Read the best bid and ask of one push. Raises `ProtocolViolation`."""
    with Reading(push, "publicAggreBookTicker"):
        quote = push.publicAggreBookTicker
        version = numbers.optional_version(quote.version)
        return _quote(quote, symbol, version, pushed_ms(push), received_ns)


def book_ticker_batch(
    push: PushDataV3ApiWrapper, symbol: Symbol, received_ns: int
) -> tuple[BookTicker, ...]:
    """Read the quotes of one batch, in the exchange's order. Raises `ProtocolViolation`.

    A batch states one version. The last quote gets it, the only one that it can belong to.
    """
    with Reading(push, "publicBookTickerBatch"):
        body = push.publicBookTickerBatch
        version = numbers.optional_version(body.version)
        time_ms = pushed_ms(push)
        last = len(body.items) - 1
        return tuple(
            _quote(item, symbol, version if index == last else None, time_ms, received_ns)
            for index, item in enumerate(body.items)
        )


def _quote(
    quote: PublicAggreBookTickerV3Api | PublicBookTickerV3Api,
    symbol: Symbol,
    version: int | None,
    exchange_time_ms: int | None,
    received_ns: int,
) -> BookTicker:
    bid_price, bid_size = _best(quote.bidPrice, quote.bidQuantity)
    ask_price, ask_size = _best(quote.askPrice, quote.askQuantity)
    return BookTicker(
        symbol=symbol,
        bid_price=bid_price,
        bid_size=bid_size,
        ask_price=ask_price,
        ask_size=ask_size,
        version=version,
        exchange_time_ms=exchange_time_ms,
        received_ns=received_ns,
    )


def _best(price_text: str, size_text: str) -> tuple[float | None, float | None]:
    """Read one side of a quote; a side without orders has no price, or a price of zero."""
    price = numbers.optional_non_negative(price_text)
    size = numbers.optional_non_negative(size_text)
    return (price, size) if price else (None, None)

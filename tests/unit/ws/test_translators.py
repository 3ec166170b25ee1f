import pytest

from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.models import BookTicker, Kline, OrderBookSnapshot, Trade
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
from mexc_connector.core import IMPLEMENTATION
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.translators import (
    BookTickerBatchTranslator,
    BookTickerTranslator,
    KlineTranslator,
    LimitDepthTranslator,
    MiniTickersTranslator,
    MiniTickerTranslator,
    TradeTranslator,
)

compiled_only = pytest.mark.skipif(
    IMPLEMENTATION != "compiled", reason="the reference reads no frames"
)
BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))


def new_push() -> PushDataV3ApiWrapper:
    return PushDataV3ApiWrapper(channel="c", sendTime=1)


def trades(*trade_ids: str) -> PushDataV3ApiWrapper:
    push = new_push()
    for trade_id in trade_ids:
        push.publicAggreDeals.deals.add(
            price="1", quantity="2", tradeType=1, time=5, tradeId=trade_id
        )
    return push


def quote(bid: str, *, version: str) -> PushDataV3ApiWrapper:
    push = new_push()
    body = push.publicAggreBookTicker
    body.bidPrice, body.bidQuantity, body.askPrice, body.askQuantity = bid, "1", "9", "1"
    body.version = version
    return push


def depth(version: str) -> PushDataV3ApiWrapper:
    push = new_push()
    push.publicLimitDepths.version = version
    return push


def candle(minute: int, close: str) -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel="c")
    body = push.publicSpotKline
    body.interval, body.windowStart, body.windowEnd = "Min1", minute * 60, minute * 60 + 60
    body.openingPrice = body.highestPrice = body.lowestPrice = "1"
    body.closingPrice = close
    return push


def test_a_trade_is_handed_out_once_also_after_a_reconnect() -> None:
    counters = EventCounters()
    translator = TradeTranslator(BTC_USDT, counters)

    def ids(push: PushDataV3ApiWrapper) -> list[object]:
        return [trade.trade_id for trade in translator.translate(push, 0)]

    assert ids(trades("a", "b")) == ["a", "b"]
    translator.reset()
    assert ids(trades("b", "c")) == ["c"]
    assert counters.repeated_trades == 1


def test_trades_without_ids_are_never_taken_for_repeats() -> None:
    counters = EventCounters()
    translator = TradeTranslator(BTC_USDT, counters)
    got: list[Trade] = [*translator.translate(trades("", ""), 0)]
    got += translator.translate(trades(""), 0)
    assert len(got) == 3
    assert counters.repeated_trades == 0


def test_an_unchanged_quote_is_dropped_even_under_a_new_version() -> None:
    counters = EventCounters()
    translator = BookTickerTranslator(BTC_USDT, counters)
    got: list[BookTicker] = []
    for bid, version in (("1", "1"), ("1", "2"), ("2", "3"), ("1", "4")):
        got += translator.translate(quote(bid, version=version), 0)
    assert [(ticker.bid_price, ticker.version) for ticker in got] == [(1.0, 1), (2.0, 3), (1.0, 4)]
    assert counters.unchanged_book_tickers == 1


def test_an_older_quote_by_a_slower_connection_is_dropped() -> None:
    counters = EventCounters()
    translator = BookTickerTranslator(BTC_USDT, counters)
    got: list[BookTicker] = []
    for bid, version in (("1", "1"), ("2", "3"), ("1", "1"), ("2", "3"), ("3", "4")):
        got += translator.translate(quote(bid, version=version), 0)
    assert [ticker.version for ticker in got] == [1, 3, 4]
    assert counters.stale_events == 1


def test_the_first_quote_after_a_reconnect_is_handed_out_again() -> None:
    translator = BookTickerTranslator(BTC_USDT, EventCounters())
    translator.translate(quote("1", version="1"), 0)
    translator.reset()
    assert len(translator.translate(quote("1", version="2"), 0)) == 1


def test_a_quote_that_could_not_be_read_is_not_remembered() -> None:
    translator = BookTickerTranslator(BTC_USDT, EventCounters())
    for _ in range(2):
        with pytest.raises(ProtocolViolation):
            translator.translate(quote("nan", version="1"), 0)
        with pytest.raises(ProtocolViolation):
            translator.translate(new_push(), 0)


def test_a_state_of_the_book_that_is_not_newer_is_dropped_until_a_reconnect() -> None:
    counters = EventCounters()
    translator = LimitDepthTranslator(BTC_USDT, 5, counters)
    got: list[OrderBookSnapshot] = []
    for version in ("5", "4", "5", "6"):
        got += translator.translate(depth(version), 0)
    assert [snapshot.version for snapshot in got] == [5, 6]
    assert counters.stale_events == 2
    translator.reset()
    assert len(translator.translate(depth("1"), 0)) == 1


def test_a_candle_is_closed_by_the_next_one() -> None:
    counters = EventCounters()
    translator = KlineTranslator(BTC_USDT, counters)
    got: list[Kline] = []
    for minute, close in ((1, "2"), (2, "3"), (1, "4")):
        got += translator.translate(candle(minute, close), 7)
    assert [(kline.close, kline.is_closed) for kline in got] == [
        (2.0, False),
        (2.0, True),
        (3.0, False),
    ]
    assert counters.stale_events == 1
    translator.reset()
    assert [kline.is_closed for kline in translator.translate(candle(3, "5"), 7)] == [False]


def test_batches_are_handed_out_whole_and_empty_ones_are_not() -> None:
    translator = BookTickerBatchTranslator(BTC_USDT)
    push = new_push()
    push.publicBookTickerBatch.SetInParent()
    assert translator.translate(push, 0) == ()
    push.publicBookTickerBatch.items.add(bidPrice="1", bidQuantity="1")
    push.publicBookTickerBatch.items.add(bidPrice="2", bidQuantity="1")
    [batch] = translator.translate(push, 0)
    assert [ticker.bid_price for ticker in batch] == [1.0, 2.0]
    translator.reset()


def test_mini_tickers_use_the_map_that_is_valid_now() -> None:
    counters = EventCounters()
    maps = [SymbolMap([])]
    translator = MiniTickersTranslator(lambda: maps[-1], counters)
    push = new_push()
    push.publicMiniTickers.items.add(symbol="BTCUSDT", price="2")
    assert translator.translate(push, 0) == ()
    assert counters.unknown_markets == 1
    maps.append(SymbolMap([(BTC_USDT, "BTCUSDT")]))
    [tickers] = translator.translate(push, 0)
    assert tickers[0].symbol == BTC_USDT
    translator.reset()


def test_a_mini_ticker_is_one_event() -> None:
    translator = MiniTickerTranslator(BTC_USDT)
    push = new_push()
    push.publicMiniTicker.price = "3"
    [ticker] = translator.translate(push, 0)
    assert ticker.price == 3.0
    translator.reset()


def changed(push: PushDataV3ApiWrapper) -> bytes:
    return push.SerializeToString()


@compiled_only
def test_frames_give_the_same_trades_as_pushes_and_share_their_memory() -> None:
    counters = EventCounters()
    translator = TradeTranslator(BTC_USDT, counters)
    push = trades("1", "2", "")
    (first, second, third) = TradeTranslator(BTC_USDT, EventCounters()).translate(push, 9)
    assert translator.read(changed(push), 9) == [first, second, third]
    assert translator.translate(push, 9) == [third]
    assert counters.repeated_trades == 2


@compiled_only
def test_frames_and_pushes_share_the_quote_shown_last() -> None:
    counters = EventCounters()
    translator = BookTickerTranslator(BTC_USDT, counters)
    push = quote("8", version="5")
    (ticker,) = BookTickerTranslator(BTC_USDT, EventCounters()).translate(push, 9)
    assert translator.read(changed(push), 9) == (ticker,)
    assert translator.translate(quote("8", version="6"), 9) == ()
    assert translator.read(changed(quote("8", version="7")), 9) == ()
    assert counters.unchanged_book_tickers == 2
    translator.reset()
    assert translator.read(changed(push), 9) == (ticker,)


@compiled_only
def test_frames_and_pushes_share_the_newest_version_of_a_limited_depth() -> None:
    counters = EventCounters()
    translator = LimitDepthTranslator(BTC_USDT, 5, counters)
    (newest,) = LimitDepthTranslator(BTC_USDT, 5, EventCounters()).translate(depth("7"), 9)
    assert translator.read(changed(depth("7")), 9) == (newest,)
    assert translator.translate(depth("6"), 9) == ()
    assert translator.read(changed(depth("5")), 9) == ()
    assert counters.stale_events == 2


@compiled_only
def test_frames_give_the_same_batches_as_pushes() -> None:
    push = new_push()
    push.publicBookTickerBatch.items.add(bidPrice="1", bidQuantity="2")
    push.publicBookTickerBatch.items.add(askPrice="3", askQuantity="4")
    push.publicBookTickerBatch.version = "8"
    translator = BookTickerBatchTranslator(BTC_USDT)
    assert translator.read(changed(push), 9) == translator.translate(push, 9)
    empty = new_push()
    empty.publicBookTickerBatch.SetInParent()
    assert translator.read(changed(empty), 9) == ()


def test_a_frame_that_cannot_be_read_is_left_to_translate() -> None:
    counters = EventCounters()
    broken = quote("not a price", version="1")
    assert TradeTranslator(BTC_USDT, counters).read(changed(broken), 9) is None
    assert BookTickerTranslator(BTC_USDT, counters).read(changed(broken), 9) is None
    assert BookTickerBatchTranslator(BTC_USDT).read(changed(broken), 9) is None
    assert LimitDepthTranslator(BTC_USDT, 5, counters).read(changed(broken), 9) is None

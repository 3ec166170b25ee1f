"""A tap sees every quote that changes and one in ten of the others, on both ways of reading."""

import pytest

from mexc_connector.common.enums import StreamSpeed
from mexc_connector.common.models import BookTicker
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core import IMPLEMENTATION
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws import streams
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.quote_taps import QuoteTaps
from mexc_connector.ws.translators import FrameReader, Translator

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
ETH = Symbol(AssetName("ETH"), AssetName("USDT"))
WAYS = [
    "parsed",
    pytest.param(
        "frame",
        marks=pytest.mark.skipif(IMPLEMENTATION != "compiled", reason="reads no frames"),
    ),
]


class Bench:
    """A translator of one market's tickers with a tap on it."""

    def __init__(self, way: str) -> None:
        self.taps = QuoteTaps()
        stream = streams.book_ticker("BTCUSDT", BTC, StreamSpeed.MS_100)
        self.translator: Translator[BookTicker] = self.taps.tapped(stream, BTC).make_translator(
            EventCounters()
        )
        self.way = way
        self.shown: list[BookTicker] = []
        self.version = 0

    def tap(self) -> None:
        self.release = self.taps.put(BTC, self.shown.append)

    def push(self, bid: str) -> list[BookTicker]:
        """Push the next version of the quote; return what its consumers get."""
        self.version += 1
        push = PushDataV3ApiWrapper(channel="c", sendTime=1)
        body = push.publicAggreBookTicker
        body.bidPrice, body.bidQuantity, body.askPrice, body.askQuantity = bid, "1", "9", "1"
        body.version = str(self.version)
        if self.way == "parsed":
            return list(self.translator.translate(push, 5))
        assert isinstance(self.translator, FrameReader)
        tickers = self.translator.read(push.SerializeToString(), 5)
        assert tickers is not None
        return list(tickers)

    @property
    def versions(self) -> list[int | None]:
        return [ticker.version for ticker in self.shown]


@pytest.mark.parametrize("way", WAYS)
def test_of_quotes_that_stay_the_same_one_in_ten_is_shown_and_no_consumer_gets_it(way: str) -> None:
    bench = Bench(way)
    bench.tap()
    assert len(bench.push("5")) == 1
    for _ in range(35):
        assert bench.push("5") == []
    assert bench.versions == [1, 11, 21, 31]
    assert {(ticker.symbol, ticker.bid_price, ticker.received_ns) for ticker in bench.shown} == {
        (BTC, 5.0, 5)
    }


@pytest.mark.parametrize("way", WAYS)
def test_every_quote_that_changes_is_shown_and_handed_on(way: str) -> None:
    bench = Bench(way)
    bench.tap()
    handed = [ticker for bid in ("5", "6", "6", "5") for ticker in bench.push(bid)]
    assert bench.shown == handed
    assert bench.versions == [1, 2, 4]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_shown_before_a_tap_is_put_nor_after_it_is_released(way: str) -> None:
    bench = Bench(way)
    for _ in range(30):
        bench.push("5")
    bench.tap()
    bench.push("6")
    bench.release()
    bench.release()
    for bid in ["7"] + ["7"] * 20:
        bench.push(bid)
    assert bench.versions == [31]


def test_releasing_an_old_tap_leaves_the_one_that_took_its_place() -> None:
    bench = Bench("parsed")
    bench.tap()
    release_old = bench.release
    bench.tap()
    release_old()
    bench.push("5")
    assert bench.versions == [1]


def test_a_tap_sees_its_own_market_only() -> None:
    bench = Bench("parsed")
    bench.taps.put(ETH, bench.shown.append)
    bench.push("5")
    assert bench.shown == []


def test_after_a_reset_an_unchanged_quote_is_handed_on_again() -> None:
    bench = Bench("parsed")
    bench.push("5")
    bench.translator.reset()
    assert len(bench.push("5")) == 1

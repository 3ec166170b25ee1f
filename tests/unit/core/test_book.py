from math import inf

import pytest

from mexc_connector.common.enums import Side, UnsyncReason
from mexc_connector.common.errors import OrderBookNotSynced
from mexc_connector.common.models import BookDiff, OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.implementation import OrderBookEntryPool

SYMBOL = Symbol(AssetName("BTC"), AssetName("USDT"))
SECOND = 1_000_000_000


class Fixture:
    def __init__(self) -> None:
        self.now_ns = 100 * SECOND
        self.book = LiveOrderBook(
            SYMBOL, time_ns=lambda: self.now_ns, pool=OrderBookEntryPool(size=4)
        )

    def load(
        self,
        bids: list[tuple[float, float]],
        asks: list[tuple[float, float]],
        horizon: tuple[float | None, float | None] = (None, None),
    ) -> LiveOrderBook:
        self.book.load(
            OrderBookSnapshot(
                symbol=SYMBOL,
                bids=tuple(OrderBookEntry(*level) for level in bids),
                asks=tuple(OrderBookEntry(*level) for level in asks),
                version=10,
                exchange_time_ms=1234,
                received_ns=self.now_ns,
                bid_horizon=horizon[0],
                ask_horizon=horizon[1],
            )
        )
        return self.book


def loaded() -> LiveOrderBook:
    return Fixture().load([(99.0, 1.0), (98.0, 2.0)], [(101.0, 3.0), (102.0, 4.0)])


def test_a_new_book_says_why_it_cannot_be_read() -> None:
    book = Fixture().book
    assert not book.is_synced
    assert book.unsync_reason is UnsyncReason.NOT_STARTED
    assert book.age_s == inf
    assert repr(book) == "<OrderBook BTC/USDT not synced: NOT_STARTED>"


@pytest.mark.parametrize(
    "read",
    [
        lambda book: book.bids,
        lambda book: book.asks,
        lambda book: book.best_bid,
        lambda book: book.best_ask,
        lambda book: book.mid_price,
        lambda book: book.spread,
        lambda book: book.version,
        lambda book: book.exchange_time_ms,
        lambda book: book.bid_horizon,
        lambda book: book.ask_horizon,
        lambda book: book.snapshot(),
        lambda book: book.depth(Side.BUY, low=1.0, high=2.0),
        lambda book: book.estimate_fill(Side.BUY, amount=1.0),
        lambda book: book.fillable_amount(Side.BUY, worst_price=1.0),
    ],
)
def test_reading_an_unsynced_book_raises_whatever_is_read(read: object) -> None:
    book = loaded()
    book.mark_unsynced(UnsyncReason.GAP)
    with pytest.raises(OrderBookNotSynced) as caught:
        read(book)  # type: ignore[operator]
    assert caught.value.symbol == "BTC/USDT"
    assert caught.value.reason == "GAP"


def test_a_view_taken_while_synced_raises_once_the_book_is_not() -> None:
    book = loaded()
    bids = book.bids
    book.mark_unsynced(UnsyncReason.LINK_LOST)
    for read in (lambda: bids[0], lambda: len(bids), lambda: list(bids), lambda: bids[:1]):
        with pytest.raises(OrderBookNotSynced):
            read()
    assert repr(bids) == "<not synced>"


def test_best_levels_mid_and_spread() -> None:
    book = loaded()
    assert book.best_bid == OrderBookEntry(99.0, 1.0)
    assert book.best_ask == OrderBookEntry(101.0, 3.0)
    assert book.mid_price == 100.0
    assert book.spread == 2.0
    assert book.version == 10
    assert book.exchange_time_ms == 1234


def test_sides_are_sequences_best_price_first() -> None:
    book = loaded()
    assert book.bids[0].price == 99.0
    assert book.bids[1].price == 98.0
    assert book.bids[-1].price == 98.0
    assert [entry.price for entry in book.asks] == [101.0, 102.0]
    assert [entry.size for entry in book.asks[:1]] == [3.0]
    assert len(book.bids) == 2
    assert repr(book.bids) == repr([OrderBookEntry(99.0, 1.0), OrderBookEntry(98.0, 2.0)])


@pytest.mark.parametrize("index", [2, -3, 10])
def test_a_position_past_the_side_is_an_index_error(index: int) -> None:
    book = loaded()
    with pytest.raises(IndexError):
        book.bids[index]


def test_an_empty_side_is_a_named_absence() -> None:
    book = Fixture().load([], [(101.0, 3.0)])
    assert book.best_bid is None
    assert book.mid_price is None
    assert book.spread is None
    assert len(book.bids) == 0
    assert book.fault() is None


def test_a_diff_moves_levels_version_and_time() -> None:
    book = loaded()
    book.apply(BookDiff(11, 12, [(99.0, 0.0)], [(100.5, 7.0)], 5678, 0))
    assert book.best_bid == OrderBookEntry(98.0, 2.0)
    assert book.best_ask == OrderBookEntry(100.5, 7.0)
    assert book.version == 12
    assert book.exchange_time_ms == 5678


def test_age_counts_from_the_last_word_of_the_exchange() -> None:
    fixture = Fixture()
    book = fixture.load([(99.0, 1.0)], [])
    fixture.now_ns += 3 * SECOND
    assert book.age_s == 3.0
    book.confirm(fixture.now_ns)
    assert book.age_s == 0.0


def test_a_clock_that_steps_back_gives_no_negative_age() -> None:
    fixture = Fixture()
    book = fixture.load([(99.0, 1.0)], [])
    fixture.now_ns -= SECOND
    assert book.age_s == 0.0


def test_a_snapshot_stays_as_it_was() -> None:
    book = loaded()
    snapshot = book.snapshot()
    book.apply(BookDiff(11, 11, [(99.0, 0.0)], [], None, 0))
    assert [entry.price for entry in snapshot.bids] == [99.0, 98.0]
    assert snapshot.version == 10
    assert snapshot.bid_horizon is None


def test_a_shortened_snapshot_says_where_it_ends() -> None:
    snapshot = loaded().snapshot(levels=1)
    assert len(snapshot.bids) == len(snapshot.asks) == 1
    assert snapshot.bid_horizon == 99.0
    assert snapshot.ask_horizon == 101.0


@pytest.mark.parametrize(
    ("bids", "asks", "horizon", "fault"),
    [
        ([(99.0, 1.0)], [(101.0, 1.0)], (None, None), None),
        ([(101.0, 1.0)], [(101.0, 1.0)], (None, None), UnsyncReason.CROSSED),
        ([(102.0, 1.0)], [(101.0, 1.0)], (None, None), UnsyncReason.CROSSED),
        ([], [(101.0, 1.0)], (90.0, None), UnsyncReason.BEYOND_HORIZON),
        ([(99.0, 1.0)], [], (None, 110.0), UnsyncReason.BEYOND_HORIZON),
        ([], [], (None, None), None),
    ],
)
def test_levels_that_cannot_be_right_are_a_fault(
    bids: list[tuple[float, float]],
    asks: list[tuple[float, float]],
    horizon: tuple[float | None, float | None],
    fault: UnsyncReason | None,
) -> None:
    assert Fixture().load(bids, asks, horizon).fault() is fault


def test_the_repr_is_an_instrument_panel() -> None:
    assert repr(loaded()) == "<OrderBook BTC/USDT 99.0 | 101.0, 2+2 levels, version 10>"


def test_queries_take_the_side_of_the_taker_and_depth_that_of_the_maker() -> None:
    book = loaded()
    assert book.estimate_fill(Side.BUY, amount=3.0).average_price == 101.0
    assert book.estimate_fill(Side.SELL, amount=1.0).average_price == 99.0
    assert book.fillable_amount(Side.BUY, worst_price=101.5) == 3.0
    assert book.depth(Side.BUY, low=98.5, high=99.5).amount == 1.0
    assert book.bid_horizon is None
    assert book.ask_horizon is None


def test_a_book_is_thin_when_either_side_is() -> None:
    levels = [(float(p), 1.0) for p in range(1, 9)]
    book = Fixture().load(levels, [(20.0, 1.0)], (1.0, None))
    assert not book.is_thin()
    book.apply(BookDiff(11, 11, [(float(p), 0.0) for p in range(2, 9)], [], None, 0))
    assert book.is_thin()

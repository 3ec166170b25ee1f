"""A book is compared with the exchange's word at one and the same version only."""

from typing import Any

import msgspec
import pytest

from mexc_connector.common.enums import BookState, Side, UnsyncReason
from mexc_connector.common.integrity import IntegrityCheck, IntegrityMetrics, LevelDifference
from mexc_connector.common.models import BookDiff, BookTicker, OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.implementation import OrderBookEntryPool

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
SECOND = 1_000_000_000


def snapshot(version: int = 10, **changes: Any) -> OrderBookSnapshot:
    whole = OrderBookSnapshot(
        symbol=BTC,
        bids=(OrderBookEntry(99.0, 1.0), OrderBookEntry(98.0, 2.0)),
        asks=(OrderBookEntry(101.0, 3.0), OrderBookEntry(102.0, 4.0)),
        version=version,
        exchange_time_ms=5,
    )
    return msgspec.structs.replace(whole, **changes)


def ticker(version: int | None, **changes: Any) -> BookTicker:
    quote = BookTicker(BTC, 99.0, 1.0, 101.0, 3.0, version, 7, 8)
    return msgspec.structs.replace(quote, **changes)


def diff(version: int, *bids: tuple[float, float]) -> BookDiff:
    return BookDiff(version, version, list(bids), [], None, version)


def live(**options: int) -> BookSync:
    book = LiveOrderBook(BTC, time_ns=lambda: 0, pool=OrderBookEntryPool(4))
    sync = BookSync(book, quiet_ns=100 * SECOND, **options)
    sync.on_subscribed(1)
    sync.on_snapshot(snapshot(), sync.request, 0)
    assert sync.state is BookState.LIVE
    return sync


def test_a_ticker_that_agrees_at_the_books_version_changes_nothing() -> None:
    sync = live()
    assert sync.on_ticker(ticker(10)) is BookAction.NONE
    assert sync.integrity.metrics.tickers_compared == 1
    assert sync.integrity.metrics.ticker_mismatches == 0


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"bid_size": 1.5}, LevelDifference(Side.BUY, 99.0, 1.0, 1.5)),
        ({"ask_size": 1.5}, LevelDifference(Side.SELL, 101.0, 3.0, 1.5)),
        ({"ask_price": 100.5}, LevelDifference(Side.SELL, 100.5, 0.0, 3.0)),
        ({"bid_price": None, "bid_size": None}, LevelDifference(Side.BUY, 99.0, 1.0, 0.0)),
    ],
)
def test_a_ticker_that_differs_resyncs_and_leaves_evidence(
    changes: dict[str, float | None], difference: LevelDifference
) -> None:
    sync = live()
    action = sync.on_ticker(ticker(10, **changes))
    assert action == BookAction.REPORT | BookAction.FETCH_SNAPSHOT | BookAction.PUBLISH
    assert sync.book.unsync_reason is UnsyncReason.MISMATCH
    (found,) = sync.integrity.take_found()
    assert found.check is IntegrityCheck.TICKER
    assert difference in found.differences
    assert (found.version, found.levels_equal, found.levels_compared) == (10, 1, 2)
    assert found.exchange_top == ticker(10, **changes)
    assert found.book_top.bid_price == 99.0
    assert sync.counts.unsynced == {UnsyncReason.MISMATCH: 1}
    assert sync.integrity.take_found() == []


def test_a_ticker_ahead_of_the_book_is_compared_when_the_book_gets_there() -> None:
    sync = live()
    assert sync.on_ticker(ticker(12, bid_size=9.0)) is BookAction.NONE
    assert sync.on_diff(diff(11), 1) is BookAction.PUBLISH
    assert BookAction.REPORT in sync.on_diff(diff(12), 1)
    assert sync.integrity.awaited is None


def test_versions_that_never_coincide_are_counted_and_prove_nothing() -> None:
    sync = live()
    sync.on_ticker(ticker(9, bid_size=9.0))
    sync.on_ticker(ticker(11, bid_size=9.0))
    sync.on_diff(BookDiff(11, 12, [], [], None, 1), 1)
    sync.on_ticker(ticker(None, bid_size=9.0))
    sync.on_ticker(ticker(20))
    sync.on_ticker(ticker(21))
    assert sync.integrity.metrics == IntegrityMetrics(tickers_missed=3)
    sync.on_link_lost(1)
    assert sync.integrity.metrics.tickers_missed == 4
    assert sync.on_ticker(ticker(10, bid_size=9.0)) is BookAction.NONE


def test_a_size_that_the_ticker_does_not_tell_is_not_compared() -> None:
    assert live().on_ticker(ticker(10, bid_size=None)) is BookAction.NONE


def test_an_audit_of_a_quiet_book_compares_its_levels() -> None:
    sync = live()
    sync.on_audit(200 * SECOND)
    asks = (OrderBookEntry(101.0, 3.0), OrderBookEntry(103.0, 4.0))
    action = sync.on_snapshot(snapshot(asks=asks), sync.request, 200 * SECOND)
    assert BookAction.REPORT in action
    (found,) = sync.integrity.take_found()
    assert sync.integrity.last_mismatch is found
    assert sync.integrity.confirmed_ns is None
    assert found.check is IntegrityCheck.AUDIT
    assert found.differences == (
        LevelDifference(Side.SELL, 102.0, 4.0, 0.0),
        LevelDifference(Side.SELL, 103.0, 0.0, 4.0),
    )
    assert (found.levels_equal, found.levels_compared) == (3, 5)
    assert sync.integrity.metrics.match_score == sync.integrity.metrics.last_match_score == 0.6


def test_levels_past_the_nearer_horizon_are_not_compared() -> None:
    sync = live()
    sync.on_audit(200 * SECOND)
    shorter = snapshot(bids=(OrderBookEntry(99.0, 1.0),), bid_horizon=99.0)
    stamped = msgspec.structs.replace(shorter, received_ns=199 * SECOND)
    sync.on_snapshot(stamped, sync.request, 200 * SECOND)
    assert sync.integrity.confirmed_ns == 199 * SECOND
    assert sync.integrity.metrics.match_score == 1.0
    assert sync.integrity.metrics.levels_compared == 3


def test_a_book_that_moves_is_audited_at_its_own_version() -> None:
    sync = live(audit_every_ns=50 * SECOND)
    assert sync.on_audit(49 * SECOND) is BookAction.NONE
    assert sync.on_diff(replace_time(diff(11, (98.0, 7.0)), 49 * SECOND), 1) is BookAction.PUBLISH
    assert sync.on_audit(50 * SECOND) is BookAction.FETCH_SNAPSHOT
    sync.on_diff(replace_time(diff(12, (97.0, 1.0)), 50 * SECOND), 1)
    honest = (OrderBookEntry(99.0, 1.0), OrderBookEntry(98.0, 7.0))
    action = sync.on_snapshot(snapshot(11, bids=honest), sync.request, 51 * SECOND)
    assert BookAction.REPORT not in action
    assert sync.book.version == 12
    assert sync.integrity.metrics.audits_compared == 1
    assert sync.on_audit(100 * SECOND) is BookAction.NONE
    assert sync.on_audit(101 * SECOND) is BookAction.FETCH_SNAPSHOT
    sync.on_diff(diff(13), 1)
    action = sync.on_snapshot(snapshot(12, bids=honest), sync.request, 102 * SECOND)
    assert BookAction.REPORT in action
    assert sync.book.unsync_reason is UnsyncReason.MISMATCH


def replace_time(one: BookDiff, received_ns: int) -> BookDiff:
    return msgspec.structs.replace(one, received_ns=received_ns)


def test_a_check_that_contradicts_fresh_books_in_a_row_only_reports_until_it_agrees() -> None:
    sync = live()
    outcomes, doubts = [], []
    for _ in range(5):
        sync.on_ticker(ticker(10, bid_size=9.0))
        outcomes += [found.has_resynced for found in sync.integrity.take_found()]
        doubts.append(sync.integrity.is_in_doubt)
        if sync.state is BookState.BUFFERING:
            sync.on_snapshot(snapshot(), sync.request, 0)
    assert outcomes == [True, True, True, False, False]
    assert doubts == [False, False, False, True, True]
    assert sync.book.is_synced
    sync.on_ticker(ticker(10))
    assert not sync.integrity.is_in_doubt
    assert BookAction.FETCH_SNAPSHOT in sync.on_ticker(ticker(10, bid_size=9.0))


def test_figures_of_several_books_add_up_and_the_worst_score_shows() -> None:
    one = IntegrityMetrics(levels_compared=10, levels_equal=10, last_match_score=1.0)
    other = IntegrityMetrics(levels_compared=10, levels_equal=5, last_match_score=0.5)
    total = one.plus(other).plus(IntegrityMetrics())
    assert (total.match_score, total.last_match_score) == (0.75, 0.5)
    assert IntegrityMetrics().match_score is None

"""Single turns of a book with several carriers; the property test drives them at random."""

from mexc_connector.common.enums import BookState, UnsyncReason
from mexc_connector.common.models import BookDiff, OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction
from mexc_connector.core.book_carriers import MOST_COPIES, BookCarriers
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.implementation import OrderBookEntryPool

SYMBOL = Symbol(AssetName("BTC"), AssetName("USDT"))
SECOND = 1_000_000_000


class Rig:
    """A live book at version 10, with two carriers."""

    def __init__(self) -> None:
        book = LiveOrderBook(SYMBOL, time_ns=lambda: 0, pool=OrderBookEntryPool(8))
        self.sync = BookSync(book, quiet_ns=20 * SECOND, catch_up_ns=3 * SECOND)
        self.carriers = BookCarriers(self.sync, catch_up_ns=3 * SECOND)
        self.carriers.on_joined(1)
        self.sync.on_subscribed(1)
        self.carriers.on_joined(2)
        self.snapshot(10, at_s=0)

    def snapshot(self, version: int, *, at_s: int) -> BookAction:
        bids, asks = (OrderBookEntry(1.0, 1.0),), (OrderBookEntry(2.0, 1.0),)
        answer = OrderBookSnapshot(SYMBOL, bids, asks, version, None, at_s * SECOND)
        return self.sync.on_snapshot(answer, self.sync.request, at_s * SECOND)

    def go_stale(self) -> None:
        self.sync.on_audit(21 * SECOND)
        self.snapshot(11, at_s=21)
        action = self.sync.on_tick(25 * SECOND)
        assert BookAction.RECYCLE_LINK in action
        assert self.sync.book.unsync_reason is UnsyncReason.STALE


def test_a_stale_book_begins_anew_when_one_of_its_carriers_is_replaced() -> None:
    rig = Rig()
    rig.go_stale()
    action = rig.carriers.on_left(1)
    assert BookAction.FETCH_SNAPSHOT in action
    rig.snapshot(12, at_s=26)
    assert rig.sync.state is BookState.LIVE
    rig.carriers.on_joined(3)
    diff = BookDiff(14, 14, [], [], None, 27 * SECOND)
    rig.carriers.on_diff(diff, 3)
    assert rig.sync.state is BookState.BUFFERING, "the silent one is not waited for"


def test_a_book_that_was_given_up_stays_so_when_its_carriers_leave() -> None:
    rig = Rig()
    rig.sync.on_removed(UnsyncReason.CLOSED)
    assert rig.carriers.on_left(1) is BookAction.NONE
    assert rig.sync.state is BookState.DETACHED


def old(rig: Rig, carrier: int, *, at_s: int) -> bool:
    """One old diff, the way a frame takes: whether the general way had to judge it."""
    if rig.carriers.on_old():
        return False
    rig.carriers.on_diff(BookDiff(5, 5, [], [], None, at_s * SECOND), carrier)
    return True


def test_copies_without_any_news_between_them_are_a_reason_to_ask_the_exchange() -> None:
    rig = Rig()
    rig.carriers.on_diff(BookDiff(11, 11, [], [], None, SECOND), 1)
    rig.carriers.on_diff(BookDiff(11, 11, [], [], None, SECOND), 2)
    for turn in range(MOST_COPIES - 2):
        assert not old(rig, 1 + turn % 2, at_s=2)
    assert rig.sync.on_audit(3 * SECOND) is BookAction.NONE, "copies are nothing strange"
    assert old(rig, 1, at_s=4), "both tell old news only: they count anew, or the book is ahead"
    assert rig.sync.on_audit(4 * SECOND) is BookAction.FETCH_SNAPSHOT
    assert BookAction.FETCH_SNAPSHOT in rig.snapshot(5, at_s=4)
    assert rig.sync.book.unsync_reason is UnsyncReason.STALE


def test_copies_that_news_come_between_are_never_a_reason() -> None:
    rig = Rig()
    for version in range(11, 11 + 2 * MOST_COPIES):
        rig.carriers.on_diff(BookDiff(version, version, [], [], None, SECOND), 1)
        assert not old(rig, 2, at_s=1)
    assert rig.sync.on_audit(3 * SECOND) is BookAction.NONE


def test_an_audit_that_confirmed_the_book_is_not_asked_for_again_at_every_copy() -> None:
    rig = Rig()
    rig.carriers.on_diff(BookDiff(11, 11, [], [], None, SECOND), 1)
    judged = [old(rig, 2, at_s=2) for _ in range(3 * MOST_COPIES)]
    assert sum(judged) == 3

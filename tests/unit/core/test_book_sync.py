"""One test or more per rule of docs/order_book.md."""

from mexc_connector.common.enums import BookState, UnsyncReason
from mexc_connector.common.models import BookDiff, OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.implementation import OrderBookEntryPool

SYMBOL = Symbol(AssetName("BTC"), AssetName("USDT"))
SECOND = 1_000_000_000
PUBLISH_AND_FETCH = BookAction.PUBLISH | BookAction.FETCH_SNAPSHOT


def new_sync(*, held_diffs: int = 10) -> BookSync:
    book = LiveOrderBook(SYMBOL, time_ns=lambda: 0, pool=OrderBookEntryPool(size=4))
    return BookSync(book, held_diffs=held_diffs, quiet_ns=20 * SECOND, catch_up_ns=3 * SECOND)


def snapshot(
    version: int,
    bids: tuple[tuple[float, float], ...] = ((99.0, 1.0),),
    asks: tuple[tuple[float, float], ...] = ((101.0, 1.0),),
    bid_horizon: float | None = None,
) -> OrderBookSnapshot:
    return OrderBookSnapshot(
        symbol=SYMBOL,
        bids=tuple(OrderBookEntry(*level) for level in bids),
        asks=tuple(OrderBookEntry(*level) for level in asks),
        version=version,
        exchange_time_ms=None,
        bid_horizon=bid_horizon,
    )


def diff(
    first: int, last: int, *, bid: tuple[float, float] = (98.0, 2.0), received_s: float = 0.0
) -> BookDiff:
    return BookDiff(first, last, [bid], [], None, int(received_s * SECOND))


def live_sync(version: int = 10) -> BookSync:
    sync = new_sync()
    sync.on_subscribed(1)
    assert sync.on_snapshot(snapshot(version), sync.request, 0) is BookAction.PUBLISH
    assert sync.state is BookState.LIVE
    return sync


def test_r1_diffs_of_another_connection_are_ignored() -> None:
    sync = live_sync()
    assert sync.on_diff(diff(11, 11), epoch=0) is BookAction.NONE
    assert sync.book.version == 10
    assert sync.counts.diffs_of_other_links == 1


def test_r1_a_snapshot_asked_for_on_another_connection_is_ignored() -> None:
    sync = new_sync()
    sync.on_subscribed(1)
    request = sync.request
    sync.on_link_lost(1)
    sync.on_subscribed(2)
    assert sync.on_snapshot(snapshot(10), request, 0) is BookAction.NONE
    assert sync.on_snapshot_failed(request) is BookAction.NONE
    assert sync.state is BookState.BUFFERING


def test_r1_a_second_answer_to_one_request_is_ignored() -> None:
    sync = live_sync()
    assert sync.on_snapshot(snapshot(50), sync.request, 0) is BookAction.NONE
    assert sync.book.version == 10


def test_r2_diffs_are_held_until_a_snapshot_fits_and_then_applied() -> None:
    sync = new_sync()
    sync.on_subscribed(1)
    assert sync.on_diff(diff(9, 10), 1) is BookAction.NONE
    assert sync.on_diff(diff(11, 12, bid=(99.5, 3.0)), 1) is BookAction.NONE
    assert repr(sync) == "<BookSync BUFFERING epoch 1 version -1, 2 held>"
    assert sync.on_snapshot(snapshot(10), sync.request, 0) is BookAction.PUBLISH
    assert sync.book.version == 12
    assert sync.book.bids[0].price == 99.5


def test_r2_a_diff_that_does_not_follow_begins_a_new_run() -> None:
    sync = new_sync()
    sync.on_subscribed(1)
    sync.on_diff(diff(5, 6), 1)
    sync.on_diff(diff(9, 10), 1)  # 7 and 8 are missing
    sync.on_diff(diff(7, 8), 1)  # and come too late
    assert BookAction.FETCH_SNAPSHOT in sync.on_snapshot(snapshot(7), sync.request, 0)
    sync.on_snapshot(snapshot(8), sync.request, 0)
    assert sync.book.version == 10


def test_r2_the_run_is_bounded_and_its_oldest_diffs_go_first() -> None:
    sync = new_sync(held_diffs=3)
    sync.on_subscribed(1)
    sync.on_request_sent(sync.request)
    for version in range(1, 5):
        sync.on_diff(diff(version, version), 1)
    assert sync.on_snapshot(snapshot(0), sync.request, 0) is BookAction.FETCH_SNAPSHOT
    sync.on_snapshot(snapshot(1), sync.request, 0)
    assert sync.book.version == 4


def test_r2_while_the_request_waits_for_its_turn_only_the_tail_is_kept() -> None:
    sync = new_sync(held_diffs=1000)
    sync.on_subscribed(1)
    for version in range(1, 101):
        sync.on_diff(diff(version, version), 1)
    assert repr(sync).endswith(", 32 held>")
    sync.on_request_sent(sync.request - 1)  # an older request: changes nothing
    sync.on_diff(diff(101, 101), 1)
    assert repr(sync).endswith(", 32 held>")
    sync.on_request_sent(sync.request)
    sync.on_diff(diff(102, 102), 1)
    assert repr(sync).endswith(", 33 held>")
    sync.on_snapshot(snapshot(90), sync.request, 0)
    assert sync.book.version == 102


def test_r3_a_snapshot_is_asked_for_once_the_channel_is_granted() -> None:
    sync = new_sync()
    assert sync.request == 0
    assert sync.on_subscribed(1) == PUBLISH_AND_FETCH
    assert sync.request == 1
    assert sync.book.unsync_reason is UnsyncReason.SYNCING


def test_r4_a_snapshot_older_than_the_oldest_diff_held_is_asked_for_again() -> None:
    sync = new_sync()
    sync.on_subscribed(1)
    sync.on_diff(diff(12, 13), 1)
    for attempt in (1, 2, 3):
        assert sync.on_snapshot(snapshot(10), sync.request, 0) is BookAction.FETCH_SNAPSHOT
        assert sync.fetch_attempt == attempt
    assert sync.on_snapshot(snapshot(11), sync.request, 0) is BookAction.PUBLISH
    assert sync.book.version == 13
    assert sync.counts.snapshots_too_old == 3


def test_r4_a_failed_request_is_repeated_and_counted() -> None:
    sync = new_sync()
    sync.on_subscribed(1)
    assert sync.on_snapshot_failed(sync.request) is BookAction.FETCH_SNAPSHOT
    assert sync.fetch_attempt == 1
    assert sync.counts.snapshots_failed == 1


def test_r5_the_snapshot_includes_its_own_version() -> None:
    sync = live_sync(version=10)
    assert sync.book.version == 10
    assert sync.on_diff(diff(11, 11), 1) is BookAction.PUBLISH


def test_r6_an_old_diff_is_ignored() -> None:
    sync = live_sync(version=10)
    assert sync.on_diff(diff(8, 10, bid=(99.9, 1.0)), 1) is BookAction.NONE
    assert sync.book.bids[0].price == 99.0
    assert sync.counts.diffs_old == 1


def test_r7_the_spanning_diff_is_applied() -> None:
    sync = live_sync(version=10)
    assert sync.on_diff(diff(8, 15, bid=(99.9, 1.0)), 1) is BookAction.PUBLISH
    assert sync.book.version == 15
    assert sync.book.bids[0].price == 99.9


def test_r7_the_diff_that_begins_right_after_the_version_is_applied() -> None:
    sync = live_sync(version=10)
    assert sync.on_diff(diff(11, 15), 1) is BookAction.PUBLISH
    assert sync.book.version == 15


def test_r8_a_gap_unsyncs_and_the_diff_begins_a_new_run() -> None:
    sync = live_sync(version=10)
    assert sync.on_diff(diff(12, 13), 1) == PUBLISH_AND_FETCH
    assert sync.book.unsync_reason is UnsyncReason.GAP
    assert sync.on_snapshot(snapshot(12), sync.request, 0) is BookAction.PUBLISH
    assert sync.book.version == 13
    assert sync.counts.unsynced == {UnsyncReason.GAP: 1}
    assert sync.counts.resyncs == 1


def test_r9_a_range_that_ends_before_it_begins_unsyncs() -> None:
    for bad in (diff(12, 11), diff(-1, 11)):
        sync = live_sync()
        assert sync.on_diff(bad, 1) == PUBLISH_AND_FETCH
        assert sync.book.unsync_reason is UnsyncReason.BAD_DIFF


def test_r10_a_crossed_book_is_corruption() -> None:
    sync = live_sync()
    assert sync.on_diff(diff(11, 11, bid=(101.0, 1.0)), 1) == PUBLISH_AND_FETCH
    assert sync.book.unsync_reason is UnsyncReason.CROSSED


def test_r10_a_crossed_snapshot_is_not_taken_either() -> None:
    sync = new_sync()
    sync.on_subscribed(1)
    action = sync.on_snapshot(snapshot(10, bids=((105.0, 1.0),)), sync.request, 0)
    assert action == PUBLISH_AND_FETCH
    assert not sync.book.is_synced
    assert sync.fetch_attempt == 1


def test_r11_an_undecodable_frame_unsyncs_every_book_of_its_connection() -> None:
    sync = live_sync()
    assert sync.on_undecodable(0) is BookAction.NONE
    assert sync.on_undecodable(1) == PUBLISH_AND_FETCH
    assert sync.book.unsync_reason is UnsyncReason.UNDECODABLE


def test_r12_a_lost_link_detaches_at_once() -> None:
    sync = live_sync()
    assert sync.on_link_lost(0) is BookAction.NONE
    assert sync.on_link_lost(1) is BookAction.PUBLISH
    assert sync.state is BookState.DETACHED
    assert sync.book.unsync_reason is UnsyncReason.LINK_LOST
    assert sync.on_link_lost(1) is BookAction.NONE
    assert sync.on_undecodable(1) is BookAction.NONE
    assert sync.on_diff(diff(11, 11), 1) is BookAction.NONE


def test_r12_a_new_subscription_starts_from_nothing_even_if_the_loss_went_unnoticed() -> None:
    sync = live_sync()
    assert sync.on_subscribed(2) == PUBLISH_AND_FETCH
    assert not sync.book.is_synced
    assert sync.counts.unsynced == {UnsyncReason.LINK_LOST: 1}


def test_r12_a_refusal_after_a_reconnect_is_named_once() -> None:
    sync = live_sync()
    assert sync.on_refused() is BookAction.NONE  # it lives: another subscription was meant
    sync.on_link_lost(1)
    assert sync.on_refused() is BookAction.PUBLISH
    assert sync.on_refused() is BookAction.NONE
    assert sync.book.unsync_reason is UnsyncReason.REFUSED


def test_r13_a_quiet_market_is_synced_by_its_snapshot_alone() -> None:
    assert live_sync().book.is_synced


def test_r14_a_top_past_the_horizon_is_unknown() -> None:
    sync = new_sync()
    sync.on_subscribed(1)
    sync.on_snapshot(snapshot(10, bid_horizon=99.0), sync.request, 0)
    assert sync.on_diff(diff(11, 11, bid=(99.0, 0.0)), 1) == PUBLISH_AND_FETCH
    assert sync.book.unsync_reason is UnsyncReason.BEYOND_HORIZON


def test_r15_a_quiet_book_is_compared_and_confirmed() -> None:
    sync = live_sync(version=10)
    assert sync.on_audit(20 * SECOND - 1) is BookAction.NONE
    assert sync.on_audit(20 * SECOND) is BookAction.FETCH_SNAPSHOT
    assert sync.audit_due_ns is None
    assert sync.on_snapshot(snapshot(10), sync.request, 21 * SECOND) is BookAction.NONE
    assert sync.counts.audits_confirmed == 1
    assert sync.audit_due_ns == 41 * SECOND


def test_r15_a_diff_puts_the_comparison_off() -> None:
    sync = live_sync(version=10)
    sync.on_diff(diff(11, 11, received_s=5.0), 1)
    assert sync.audit_due_ns == 25 * SECOND


def test_r15_the_stream_may_catch_up_with_what_rest_has_seen() -> None:
    sync = live_sync(version=10)
    sync.on_audit(20 * SECOND)
    sync.on_snapshot(snapshot(12), sync.request, 21 * SECOND)
    sync.on_diff(diff(11, 12, received_s=22.0), 1)
    assert sync.on_tick(30 * SECOND) is BookAction.NONE
    assert sync.book.is_synced


def test_r15_a_stream_that_does_not_catch_up_is_stale() -> None:
    sync = live_sync(version=10)
    sync.on_audit(20 * SECOND)
    sync.on_snapshot(snapshot(12), sync.request, 21 * SECOND)
    assert sync.on_tick(24 * SECOND - 1) is BookAction.NONE
    assert sync.on_tick(24 * SECOND) == BookAction.PUBLISH | BookAction.RECYCLE_LINK
    assert sync.book.unsync_reason is UnsyncReason.STALE
    assert sync.state is BookState.DETACHED


def test_r15_an_exchange_that_counts_anew_is_noticed() -> None:
    sync = live_sync(version=1000)
    sync.on_diff(diff(1001, 1001), 1)
    assert sync.on_diff(diff(1, 2, received_s=1.0), 1) is BookAction.NONE
    assert sync.on_audit(SECOND) is BookAction.FETCH_SNAPSHOT
    assert sync.on_snapshot(snapshot(5), sync.request, SECOND) == PUBLISH_AND_FETCH
    assert sync.book.unsync_reason is UnsyncReason.STALE


def test_r15_a_book_that_moved_on_during_the_comparison_is_left_alone() -> None:
    sync = live_sync(version=10)
    sync.on_audit(20 * SECOND)
    sync.on_diff(diff(11, 20, received_s=21.0), 1)
    assert sync.on_snapshot(snapshot(15), sync.request, 21 * SECOND) is BookAction.NONE
    assert sync.book.is_synced


def test_r15_an_audit_that_fails_stays_due() -> None:
    sync = live_sync()
    sync.on_audit(20 * SECOND)
    assert sync.on_snapshot_failed(sync.request) is BookAction.NONE
    assert sync.audit_due_ns == 20 * SECOND
    assert sync.book.is_synced


def thin_sync() -> BookSync:
    """A book of eight disclosed bids of which one is left, at version 20."""
    sync = new_sync()
    sync.on_subscribed(1)
    bids = tuple((float(price), 1.0) for price in range(92, 100))
    sync.on_snapshot(snapshot(10, bids=bids, bid_horizon=92.0), sync.request, 0)
    gone = [(float(price), 0.0) for price in range(93, 100)]
    assert sync.on_diff(BookDiff(11, 20, gone, []), 1) == PUBLISH_AND_FETCH
    return sync


def test_r16_a_thin_book_is_refreshed_while_it_stays_live() -> None:
    sync = thin_sync()
    assert sync.book.is_synced
    sync.on_diff(diff(21, 22, bid=(92.5, 4.0)), 1)
    fresh = snapshot(20, bids=((92.0, 1.0), (91.0, 1.0)), bid_horizon=91.0)
    assert sync.on_snapshot(fresh, sync.request, 0) is BookAction.PUBLISH
    assert sync.book.version == 22
    assert [entry.price for entry in sync.book.bids] == [92.5, 92.0, 91.0]


def test_r16_a_refresh_older_than_the_book_is_asked_for_again() -> None:
    sync = thin_sync()
    assert sync.on_snapshot(snapshot(19), sync.request, 0) is BookAction.FETCH_SNAPSHOT
    assert sync.book.version == 20
    assert sync.book.is_synced


def test_r16_a_refresh_ahead_of_the_stream_moves_the_book_forward() -> None:
    sync = thin_sync()
    fresh = snapshot(30, bids=((92.0, 1.0),))
    assert sync.on_snapshot(fresh, sync.request, 0) is BookAction.PUBLISH
    assert sync.book.version == 30
    assert sync.on_diff(diff(21, 31), 1) is BookAction.PUBLISH


def test_a_stream_that_reaches_what_an_audit_saw_by_an_old_diff_is_not_stale() -> None:
    sync = live_sync(version=10)
    sync.on_audit(20 * SECOND)
    sync.on_snapshot(snapshot(12), sync.request, 21 * SECOND)
    sync.on_diff(diff(11, 11, received_s=21.0), 1)
    sync.on_diff(diff(8, 12, received_s=21.5), 1)
    assert sync.on_tick(60 * SECOND) is BookAction.NONE


def test_a_book_that_was_right_for_a_while_starts_again_without_a_pause() -> None:
    sync = new_sync()
    sync.on_subscribed(1)
    sync.on_snapshot_failed(sync.request)
    sync.on_snapshot(snapshot(10), sync.request, 0)
    sync.on_undecodable(1)
    assert sync.fetch_attempt == 2  # it never proved itself
    sync.on_snapshot(snapshot(10), sync.request, 0)
    for version in range(11, 21):
        sync.on_diff(diff(version, version), 1)
    sync.on_undecodable(1)
    assert sync.fetch_attempt == 0


def test_a_removed_market_is_detached_and_counts_no_fault() -> None:
    sync = live_sync()
    assert sync.on_removed(UnsyncReason.REMOVED) is BookAction.PUBLISH
    assert sync.book.unsync_reason is UnsyncReason.REMOVED
    assert sync.counts.resyncs == 0


def test_the_gate_is_open_while_the_book_is_live_and_nothing_is_held() -> None:
    sync = new_sync()
    assert sync.book.head.epoch == -1
    sync.on_subscribed(4)
    assert sync.book.head.epoch == -1  # buffering
    sync.on_snapshot(snapshot(10), sync.request, 0)
    assert sync.book.head.epoch == 4
    sync.on_diff(diff(12, 12), 4)  # a gap
    assert sync.book.head.epoch == -1
    sync.on_snapshot(snapshot(12), sync.request, 0)
    assert sync.book.head.epoch == 4
    sync.on_link_lost(4)
    assert sync.book.head.epoch == -1


def test_an_audit_leaves_the_gate_open_and_a_refresh_shuts_it() -> None:
    sync = live_sync()
    assert sync.on_audit(30 * SECOND) is BookAction.FETCH_SNAPSHOT
    assert sync.book.head.epoch == 1
    sync.on_snapshot(snapshot(10), sync.request, 31 * SECOND)
    thin = new_sync()
    thin.on_subscribed(1)
    many = tuple((99.0 - n, 1.0) for n in range(8))
    thin.on_snapshot(snapshot(10, bids=many, bid_horizon=92.0), thin.request, 0)
    gone = BookDiff(11, 11, [(price, 0.0) for price, _ in many[1:]], [], None, 0)
    assert thin.on_diff(gone, 1) is PUBLISH_AND_FETCH
    assert thin.book.head.epoch == -1
    thin.on_snapshot(snapshot(11), thin.request, 0)
    assert thin.book.head.epoch == 1


def test_what_the_head_took_by_itself_counts_like_every_diff() -> None:
    sync = live_sync()
    head = sync.book.head
    head.version, head.confirmed_ns = 15, 7 * SECOND
    head.applied += 5
    head.applied_since_load += 5
    assert sync.counts.diffs_applied == 5
    assert sync.audit_due_ns == 27 * SECOND
    assert sync.on_diff(diff(15, 15), 1) is BookAction.NONE  # R6: old
    assert sync.on_diff(diff(16, 16), 1) is BookAction.PUBLISH
    assert sync.on_advanced() is BookAction.PUBLISH


def test_what_an_audit_saw_may_be_reached_by_the_head_alone() -> None:
    sync = live_sync()
    sync.on_audit(20 * SECOND)
    sync.on_snapshot(snapshot(12), sync.request, 20 * SECOND)
    sync.book.head.version = 12
    assert sync.on_tick(24 * SECOND) is BookAction.NONE
    assert sync.state is BookState.LIVE


def test_a_snapshot_beyond_64_bits_is_loaded_and_no_diff_follows_it_by_mistake() -> None:
    sync = live_sync(version=2**63 + 5)
    assert sync.book.version == 2**63 + 5
    assert sync.on_diff(diff(2**63 + 6, 2**63 + 6), 1) is BookAction.PUBLISH
    assert sync.book.version == 2**63 + 6
    assert sync.on_diff(diff(7, 7), 1) is BookAction.NONE
    assert sync.counts.diffs_old == 1


def test_r15_audits_that_follow_each_other_do_not_put_the_deadline_off() -> None:
    sync = live_sync()
    sync.on_audit(20 * SECOND)
    sync.on_snapshot(snapshot(12), sync.request, 20 * SECOND)  # to be reached by 23 s
    due_ns = sync.audit_due_ns
    assert due_ns is not None
    sync.on_audit(due_ns)
    sync.on_snapshot(snapshot(13), sync.request, due_ns)
    assert BookAction.RECYCLE_LINK in sync.on_tick(due_ns)

"""BookFeedMetrics: what a book feed has done, over all of its books."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from mexc_connector.common.enums import UnsyncReason
from mexc_connector.common.integrity import IntegrityMetrics
from mexc_connector.common.order_book import PoolStats
from mexc_connector.core.book_actions import BookSyncCounts, total_of
from mexc_connector.core.book_sync import BookSync


class BookFeedMetrics(msgspec.Struct, frozen=True):
    """What the feed has done since it was made. `unsynced` counts reasons over all books."""

    books: int
    live_books: int
    updates: int
    snapshots_loaded: int
    snapshots_too_old: int
    snapshots_failed: int
    audits_confirmed: int
    resyncs: int
    unsynced: Mapping[UnsyncReason, int]
    entry_pool: PoolStats
    integrity: IntegrityMetrics


def metrics_of(
    syncs: Sequence[BookSync],
    *,
    past: BookSyncCounts,
    past_integrity: IntegrityMetrics,
    entry_pool: PoolStats,
) -> BookFeedMetrics:
    """Add up the books that are kept and, in `past`, those that were."""
    total = total_of(past, *(sync.counts for sync in syncs))
    integrity = past_integrity
    for sync in syncs:
        integrity = integrity.plus(sync.integrity.metrics)
    return BookFeedMetrics(
        books=len(syncs),
        live_books=sum(sync.book.is_synced for sync in syncs),
        updates=total.diffs_applied + total.snapshots_loaded,
        snapshots_loaded=total.snapshots_loaded,
        snapshots_too_old=total.snapshots_too_old,
        snapshots_failed=total.snapshots_failed,
        audits_confirmed=total.audits_confirmed,
        resyncs=total.resyncs,
        unsynced=MappingProxyType(total.unsynced),
        entry_pool=entry_pool,
        integrity=integrity,
    )

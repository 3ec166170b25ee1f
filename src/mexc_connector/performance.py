"""The flat dictionary that `get_performance_metrics` returns, made of the parts' own counters."""

from mexc_connector.common.stream_status import StreamMetrics
from mexc_connector.rest.metrics import RestMetrics
from mexc_connector.ws.book_feed import BookFeedMetrics


def performance_metrics(
    *, books: BookFeedMetrics, streams: StreamMetrics, rest: RestMetrics, book_reads: int
) -> dict[str, float]:
    """Put the counters of one session into one flat dictionary; docs/metrics.md explains them."""
    cache_requests = rest.cache_hits + rest.cache_misses
    return {
        "orderbook_updates": books.updates,
        "orderbook_reads": book_reads,
        "orderbook_resyncs": books.resyncs,
        "orderbook_snapshots": books.snapshots_loaded,
        "orderbook_snapshots_too_old": books.snapshots_too_old,
        "orderbook_snapshots_failed": books.snapshots_failed,
        "orderbook_audits_confirmed": books.audits_confirmed,
        "live_books_count": books.live_books,
        "active_symbols_count": books.books,
        # Each of these would have been a request to the exchange without the copy in memory.
        "api_calls_saved": book_reads + rest.cache_hits,
        "cache_hits": rest.cache_hits,
        "cache_misses": rest.cache_misses,
        "total_cache_requests": cache_requests,
        "cache_hit_rate_percent": 100 * rest.cache_hits / cache_requests if cache_requests else 0.0,
        "cached_orders_count": 0,
        "rest_requests": rest.requests,
        "rest_retries": rest.retries,
        "rest_rate_limited": rest.rate_limited,
        "rest_waited_s": rest.waited_s,
        "stream_links": streams.links,
        "stream_open_links": streams.open_links,
        "stream_subscriptions": streams.subscriptions,
        "stream_frames": streams.frames,
        "stream_bytes": streams.bytes,
        "stream_reconnects": streams.reconnects,
        "stream_refusals": streams.refusals,
        "stream_undecodable_frames": streams.undecodable_frames,
        "stream_callback_errors": streams.callback_errors,
        "entry_pool_built": books.entry_pool.built,
        "entry_pool_reused": books.entry_pool.reused,
    }

"""The flat dictionary that `get_performance_metrics` returns, made of the parts' own counters."""

import msgspec

from mexc_connector.common.integrity import IntegrityMetrics
from mexc_connector.common.stream_status import StreamMetrics
from mexc_connector.common.trade_gap import TapeMetrics
from mexc_connector.rest.metrics import RestMetrics
from mexc_connector.trading.metrics import TradingMetrics
from mexc_connector.ws.book_feed_metrics import BookFeedMetrics


class AccountMetrics(msgspec.Struct, frozen=True):
    """Counters of the account's side of a session."""

    trading: TradingMetrics
    rest: RestMetrics
    streams: StreamMetrics


def performance_metrics(
    *,
    books: BookFeedMetrics,
    streams: StreamMetrics,
    tapes: TapeMetrics,
    rest: RestMetrics,
    book_reads: int,
    degraded_modes: int,
    degraded_mode_changes: int,
    account: AccountMetrics | None,
) -> dict[str, float]:
    """Put the counters of one session into one flat dictionary; docs/metrics.md explains them.

    A session without keys has no counters of an account, but `cached_orders_count`, which is 0.
    """
    return {
        **_market_metrics(books, streams, book_reads),
        **_tape_metrics(tapes),
        "degraded_modes_count": degraded_modes,
        "degraded_mode_changes": degraded_mode_changes,
        **_rest_metrics((rest,) if account is None else (rest, account.rest)),
        **_cache_metrics(rest, book_reads, None if account is None else account.trading),
        **({} if account is None else _trading_metrics(account.trading)),
        **({} if account is None else _private_stream_metrics(account.streams)),
    }


def _integrity_metrics(checks: IntegrityMetrics) -> dict[str, float]:
    score = checks.match_score
    return {
        "orderbook_mismatches": checks.ticker_mismatches + checks.audit_mismatches,
        "orderbook_tickers_compared": checks.tickers_compared,
        "orderbook_tickers_missed": checks.tickers_missed,
        "orderbook_audits_compared": checks.audits_compared,
        "orderbook_audits_missed": checks.audits_missed,
        "orderbook_match_percent": 100.0 if score is None else 100 * score,
    }


def _tape_metrics(tapes: TapeMetrics) -> dict[str, float]:
    return {
        "trade_gaps_closed": tapes.gaps_closed,
        "trade_gaps_open": tapes.gaps_open,
        "trades_backfilled": tapes.backfilled,
        "trade_backfill_requests": tapes.requests,
        "trade_backfill_failures": tapes.failures,
    }


def _rest_metrics(clients: tuple[RestMetrics, ...]) -> dict[str, float]:
    return {
        "rest_requests": sum(client.requests for client in clients),
        "rest_retries": sum(client.retries for client in clients),
        "rest_rate_limited": sum(client.rate_limited for client in clients),
        "rest_waited_s": sum(client.waited_s for client in clients),
        "rest_held_back": sum(client.held_back for client in clients),
        "circuit_openings": sum(client.circuit_openings for client in clients),
        "open_circuits_count": sum(client.open_circuits for client in clients),
    }


def _private_stream_metrics(streams: StreamMetrics) -> dict[str, float]:
    return {
        "private_stream_frames": streams.frames,
        "private_stream_reconnects": streams.reconnects,
        "private_stream_handovers": streams.handovers,
        "private_stream_handover_failures": streams.handover_failures,
        "private_stream_refusals": streams.refusals,
        "private_stream_undecodable_frames": streams.undecodable_frames,
        "private_stream_bad_bodies": streams.bad_bodies,
    }


def _cache_metrics(
    rest: RestMetrics, book_reads: int, trading: TradingMetrics | None
) -> dict[str, float]:
    hits, misses, reads, orders = rest.cache_hits, rest.cache_misses, book_reads, 0
    if trading is not None:
        hits += trading.order_hits
        misses += trading.order_misses
        reads += trading.balance_reads + trading.balance_requests_shared
        orders = trading.completed_orders
    requests = hits + misses
    return {
        # Each of these would have been a request to the exchange without the copy in memory.
        "api_calls_saved": reads + hits,
        "cache_hits": hits,
        "cache_misses": misses,
        "total_cache_requests": requests,
        "cache_hit_rate_percent": 100 * hits / requests if requests else 0.0,
        "cached_orders_count": orders,
    }


def _market_metrics(
    books: BookFeedMetrics, streams: StreamMetrics, book_reads: int
) -> dict[str, float]:
    return {
        "orderbook_updates": books.updates,
        "orderbook_reads": book_reads,
        "orderbook_resyncs": books.resyncs,
        "orderbook_snapshots": books.snapshots_loaded,
        "orderbook_snapshots_too_old": books.snapshots_too_old,
        "orderbook_snapshots_failed": books.snapshots_failed,
        "orderbook_audits_confirmed": books.audits_confirmed,
        **_integrity_metrics(books.integrity),
        "live_books_count": books.live_books,
        "active_symbols_count": books.books,
        "stream_links": streams.links,
        "stream_open_links": streams.open_links,
        "stream_subscriptions": streams.subscriptions,
        "stream_frames": streams.frames,
        "stream_bytes": streams.bytes,
        "stream_reconnects": streams.reconnects,
        "stream_handovers": streams.handovers,
        "stream_handover_failures": streams.handover_failures,
        "stream_refusals": streams.refusals,
        "stream_undecodable_frames": streams.undecodable_frames,
        "stream_callback_errors": streams.callback_errors,
        **_copy_metrics(streams),
        "entry_pool_built": books.entry_pool.built,
        "entry_pool_reused": books.entry_pool.reused,
    }


def _copy_metrics(streams: StreamMetrics) -> dict[str, float]:
    """What redundant feeds show of the link that does worst; all 0 without them."""
    copies = [link.copies for link in streams.each_link if link.copies is not None]
    late_ns = (one.late_median_ns or 0 for one in copies)
    return {
        "stream_copies_missed_percent": 100 * max((one.missed_share for one in copies), default=0),
        "stream_copies_late_ms": max(late_ns, default=0) / 1_000_000,
    }


def _trading_metrics(trading: TradingMetrics) -> dict[str, float]:
    return {
        "open_orders_count": trading.open_orders,
        "orders_placed": trading.placed,
        "orders_refused": trading.refused,
        "orders_unknown": trading.unknown,
        "orders_settled": trading.settled,
        "orders_unsettled_count": trading.unsettled,
        "orders_adopted": trading.adopted,
        "order_reports": trading.reports,
        "order_reports_repeated": trading.repeated_reports,
        "order_contradictions": trading.contradictions,
        "order_cache_hits": trading.order_hits,
        "order_cache_misses": trading.order_misses,
        "fills_counted": trading.fills,
        "fills_repeated": trading.repeated_fills,
        "balance_reads": trading.balance_reads,
        "balance_requests": trading.balance_requests,
        "balance_requests_shared": trading.balance_requests_shared,
        "account_reconciliations": trading.reconciliations,
        "account_reconciliations_failed": trading.reconciliation_failures,
        "account_orders_mended": trading.mended_orders,
        "account_polls": trading.polls,
        "guard_trips": trading.guard_trips,
        "guard_refusals": trading.guard_refusals,
        "guard_cancellations": trading.guard_cancellations,
        "guard_cancel_failures": trading.guard_cancel_failures,
        "journal_records": trading.journal_records,
        "journal_syncs": trading.journal_syncs,
        "journal_failures": trading.journal_failures,
        "account_callback_errors": trading.callback_errors,
    }

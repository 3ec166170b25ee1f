"""TradingMetrics: counters of the trading side of a session."""

import msgspec


class TradingMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Counters since the session began; `open_orders`, `completed_orders` and `unsettled` now.

    `order_hits` and `order_misses`: look-ups of single orders that memory answered, and that
    needed a request. `balance_reads`: balances read from memory; `balance_requests` REST reads,
    `balance_requests_shared` callers who joined one that was under way. `polls`: those
    reconciliations that were made because the private stream was lost.
    """

    open_orders: int
    completed_orders: int
    unsettled: int
    placed: int
    refused: int
    unknown: int
    settled: int
    order_hits: int
    order_misses: int
    reports: int
    repeated_reports: int
    fills: int
    repeated_fills: int
    adopted: int
    contradictions: int
    balance_reads: int
    balance_requests: int
    balance_requests_shared: int
    reconciliations: int
    reconciliation_failures: int
    mended_orders: int
    polls: int
    journal_records: int
    journal_syncs: int
    journal_failures: int
    guard_trips: int
    guard_refusals: int
    guard_cancellations: int
    guard_cancel_failures: int
    callback_errors: int

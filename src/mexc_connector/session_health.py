"""What is read off the parts of a session for `health()`, and for its degraded modes.

Everything is in memory: nothing here waits, asks the exchange, or changes anything.
"""

from collections.abc import Sequence, Sized
from contextlib import AsyncExitStack
from functools import partial
from math import isfinite

from mexc_connector.common.circuit import CircuitReport, CircuitState
from mexc_connector.common.clock import Clock
from mexc_connector.common.enums import AccountState, ConnectionState
from mexc_connector.common.health import (
    AccountHealth,
    ActiveMode,
    BookHealth,
    ClockHealth,
    DegradedMode,
    HealthVerdict,
    LimitsHealth,
    MismatchHealth,
    SessionHealth,
    TapeState,
)
from mexc_connector.common.integrity import BookMismatch
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.degradation import verdict_of
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.endpoints import EndpointGroup
from mexc_connector.rest.metrics import RestMetrics
from mexc_connector.session_monitor import SessionMonitor
from mexc_connector.trading_wiring import TradingParts
from mexc_connector.wiring import Parts

_NS_PER_S = 1_000_000_000
# The clock is measured every `clock_sync_s` while signed requests are sent.
_MISSED_CLOCK_SYNCS = 3

_DOWN_BY_GROUP = {
    EndpointGroup.MARKET_DATA: DegradedMode.MARKET_DATA_REST_DOWN,
    EndpointGroup.MARKET_DATA_FAST: DegradedMode.MARKET_DATA_REST_DOWN,
    EndpointGroup.ACCOUNT: DegradedMode.ACCOUNT_REST_DOWN,
    EndpointGroup.ORDER: DegradedMode.ORDER_REST_DOWN,
}


def open_monitor(
    parts: Parts, *, budget: RequestBudget, clock: Clock, closing: AsyncExitStack
) -> SessionMonitor:
    """Begin to watch an open session; what changes by an event is seen at once."""
    monitor = SessionMonitor(partial(degraded_modes, parts, budget), clock=clock)
    closing.push_async_callback(monitor.close)
    parts.streams.on_connection(monitor.look)
    if parts.trading is not None:
        parts.trading.streams.on_connection(monitor.look)
        parts.trading.account.feed.on_status(monitor.look)
    monitor.start()
    return monitor


def degraded_modes(parts: Parts, budget: RequestBudget) -> dict[DegradedMode, str]:
    """Return every degraded mode that holds at this moment, with its reason."""
    found = {}
    for circuit in _circuits(parts):
        if circuit.state is not CircuitState.CLOSED:
            found[_DOWN_BY_GROUP[EndpointGroup(circuit.group)]] = circuit.last_failure
    if parts.streams.state is ConnectionState.RECONNECTING:
        links = parts.streams.metrics().each_link
        is_open = sum(link.state is ConnectionState.OPEN for link in links)
        found[DegradedMode.STREAMS_RECONNECTING] = f"{is_open} of {len(links)} links are open"
    found.update(_market_modes(parts))
    if budget.blocked_s > 0:
        found[DegradedMode.FIREWALLED] = "the firewall answered: everything pauses"
    elif budget.paused_s > 0:
        found[DegradedMode.RATE_LIMITED] = "the exchange told us to slow down: everything pauses"
    if parts.trading is not None:
        found.update(_account_modes(parts.trading, parts.config.clock_sync_s))
    return found


def _market_modes(parts: Parts) -> dict[DegradedMode, str]:
    found = {}
    feed, tapes = parts.feed, parts.streams.tapes.health()
    unsynced = [str(symbol) for symbol, book in feed.books.items() if not book.is_synced]
    if unsynced:
        found[DegradedMode.BOOKS_UNSYNCED] = _said(unsynced, feed.books, "books cannot be read")
    doubted = [str(symbol) for symbol in feed.books if feed.integrity_of(symbol).is_in_doubt]
    if doubted:
        text = "books are contradicted again and again"
        found[DegradedMode.BOOKS_DOUBTED] = _said(doubted, feed.books, text)
    mending = [tape.symbol for tape in tapes if tape.state is TapeState.MENDING]
    if mending:
        text = "tapes of trades are being mended"
        found[DegradedMode.TRADES_HELD_BACK] = _said(mending, tapes, text)
    return found


def _said(symbols: Sequence[str], of_all: Sized, text: str) -> str:
    return f"{len(symbols)} of {len(of_all)} {text}, {symbols[0]} among them"


def _account_modes(trading: TradingParts, clock_sync_s: float) -> dict[DegradedMode, str]:
    found = {}
    status = trading.account.feed.status
    if not trading.streams.is_live:
        found[DegradedMode.PRIVATE_STREAM_DOWN] = status.reason
    elif status.state is AccountState.RECONCILING:
        found[DegradedMode.ACCOUNT_UNCONFIRMED] = status.reason
    clock = _clock_of(trading.rest.metrics())
    if clock.age_s is None:
        found[DegradedMode.CLOCK_UNKNOWN] = "the exchange's clock was never measured"
    elif clock.age_s > _MISSED_CLOCK_SYNCS * clock_sync_s:
        found[DegradedMode.CLOCK_UNKNOWN] = "the exchange's clock could not be measured for long"
    return found


def session_health(
    parts: Parts, modes: tuple[ActiveMode, ...], *, budget: RequestBudget, clock: Clock
) -> SessionHealth:
    """Return the answer of `health()` about an open session. O(books and tapes)."""
    time_ns = clock.time_ns()
    books = tuple(_book_health(parts, symbol, time_ns) for symbol in parts.feed.books)
    trading = parts.trading
    rest = parts.rest.metrics() if trading is None else trading.rest.metrics()
    return SessionHealth(
        verdict=verdict_of(
            (active.mode for active in modes),
            has_account=trading is not None,
            books=len(books),
            live_books=sum(book.is_synced for book in books),
        ),
        reasons=tuple(f"{active.mode}: {active.reason}" for active in modes),
        time_ns=time_ns,
        limits=limits_health(budget),
        modes=modes,
        links=parts.streams.metrics().each_link,
        books=books,
        tapes=parts.streams.tapes.health(),
        account=None if trading is None else _account_health(trading, time_ns),
        clock=_clock_of(rest),
        circuits=_circuits(parts),
    )


def no_session(budget: RequestBudget, clock: Clock) -> SessionHealth:
    """Return the answer of `health()` outside a session."""
    return SessionHealth(
        verdict=HealthVerdict.DOWN,
        reasons=("no session is open",),
        time_ns=clock.time_ns(),
        limits=limits_health(budget),
    )


def limits_health(budget: RequestBudget) -> LimitsHealth:
    """Return what is left of the limits."""
    usage = budget.usage()
    return LimitsHealth(
        ip_weight_left=usage.ip_weight_limit - usage.ip_weight,
        ip_weight_limit=usage.ip_weight_limit,
        account_weight_left=usage.account_weight_limit - usage.account_weight,
        account_weight_limit=usage.account_weight_limit,
        requests_left=usage.requests_limit - usage.requests,
        requests_limit=usage.requests_limit,
        orders_left=usage.orders_limit - usage.orders,
        orders_limit=usage.orders_limit,
        paused_s=usage.paused_s,
        firewalled_s=budget.blocked_s,
    )


def _book_health(parts: Parts, symbol: Symbol, time_ns: int) -> BookHealth:
    book, integrity = parts.feed.books[symbol], parts.feed.integrity_of(symbol)
    is_synced, last, figures = book.is_synced, integrity.last_mismatch, integrity.metrics
    return BookHealth(
        symbol=str(book.symbol),
        is_synced=is_synced,
        age_s=_finite(book.age_s),
        version=book.version if is_synced else None,
        unsync_reason=book.unsync_reason,
        mismatches=figures.ticker_mismatches + figures.audit_mismatches,
        last_mismatch=None if last is None else _mismatch_health(last),
        audit_confirmed_age_s=_age_s(integrity.confirmed_ns, time_ns),
    )


def _mismatch_health(mismatch: BookMismatch) -> MismatchHealth:
    return MismatchHealth(
        check=mismatch.check,
        version=mismatch.version,
        time_ns=mismatch.exchange_top.received_ns,
        has_resynced=mismatch.has_resynced,
    )


def _account_health(trading: TradingParts, time_ns: int) -> AccountHealth:
    status, counts = trading.account.feed.status, trading.account.metrics()
    return AccountHealth(
        state=status.state,
        reason=status.reason,
        is_stream_live=trading.streams.is_live,
        reconciled_age_s=_age_s(status.last_reconciled_ns or None, time_ns),
        open_orders=counts.open_orders,
        unsettled_orders=counts.unsettled,
        links=trading.streams.metrics().each_link,
    )


def _circuits(parts: Parts) -> tuple[CircuitReport, ...]:
    """Return the breakers that matter: each group's of the client that it is asked through."""
    of_market = (EndpointGroup.MARKET_DATA, EndpointGroup.MARKET_DATA_FAST)
    found = [report for report in parts.rest.metrics().circuits if report.group in of_market]
    if parts.trading is not None:
        private = parts.trading.rest.metrics().circuits
        found += [report for report in private if report.group not in of_market]
    return tuple(found)


def _clock_of(rest: RestMetrics) -> ClockHealth:
    return ClockHealth(offset_ms=rest.clock_offset_ms, age_s=rest.clock_age_s)


def _age_s(at_ns: int | None, time_ns: int) -> float | None:
    return None if at_ns is None else (time_ns - at_ns) / _NS_PER_S


def _finite(seconds: float) -> float | None:
    return seconds if isfinite(seconds) else None

"""BookFeed: the order books of many markets, from the diff streams and from REST snapshots.

The feed owns the tasks that fetch snapshots (one per market at the most, `books.snapshots_at_once`
of them under way) and one task that audits quiet books. What it may not do itself arrives as
arguments: `links` carries channels, `fetch_snapshot` reads REST.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from math import inf
from types import MappingProxyType
from typing import Protocol

import msgspec

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import BookConfig
from mexc_connector.common.enums import UnsyncReason
from mexc_connector.common.errors import (
    MexcError,
    OrderBookNotSynced,
    SessionClosed,
    SubscriptionRefused,
    UsageError,
)
from mexc_connector.common.integrity import IntegrityMetrics
from mexc_connector.common.integrity_config import IntegrityConfig
from mexc_connector.common.models import OrderBookSnapshot
from mexc_connector.common.order_book import OrderBook
from mexc_connector.common.registration import GuardedCallback, Registration
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.watch import Watch
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction, BookSyncCounts, total_of
from mexc_connector.core.book_integrity import BookIntegrity
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.implementation import OrderBookEntryPool
from mexc_connector.ws.book_feed_metrics import BookFeedMetrics, metrics_of
from mexc_connector.ws.book_follower import BookFollower, Listener
from mexc_connector.ws.integrity_desk import IntegrityDesk
from mexc_connector.ws.latency import FrameTimer

_logger = logging.getLogger("mexc_connector.books")

_NS = 1_000_000_000

SnapshotSource = Callable[[Symbol, int], Awaitable[OrderBookSnapshot]]
"""Reads one snapshot of so many levels a side over REST; raises `MexcError`."""


class DepthLinks(Protocol):
    """What the feed needs of the stream client."""

    async def subscribe_depth(
        self,
        symbol: Symbol,
        sink: BookFollower,
        *,
        on_refused: Callable[[SubscriptionRefused], None],
    ) -> None:
        """Return once the exchange has granted the market's diffs; raises its refusal.

        `on_refused` is told when the channel is refused again and again after a reconnect.
        """

    def unsubscribe_depth(self, symbol: Symbol, sink: BookFollower) -> None:
        """Give the market's diffs back."""

    def recycle_depth(self, symbol: Symbol, reason: str) -> None:
        """Replace the connection that carries the market's diffs."""


class BookFeed:
    """Order books of many markets. Everything belongs to one event loop's thread.

    `books` is a read-only mapping that follows the feed: every book that is kept, live or not.
    """

    def __init__(
        self,
        links: DepthLinks,
        fetch_snapshot: SnapshotSource,
        *,
        config: BookConfig,
        clock: Clock,
        randomness: random.Random | None = None,
        timer: FrameTimer | None = None,
        integrity: IntegrityDesk | None = None,
    ) -> None:
        self.integrity = integrity or IntegrityDesk(IntegrityConfig())
        self._links = links
        self._fetch_snapshot = fetch_snapshot
        self._config = config
        self._clock = clock
        self._timer = timer
        self._random = randomness or random.Random()  # noqa: S311 - spreads retries, no secret
        self._pool = OrderBookEntryPool()
        self._followers: dict[Symbol, BookFollower] = {}
        self._books: dict[Symbol, OrderBook] = {}
        self.books: Mapping[Symbol, OrderBook] = MappingProxyType(self._books)
        self._past = BookSyncCounts()
        self._past_integrity = IntegrityMetrics()
        self._turns = asyncio.Semaphore(config.snapshots_at_once)
        self._auditor: asyncio.Task[None] | None = None
        self._is_closed = False

    def __repr__(self) -> str:
        live = sum(follower.book.is_synced for follower in self._followers.values())
        return f"<BookFeed {live} of {len(self._followers)} books live>"

    def get(self, symbol: Symbol) -> OrderBook:
        """Return the market's book, live or not; `UsageError` if the feed does not keep it."""
        book = self._books.get(symbol)
        return self._follower(symbol).book if book is None else book

    def metrics(self) -> BookFeedMetrics:
        """Return the counts so far, markets removed meanwhile included."""
        return metrics_of(
            [follower.sync for follower in self._followers.values()],
            past=self._past,
            past_integrity=self._past_integrity,
            entry_pool=self._pool.get_pool_stats(),
        )

    def integrity_of(self, symbol: Symbol) -> BookIntegrity:
        """Return what compares the market's book with the exchange."""
        return self._follower(symbol).sync.integrity

    async def add(self, symbol: Symbol) -> None:
        """Subscribe to the market's diffs; the book syncs from then on without further calls.

        Returns when the exchange has granted the channel, which is before the book is live: see
        `wait_synced`. Raises `SubscriptionRefused`, and then keeps nothing of the market. Adding
        a market twice changes nothing.
        """
        if self._is_closed:
            raise SessionClosed("the book feed is closed")
        if self._auditor is None:
            self._auditor = asyncio.create_task(self._run_audits(), name="mexc book audits")
        if symbol in self._followers:
            return
        follower = self._followers[symbol] = self._new_follower(symbol)
        self._books[symbol] = follower.book
        try:
            await self._links.subscribe_depth(symbol, follower, on_refused=follower.on_refused)
        except BaseException:
            if self._followers.get(symbol) is follower:  # neither removed nor closed meanwhile
                self._drop(follower, UnsyncReason.REMOVED)
            raise

    async def wait_synced(self, symbol: Symbol, *, timeout_s: float | None = None) -> None:
        """Wait until the market's book may be read.

        Raises `OrderBookNotSynced` with the reason of the moment after `timeout_s`, and
        `UsageError` or `SessionClosed` when the market is removed or the feed closed meanwhile.
        """
        follower = self._follower(symbol)
        try:
            async with asyncio.timeout(timeout_s):
                while not follower.book.is_synced:
                    await follower.wait_for_change()
        except TimeoutError:
            if not follower.book.is_synced:  # it may be, in the turn in which the time was up
                why = follower.last_failure or str(follower.book.unsync_reason)
                raise OrderBookNotSynced(str(symbol), f"still {why} after {timeout_s} s") from None

    def remove(self, symbol: Symbol) -> None:
        """Stop keeping the market's book; its watches end, reading it raises from now on."""
        follower = self._followers.get(symbol)
        if follower is not None:
            self._drop(follower, UnsyncReason.REMOVED)
            self._links.unsubscribe_depth(symbol, follower)

    def watch(self, symbol: Symbol) -> Watch[OrderBook]:
        """Return an iterator over the book: once as it is, then after each change of it.

        It hands out the latest state and counts what it `skipped`. A change is also that the
        book stops or starts being readable, so look at `is_synced`.
        """
        follower = self._follower(symbol)
        return Watch.of_latest(f"order book {symbol}", follower.attach)

    def on_update(self, symbol: Symbol, callback: Listener) -> Registration:
        """Call `callback(book)` after each change, synchronously, from the reading task."""
        follower = self._follower(symbol)
        guarded = GuardedCallback(f"order book {symbol}", callback)
        release = follower.listen(guarded)
        return Registration(f"order book {symbol}", release=release)

    async def close(self) -> None:
        """Stop everything. May be called twice."""
        self._is_closed = True
        self.integrity.events.finish()
        tasks = [follower.fetching for follower in self._followers.values()] + [self._auditor]
        for follower in list(self._followers.values()):
            self._drop(follower, UnsyncReason.CLOSED)
        self._auditor = None
        if running := [task for task in tasks if task is not None]:
            for task in running:
                task.cancel()
            await asyncio.wait(running)

    # Inside.

    def _new_follower(self, symbol: Symbol) -> BookFollower:
        config, checks = self._config, self.integrity.config
        book = LiveOrderBook(symbol, time_ns=self._clock.time_ns, pool=self._pool)
        sync = BookSync(
            book,
            held_diffs=config.held_diffs,
            quiet_ns=int(config.quiet_s * _NS),
            catch_up_ns=int(config.catch_up_s * _NS),
            audit_every_ns=int(checks.audit_every_s * _NS),
            integrity=BookIntegrity(
                book, compared_levels=checks.compared_levels, doubted_after=checks.doubted_after
            ),
        )
        follower = BookFollower(
            symbol,
            sync,
            fetch=self._load_snapshot,
            recycle=self._recycle,
            report=self.integrity.report,
            timer=self._timer,
        )
        self.integrity.show_quotes(symbol, follower.on_ticker)
        return follower

    def _recycle(self, symbol: Symbol) -> None:
        self._links.recycle_depth(symbol, "a subscription stopped in silence")

    async def _load_snapshot(self, follower: BookFollower, request: int, attempt: int) -> None:
        """Answer one request of a state machine, after a pause if others failed before it."""
        config, sync = self._config, follower.sync
        if attempt:
            delay = backoff_delay(
                attempt - 1,
                base_s=config.refetch_base_s,
                max_s=config.refetch_max_s,
                jitter=self._random.random(),
            )
            await self._clock.sleep(delay)
        try:
            async with self._turns:
                sync.on_request_sent(request)
                snapshot = await self._fetch_snapshot(follower.symbol, config.snapshot_levels)
        except MexcError as error:
            follower.last_failure = str(error)
            follower.log.info("%s: no snapshot: %s", follower.symbol, error)
            action = sync.on_snapshot_failed(request)
        except Exception as error:  # a bug must not leave the book waiting for ever
            follower.last_failure = repr(error)
            follower.log.exception("%s: no snapshot", follower.symbol)
            action = sync.on_snapshot_failed(request)
        else:
            follower.last_failure = ""
            now_ns = self._clock.time_ns()
            stamped = msgspec.structs.replace(snapshot, received_ns=now_ns)
            action = sync.on_snapshot(stamped, request, now_ns)
        follower.carry_out(action)

    async def _run_audits(self) -> None:
        """R15: one comparison at a time, the one that has been due the longest first."""
        pause_s = min(1.0 / self._config.audits_per_second, self._config.catch_up_s / 2)
        not_before = self._clock.now()
        while True:
            await self._clock.sleep(pause_s)
            now_ns = self._clock.time_ns()
            for follower in list(self._followers.values()):
                follower.carry_out(follower.sync.on_tick(now_ns))
            if self._clock.now() < not_before:
                continue
            due = min(self._followers.values(), key=_due_ns, default=None)
            action = BookAction.NONE if due is None else due.sync.on_audit(now_ns)
            if due is not None and action is not BookAction.NONE:
                not_before = self._clock.now() + 1.0 / self._config.audits_per_second
                due.carry_out(action)

    def _follower(self, symbol: Symbol) -> BookFollower:
        follower = self._followers.get(symbol)
        if follower is None:
            if self._is_closed:
                raise SessionClosed("the book feed is closed")
            raise UsageError(f"no order book is kept for {symbol}; add_symbol({symbol}) first")
        return follower

    def _drop(self, follower: BookFollower, reason: UnsyncReason) -> None:
        del self._followers[follower.symbol], self._books[follower.symbol]
        self.integrity.hide_quotes(follower.symbol)
        follower.end(reason)
        self._past_integrity = self._past_integrity.plus(follower.sync.integrity.metrics)
        self._past = total_of(self._past, follower.sync.counts)


def _due_ns(follower: BookFollower) -> float:
    due_ns = follower.sync.audit_due_ns
    return inf if due_ns is None else due_ns

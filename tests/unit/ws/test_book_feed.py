"""The book feed against links and snapshots that the test hands out itself."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import BookConfig
from mexc_connector.common.enums import UnsyncReason
from mexc_connector.common.errors import (
    OrderBookNotSynced,
    RequestTimeout,
    SessionClosed,
    SubscriptionRefused,
    UsageError,
)
from mexc_connector.common.models import OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.order_book import OrderBook
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.book_feed import BookFeed
from mexc_connector.ws.book_follower import BookFollower

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
ETH = Symbol(AssetName("ETH"), AssetName("USDT"))
SECOND = 1_000_000_000


class HandClock(Clock):
    """Time moves only when the test says so; whoever sleeps wakes when it has come."""

    def __init__(self) -> None:
        self._now = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    def time_ns(self) -> int:
        return int(self._now * SECOND)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        wake = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + seconds, wake))
        await wake

    async def advance(self, seconds: float) -> None:
        self._now += seconds
        for due, wake in self._sleepers:
            if due <= self._now and not wake.done():
                wake.set_result(None)
        self._sleepers = [(due, wake) for due, wake in self._sleepers if not wake.done()]
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


class HandLinks:
    """Grants every channel at once, unless told to refuse it."""

    def __init__(self) -> None:
        self.epoch = 1
        self.sinks: dict[Symbol, BookFollower] = {}
        self.refused: set[Symbol] = set()
        self.refusal_listeners: dict[Symbol, Callable[[SubscriptionRefused], None]] = {}
        self.recycled: list[Symbol] = []

    async def subscribe_depth(
        self,
        symbol: Symbol,
        sink: BookFollower,
        *,
        on_refused: Callable[[SubscriptionRefused], None],
    ) -> None:
        await self.answer()
        if symbol in self.refused:
            raise SubscriptionRefused(str(symbol), "Blocked!")
        self.sinks[symbol] = sink
        self.refusal_listeners[symbol] = on_refused
        sink.on_subscribed(self.epoch)

    async def answer(self) -> None:
        """Return when the exchange answers a subscription."""
        await asyncio.sleep(0)

    def unsubscribe_depth(self, symbol: Symbol, sink: BookFollower) -> None:
        assert self.sinks.pop(symbol, sink) is sink

    def recycle_depth(self, symbol: Symbol, reason: str) -> None:
        self.recycled.append(symbol)


class HandRest:
    """Answers snapshot requests when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[Symbol, asyncio.Future[OrderBookSnapshot]]] = []

    async def fetch(self, symbol: Symbol, levels: int) -> OrderBookSnapshot:
        answer = asyncio.get_running_loop().create_future()
        self.asked.append((symbol, answer))
        return await answer

    async def answer(self, version: int, *, bid: float = 99.0, ask: float = 101.0) -> None:
        symbol, answer = self.asked.pop(0)
        answer.set_result(
            OrderBookSnapshot(
                symbol=symbol,
                bids=(OrderBookEntry(bid, 1.0),),
                asks=(OrderBookEntry(ask, 1.0),),
                version=version,
                exchange_time_ms=None,
            )
        )
        await settle()

    async def fail(self, error: Exception) -> None:
        self.asked.pop(0)[1].set_exception(error)
        await settle()


class World:
    def __init__(self, config: BookConfig) -> None:
        self.links = HandLinks()
        self.rest = HandRest()
        self.clock = HandClock()
        self.feed = BookFeed(self.links, self.rest.fetch, config=config, clock=self.clock)

    async def add_live(self, symbol: Symbol = BTC, version: int = 10) -> OrderBook:
        await self.feed.add(symbol)
        await settle()
        await self.rest.answer(version)
        return self.feed.get(symbol)

    def push(
        self, first: int, last: int, *, bid: str = "98", size: str = "2", symbol: Symbol = BTC
    ) -> None:
        push = PushDataV3ApiWrapper(channel="c", sendTime=5)
        push.publicAggreDepths.fromVersion = str(first)
        push.publicAggreDepths.toVersion = str(last)
        push.publicAggreDepths.bids.add(price=bid, quantity=size)
        sink, frame, now_ns = (
            self.links.sinks[symbol],
            push.SerializeToString(),
            self.clock.time_ns(),
        )
        # As the router does it.
        if sink.lane is None or not sink.lane(frame, self.links.epoch, now_ns):
            sink.on_push(push, self.links.epoch, now_ns)


@asynccontextmanager
async def world(**options: float) -> AsyncIterator[World]:
    made = World(msgspec.convert(options, BookConfig, strict=False))
    try:
        yield made
    finally:
        await made.feed.close()


async def test_a_book_becomes_readable_by_its_snapshot_and_follows_the_stream() -> None:
    async with world() as w:
        book = await w.add_live()
        assert book.bids[0].price == 99.0
        w.push(11, 11, bid="99.5")
        assert book.bids[0].price == 99.5
        assert book.version == 11
        assert book.exchange_time_ms == 5
        assert w.feed.metrics().live_books == 1


async def test_waiting_ends_when_the_book_is_readable() -> None:
    async with world() as w:
        await w.feed.add(BTC)
        waiting = asyncio.create_task(w.feed.wait_synced(BTC))
        await settle()
        assert not waiting.done()
        await w.rest.answer(10)
        await waiting


async def test_waiting_in_vain_names_the_last_failure() -> None:
    async with world() as w:
        await w.feed.add(BTC)
        await settle()
        await w.rest.fail(RequestTimeout("GET /api/v3/depth: no answer in 10 s"))
        with pytest.raises(OrderBookNotSynced, match="no answer in 10 s after"):
            await w.feed.wait_synced(BTC, timeout_s=0.01)


async def test_a_book_that_syncs_in_the_turn_in_which_the_time_is_up_is_synced() -> None:
    async with world() as w:
        await w.feed.add(BTC)
        await settle()
        waiting = asyncio.create_task(w.feed.wait_synced(BTC, timeout_s=0))
        await asyncio.sleep(0)  # it waits, and its time is up in the next turn
        follower = w.links.sinks[BTC]
        snapshot = OrderBookSnapshot(BTC, (OrderBookEntry(99.0, 1.0),), (), 10, None)
        follower.carry_out(follower.sync.on_snapshot(snapshot, follower.sync.request, 0))
        await waiting


async def test_a_failed_snapshot_is_asked_for_again_after_growing_pauses() -> None:
    async with world(refetch_base_s=1.0, refetch_max_s=60.0) as w:
        await w.feed.add(BTC)
        for longest in (1.0, 2.0, 4.0):
            await settle()
            await w.rest.fail(RequestTimeout("late"))
            assert not w.rest.asked
            await w.clock.advance(longest / 2 - 0.01)
            assert not w.rest.asked
            await w.clock.advance(longest / 2 + 0.01)
            assert len(w.rest.asked) == 1
        await w.rest.answer(10)
        assert w.feed.get(BTC).is_synced
        assert w.feed.metrics().snapshots_failed == 3


async def test_a_bug_in_the_snapshot_source_is_logged_and_does_not_end_the_book(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with world(refetch_base_s=1.0) as w:
        await w.feed.add(BTC)
        await settle()
        with caplog.at_level(logging.ERROR, "mexc_connector.books"):
            await w.rest.fail(KeyError("bug"))
        assert "no snapshot" in caplog.text
        await w.clock.advance(1.0)
        await w.rest.answer(10)
        assert w.feed.get(BTC).is_synced


async def test_a_gap_makes_the_book_unreadable_at_once_and_fetches_again() -> None:
    async with world() as w:
        book = await w.add_live()
        w.push(12, 12)
        with pytest.raises(OrderBookNotSynced, match="GAP"):
            _ = book.bids
        await settle()
        await w.clock.advance(1.0)
        await w.rest.answer(12)
        assert book.is_synced
        assert w.feed.metrics().unsynced == {UnsyncReason.GAP: 1}


async def test_a_push_that_breaks_its_form_unsyncs_its_own_book_only() -> None:
    async with world() as w:
        bitcoin = await w.add_live(BTC)
        ether = await w.add_live(ETH)
        w.push(11, 11, bid="not a price")
        assert bitcoin.unsync_reason is UnsyncReason.UNDECODABLE
        assert ether.is_synced


async def test_a_push_that_crosses_the_book_unsyncs_it_whichever_way_it_came() -> None:
    async with world() as w:
        book = await w.add_live()
        w.push(11, 11, bid="101")
        assert book.unsync_reason is UnsyncReason.CROSSED
        assert w.feed.metrics().resyncs == 1


async def test_a_push_without_a_body_unsyncs() -> None:
    async with world() as w:
        book = await w.add_live()
        w.links.sinks[BTC].on_push(PushDataV3ApiWrapper(channel="c"), 1, 0)
        assert book.unsync_reason is UnsyncReason.UNDECODABLE


async def test_a_lost_link_unsyncs_and_cancels_the_request_under_way() -> None:
    async with world() as w:
        await w.feed.add(BTC)
        await settle()
        w.links.sinks[BTC].on_link_lost(1, "cut")
        await settle()
        assert w.rest.asked[0][1].cancelled()
        assert w.feed.get(BTC).unsync_reason is UnsyncReason.LINK_LOST


async def test_a_channel_refused_again_and_again_after_a_reconnect_is_named_as_the_reason() -> None:
    async with world() as w:
        book = await w.add_live()
        w.links.sinks[BTC].on_link_lost(1, "cut")
        w.links.refusal_listeners[BTC](SubscriptionRefused("depth of BTC", "Blocked!"))
        assert book.unsync_reason is UnsyncReason.REFUSED
        with pytest.raises(OrderBookNotSynced, match="Blocked"):
            await w.feed.wait_synced(BTC, timeout_s=0.01)
        w.links.sinks[BTC].on_subscribed(2)  # granted after all
        await settle()
        await w.rest.answer(10)
        assert book.is_synced


async def test_watching_gives_the_book_as_it_is_and_then_the_latest_change() -> None:
    async with world() as w:
        await w.add_live()
        async with w.feed.watch(BTC) as books:
            book = await anext(books)
            assert book.version == 10
            w.push(11, 11)
            w.push(12, 12)
            w.push(13, 13)
            assert (await anext(books)).version == 13
            assert books.skipped == 2


async def test_watching_tells_when_the_book_stops_and_starts_being_readable() -> None:
    async with world() as w:
        await w.add_live()
        async with w.feed.watch(BTC) as books:
            await anext(books)
            w.links.sinks[BTC].on_link_lost(1, "cut")
            assert not (await anext(books)).is_synced
            w.links.epoch = 2
            w.links.sinks[BTC].on_subscribed(2)
            await settle()
            await w.rest.answer(20)
            assert (await anext(books)).version == 20


async def test_callbacks_are_synchronous_and_one_that_raises_breaks_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with world() as w:
        await w.add_live()
        seen: list[int] = []

        def broken(book: OrderBook) -> None:
            raise RuntimeError("user code")

        w.feed.on_update(BTC, broken)
        registration = w.feed.on_update(BTC, lambda book: seen.append(book.version))
        w.push(11, 11)
        assert seen == [11]
        registration.close()
        registration.close()
        w.push(12, 12)
        assert seen == [11]
        assert "user code" in caplog.text


async def test_a_refused_market_leaves_nothing_behind() -> None:
    async with world() as w:
        w.links.refused.add(BTC)
        with pytest.raises(SubscriptionRefused):
            await w.feed.add(BTC)
        assert not w.feed.books
        with pytest.raises(UsageError, match="add_symbol"):
            w.feed.get(BTC)


async def test_a_cancelled_add_leaves_nothing_behind() -> None:
    async with world() as w:
        adding = asyncio.create_task(w.feed.add(BTC))
        await asyncio.sleep(0)
        adding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await adding
        assert not w.feed.books


async def test_removing_ends_watches_and_waiters_and_reading_raises() -> None:
    async with world() as w:
        book = await w.add_live()
        async with w.feed.watch(BTC) as books:
            await anext(books)
            w.feed.remove(BTC)
            w.feed.remove(BTC)
            last = [b async for b in books]
            assert all(not b.is_synced for b in last)
        assert book.unsync_reason is UnsyncReason.REMOVED
        assert not w.links.sinks
        assert w.feed.metrics().updates == 1  # what a removed book did stays counted


async def test_removing_tells_who_waits() -> None:
    async with world() as w:
        await w.feed.add(BTC)
        waiting = asyncio.create_task(w.feed.wait_synced(BTC))
        await settle()
        w.feed.remove(BTC)
        with pytest.raises(UsageError, match="no longer kept"):
            await waiting


async def test_adding_twice_changes_nothing() -> None:
    async with world() as w:
        book = await w.add_live()
        await w.feed.add(BTC)
        assert w.feed.get(BTC) is book
        assert list(w.feed.books) == [BTC]


async def test_a_closed_feed_says_so() -> None:
    async with world() as w:
        book = await w.add_live()
        await w.feed.close()
        await w.feed.close()
        assert book.unsync_reason is UnsyncReason.CLOSED
        for call in (lambda: w.feed.get(BTC), lambda: w.feed.watch(BTC)):
            with pytest.raises(SessionClosed):
                call()
        with pytest.raises(SessionClosed):
            await w.feed.add(BTC)


async def test_only_so_many_snapshots_are_under_way_at_once() -> None:
    async with world(snapshots_at_once=1) as w:
        await w.feed.add(BTC)
        await w.feed.add(ETH)
        await settle()
        assert [symbol for symbol, _ in w.rest.asked] == [BTC]
        await w.rest.answer(10)
        assert [symbol for symbol, _ in w.rest.asked] == [ETH]


async def test_quiet_books_are_audited_one_by_one_the_longest_quiet_first() -> None:
    async with world(quiet_s=20.0, audits_per_second=0.5, catch_up_s=4.0) as w:
        await w.add_live(BTC)
        await w.clock.advance(1.0)
        await w.add_live(ETH)
        await w.clock.advance(30.0)
        assert [symbol for symbol, _ in w.rest.asked] == [BTC]
        await w.rest.answer(10)
        await w.clock.advance(2.0)
        assert [symbol for symbol, _ in w.rest.asked] == [ETH]
        await w.rest.answer(10)
        assert w.feed.metrics().audits_confirmed == 2
        assert w.feed.get(BTC).age_s < 5.0


async def test_a_subscription_that_died_in_silence_gets_a_new_connection() -> None:
    async with world(quiet_s=20.0, catch_up_s=4.0) as w:
        book = await w.add_live()
        await w.clock.advance(21.0)
        await w.rest.answer(15)  # REST is five versions ahead of a stream that says nothing
        assert book.is_synced
        for _ in range(5):
            await w.clock.advance(1.0)
        assert book.unsync_reason is UnsyncReason.STALE
        assert w.links.recycled == [BTC]


async def test_the_repr_is_an_instrument_panel() -> None:
    async with world() as w:
        await w.add_live(BTC)
        await w.feed.add(ETH)
        assert repr(w.feed) == "<BookFeed 1 of 2 books live>"


async def test_closing_while_a_market_is_added_is_told_to_who_adds_it() -> None:
    streams = PendingLinks()
    feed = BookFeed(streams, HandRest().fetch, config=BookConfig(), clock=HandClock())
    adding = asyncio.ensure_future(feed.add(BTC))
    await settle()
    await feed.close()
    streams.pending.set_exception(SessionClosed("the streams were closed"))
    with pytest.raises(SessionClosed):
        await adding


async def test_giving_up_an_earlier_addition_leaves_the_later_one_alone() -> None:
    streams = PendingLinks()
    feed = BookFeed(streams, HandRest().fetch, config=BookConfig(), clock=HandClock())
    first = asyncio.ensure_future(feed.add(BTC))
    await settle()
    feed.remove(BTC)
    second = asyncio.ensure_future(feed.add(BTC))
    await settle()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert list(feed.books) == [BTC]
    streams.pending.set_result(None)
    await second
    await feed.close()


class PendingLinks(HandLinks):
    """Grants nothing until `pending`, of the latest subscription, is set."""

    pending: asyncio.Future[None]

    async def answer(self) -> None:
        self.pending = asyncio.get_running_loop().create_future()
        await self.pending

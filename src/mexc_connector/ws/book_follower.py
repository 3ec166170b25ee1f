"""BookFollower: the shell around one market's `BookSync`.

[hot] From `on_push` to the listeners there is no await.

It feeds what the link brings into the state machine, carries out the answers and tells the
listeners. It owns one task at the most: the one that fetches the snapshot last asked for.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from mexc_connector.common.enums import BookState, UnsyncReason
from mexc_connector.common.errors import (
    ProtocolViolation,
    SessionClosed,
    SubscriptionRefused,
    UsageError,
)
from mexc_connector.common.integrity import BookMismatch
from mexc_connector.common.log_fields import log_about
from mexc_connector.common.models import BookDiff, BookTicker
from mexc_connector.common.order_book import OrderBook
from mexc_connector.common.registration import Release
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.watch import Inlet
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction
from mexc_connector.core.book_carriers import BookCarriers
from mexc_connector.core.book_head import FOLLOWED, OLD
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.implementation import IMPLEMENTATION
from mexc_connector.proto.decode import book_diff
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws.latency import FrameTimer
from mexc_connector.ws.sinks import CopyMerge, FrameLane

_logger = logging.getLogger("mexc_connector.books")

Listener = Callable[[OrderBook], object]


class BookFollower:
    """Follows one market: a `ChannelSink` for its diffs.

    `fetch(follower, request, attempt)` answers one snapshot request and hands the result to
    `carry_out`; `recycle(symbol)` replaces the connection; `report` hears what the checks find;
    `timer` is given where latency is measured.
    """

    def __init__(
        self,
        symbol: Symbol,
        sync: BookSync,
        *,
        fetch: Callable[["BookFollower", int, int], Coroutine[None, None, None]],
        recycle: Callable[[Symbol], None],
        report: Callable[[BookMismatch], None],
        timer: FrameTimer | None = None,
    ) -> None:
        self.symbol = symbol
        self.log = log_about(_logger, symbol=symbol)
        self.sync = sync
        self.last_failure = ""
        self.fetching: asyncio.Task[None] | None = None
        self.merge: CopyMerge = self
        self.lane: FrameLane | None = self._on_frame if IMPLEMENTATION == "compiled" else None
        self._advance = sync.book.head.advance
        self._carriers = BookCarriers(sync, catch_up_ns=sync.catch_up_ns)
        self._fetch = fetch
        self._recycle = recycle
        self._report = report
        self._integrity = sync.integrity
        self._inlets: list[Inlet[OrderBook]] = []
        self._callbacks: list[Listener] = []
        # What is measured is wired in here, so that nothing asks for it frame by frame.
        self._decode = book_diff if timer is None else timer.marking_decoded(book_diff)
        self._marks: tuple[Listener, ...] = () if timer is None else (timer.mark_applied,)
        self._listeners: tuple[Listener, ...] = self._marks
        self._change: asyncio.Future[None] | None = None
        self._end_reason: UnsyncReason | None = None

    def __repr__(self) -> str:
        return f"<BookFollower {self.symbol} {self.sync!r}, {len(self._listeners)} listeners>"

    @property
    def book(self) -> LiveOrderBook:
        """The book, live or not."""
        return self.sync.book

    # What the link brings.

    def on_subscribed(self, epoch: int) -> None:
        """R3: the channel was granted on a new connection."""
        self.carry_out(self.sync.on_subscribed(epoch))

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        """R2, R6 to R10: one push of the diff channel; an unreadable one is R11."""
        diff = self._read(push, received_ns)
        if diff is None:
            self.carry_out(self.sync.on_undecodable(epoch))
        else:
            self._follow(self.sync.on_diff(diff, epoch))

    def _read(self, push: PushDataV3ApiWrapper, received_ns: int) -> BookDiff | None:
        try:
            return self._decode(push.publicAggreDepths, push.sendTime, received_ns)
        except ProtocolViolation as error:
            self.log.warning("%s: %s", self.symbol, error)
            return None

    def _follow(self, action: BookAction) -> None:
        if action is BookAction.PUBLISH:
            self._publish()
        elif action is not BookAction.NONE:
            self.carry_out(action)

    def _on_frame(self, frame: bytes, epoch: int, received_ns: int) -> bool:
        """R7 in one compiled pass, for a frame that is the next diff beyond doubt, or a copy."""
        outcome = self._advance(frame, epoch, received_ns)
        if outcome == FOLLOWED and self._integrity.awaited is None:
            self._publish()
        elif outcome == OLD:
            return self._carriers.on_old()
        elif outcome:
            self.carry_out(self.sync.on_advanced())
        return outcome != 0

    def on_ticker(self, ticker: BookTicker) -> None:
        """R17: a book ticker of the market was pushed, to whomever."""
        self.carry_out(self.sync.on_ticker(ticker))

    def on_undecodable(self, epoch: int) -> None:
        """R11: some frame of the connection was unreadable."""
        self.carry_out(self.sync.on_undecodable(epoch))

    def on_link_lost(self, epoch: int, reason: str) -> None:
        """R12: the connection is gone."""
        self.log.info("%s: link lost: %s", self.symbol, reason)
        self.carry_out(self.sync.on_link_lost(epoch))

    # What several links bring at once.

    def on_joined(self, carrier: int) -> None:
        """R18: one more link brings the diffs."""
        self._carriers.on_joined(carrier)

    def on_left(self, carrier: int) -> None:
        """R12, R18: a link brings them no longer."""
        self.carry_out(self._carriers.on_left(carrier))

    def on_copy(
        self, push: PushDataV3ApiWrapper, carrier: int, epoch: int, received_ns: int
    ) -> None:
        """R18: one push, while several links bring them."""
        diff = self._read(push, received_ns)
        if diff is None:
            self.carry_out(self._carriers.on_undecodable(carrier))
        else:
            self._follow(self._carriers.on_diff(diff, carrier))

    def on_missed(self, carrier: int, epoch: int) -> None:
        """R11, R18: some frame of one of several links was unreadable."""
        self.carry_out(self._carriers.on_undecodable(carrier))

    def takes_lane(self, carrier: int) -> bool:
        """R18: whether the book has all that the link brought, and nobody is ahead of it."""
        return self._carriers.takes_lane(carrier)

    def settle(self, carrier: int) -> bool:
        """R18: the same, after there was time enough for proof."""
        return self._carriers.settle(carrier)

    def on_refused(self, error: SubscriptionRefused) -> None:
        """R12: the channel was granted once, and is refused again and again since a reconnect."""
        self.last_failure = str(error)
        self.log.warning("%s: %s", self.symbol, error)
        self.carry_out(self.sync.on_refused())

    def carry_out(self, action: BookAction) -> None:
        """Do what the state machine asks for."""
        if self.sync.state is BookState.DETACHED:
            self._cancel_fetch()
        if BookAction.PUBLISH in action:
            self._publish()
        if BookAction.FETCH_SNAPSHOT in action and self._end_reason is None:
            self._cancel_fetch()
            request, attempt = self.sync.request, self.sync.fetch_attempt
            self.fetching = asyncio.get_running_loop().create_task(
                self._fetch(self, request, attempt), name=f"mexc snapshot {self.symbol}"
            )
        if BookAction.REPORT in action:
            for mismatch in self._integrity.take_found():
                self._report(mismatch)
        if BookAction.RECYCLE_LINK in action:
            self._recycle(self.symbol)

    # Who listens.

    async def attach(self, inlet: Inlet[OrderBook]) -> Release:
        """Feed a watch: the book as it is now, then every change."""
        self._require_following()
        self._inlets.append(inlet)
        self._renew_listeners()
        inlet.push(self.book)

        def release() -> None:
            if inlet in self._inlets:
                self._inlets.remove(inlet)
                self._renew_listeners()

        return release

    def listen(self, callback: Listener) -> Release:
        """Call `callback(book)` after every change."""
        self._require_following()
        self._callbacks.append(callback)
        self._renew_listeners()

        def release() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
                self._renew_listeners()

        return release

    async def wait_for_change(self) -> None:
        """Return after the next change; raises when the market is given up meanwhile."""
        self._require_following()
        if self._change is None:
            self._change = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._change)
        self._require_following()

    def end(self, reason: UnsyncReason) -> None:
        """Stop for good: the book becomes unreadable, watches end, waiters are told."""
        self._end_reason = reason
        self.carry_out(self.sync.on_removed(reason))
        for inlet in self._inlets:
            inlet.finish()
        self._inlets.clear()
        self._callbacks.clear()
        self._renew_listeners()

    # Inside.

    def _publish(self) -> None:
        book = self.book
        for listener in self._listeners:
            listener(book)
        if self._change is not None:
            self._change.set_result(None)
            self._change = None

    def _renew_listeners(self) -> None:
        inlets = (inlet.push for inlet in self._inlets)
        self._listeners = (*self._marks, *inlets, *self._callbacks)

    def _cancel_fetch(self) -> None:
        if self.fetching is not None and self.fetching is not asyncio.current_task():
            self.fetching.cancel()
        self.fetching = None

    def _require_following(self) -> None:
        if self._end_reason is UnsyncReason.CLOSED:
            raise SessionClosed("the session was closed")
        if self._end_reason is not None:
            raise UsageError(f"the order book of {self.symbol} is no longer kept")

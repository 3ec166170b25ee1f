"""Our own hot path, without the socket: frame bytes in, book changed."""

import time
from collections.abc import Mapping

from benchmarks.contenders import ContenderMissing, Round, WrongResult, require_book, round_over
from benchmarks.recording import Book, Recording
from mexc_connector import core
from mexc_connector.common.models import OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.order_book import OrderBook
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction
from mexc_connector.core.book_head import FOLLOWED
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.implementation import OrderBookEntryPool
from mexc_connector.proto.decode import book_diff, parse_push

SYMBOL = Symbol(AssetName("BTC"), AssetName("USDT"))
EPOCH = 1


def live_sync(before: Book) -> BookSync:
    """Return a live book that stands at the recording's start."""
    sync = BookSync(LiveOrderBook(SYMBOL, time_ns=time.time_ns, pool=OrderBookEntryPool()))
    sync.on_subscribed(EPOCH)
    snapshot = OrderBookSnapshot(
        symbol=SYMBOL,
        bids=tuple(OrderBookEntry(*level) for level in before.bids),
        asks=tuple(OrderBookEntry(*level) for level in before.asks),
        version=before.version,
        exchange_time_ms=None,
    )
    sync.on_snapshot(snapshot, sync.request, 0)
    return sync


def book_of(book: OrderBook) -> Book:
    """Read the whole book as a user would."""
    bids = [(entry.price, entry.size) for entry in book.bids]
    return Book(book.version, bids, [(entry.price, entry.size) for entry in book.asks])


def compiled(folders: Mapping[str, str]) -> Round:
    """Prepare the compiled path: one call per frame."""
    if core.IMPLEMENTATION != "compiled":
        raise ContenderMissing("the compiled extension is not built")
    return round_over(folders, _play_compiled)


def reference(folders: Mapping[str, str]) -> Round:
    """Prepare the general path: `protobuf`, a diff, the state machine."""
    return round_over(folders, _play_reference)


def _play_compiled(recording: Recording) -> float:
    sync = live_sync(recording.before)
    advance = sync.book.head.advance
    followed = 0
    started = time.process_time_ns()
    for frame in recording.frames:
        followed += advance(frame, EPOCH, 0) == FOLLOWED
    elapsed_ns = time.process_time_ns() - started
    require_followed(sync, followed, recording)
    return elapsed_ns


def _play_reference(recording: Recording) -> float:
    sync = live_sync(recording.before)
    published = 0
    started = time.process_time_ns()
    for frame in recording.frames:
        push = parse_push(frame)
        diff = book_diff(push.publicAggreDepths, push.sendTime, 0)
        published += sync.on_diff(diff, EPOCH) is BookAction.PUBLISH
    elapsed_ns = time.process_time_ns() - started
    require_followed(sync, published, recording)
    return elapsed_ns


def require_followed(sync: BookSync, followed: int, recording: Recording) -> None:
    """Raise `WrongResult` unless every frame was taken and the book is right at the end."""
    if followed != len(recording.frames):
        raise WrongResult(f"ours followed {followed} of {len(recording.frames)} frames")
    require_book("ours", book_of(sync.book), recording.after)

"""Holds the compiled hot path to the reference, and both to `protobuf`, one frame at a time.

The rule: for every frame the compiled path declines and has changed nothing, or its result is the
reference's in every type, digit and None. Where the reference refuses a frame, it declines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mexc_connector.native._hot as hot
from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.latency import StreamKind
from mexc_connector.common.models import BookDiff
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book_head import FOLLOWED, FOLLOWED_LOOK, OLD
from mexc_connector.core.levels import Levels as ReferenceLevels
from mexc_connector.proto import decode, decode_summaries
from mexc_connector.proto.copy_key import copy_key
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.proto.stamps import push_stamps
from tests.fuzz.wire import CHANNEL, Body, content, level

SYMBOL = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))
RECEIVED_NS = 1_790_281_246_300_000_000
TOP_LEVELS = 5
EPOCH = 7


class Disagreement(AssertionError):
    """The compiled path answered what the reference would not have."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One function of the compiled path, and the reference's over a parsed push."""

    compiled: Callable[[bytes], object]
    reference: Callable[[PushDataV3ApiWrapper], object]


LANES = {
    Body.TRADES: Lane(
        lambda frame: hot.read_trades(frame, SYMBOL, RECEIVED_NS),
        lambda push: decode.trades(push, SYMBOL, RECEIVED_NS),
    ),
    Body.BOOK_TICKER: Lane(
        lambda frame: hot.read_book_ticker(frame, SYMBOL, RECEIVED_NS),
        lambda push: decode.book_ticker(push, SYMBOL, RECEIVED_NS),
    ),
    Body.BOOK_TICKER_BATCH: Lane(
        lambda frame: hot.read_book_ticker_batch(frame, SYMBOL, RECEIVED_NS),
        lambda push: decode.book_ticker_batch(push, SYMBOL, RECEIVED_NS),
    ),
    Body.LIMIT_DEPTH: Lane(
        lambda frame: hot.read_limit_depth(frame, SYMBOL, TOP_LEVELS, RECEIVED_NS),
        lambda push: decode_summaries.limit_depth(
            push, SYMBOL, levels=TOP_LEVELS, received_ns=RECEIVED_NS
        ),
    ),
}

_STREAM_KINDS = {
    "publicAggreDepths": StreamKind.ORDER_BOOK,
    "publicLimitDepths": StreamKind.LIMIT_DEPTH,
    "publicAggreDeals": StreamKind.TRADES,
    "publicAggreBookTicker": StreamKind.BOOK_TICKER,
    "publicBookTickerBatch": StreamKind.BOOK_TICKER_BATCH,
}


def check_frame(frame: bytes) -> set[Body]:
    """Compare every lane on one frame; return the lanes that took it. Raises `Disagreement`."""
    push = parsed(frame)
    taken = {body for body, lane in LANES.items() if _check_lane(lane, frame, push)}
    _check_quote_texts(frame, push)
    _check_stamps(frame, push)
    diff = diff_of(push)
    # Versions that the frame follows in its first and its last way, a gap, and what is behind us.
    first, last = (diff.from_version, diff.to_version) if diff else (1, 1)
    for version in {first - 1, last - 1, first - 2, last}:
        if -1 <= version < 2**63 and check_advance(frame, diff, BookState(version=version)):
            taken.add(Body.DEPTH)
    if len(taken) > 1:
        raise Disagreement(f"taken by {taken}: one frame has one body")
    _check_copy_key(frame, push, is_taken=bool(taken))
    return taken


def parsed(frame: bytes) -> PushDataV3ApiWrapper | None:
    """Parse by the reference; None if it refuses."""
    try:
        return decode.parse_push(frame)
    except ProtocolViolation:
        return None


def diff_of(push: PushDataV3ApiWrapper | None) -> BookDiff | None:
    """Read the depth body by the reference; None if it refuses."""
    if push is None:
        return None
    try:
        return decode.book_diff(push.publicAggreDepths, push.sendTime, RECEIVED_NS)
    except ProtocolViolation:
        return None


def _check_lane(lane: Lane, frame: bytes, push: PushDataV3ApiWrapper | None) -> bool:
    answer = lane.compiled(frame)
    if answer is None:
        return False
    if push is None:
        raise Disagreement(f"took what protobuf refuses: {answer!r}")
    try:
        expected = lane.reference(push)
    except ProtocolViolation as error:
        raise Disagreement(f"took what the reference refuses ({error}): {answer!r}") from error
    # `repr` tells floats apart to the last bit, -0.0 from 0.0, True from 1 and () from [].
    if type(answer) is not type(expected) or repr(answer) != repr(expected):
        raise Disagreement(f"compiled {answer!r}, reference {expected!r}")
    return True


def _check_quote_texts(frame: bytes, push: PushDataV3ApiWrapper | None) -> None:
    answer = hot.quote_texts(frame)
    if answer is None:
        return
    if push is None:
        raise Disagreement(f"quote_texts took what protobuf refuses: {answer!r}")
    quote = push.publicAggreBookTicker
    texts = (quote.bidPrice, quote.bidQuantity, quote.askPrice, quote.askQuantity)
    if not push.HasField("publicAggreBookTicker") or answer != "\0".join(texts).encode():
        raise Disagreement(f"quote_texts {answer!r}, protobuf {texts!r}")


def _check_stamps(frame: bytes, push: PushDataV3ApiWrapper | None) -> None:
    answer = hot.read_stamps(frame)
    if answer is None or push is None:  # stamps do not look into strings, and change nothing
        return
    kind = _STREAM_KINDS.get(push.WhichOneof("body") or "")
    if kind is not None and answer != push_stamps(push, kind):
        raise Disagreement(f"stamps {answer!r}, reference {push_stamps(push, kind)!r}")


def _check_copy_key(frame: bytes, push: PushDataV3ApiWrapper | None, *, is_taken: bool) -> None:
    answer = hot.read_copy_key(frame)
    if push is None:  # it does not look into strings either; only frames that were taken count
        return
    expected = copy_key(push)
    if answer != expected and (is_taken or answer is not None):
        raise Disagreement(f"copy key {answer!r}, reference {expected!r}")


# Numbers.


def sizes_read(texts: Sequence[str]) -> list[float] | None:
    """Read texts as the sizes of one side of a book; None if the frame was declined."""
    levels = b"".join(
        content(2, level(str(price), text)) for price, text in enumerate(texts, start=1)
    )
    body = levels + content(4, "1") + content(5, "1")
    head = hot.BookHead(hot.Levels(1), hot.Levels(-1))
    head.epoch = head.version = 0
    if not head.advance(content(CHANNEL, "c") + content(Body.DEPTH, body), 0, 0):
        return None
    read = dict(head.bids)
    return [read.get(float(price), 0.0) for price in range(1, len(texts) + 1)]


def check_numbers(texts: Sequence[str]) -> None:
    """Require that numbers nobody could doubt are taken, and rounded as Python does."""
    read = sizes_read(texts)
    if read is None:
        raise Disagreement(f"nothing unusual, and declined: {texts}")
    for text, number in zip(texts, read, strict=True):
        if number.hex() != float(text).hex():
            raise Disagreement(f"{text} was read as {number!r} and is {float(text)!r}")


# Depth.

_PRICES = tuple(80_000 + step * 0.25 for step in range(1, 13))


@dataclass(frozen=True, slots=True)
class BookState:
    """A live book to begin with; prices best first, a size of one everywhere."""

    version: int
    bids: tuple[float, ...] = tuple(80_000 - step * 0.25 for step in range(1, 13))
    asks: tuple[float, ...] = _PRICES
    bid_horizon: float | None = None
    ask_horizon: float | None = _PRICES[-1]


def head_of(state: BookState) -> hot.BookHead:
    """Build the compiled book of a state, live on connection `EPOCH`."""
    bids, asks = hot.Levels(1), hot.Levels(-1)
    bids.load([(price, 1.0) for price in state.bids], state.bid_horizon)
    asks.load([(price, 1.0) for price in state.asks], state.ask_horizon)
    head = hot.BookHead(bids, asks)
    head.version = state.version
    head.epoch = EPOCH
    head.is_readable = True
    head.exchange_time_ms = 1
    head.confirmed_ns = 2
    return head


def check_advance(frame: bytes, diff: BookDiff | None, state: BookState) -> int:
    """Compare one step of a book; `diff` is what the reference read. Return what it answered."""
    head = head_of(state)
    before = picture(head)
    answer = head.advance(frame, EPOCH, RECEIVED_NS)
    if answer == 0:
        if picture(head) != before:
            raise Disagreement(f"declined, and changed {before} to {picture(head)}")
        return 0
    if diff is None:
        raise Disagreement("took a frame that the reference refuses")
    if answer == OLD:
        if picture(head) != before or diff.to_version > state.version:
            raise Disagreement(f"called {diff} old, and made {picture(head)} of {before}")
        return answer
    if not diff.from_version <= state.version + 1 <= diff.to_version:
        raise Disagreement(f"followed from {state.version} over {diff.from_version}")
    bids, asks = ReferenceLevels(1), ReferenceLevels(-1)
    bids.load([(price, 1.0) for price in state.bids], state.bid_horizon)
    asks.load([(price, 1.0) for price in state.asks], state.ask_horizon)
    bids.apply(diff.bids)
    asks.apply(diff.asks)
    expected = (
        *(side_picture(side) for side in (bids, asks)),
        *(diff.to_version, EPOCH, 1, 1, True, diff.exchange_time_ms, RECEIVED_NS),
    )
    if picture(head) != expected:
        raise Disagreement(f"book {picture(head)}, reference {expected}")
    if answer != (FOLLOWED_LOOK if needs_look(bids, asks) else FOLLOWED):
        raise Disagreement(f"answered {answer} about {expected}")
    return answer


def picture(head: hot.BookHead) -> tuple[object, ...]:
    """Everything that can be read from a book, floats to the last bit."""
    return (
        side_picture(head.bids),
        side_picture(head.asks),
        head.version,
        head.epoch,
        head.applied,
        head.applied_since_load,
        head.is_readable,
        head.exchange_time_ms,
        head.confirmed_ns,
    )


def side_picture(side: hot.Levels | ReferenceLevels) -> str:
    """Everything that can be read from one side, floats to the last bit."""
    depths = [side.at(depth) for depth in range(len(side))]
    return repr((list(side), depths, side.best_price(), side.horizon, side.loaded, side.is_thin()))


def needs_look(bids: ReferenceLevels, asks: ReferenceLevels) -> bool:
    """Whether the rules R10, R14 or R16 would act on these levels."""
    bid, ask = bids.best_price(), asks.best_price()
    if bids.is_thin() or asks.is_thin():
        return True
    if bid is not None and ask is not None:
        return bid >= ask
    return (bid is None and bids.horizon is not None) or (ask is None and asks.horizon is not None)

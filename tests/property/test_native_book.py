"""A book that the compiled step takes on is, at every moment, what the general way makes of it."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.common.enums import UnsyncReason
from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.common.models import OrderBookEntry, OrderBookSnapshot
from mexc_connector.core.book_head import FOLLOWED, FOLLOWED_LOOK
from mexc_connector.proto.decode import book_diff, parse_push
from tests.fuzz.twins import Core, imported_core, reference_core
from tests.fuzz.wire import CHANNEL, SEND_TIME, Body, content, integer, level, varint

pytest.importorskip("mexc_connector.native._hot")
judge = pytest.importorskip("tests.fuzz.judge")

COMPILED, REFERENCE = imported_core(), reference_core()
START_NS = 1_790_281_246_000_000_000
QUIET_NS, CATCH_UP_NS = 1_000, 300
UNKNOWN_FIELD = b"\xfa\x7f\x03new"

# Frames, told relative to where the book stands.


@dataclass(frozen=True, slots=True)
class Frame:
    """`skipped` versions before it, none in order; `spelling` is how odd its bytes are."""

    skipped: int
    span: int
    changes: tuple[tuple[bool, int, str], ...]
    send_ms: int | None
    spelling: str
    is_of_other_link: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    ahead: int
    bids: tuple[int, ...]
    asks: tuple[int, ...]
    has_horizon: bool
    exchange_time_ms: int | None


def bytes_of(frame: Frame, version: int) -> bytes:
    first = max(version + 1 + frame.skipped, 0)
    items = [
        content(2 if is_bid else 1, level(str(price), size))
        for is_bid, price, size in frame.changes
    ]
    fields = [
        *items,
        content(3, "spot@public.aggre.depth.v3.api.pb@10ms"),
        content(4, str(first)),
        content(5, str(first + frame.span)),
    ]
    if frame.spelling == "reordered":
        fields = [*fields[len(items) :], *items]
    elif frame.spelling == "unknown":
        fields.insert(len(items), UNKNOWN_FIELD)
    elif frame.spelling == "repeated":
        fields.append(content(5, str(first + frame.span)))
    elif frame.spelling == "backwards":
        fields.append(content(4, str(first + frame.span + 1)))
    elif frame.spelling == "unreadable":
        fields.insert(0, content(2, level("5", "x")))
    elif frame.spelling == "free":
        fields.insert(0, content(2, level("0", "1")))
    elif frame.spelling == "missing":
        del fields[-1]
    head = content(CHANNEL, "c")
    if frame.send_ms is not None:
        head += integer(SEND_TIME, frame.send_ms)
    raw = b"".join(fields)
    if frame.spelling == "long length":
        return head + b"\xca\x13" + varint(len(raw), padding=1) + raw
    return head + content(Body.DEPTH, raw)


# One book and its state machine, over either core.


class Market:
    def __init__(self, core: Core) -> None:
        self.core = core
        self.now_ns = START_NS
        pool = core.implementation.OrderBookEntryPool(4)
        self.book = core.book.LiveOrderBook(judge.SYMBOL, time_ns=lambda: self.now_ns, pool=pool)
        self.sync = core.book_sync.BookSync(
            self.book, held_diffs=5, quiet_ns=QUIET_NS, catch_up_ns=CATCH_UP_NS
        )
        self.advanced = 0

    def take(self, frame: bytes, epoch: int) -> object:
        """As `BookFollower` does: the compiled step first, the general way for what it leaves."""
        before = self.picture()
        outcome = self.book.head.advance(frame, epoch, self.now_ns)
        if outcome in (FOLLOWED, FOLLOWED_LOOK):
            self.advanced += 1
            publish = self.core.book_sync.BookAction.PUBLISH
            return publish if outcome == FOLLOWED else self.sync.on_advanced()
        assert self.picture() == before, "it declined, and something has changed"
        try:
            push = parse_push(frame)
            diff = book_diff(push.publicAggreDepths, push.sendTime, self.now_ns)
        except ProtocolViolation:
            return self.sync.on_undecodable(epoch)
        return self.sync.on_diff(diff, epoch)

    def load(self, snapshot: Snapshot, version: int) -> object:
        bids, asks = sorted(snapshot.bids, reverse=True), sorted(snapshot.asks)
        stated = OrderBookSnapshot(
            symbol=judge.SYMBOL,
            bids=tuple(OrderBookEntry(float(price), 1.0) for price in bids),
            asks=tuple(OrderBookEntry(float(price), 1.0) for price in asks),
            version=max(version + snapshot.ahead, 0),
            exchange_time_ms=snapshot.exchange_time_ms,
            received_ns=self.now_ns,
            bid_horizon=float(bids[-1]) if snapshot.has_horizon and bids else None,
            ask_horizon=float(asks[-1]) if snapshot.has_horizon and asks else None,
        )
        return self.sync.on_snapshot(stated, self.sync.request, self.now_ns)

    def picture(self) -> list[object]:
        """Everything that anybody can read, floats to the last bit."""
        book, sync, head = self.book, self.sync, self.book.head
        return [
            *(repr(part) for part in (book, sync, sync.state, sync.counts, book.unsync_reason)),
            *(head.version, head.epoch, head.applied, head.applied_since_load, head.is_readable),
            *(head.exchange_time_ms, head.confirmed_ns),
            *(sync.request, sync.fetch_attempt, sync.epoch, sync.audit_due_ns),
            *(judge.side_picture(side) for side in (book.bid_levels, book.ask_levels)),
            *(book.age_s, book.is_synced, book.fault(), book.is_thin()),
            *((book.bids[:], book.asks[:], book.snapshot()) if book.is_synced else ()),
        ]


sizes = st.sampled_from(("0", "0.00", "1", "1.5", "2", "3e0", "0.1234567890123456789"))
changes = st.tuples(st.booleans(), st.integers(1, 20), sizes)
frames = st.builds(
    Frame,
    skipped=st.sampled_from((0,) * 14 + (-1, -2, -3, 1)),
    span=st.sampled_from((0, 0, 0, 1, 2)),
    changes=st.lists(changes, max_size=5).map(
        lambda drawn: tuple(
            # Bids below, asks above, as a rule; else every other frame would cross the book.
            (is_bid, price if (price <= 10) == is_bid or price % 7 == 0 else 21 - price, size)
            for is_bid, price, size in drawn
        )
    ),
    send_ms=st.sampled_from((1_790_281_246_000, 0, None)),
    spelling=st.sampled_from(
        ("plain",) * 12
        + ("reordered", "unknown", "repeated", "backwards", "unreadable", "free", "missing")
        + ("long length",)
    ),
    is_of_other_link=st.sampled_from((False,) * 9 + (True,)),
)
snapshots = st.builds(
    Snapshot,
    ahead=st.integers(-2, 2),
    bids=st.frozensets(st.integers(1, 10), max_size=10).map(tuple),
    asks=st.frozensets(st.integers(11, 20), max_size=10).map(tuple),
    has_horizon=st.booleans(),
    exchange_time_ms=st.sampled_from((None, 1_790_281_246_001)),
)
events = st.sampled_from(
    (
        *("subscribed", "link lost", "request sent", "snapshot failed", "undecodable", "refused"),
        *("audit", "tick", "short wait", "long wait"),
    )
)
# What chance alone hardly ever puts together.
emptied = st.builds(
    lambda is_bid: Frame(
        0, 0, tuple((is_bid, price, "0") for price in range(1, 21)), None, "plain", False
    ),
    st.booleans(),
)
thinned = st.builds(
    lambda is_bid, kept: Frame(
        0, 0, tuple((is_bid, p, "0") for p in range(1, 21) if p not in kept), 5, "plain", False
    ),
    st.booleans(),
    st.sampled_from(((10, 11), (9, 10, 11, 12))),
)
audits = st.builds(
    lambda ahead, frame, ends: [
        "long wait",
        "audit",
        Snapshot(ahead, (), (), False, 7),
        *frame,
        *ends,
    ],
    st.integers(-1, 2),
    st.lists(frames, max_size=2),
    st.sampled_from(([], ["short wait", "tick"], ["tick", "short wait", "tick"])),
)
single_steps = st.one_of(frames, frames, frames, frames, snapshots, events, emptied, thinned)
steps = st.lists(
    st.one_of(*(single_steps.map(lambda step: [step]) for _ in range(6)), audits), max_size=30
).map(lambda parts: [step for part in parts for step in part])


def act(market: Market, step: Frame | Snapshot | str, version: int) -> object:
    sync = market.sync
    market.now_ns += 10
    if isinstance(step, Frame):
        epoch = sync.epoch + (1 if step.is_of_other_link else 0)
        return market.take(bytes_of(step, version), epoch)
    if isinstance(step, Snapshot):
        return market.load(step, version)
    if step in ("short wait", "long wait"):
        market.now_ns += CATCH_UP_NS if step == "short wait" else QUIET_NS
        return None
    deeds = {
        "subscribed": lambda: sync.on_subscribed(sync.epoch + 1),
        "link lost": lambda: sync.on_link_lost(sync.epoch),
        "request sent": lambda: sync.on_request_sent(sync.request),
        "snapshot failed": lambda: sync.on_snapshot_failed(sync.request),
        "undecodable": lambda: sync.on_undecodable(sync.epoch),
        "refused": sync.on_refused,
        "audit": lambda: sync.on_audit(market.now_ns),
        "tick": lambda: sync.on_tick(market.now_ns),
    }
    return deeds[step]()


def live_pair() -> tuple[Market, Market]:
    pair = Market(COMPILED), Market(REFERENCE)
    begin = Snapshot(0, tuple(range(1, 11)), tuple(range(11, 21)), True, None)
    for market in pair:
        market.sync.on_subscribed(1)
        market.load(begin, 100)
    return pair


def run(script: list[Frame | Snapshot | str], pair: tuple[Market, Market]) -> None:
    compiled, reference = pair
    version = 100
    for step in script:
        actions = [act(market, step, version) for market in pair]
        assert repr(actions[0]) == repr(actions[1])
        assert compiled.picture() == reference.picture()
        version = max(compiled.book.head.version, version)


@settings(max_examples=100, deadline=None)
@given(script=steps)
def test_a_session_goes_the_same_way_through_both(script: list[Frame | Snapshot | str]) -> None:
    run(script, live_pair())


@settings(max_examples=100, deadline=None)
@given(script=steps)
def test_a_session_from_its_first_moment_goes_the_same_way(
    script: list[Frame | Snapshot | str],
) -> None:
    run(["subscribed", *script], (Market(COMPILED), Market(REFERENCE)))


@settings(max_examples=100, deadline=None)
@given(
    batches=st.lists(st.lists(changes, max_size=8), min_size=1, max_size=20),
    spans=st.lists(st.integers(0, 3), min_size=20, max_size=20),
)
def test_diffs_in_order_are_all_taken_by_the_compiled_step(
    batches: list[list[tuple[bool, int, str]]], spans: list[int]
) -> None:
    pair = live_pair()
    for batch, span in zip(batches, spans, strict=False):
        # Sizes that neither empty a side nor cross the book: nothing but R7 is due.
        calm = tuple((price <= 10, price, "1.25") for _, price, _ in batch)
        version = pair[0].book.version
        for market in pair:
            act(market, Frame(0, span, calm, 1_790_281_246_000, "plain", False), version)
        assert pair[0].picture() == pair[1].picture()
    assert pair[0].advanced == len(batches)


@pytest.mark.parametrize(
    "last", ["999999999999999999", "9223372036854775807", "9223372036854775808", "9" * 19, "9" * 20]
)
def test_versions_at_the_end_of_their_range_go_the_same_way(last: str) -> None:
    pair = live_pair()
    body = content(2, level("10", "5")) + content(4, "101") + content(5, last)
    frame = content(CHANNEL, "c") + content(Body.DEPTH, body)
    actions = [market.take(frame, market.sync.epoch) for market in pair]
    assert repr(actions[0]) == repr(actions[1])
    assert pair[0].picture() == pair[1].picture()


def plain(*changes: tuple[bool, int, str], skipped: int = 0, spelling: str = "plain") -> Frame:
    return Frame(skipped, 0, changes, 1_790_281_246_000, spelling, False)


SCRIPTS: dict[UnsyncReason, list[Frame | Snapshot | str]] = {
    UnsyncReason.GAP: [plain(), plain(skipped=1)],
    UnsyncReason.CROSSED: [plain(), plain((True, 12, "1"))],
    UnsyncReason.BEYOND_HORIZON: [plain(*((True, price, "0") for price in range(1, 11)))],
    UnsyncReason.UNDECODABLE: [plain(), plain(spelling="unreadable")],
    UnsyncReason.STALE: [
        *(plain(), "long wait", "audit", Snapshot(2, (), (), False, None), plain()),
        *("short wait", "tick"),
    ],
    UnsyncReason.LINK_LOST: [plain(), "link lost"],
}


@pytest.mark.parametrize("reason", SCRIPTS)
def test_every_way_of_losing_a_live_book_is_the_same(reason: UnsyncReason) -> None:
    pair = live_pair()
    run([*SCRIPTS[reason], "subscribed", Snapshot(0, (9,), (12,), False, None), plain()], pair)
    for market in pair:
        assert reason in market.sync.counts.unsynced
        assert market.book.is_synced, "and found again"


@pytest.mark.parametrize("spelling", ["plain", "reordered", "unknown", "long length"])
def test_unusual_spellings_that_are_beyond_doubt_are_taken(spelling: str) -> None:
    pair = live_pair()
    run([plain((True, 9, "5"), spelling=spelling)], pair)
    assert pair[0].advanced == 1


def test_what_the_compiled_step_declines_is_applied_by_the_general_way() -> None:
    pair = live_pair()
    run([plain((True, 9, "5"), spelling="repeated"), plain((True, 8, "5"))], pair)
    assert [market.book.version for market in pair] == [102, 102]
    assert [market.advanced for market in pair] == [1, 0]


def test_every_diff_is_held_while_a_thin_book_is_read_anew() -> None:
    pair = live_pair()
    thinned_out = plain(*((True, price, "0") for price in range(1, 9)))
    snapshot = Snapshot(-2, (9, 10), tuple(range(11, 21)), False, None)
    run([thinned_out, plain((True, 3, "7")), plain((True, 4, "7")), snapshot], pair)
    for market in pair:
        assert market.book.version == 103
        assert (4.0, 7.0) in list(market.book.bid_levels)
    assert pair[0].advanced == 1, "the gate is shut as long as diffs must be held"

"""Pool and side views: the compiled ones hand out what the reference's do, and never change it."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.common.enums import UnsyncReason
from mexc_connector.common.errors import OrderBookNotSynced
from mexc_connector.common.models import OrderBookEntry, OrderBookSnapshot
from mexc_connector.core.entry_pool import OrderBookEntryPool as ReferencePool
from tests.fuzz.twins import Core, imported_core, reference_core

hot = pytest.importorskip("mexc_connector.native._hot")
judge = pytest.importorskip("tests.fuzz.judge")

COMPILED, REFERENCE = imported_core(), reference_core()

numbers = st.one_of(
    st.integers(0, 3).map(float), st.floats(allow_nan=False), st.just(-0.0), st.just(0.1)
)
requests = st.tuples(
    st.sampled_from(("drop", "drop", "entry", "price", "size", "both", "release")),
    numbers,
    numbers,
)


class User:
    """Reads through a pool and holds on to some of what it gets."""

    def __init__(self, pool: "hot.OrderBookEntryPool | ReferencePool") -> None:
        self.pool = pool
        self.entries: list[tuple[OrderBookEntry, str]] = []
        self.floats: list[tuple[float, str]] = []

    def ask(self, what: str, price: float, size: float) -> None:
        entry = self.pool.entry(price, size)
        assert type(entry) is OrderBookEntry
        assert repr((entry.price, entry.size)) == repr((price, size))
        if what in ("entry", "both"):
            self.entries.append((entry, repr(entry)))
        if what in ("price", "both"):
            self.floats.append((entry.price, repr(price)))
        if what in ("size", "both"):
            self.floats.append((entry.size, repr(size)))
        if what == "release" and self.entries:
            del self.entries[len(self.entries) // 2]

    def check(self) -> None:
        assert [repr(entry) for entry, _ in self.entries] == [text for _, text in self.entries]
        assert [repr(number) for number, _ in self.floats] == [text for _, text in self.floats]


@settings(deadline=None)
@given(size=st.integers(-1, 5), asked=st.lists(requests, max_size=40))
def test_what_a_user_holds_never_changes_and_the_counts_are_the_references(
    size: int, asked: list[tuple[str, float, float]]
) -> None:
    compiled, reference = User(hot.OrderBookEntryPool(size)), User(ReferencePool(size))
    for request in asked:
        for user in (compiled, reference):
            user.ask(*request)
            user.check()
        ours, theirs = compiled.pool.get_pool_stats(), reference.pool.get_pool_stats()
        assert ours.built + ours.reused == theirs.built


@settings(deadline=None)
@given(asked=st.lists(requests, min_size=1, max_size=20))
def test_what_the_caller_passed_in_never_changes(asked: list[tuple[str, float, float]]) -> None:
    given_in = [(price, size) for _, price, size in asked]
    before = repr(given_in)
    pool = hot.OrderBookEntryPool(1)
    for price, size in given_in:
        pool.entry(price, size)
    assert repr(given_in) == before


# Views.

indices = st.one_of(
    st.integers(-14, 14), st.sampled_from((2**31, -(2**31), 2**62, -(2**62), True, False))
)
bounds = st.one_of(st.none(), indices, st.sampled_from((2**70, -(2**70))))
slices = st.builds(slice, bounds, bounds, st.one_of(bounds, st.just(0)))
levels = st.dictionaries(
    st.integers(1, 50).map(float), st.integers(1, 9).map(float), max_size=12
).map(lambda sizes: tuple(OrderBookEntry(price, size) for price, size in sizes.items()))

Read = Callable[..., object]
READS: dict[str, Read] = {
    "length": len,
    "list": list,
    "reversed": lambda view: list(reversed(view)),
    "repr": repr,
    "truth": bool,
    "twice": lambda view: (list(view), list(view)),
    "first": lambda view: view[0],
    "last": lambda view: view[-1],
    "a float as index": lambda view: view[1.0],
    "a text as index": lambda view: view["1"],
    "nothing as index": lambda view: view[None],
    "contains": lambda view: (OrderBookEntry(3.0, 1.0) in view, None in view),
    "count": lambda view: [view.count(entry) for entry in view],
    "index": lambda view: [view.index(entry) for entry in view],
    "index of a stranger": lambda view: view.index(OrderBookEntry(-1.0, -1.0)),
    "unpacked": lambda view: [*view],
    "write": lambda view: view.__setitem__(0, None),
}


def book_of(
    core: Core, bids: tuple[OrderBookEntry, ...], asks: tuple[OrderBookEntry, ...]
) -> object:
    pool = core.implementation.OrderBookEntryPool(3)
    book = core.book.LiveOrderBook(judge.SYMBOL, time_ns=lambda: 0, pool=pool)
    book.load(
        OrderBookSnapshot(
            symbol=judge.SYMBOL, bids=bids, asks=asks, version=1, exchange_time_ms=None
        )
    )
    return book


def outcome(read: Callable[[], object]) -> str:
    """What a read gives, or what it raises."""
    try:
        return repr(read())
    except (LookupError, TypeError, ValueError, AttributeError, OrderBookNotSynced) as error:
        is_ours = isinstance(error, OrderBookNotSynced)
        return f"{type(error).__name__} {error if is_ours else ''}"


@settings(max_examples=200, deadline=None)
@given(bids=levels, asks=levels, asked=st.lists(st.one_of(indices, slices), max_size=8))
def test_every_read_of_a_view_is_the_references(
    bids: tuple[OrderBookEntry, ...],
    asks: tuple[OrderBookEntry, ...],
    asked: list[int | slice],
) -> None:
    compiled, reference = (book_of(core, bids, asks) for core in (COMPILED, REFERENCE))
    for side in ("bids", "asks"):
        ours, theirs = getattr(compiled, side), getattr(reference, side)
        for index in asked:
            assert outcome(lambda: ours[index]) == outcome(lambda: theirs[index]), index  # noqa: B023
        for name, read in READS.items():
            assert outcome(lambda: read(ours)) == outcome(lambda: read(theirs)), name  # noqa: B023
        assert outcome(ours.top) == outcome(theirs.top)
    for name in ("best_bid", "best_ask", "mid_price", "spread", "bid_horizon", "ask_horizon"):
        assert repr(getattr(compiled, name)) == repr(getattr(reference, name)), name


@pytest.mark.parametrize("reason", [UnsyncReason.GAP, UnsyncReason.LINK_LOST])
def test_a_view_kept_from_before_raises_on_every_read_of_an_unsynced_book(
    reason: UnsyncReason,
) -> None:
    entries = (OrderBookEntry(2.0, 1.0), OrderBookEntry(1.0, 1.0))
    books = [book_of(core, entries, entries) for core in (COMPILED, REFERENCE)]
    views = [(book.bids, book.asks) for book in books]
    for book in books:
        book.mark_unsynced(reason)
    for compiled, reference in zip(*views, strict=True):
        for name, read in READS.items():
            said = outcome(lambda: read(compiled))  # noqa: B023
            assert said == outcome(lambda: read(reference)), name  # noqa: B023
            assert "NotSynced" in said or name in ("repr", "write"), name
        for index in (0, -1, 5, slice(None), slice(0, 0)):
            with pytest.raises(OrderBookNotSynced):
                compiled[index]
        with pytest.raises(OrderBookNotSynced):
            compiled.top()


def test_an_entry_read_from_a_book_stays_while_the_book_moves_on() -> None:
    book = book_of(COMPILED, (OrderBookEntry(2.0, 1.0),), ())
    held, price = book.bids[0], book.bids[0].price
    for size in range(2, 50):
        book.bid_levels.apply([(2.0, float(size)), (3.0, float(size))])
        assert book.bids[0].size == float(size)
        assert [entry.price for entry in book.bids] == [3.0, 2.0]
    assert (held.price, held.size, price) == (2.0, 1.0, 2.0)

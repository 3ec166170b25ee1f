"""The corners of the compiled pool and side views; their histories are in tests/property."""

import gc
import sys

import pytest

from mexc_connector.common.models import OrderBookEntry

hot = pytest.importorskip("mexc_connector.native._hot")


class NotSynced(Exception):
    pass


def refuse() -> None:
    raise NotSynced


def view_of(*prices: float, pool_size: int = 2, is_readable: bool = True) -> "hot.SideReader":
    bids = hot.Levels(1)
    bids.load([(price, 1.0) for price in prices], None)
    head = hot.BookHead(bids, hot.Levels(-1))
    head.is_readable = is_readable
    return hot.SideReader(refuse, head, bids, hot.OrderBookEntryPool(pool_size))


@pytest.mark.parametrize("size", [-5, 0, 1])
def test_a_pool_has_one_entry_at_least(size: int) -> None:
    assert hot.OrderBookEntryPool(size).get_pool_stats().size == 1


def test_an_entry_that_nobody_holds_is_used_again_and_its_floats_too() -> None:
    pool = hot.OrderBookEntryPool(1)
    entry = pool.entry(1.0, 2.0)
    before = id(entry), id(entry.price), id(entry.size)
    del entry
    entry = pool.entry(3.0, 4.0)
    assert (id(entry), id(entry.price), id(entry.size)) == before
    assert (entry.price, entry.size) == (3.0, 4.0)


def test_a_float_that_somebody_holds_stays_and_the_entry_gets_another() -> None:
    pool = hot.OrderBookEntryPool(1)
    price = pool.entry(1.5, 2.5).price
    size = pool.entry(3.5, 4.5).size
    assert pool.get_pool_stats().reused == 2
    entry = pool.entry(5.5, 6.5)
    assert (price, size) == (1.5, 4.5)
    assert (entry.price, entry.size) == (5.5, 6.5)


def test_an_entry_in_a_container_stays() -> None:
    pool = hot.OrderBookEntryPool(1)
    held = {pool.entry(1.0, 1.0): [pool.entry(2.0, 2.0)]}
    pool.entry(3.0, 3.0)
    assert held == {OrderBookEntry(1.0, 1.0): [OrderBookEntry(2.0, 2.0)]}


def test_floats_that_the_pool_began_with_are_nobody_elses() -> None:
    zero, one = float("0"), float("1")
    pool = hot.OrderBookEntryPool(4)
    for _ in range(8):
        pool.entry(7.0, 7.0)
    assert (zero, one, 0.0, 1.0) == (0, 1, 0, 1)


def test_a_hundred_thousand_reads_leave_no_object_behind() -> None:
    view = view_of(3.0, 2.0, 1.0, pool_size=4)
    for _ in range(100):
        _ = view[0], view.top(), len(view)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(100_000):
        _ = view[0], view.top(), len(view)
    assert sys.getallocatedblocks() - before < 50


def test_a_slice_longer_than_the_pool_hands_out_distinct_entries() -> None:
    view = view_of(*(float(price) for price in range(1, 11)), pool_size=2)
    assert [entry.price for entry in view[:]] == [float(price) for price in range(10, 0, -1)]
    assert [entry.price for entry in view[::-3]] == [1.0, 4.0, 7.0, 10.0]


def test_an_index_below_zero_counts_from_the_deepest_level() -> None:
    view = view_of(3.0, 2.0, 1.0)
    assert [view[index].price for index in (-1, -2, -3, 0, 1, 2)] == [1.0, 2.0, 3.0, 3.0, 2.0, 1.0]
    assert [entry.price for entry in view[-2:]] == [2.0, 1.0]


@pytest.mark.parametrize("index", [3, -4, 2**40, -(2**40)])
def test_an_index_outside_is_an_index_error(index: int) -> None:
    view = view_of(3.0, 2.0, 1.0)
    with pytest.raises(IndexError):
        view[index]


@pytest.mark.parametrize("index", ["0", 0.0, None])
def test_what_is_no_index_is_a_type_error(index: object) -> None:
    view = view_of(3.0)
    with pytest.raises(TypeError):
        view[index]


def test_a_side_that_may_not_be_read_asks_what_to_raise() -> None:
    view = view_of(3.0, is_readable=False)
    for read in (len, list, lambda side: side[0], lambda side: side[:], lambda side: side.top()):
        with pytest.raises(NotSynced):
            read(view)
    assert repr(view) == "<not synced>"


class EmptyingIndex:
    """An index that empties the side at the moment when it is asked for its value."""

    def __init__(self, side: "hot.Levels") -> None:
        self.side = side

    def __index__(self) -> int:
        self.side.clear()
        return 2


def test_a_side_that_empties_while_an_index_is_read_is_not_read_past_its_end() -> None:
    for index in (EmptyingIndex, lambda side: slice(EmptyingIndex(side), 0, -1)):
        bids = hot.Levels(1)
        bids.load([(float(price), 1.0) for price in range(1, 5)], None)
        head = hot.BookHead(bids, hot.Levels(-1))
        head.is_readable = True
        view = hot.SideReader(refuse, head, bids, hot.OrderBookEntryPool(2))
        with pytest.raises((IndexError, TypeError)):
            view[index(bids)]

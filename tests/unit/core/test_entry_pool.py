import gc
import sys

import pytest

from mexc_connector.common.order_book import PoolStats
from mexc_connector.core import IMPLEMENTATION, entry_pool
from mexc_connector.core.implementation import OrderBookEntryPool

compiled_only = pytest.mark.skipif(
    IMPLEMENTATION != "compiled", reason="the reference builds every entry"
)


def test_an_entry_carries_the_values_asked_for() -> None:
    entry = OrderBookEntryPool().entry(1.5, 2.5)
    assert (entry.price, entry.size) == (1.5, 2.5)


@compiled_only
def test_an_entry_that_nobody_holds_is_used_again() -> None:
    pool = OrderBookEntryPool(size=1)
    first = id(pool.entry(1.0, 1.0))
    assert id(pool.entry(2.0, 2.0)) == first
    assert pool.get_pool_stats().reused == 2
    assert pool.get_pool_stats().built == 0


def test_an_entry_that_somebody_holds_never_changes() -> None:
    pool = OrderBookEntryPool(size=1)
    held = pool.entry(1.0, 1.0)
    in_a_list = [pool.entry(2.0, 2.0)]
    as_a_key = {pool.entry(3.0, 3.0): "here"}
    pool.entry(4.0, 4.0)
    assert (held.price, held.size) == (1.0, 1.0)
    assert in_a_list[0].price == 2.0
    assert next(iter(as_a_key)).price == 3.0


def test_reading_through_the_pool_leaves_no_objects_behind() -> None:
    pool = OrderBookEntryPool(size=4)
    price, size = 1.25, 2.25
    for _ in range(100):
        pool.entry(price, size)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(10_000):
        pool.entry(price, size)
    assert sys.getallocatedblocks() - before < 50


@compiled_only
def test_the_reuse_rate_counts_requests() -> None:
    pool = OrderBookEntryPool(size=1)
    assert pool.get_pool_stats().reuse_rate == 0.0
    held = pool.entry(1.0, 1.0)
    pool.entry(2.0, 2.0)
    assert held.price == 1.0
    assert pool.get_pool_stats().reuse_rate == 0.5
    assert pool.get_pool_stats().size == 1


def test_the_reference_builds_every_entry() -> None:
    pool = entry_pool.OrderBookEntryPool(size=1)
    first = pool.entry(1.0, 1.0)
    assert pool.entry(2.0, 2.0) is not first
    assert pool.get_pool_stats() == PoolStats(size=1, built=2, reused=0)

import gc
import sys

import pytest

from mexc_connector.core import entry_pool
from mexc_connector.core.implementation import OrderBookEntryPool


def test_an_entry_carries_the_values_asked_for() -> None:
    entry = OrderBookEntryPool().entry(1.5, 2.5)
    assert (entry.price, entry.size) == (1.5, 2.5)


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
    assert pool.get_pool_stats().built == 3


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


def test_the_reuse_rate_counts_requests() -> None:
    pool = OrderBookEntryPool(size=1)
    assert pool.get_pool_stats().reuse_rate == 0.0
    held = pool.entry(1.0, 1.0)
    pool.entry(2.0, 2.0)
    assert held.price == 1.0
    assert pool.get_pool_stats().reuse_rate == 0.5
    assert pool.get_pool_stats().size == 1


@pytest.mark.parametrize("name", ["pypy", "graalpy"])
def test_where_reference_counts_prove_nothing_every_entry_is_built(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Implementation:
        def __init__(self) -> None:
            self.name = name

    monkeypatch.setattr(entry_pool.sys, "implementation", Implementation())
    pool = entry_pool.OrderBookEntryPool(size=1)
    pool.entry(1.0, 1.0)
    pool.entry(2.0, 2.0)
    assert pool.get_pool_stats().built == 2

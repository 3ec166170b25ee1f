from mexc_connector.core.completed_orders import CompletedOrders


def test_the_least_recently_used_leaves_first() -> None:
    cache: CompletedOrders[str, int] = CompletedOrders(2)
    assert cache.add("a", 1) is None
    assert cache.add("b", 2) is None
    cache.touch("a")
    assert cache.add("c", 3) == 2
    assert "a" in cache
    assert "b" not in cache
    assert len(cache) == 2


def test_a_key_added_again_is_used_not_doubled() -> None:
    cache: CompletedOrders[str, int] = CompletedOrders(2)
    cache.add("a", 1)
    cache.add("b", 2)
    assert cache.add("a", 9) is None
    assert cache.add("c", 3) == 2


def test_a_limit_of_zero_keeps_nothing() -> None:
    cache: CompletedOrders[str, int] = CompletedOrders(0)
    assert cache.add("a", 1) == 1
    assert len(cache) == 0


def test_what_is_not_kept_can_be_touched_and_removed() -> None:
    cache: CompletedOrders[str, int] = CompletedOrders(1)
    cache.touch("a")
    cache.remove("a")
    cache.add("a", 1)
    cache.remove("a")
    assert repr(cache) == "<CompletedOrders 0 of at most 1>"

from mexc_connector.core.pending_requests import PendingRequests
from mexc_connector.core.subscription_actions import RequestKind

NOBODY: frozenset[str] = frozenset()


def test_ids_are_new_and_above_zero() -> None:
    pending = PendingRequests(timeout_s=1.0)
    ids = [pending.send(1, RequestKind.SUBSCRIBE, ("a",), 0.0).request_id for _ in range(3)]
    assert ids == [1, 2, 3]


def test_a_name_settles_the_oldest_request_that_waits_for_it() -> None:
    pending = PendingRequests(timeout_s=1.0)
    leave = pending.send(1, RequestKind.UNSUBSCRIBE, ("a",), 0.0)
    again = pending.send(1, RequestKind.SUBSCRIBE, ("a",), 0.0)
    assert pending.settle(1, 0, frozenset("a"))[0].request == leave
    assert pending.settle(1, 0, frozenset("a"))[0].request == again
    assert pending.settle(1, 0, frozenset("a")) == []


def test_an_answer_may_settle_parts_of_several_requests() -> None:
    pending = PendingRequests(timeout_s=1.0)
    pending.send(1, RequestKind.SUBSCRIBE, ("a", "b"), 0.0)
    pending.send(1, RequestKind.SUBSCRIBE, ("c", "d"), 0.0)
    assert [part.topics for part in pending.settle(1, 0, frozenset("bc"))] == [("b",), ("c",)]
    assert len(pending) == 2
    assert [part.topics for part in pending.settle(1, 0, frozenset("ad"))] == [("a",), ("d",)]
    assert len(pending) == 0


def test_links_do_not_answer_for_each_other() -> None:
    pending = PendingRequests(timeout_s=1.0)
    request = pending.send(1, RequestKind.SUBSCRIBE, ("a",), 0.0)
    assert pending.settle(2, request.request_id, frozenset("a")) == []
    assert pending.settle(2, 0, NOBODY) == []
    pending.void(2)
    assert len(pending) == 1
    pending.void(1)
    assert len(pending) == 0


def test_requests_expire_in_the_order_of_sending() -> None:
    pending = PendingRequests(timeout_s=10.0)
    pending.send(1, RequestKind.SUBSCRIBE, ("a",), 0.0)
    pending.send(1, RequestKind.SUBSCRIBE, ("b",), 3.0)
    assert pending.deadline == 10.0
    assert [part.topics for part in pending.expire(10.0)] == [("a",)]
    assert pending.deadline == 13.0
    assert repr(pending) == "<PendingRequests 1, next deadline 13.0>"
    assert [part.topics for part in pending.expire(99.0)] == [("b",)]
    assert pending.deadline is None

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.errors import OrderRefused
from mexc_connector.common.orders import ClientOrderId
from mexc_connector.core.client_order_ids import (
    ENTROPY_BITS,
    ClientOrderIds,
    checked_client_order_id,
    require_distinct,
)

MOST_ENTROPY = (1 << ENTROPY_BITS) - 1


def test_no_id_comes_twice_in_a_session() -> None:
    ids = ClientOrderIds(started_ms=1_795_000_000_000, entropy=5)
    assert len({ids.next() for _ in range(5_000)}) == 5_000
    assert repr(ids).endswith("-5, 5000 made>")


@given(
    started_ms=st.integers(min_value=0, max_value=10**14),
    entropy=st.integers(min_value=0, max_value=MOST_ENTROPY),
    made=st.integers(min_value=0, max_value=10**9),
)
def test_every_id_is_one_that_the_exchange_takes(started_ms: int, entropy: int, made: int) -> None:
    ids = ClientOrderIds(started_ms=started_ms, entropy=entropy)
    ids._made = made
    made_id = ids.next()
    assert checked_client_order_id(made_id) == made_id
    assert re.fullmatch(r"[a-z0-9]+-[a-z0-9]+-[a-z0-9]+", made_id)


@given(
    sessions=st.lists(
        st.tuples(st.integers(0, 10**14), st.integers(0, MOST_ENTROPY)),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_two_sessions_share_no_id(sessions: list[tuple[int, int]]) -> None:
    first, second = (ClientOrderIds(started_ms=ms, entropy=entropy) for ms, entropy in sessions)
    assert not {first.next() for _ in range(40)} & {second.next() for _ in range(40)}


@pytest.mark.parametrize("entropy", [-1, MOST_ENTROPY + 1])
def test_randomness_out_of_range_is_a_bug(entropy: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        ClientOrderIds(started_ms=0, entropy=entropy)


@pytest.mark.parametrize("text", ["a", "A-Z_09", "x" * 32])
def test_a_callers_own_id_is_taken_as_it_is(text: str) -> None:
    assert checked_client_order_id(text) == text


@pytest.mark.parametrize("text", ["", "x" * 33, "a b", "ä", "a.b", "a\n", "１", None, 7])
def test_an_id_that_the_exchange_would_not_take_is_refused(text: object) -> None:
    with pytest.raises(OrderRefused, match="1 to 32 characters") as caught:
        checked_client_order_id(text)
    assert caught.value.rule == "client_order_id"


def test_an_id_that_comes_twice_in_one_request_is_refused() -> None:
    one, two = ClientOrderId("one"), ClientOrderId("two")
    require_distinct([one, two])
    with pytest.raises(OrderRefused, match="one comes twice"):
        require_distinct([one, two, one])

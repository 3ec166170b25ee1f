"""Which frames of the tops of books are read in one pass, and which declined."""

import pytest

from mexc_connector.common.models import OrderBookEntry, OrderBookSnapshot
from tests.fuzz.wire import content, group, integer, level
from tests.unit.native.event_frames import BTC_USDT, top


def test_the_top_of_a_book_is_read_with_its_horizons() -> None:
    asks = b"".join(content(1, level(price, "1")) for price in ("3", "4"))
    bids = content(2, level("2", "1"))
    assert top(asks + bids + content(3, "e") + content(4, "7") + integer(5, 1), levels=2) == (
        OrderBookSnapshot(
            BTC_USDT,
            (OrderBookEntry(2.0, 1.0),),
            (OrderBookEntry(3.0, 1.0), OrderBookEntry(4.0, 1.0)),
            7,
            9,
            5,
            None,
            4.0,
        )
    )


def test_a_side_that_fills_its_levels_has_a_horizon_and_a_shorter_one_has_none() -> None:
    sides = b"".join(
        content(side, level(price, "1")) for side, price in ((2, "2"), (2, "1"), (1, "3"), (1, "4"))
    )
    for levels, horizons in ((1, (1.0, 4.0)), (2, (1.0, 4.0)), (3, (None, None))):
        read = top(sides + content(4, "7"), levels=levels)
        assert read is not None
        assert (read.bid_horizon, read.ask_horizon) == horizons


def test_an_empty_top_has_no_horizon() -> None:
    empty = top(content(4, "7"))
    assert empty is not None
    assert (empty.bids, empty.asks, empty.bid_horizon, empty.ask_horizon) == ((), (), None, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        content(4, ""),
        content(4, "x"),
        content(4, "1") * 2,
        content(4, "1") + content(1, level("0", "1")),
        content(4, "1") + content(1, level("x", "1")),
        content(4, "1") + content(2, b""),
        content(4, "1") + integer(2, 1),
        content(4, "1") + content(3, b"\xff"),
        content(4, "1") + integer(5, 1) * 2,
        content(4, "1") + group(9, b""),
    ],
    ids=bytes.hex,
)
def test_a_top_like_this_is_declined(body: bytes) -> None:
    assert top(body) is None

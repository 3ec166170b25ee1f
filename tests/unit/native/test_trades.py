"""Which frames of trades are read in one pass, and which declined."""

import pytest

from mexc_connector.common.enums import Side
from mexc_connector.common.models import Trade, TradeId
from tests.fuzz.wire import content, fixed, group, integer, level
from tests.unit.native.event_frames import BTC_USDT, trades

DEAL = level("1.5", "2") + integer(3, 1) + integer(4, 8)


def test_trades_are_read_in_order() -> None:
    sold = level("2", "0") + integer(3, 2) + content(5, "id")
    assert trades(DEAL, sold) == [
        Trade(BTC_USDT, 1.5, 2.0, Side.BUY, 8, None, 5),
        Trade(BTC_USDT, 2.0, 0.0, Side.SELL, 0, TradeId("id"), 5),
    ]
    assert trades() == []
    assert trades(DEAL + integer(9, 1) + content(9, b"\xff")) == trades(DEAL)
    assert trades(DEAL + content(5, "")) == trades(DEAL)
    (named,) = trades(DEAL + content(5, "\u20ac")) or [None]
    assert named is not None
    assert named.trade_id == "\u20ac"


@pytest.mark.parametrize(
    "item",
    [
        b"",
        level("1.5", "2") + integer(4, 8),
        level("1.5", "2") + integer(3, 3),
        level("1.5", "2") + integer(3, 2**32 + 1),
        level("0", "2") + integer(3, 1),
        level("x", "2") + integer(3, 1),
        level("1", "-2") + integer(3, 1),
        level("1", "") + integer(3, 1),
        DEAL + integer(3, 1),
        DEAL + integer(4, 8),
        DEAL + content(1, "1"),
        DEAL + content(5, b"\xff"),
        DEAL + content(5, "a") + content(5, "a"),
        DEAL + group(9, b""),
        level("1.5", "2") + content(3, b"\x01"),
        level("1.5", "2") + integer(3, 1) + fixed(4, b"12345678"),
        DEAL[:-1],
    ],
    ids=bytes.hex,
)
def test_a_push_with_a_trade_like_this_is_declined_whole(item: bytes) -> None:
    assert trades(DEAL, item, DEAL) is None

"""Which times are read off a frame for latencies, and when the reference is asked instead."""

import pytest

from tests.fuzz.wire import CREATE_TIME, SEND_TIME, Body, content, group, integer
from tests.unit.native.event_frames import HEAD, NAME, hot

judge = pytest.importorskip("tests.fuzz.judge")


def test_stamps_are_those_of_order_or_trade_of_making_and_of_sending() -> None:
    head = NAME + integer(CREATE_TIME, 3) + integer(SEND_TIME, 9)
    newest_second = (
        content(1, integer(4, 5)) + content(1, integer(4, 7)) + content(1, integer(4, 6))
    )
    for body, engine_ms in (
        (content(Body.TRADES, newest_second), 7),
        (content(Body.DEPTH, integer(6, 8)), 8),
        (content(Body.BOOK_TICKER, integer(6, 8)), 8),
        (content(Body.LIMIT_DEPTH, integer(5, 8)), 8),
        (content(Body.BOOK_TICKER_BATCH, integer(3, 8)), 8),
        (content(Body.DEPTH, b""), 0),
    ):
        assert hot.read_stamps(head + body) == (engine_ms, 3, 9)
    assert hot.read_stamps(NAME + content(Body.DEPTH, b"")) == (0, 0, 0)
    assert hot.read_stamps(NAME) is None


@pytest.mark.parametrize(
    "body",
    [
        content(Body.DEPTH, integer(6, 8) + group(9, b"")),
        content(Body.DEPTH, integer(6, 2**63)),
        content(Body.TRADES, content(1, integer(4, 2**64 - 5))),
        content(Body.TRADES, content(1, integer(4, 5)) + group(9, b"")),
        content(Body.TRADES, content(1, integer(4, 5) + group(9, b""))),
        content(Body.TRADES, content(1, integer(4, 5) + integer(4, 3))),
        content(Body.BOOK_TICKER, integer(6, 8) + integer(6, 4)),
    ],
    ids=bytes.hex,
)
def test_stamps_of_an_odd_body_are_declined_or_the_references(body: bytes) -> None:
    judge.check_frame(HEAD + body)

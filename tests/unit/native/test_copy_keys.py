"""By what a copy of a push is known, read from the bytes."""

import pytest

from tests.fuzz.wire import Body, content, integer
from tests.unit.native.event_frames import NAME, hot


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (content(Body.DEPTH, content(4, "5") + content(5, "9")), 9),
        (content(Body.BOOK_TICKER, content(5, "7")), 7),
        (content(Body.LIMIT_DEPTH, content(4, "8")), 8),
        (content(Body.TRADES, content(1, content(5, "a")) + content(1, content(5, "b"))), "a"),
        (content(Body.TRADES, content(2, "event") + content(1, content(5, "a"))), "a"),
    ],
)
def test_a_copy_is_known_by_its_version_or_its_first_trade(body: bytes, key: object) -> None:
    assert hot.read_copy_key(NAME + body) == key


@pytest.mark.parametrize(
    "body",
    [
        content(Body.DEPTH, content(4, "5")),
        content(Body.DEPTH, content(5, "5") + content(5, "5")),
        content(Body.DEPTH, content(5, "-5")),
        content(Body.DEPTH, content(5, "9" * 19)),
        content(Body.DEPTH, integer(5, 5)),
        content(Body.DEPTH, content(5, "5") + b"\xff"),
        content(Body.TRADES, b""),
        content(Body.TRADES, content(1, b"") + content(1, content(5, "b"))),
        content(Body.TRADES, content(1, content(5, b"\xff"))),
        content(Body.TRADES, integer(1, 5)),
        content(Body.BOOK_TICKER_BATCH, content(2, "5")),
        content(Body.DEPTH, content(5, "5")) + content(Body.TRADES, b""),
        b"",
    ],
)
def test_what_has_no_plain_key_has_none(body: bytes) -> None:
    assert hot.read_copy_key(NAME + body) is None

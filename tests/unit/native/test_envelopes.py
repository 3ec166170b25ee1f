"""What every reader of events wants of a frame around its body, and the times that it takes."""

from collections.abc import Callable

import pytest

from tests.fuzz.wire import CREATE_TIME, SEND_TIME, Body, content, integer
from tests.unit.native.event_frames import BTC_USDT, HEAD, NAME, QUOTE, hot, ticker, top


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (lambda frame: hot.read_trades(frame, BTC_USDT, 5), Body.TRADES),
        (lambda frame: hot.read_book_ticker(frame, BTC_USDT, 5), Body.BOOK_TICKER),
        (lambda frame: hot.read_book_ticker_batch(frame, BTC_USDT, 5), Body.BOOK_TICKER_BATCH),
        (lambda frame: hot.read_limit_depth(frame, BTC_USDT, 5, 5), Body.LIMIT_DEPTH),
    ],
)
def test_each_reader_wants_its_own_body_once_and_a_channel(
    read: Callable[[bytes], object], kind: Body
) -> None:
    body = content(kind, content(4, "1") if kind is Body.LIMIT_DEPTH else b"")
    assert read(NAME + body) is not None
    assert read(body) is None
    assert read(NAME) is None
    assert read(NAME + body + body) is None
    for other in Body:
        if other is not kind:
            assert read(NAME + content(other, content(4, "1"))) is None
            assert read(NAME + body + content(other, content(4, "1"))) is None


def test_the_creation_time_stands_in_for_a_send_time() -> None:
    for head, time_ms in (
        (NAME + integer(CREATE_TIME, 4), 4),
        (NAME + integer(CREATE_TIME, 4) + integer(SEND_TIME, 0), 4),
        (HEAD + integer(CREATE_TIME, 4), 9),
        (NAME + integer(CREATE_TIME, 0), None),
    ):
        for event in (ticker(QUOTE, head=head), top(content(4, "1"), head=head)):
            assert event is not None
            assert event.exchange_time_ms == time_ms

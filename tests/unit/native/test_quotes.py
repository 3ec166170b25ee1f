"""Which frames of quotes and of batches of them are read in one pass, and which declined."""

import pytest

from mexc_connector.common.models import BookTicker
from tests.fuzz.wire import Body, content, group, integer
from tests.unit.native.event_frames import BTC_USDT, HEAD, NAME, QUOTE, batch, hot, ticker


def test_a_quote_is_read() -> None:
    assert ticker(QUOTE + content(5, "7") + integer(6, 1)) == BookTicker(
        BTC_USDT, 1.0, 2.0, 3.0, 4.0, 7, 9, 5
    )
    assert ticker(QUOTE, head=NAME) == BookTicker(BTC_USDT, 1.0, 2.0, 3.0, 4.0, None, None, 5)


@pytest.mark.parametrize("price", ["", "0", "0.00"])
def test_a_side_without_a_price_is_none(price: str) -> None:
    asks_only = content(1, price) + content(2, "2") + content(3, "3") + content(4, "")
    quote = ticker(asks_only)
    assert quote is not None
    assert (quote.bid_price, quote.bid_size) == (None, None)
    assert (quote.ask_price, quote.ask_size) == (3.0, None)


@pytest.mark.parametrize(
    "body",
    [
        content(1, "x"),
        content(2, "-1"),
        content(1, "0") + content(2, "x"),  # the side is dropped, and still has to be a number
        QUOTE + content(5, "x"),
        QUOTE + content(5, "1") * 2,
        QUOTE + content(1, "1"),
        QUOTE + integer(6, 1) * 2,
        QUOTE + integer(5, 1),
        QUOTE + content(6, "1"),
        QUOTE + group(9, b""),
        QUOTE[:-1],
    ],
    ids=bytes.hex,
)
def test_a_quote_like_this_is_declined(body: bytes) -> None:
    assert ticker(body) is None


def test_quote_texts_repeat_as_the_texts_do() -> None:
    def texts(body: bytes) -> bytes | None:
        answer: bytes | None = hot.quote_texts(HEAD + content(Body.BOOK_TICKER, body))
        return answer

    assert texts(QUOTE) == texts(QUOTE + content(5, "7") + integer(6, 1)) == b"1\x002\x003\x004"
    assert texts(b"") == b"\0\0\0"
    assert texts(content(1, "1")) != texts(content(2, "1"))
    assert texts(QUOTE + content(1, "1")) is None
    assert texts(content(1, b"\xff")) is None
    assert hot.quote_texts(HEAD + content(Body.TRADES, b"")) is None


# Batches.


def test_a_batch_is_read_in_order_and_its_version_is_the_last_quotes() -> None:
    read = batch(QUOTE, b"", QUOTE, rest=content(2, "7") + integer(3, 1))
    assert read is not None
    assert [quote.version for quote in read] == [None, None, 7]
    assert [quote.bid_price for quote in read] == [1.0, None, 1.0]
    assert {quote.exchange_time_ms for quote in read} == {9}
    assert batch() == ()


def test_fields_5_and_6_of_a_batchs_quote_are_unknown_ones() -> None:
    assert batch(QUOTE + content(5, b"\xff") + content(6, b"\xff")) == batch(QUOTE)


@pytest.mark.parametrize(
    ("item", "rest"),
    [
        (content(1, "x"), b""),
        (QUOTE + content(4, "4"), b""),
        (QUOTE[:-1], b""),
        (QUOTE, content(2, "x")),
        (QUOTE, content(2, "1") * 2),
        (QUOTE, integer(1, 1)),
        (QUOTE, content(3, "1")),
        (QUOTE, group(9, b"")),
    ],
)
def test_a_batch_like_this_is_declined(item: bytes, rest: bytes) -> None:
    assert batch(QUOTE, item, rest=rest) is None

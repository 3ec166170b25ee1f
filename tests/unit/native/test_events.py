"""Which frames of trades, quotes and tops of books are read in one pass, and which declined."""

from collections.abc import Callable

import pytest

from mexc_connector.common.enums import Side
from mexc_connector.common.models import (
    BookTicker,
    OrderBookEntry,
    OrderBookSnapshot,
    Trade,
    TradeId,
)
from mexc_connector.common.symbols import AssetName, Symbol
from tests.fuzz.wire import (
    CHANNEL,
    CREATE_TIME,
    SEND_TIME,
    Body,
    content,
    fixed,
    group,
    integer,
    level,
)

hot = pytest.importorskip("mexc_connector.native._hot")
judge = pytest.importorskip("tests.fuzz.judge")

BTC_USDT = Symbol(base=AssetName("BTC"), quote=AssetName("USDT"))
NAME = content(CHANNEL, "c")
HEAD = NAME + integer(SEND_TIME, 9)
DEAL = level("1.5", "2") + integer(3, 1) + integer(4, 8)
QUOTE = content(1, "1") + content(2, "2") + content(3, "3") + content(4, "4")


def trades(*items: bytes, head: bytes = HEAD) -> list[Trade] | None:
    body = b"".join(content(1, item) for item in items)
    answer: list[Trade] | None = hot.read_trades(head + content(Body.TRADES, body), BTC_USDT, 5)
    return answer


def ticker(body: bytes, *, head: bytes = HEAD) -> BookTicker | None:
    frame = head + content(Body.BOOK_TICKER, body)
    answer: BookTicker | None = hot.read_book_ticker(frame, BTC_USDT, 5)
    return answer


def batch(*items: bytes, rest: bytes = b"") -> tuple[BookTicker, ...] | None:
    body = b"".join(content(1, item) for item in items) + rest
    frame = HEAD + content(Body.BOOK_TICKER_BATCH, body)
    answer: tuple[BookTicker, ...] | None = hot.read_book_ticker_batch(frame, BTC_USDT, 5)
    return answer


def top(body: bytes, *, levels: int = 5, head: bytes = HEAD) -> OrderBookSnapshot | None:
    frame = head + content(Body.LIMIT_DEPTH, body)
    answer: OrderBookSnapshot | None = hot.read_limit_depth(frame, BTC_USDT, levels, 5)
    return answer


# Trades.


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


# Quotes.


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


# Tops of books.


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


# Every reader.


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


# Stamps.


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
    assert hot.read_copy_key(content(CHANNEL, "c") + body) == key


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
    assert hot.read_copy_key(content(CHANNEL, "c") + body) is None

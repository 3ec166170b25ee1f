"""What the compiled path takes and what it declines of a frame's form, piece by piece.

Declining is always right; taking is what makes it fast. Both lists are the contract of native/wire.
"""

import pytest

from tests.fuzz.wire import (
    CHANNEL,
    CREATE_TIME,
    SEND_TIME,
    SYMBOL,
    SYMBOL_ID,
    Body,
    content,
    fixed,
    group,
    integer,
    level,
    tag,
    varint,
)

hot = pytest.importorskip("mexc_connector.native._hot")

NAME = content(CHANNEL, "c")
ITEM = content(2, level("2", "3"))
VERSIONS = content(4, "5") + content(5, "6")
DEPTH = content(Body.DEPTH, ITEM + VERSIONS)


def follows(frame: bytes) -> bool:
    """Whether a book at version 4 follows; a book that does not must not have changed."""
    head = hot.BookHead(hot.Levels(1), hot.Levels(-1))
    head.epoch, head.version = 1, 4
    outcome = head.advance(frame, 1, 99)
    state = (head.version, head.applied, head.confirmed_ns, list(head.bids), list(head.asks))
    if outcome == 0:
        assert state == (4, 0, None, [], [])
    else:
        assert state[:3] == (6, 1, 99)
    return outcome != 0


TAKEN = {
    "the form of the exchange": NAME + content(SYMBOL, "BTCUSDT") + integer(SEND_TIME, 7) + DEPTH,
    "a channel and a body": NAME + DEPTH,
    "every field of the envelope": NAME
    + content(SYMBOL, "s")
    + content(SYMBOL_ID, "i")
    + integer(CREATE_TIME, 1)
    + integer(SEND_TIME, 2)
    + DEPTH,
    "any order": DEPTH + integer(SEND_TIME, 2) + NAME,
    "no levels": NAME + content(Body.DEPTH, VERSIONS),
    "versions before levels": NAME + content(Body.DEPTH, VERSIONS + ITEM),
    "quantity before price": NAME
    + content(Body.DEPTH, content(2, content(2, "3") + content(1, "2")) + VERSIONS),
    "an event type and a time": NAME
    + content(Body.DEPTH, ITEM + content(3, "e") + VERSIONS + integer(6, 1)),
    "an unknown number": NAME + DEPTH + integer(2047, 2**64 - 1),
    "an unknown text": NAME + DEPTH + content(2047, b"\xff"),
    "unknown fixed fields": NAME + fixed(9, b"1234") + fixed(9, b"12345678") + DEPTH,
    "an unknown field of the body": NAME
    + content(Body.DEPTH, ITEM + content(7, b"\xff") + VERSIONS),
    "an unknown field of a level": NAME
    + content(Body.DEPTH, content(2, level("2", "3") + integer(3, 1)) + VERSIONS),
    "an empty symbol": NAME + content(SYMBOL, "") + DEPTH,
    "a tag of two bytes for one": tag(CHANNEL, 2, padding=1) + b"\x01c" + DEPTH,
    "a length of two bytes for one": NAME + content(Body.DEPTH, ITEM + VERSIONS, padding=1),
    "a number of ten bytes": NAME + integer(SEND_TIME, 2**64 - 1) + DEPTH,
    "an over-long number": NAME + integer(SEND_TIME, 5, padding=8) + DEPTH,
}

DECLINED = {
    "nothing": b"",
    "no channel": DEPTH,
    "an empty channel": content(CHANNEL, "") + DEPTH,
    "no body": NAME,
    "another body": NAME + content(Body.TRADES, b""),
    "two bodies": NAME + DEPTH + content(Body.TRADES, b""),
    "the same body twice": NAME + DEPTH + DEPTH,
    "two channels": NAME + NAME + DEPTH,
    "two symbols": NAME + content(SYMBOL, "a") * 2 + DEPTH,
    "two send times": NAME + integer(SEND_TIME, 1) * 2 + DEPTH,
    "two creation times": NAME + integer(CREATE_TIME, 1) * 2 + DEPTH,
    "a channel that is a number": integer(CHANNEL, 1) + DEPTH,
    "a send time that is a text": NAME + content(SEND_TIME, "1") + DEPTH,
    "a send time of eight bytes": NAME + fixed(SEND_TIME, b"12345678") + DEPTH,
    "a body that is a number": NAME + integer(Body.DEPTH, 1),
    "a group": NAME + group(2047, b"") + DEPTH,
    "an end of a group": NAME + tag(2047, 4) + DEPTH,
    "a wire type that does not exist": NAME + tag(2047, 6) + DEPTH,
    "a field number of zero": NAME + b"\x02\x00" + DEPTH,
    "a field number too large": NAME + varint(2**35) + b"\x00" + DEPTH,
    "a channel that is no UTF-8": content(CHANNEL, b"\xff") + DEPTH,
    "a symbol that is no UTF-8": NAME + content(SYMBOL, b"\xff") + DEPTH,
    "an event type that is no UTF-8": NAME + content(Body.DEPTH, content(3, b"\xff") + VERSIONS),
    "a length past the end": NAME + DEPTH + tag(2047, 2) + b"\x02a",
    "a huge length": NAME + DEPTH + tag(2047, 2) + varint(2**64 - 1) + b"a",
    "a length past the end of the body": NAME
    + content(Body.DEPTH, VERSIONS + tag(2, 2) + b"\x7f")
    + content(2047, b"x" * 200),
    "a text past the end of its level": NAME
    + content(Body.DEPTH, content(2, b"\x0a\x09" + b"2") + VERSIONS),
    "eight bytes where there are seven": NAME + DEPTH + tag(2047, 1) + b"1234567",
    "four bytes where there are three": NAME + DEPTH + tag(2047, 5) + b"123",
    "a number without an end": NAME + DEPTH + tag(2047, 0) + b"\x80",
    "a number of eleven bytes": NAME + DEPTH + tag(2047, 0) + b"\x80" * 10 + b"\x00",
    "a number of more than 64 bits": NAME + DEPTH + tag(2047, 0) + b"\xff" * 9 + b"\x02",
    "a tag of six bytes": tag(CHANNEL, 2, padding=5) + b"\x01c" + DEPTH,
    "a length of six bytes": NAME + content(Body.DEPTH, ITEM + VERSIONS, padding=5),
    "a tag and nothing more": NAME + DEPTH + b"\x0a",
    "two prices in a level": NAME
    + content(Body.DEPTH, content(2, level("2", "3") + content(1, "2")) + VERSIONS),
    "a price that is a number": NAME
    + content(Body.DEPTH, content(2, integer(1, 2) + content(2, "3")) + VERSIONS),
    "a level that is a number": NAME + content(Body.DEPTH, integer(2, 5) + VERSIONS),
    "a level without a price": NAME + content(Body.DEPTH, content(2, content(2, "3")) + VERSIONS),
    "a level without a quantity": NAME
    + content(Body.DEPTH, content(2, content(1, "2")) + VERSIONS),
    "an empty level": NAME + content(Body.DEPTH, content(2, b"") + VERSIONS),
}


@pytest.mark.parametrize("what", TAKEN)
def test_a_frame_with_this_is_taken(what: str) -> None:
    assert follows(TAKEN[what])


@pytest.mark.parametrize("what", DECLINED)
def test_a_frame_with_this_is_declined_and_changes_nothing(what: str) -> None:
    assert not follows(DECLINED[what])


def test_a_frame_that_ends_early_is_declined_at_every_byte_within_a_field() -> None:
    frame = TAKEN["every field of the envelope"]
    starts_of_body = len(frame) - len(DEPTH)
    assert not any(follows(frame[:end]) for end in range(starts_of_body + 1, len(frame)))


def test_every_function_takes_bytes_alone() -> None:
    for wrong in (None, bytearray(NAME + DEPTH), memoryview(NAME + DEPTH), "text"):
        for read in (
            lambda frame: hot.BookHead(hot.Levels(1), hot.Levels(-1)).advance(frame, 1, 1),
            lambda frame: hot.read_trades(frame, None, 1),
            lambda frame: hot.read_book_ticker(frame, None, 1),
            lambda frame: hot.read_book_ticker_batch(frame, None, 1),
            lambda frame: hot.read_limit_depth(frame, None, 5, 1),
            hot.quote_texts,
            hot.read_stamps,
        ):
            with pytest.raises(TypeError):
                read(wrong)


def test_a_head_needs_both_sides() -> None:
    with pytest.raises(TypeError):
        hot.BookHead(None, hot.Levels(-1))
    with pytest.raises(TypeError):
        hot.BookHead(hot.Levels(1), None)

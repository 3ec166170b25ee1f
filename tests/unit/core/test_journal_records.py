import zlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.enums import OrderStatus, OrderType, Side
from mexc_connector.common.errors import JournalError
from mexc_connector.common.orders import ClientOrderId, OrderId
from mexc_connector.core.journal_records import (
    Accepted,
    CancelIntent,
    Finished,
    Header,
    JournalContents,
    OutcomeUnknown,
    Record,
    encoded,
    fingerprint_of,
    intent_of,
    read_journal,
)
from tests.unit.trading.orders import BTC, intent, order

ACCOUNT = fingerprint_of("a key")
HEADER = Header(format=1, account=ACCOUNT)
A, B, C = (ClientOrderId(name) for name in "abc")
INTENTS = {name: intent_of(intent(name), 1_000) for name in "abc"}


def journal(*records: Record) -> bytes:
    return b"".join(encoded(record) for record in (HEADER, *records))


def read(data: bytes) -> JournalContents:
    return read_journal(data, account=ACCOUNT)


def test_a_record_is_a_line_that_people_can_read() -> None:
    line = encoded(Accepted(client_order_id=A, order_id=OrderId("X1")))
    payload = b'{"record":"accepted","client_order_id":"a","order_id":"X1"}'
    assert line == b"0000003b %08x %s\n" % (zlib.crc32(payload), payload)


def test_an_intent_comes_back_exactly() -> None:
    asked = intent("a", amount="1000000000000.000000000000000001")
    contents = read(journal(intent_of(asked, 77)))
    (left,) = contents.unfinished
    assert left.intent.at_ms == 77
    assert left.order.exact.amount == Decimal("1000000000000.000000000000000001")
    assert left.order.symbol == BTC
    assert (left.order.side, left.order.order_type) == (Side.BUY, OrderType.LIMIT)
    assert left.order.status is OrderStatus.UNKNOWN
    assert left.order.client_order_id == "a"


def test_what_is_finished_is_not_left_over() -> None:
    contents = read(
        journal(
            INTENTS["a"],
            Accepted(client_order_id=A, order_id=OrderId("X1")),
            INTENTS["b"],
            OutcomeUnknown(client_order_id=B),
            INTENTS["c"],
            CancelIntent(client_order_id=A),
            Finished(client_order_id=C, status=OrderStatus.REJECTED),
            Finished(client_order_id=C, status=OrderStatus.REJECTED),
        )
    )
    first, second = contents.unfinished
    assert (first.order_id, first.is_cancel_requested) == ("X1", True)
    assert first.order.status is OrderStatus.PENDING_NEW
    assert (second.intent.client_order_id, second.order_id) == ("b", None)
    assert (contents.records, contents.finished, contents.dropped_bytes) == (9, 2, 0)


def test_a_compacted_order_says_the_same() -> None:
    whole = read(
        journal(
            INTENTS["a"],
            Accepted(client_order_id=A, order_id=OrderId("X1")),
            CancelIntent(client_order_id=A),
            INTENTS["b"],
        )
    )
    compacted = read(journal(*(r for left in whole.unfinished for r in left.records())))
    assert compacted.unfinished == whole.unfinished


def test_an_empty_file_is_a_new_journal() -> None:
    contents = read(b"")
    assert (contents.records, contents.unfinished, contents.whole_bytes) == (0, (), 0)


def test_a_torn_last_record_is_dropped_wherever_it_was_torn() -> None:
    whole = journal(INTENTS["a"])
    last = encoded(Finished(client_order_id=A, status=OrderStatus.FILLED))
    for length in range(len(last)):
        contents = read(whole + last[:length])
        assert [left.intent.client_order_id for left in contents.unfinished] == ["a"]
        assert contents.whole_bytes == len(whole)
        assert contents.dropped_bytes == length


def test_a_last_record_whose_middle_never_reached_the_disk_is_dropped() -> None:
    whole = journal(INTENTS["a"])
    last = bytearray(encoded(INTENTS["b"]))
    last[20:40] = bytes(20)
    contents = read(whole + bytes(last))
    assert contents.dropped_bytes == len(last)


def test_a_torn_header_is_a_new_journal() -> None:
    line = encoded(HEADER)
    for length in range(1, len(line)):
        assert read(line[:length]).records == 0


def test_a_single_changed_byte_before_the_last_record_is_damage() -> None:
    data = journal(INTENTS["a"], INTENTS["b"])
    start, end = len(journal()), len(journal(INTENTS["a"]))
    for place in range(start, end):
        damaged = bytearray(data)
        damaged[place] ^= 1
        with pytest.raises(JournalError, match=r"damaged|cannot be read"):
            read(bytes(damaged))


def test_damage_with_a_torn_record_behind_it_is_damage() -> None:
    damaged = bytearray(journal(INTENTS["a"]))
    damaged[-5] ^= 1
    with pytest.raises(JournalError, match="record 2 of the journal, at byte"):
        read(bytes(damaged) + b"0000")


@pytest.mark.parametrize(
    "data",
    [b"hello", b"hello\nworld\n", b"\x00" * 100, b"{}\n", b"a,b\n1,2\n", b"\n\n"],
)
def test_a_file_that_is_no_journal_is_refused(data: bytes) -> None:
    with pytest.raises(JournalError, match="not an order journal"):
        read(data)


def test_a_journal_without_its_header_is_refused() -> None:
    with pytest.raises(JournalError, match="begin with a header"):
        read(encoded(INTENTS["a"]))


def test_a_second_header_is_refused() -> None:
    with pytest.raises(JournalError, match="record 3 of the journal is a second header"):
        read(journal(INTENTS["a"], HEADER))


def test_another_accounts_journal_is_refused() -> None:
    with pytest.raises(JournalError, match="another account"):
        read_journal(journal(INTENTS["a"]), account=fingerprint_of("another key"))


def test_a_later_format_is_refused() -> None:
    with pytest.raises(JournalError, match="format 2"):
        read(encoded(Header(format=2, account=ACCOUNT)))


def test_a_whole_record_of_an_unknown_kind_is_refused() -> None:
    line = encoded(OutcomeUnknown(client_order_id=A)).replace(b"unknown", b"unheard")
    payload = line[18:-1]
    good = b"%08x %08x %s\n" % (len(payload), zlib.crc32(payload), payload)
    with pytest.raises(JournalError, match="record 2 of the journal cannot be read"):
        read(journal() + good)


def test_the_fingerprint_tells_accounts_apart_and_no_key() -> None:
    assert fingerprint_of("a key") != fingerprint_of("a kez")
    assert "key" not in fingerprint_of("a key")
    assert len(ACCOUNT) == 16


def test_an_order_without_a_client_order_id_cannot_be_journaled() -> None:
    with pytest.raises(JournalError):
        intent_of(order(client_order_id=None), 1)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for prefix in (b"", journal(INTENTS["a"])):
        try:
            contents = read(prefix + data)
        except JournalError:
            continue
        assert contents.whole_bytes + contents.dropped_bytes == len(prefix + data)

"""Which depth frames take a book on, and what following means."""

import pytest

from tests.fuzz.wire import CHANNEL, SEND_TIME, Body, content, integer, level

hot = pytest.importorskip("mexc_connector.native._hot")

DECLINED, FOLLOWED, LOOK, OLD = 0, 1, 2, 3


def head_at(version: int, *, horizon: float | None = None, levels: int = 10) -> "hot.BookHead":
    """A live book of connection 3: bids 10, 9, ..., asks 11, 12, ..., sizes of one."""
    bids, asks = hot.Levels(1), hot.Levels(-1)
    bids.load([(float(10 - step), 1.0) for step in range(levels)], horizon)
    asks.load([(float(11 + step), 1.0) for step in range(levels)], None)
    head = hot.BookHead(bids, asks)
    head.version, head.epoch, head.is_readable = version, 3, True
    return head


def frame_of(
    first: int,
    last: int,
    *,
    bids: dict[str, str] | None = None,
    asks: dict[str, str] | None = None,
    send_ms: int | None = 77,
) -> bytes:
    items = [content(1, level(*change)) for change in (asks or {}).items()]
    items += [content(2, level(*change)) for change in (bids or {}).items()]
    time = b"" if send_ms is None else integer(SEND_TIME, send_ms)
    body = b"".join(items) + content(4, str(first)) + content(5, str(last))
    return content(CHANNEL, "c") + time + content(Body.DEPTH, body)


def picture(head: "hot.BookHead") -> tuple[object, ...]:
    return (
        *(list(side) for side in (head.bids, head.asks)),
        *(head.version, head.epoch, head.applied, head.applied_since_load),
        *(head.exchange_time_ms, head.confirmed_ns, head.is_readable),
    )


@pytest.mark.parametrize(("first", "last"), [(6, 6), (6, 9), (5, 6), (1, 6), (0, 99)], ids=str)
def test_a_range_that_goes_on_where_the_book_stands_is_followed(first: int, last: int) -> None:
    head = head_at(5)
    frame = frame_of(first, last, bids={"9.5": "2"}, asks={"11": "0", "12": "4"})
    assert head.advance(frame, 3, 1234) == FOLLOWED
    assert list(head.bids)[:3] == [(10.0, 1.0), (9.5, 2.0), (9.0, 1.0)]
    assert list(head.asks)[:2] == [(12.0, 4.0), (13.0, 1.0)]
    assert (head.version, head.applied, head.applied_since_load) == (last, 1, 1)
    assert (head.exchange_time_ms, head.confirmed_ns) == (77, 1234)
    assert (head.epoch, head.is_readable) == (3, True)


@pytest.mark.parametrize(
    ("first", "last"),
    [(7, 7), (7, 9), (4, 3), (7, 6), (10**18, 10**18)],
    ids=str,
)
def test_a_gap_and_a_range_turned_around_are_declined(first: int, last: int) -> None:
    head = head_at(5)
    before = picture(head)
    assert head.advance(frame_of(first, last, bids={"9": "2"}), 3, 1) == DECLINED
    assert picture(head) == before


@pytest.mark.parametrize(("first", "last"), [(5, 5), (1, 5), (0, 0), (3, 4)], ids=str)
def test_what_ends_where_the_book_stands_or_before_is_old_and_changes_nothing(
    first: int, last: int
) -> None:
    head = head_at(5)
    before = picture(head)
    assert head.advance(frame_of(first, last, bids={"9": "2", "11": "1"}), 3, 1) == OLD
    assert picture(head) == before


@pytest.mark.parametrize("bad", [{"9": "x"}, {"0": "1"}, {"9": "2", "8": "-1"}], ids=str)
def test_an_old_diff_in_doubt_is_declined(bad: dict[str, str]) -> None:
    head = head_at(5)
    assert head.advance(frame_of(5, 5, bids=bad), 3, 1) == DECLINED


def test_an_old_diff_of_another_connection_and_one_before_a_shut_gate_are_declined() -> None:
    head = head_at(5)
    assert head.advance(frame_of(5, 5), 4, 1) == DECLINED
    head.epoch = -1
    assert head.advance(frame_of(5, 5), 3, 1) == DECLINED


def test_a_book_whose_version_is_beyond_64_bits_knows_what_is_old() -> None:
    head = head_at(2**64)
    before = picture(head)
    assert head.advance(frame_of(5, 5), 3, 1) == OLD
    assert picture(head) == before


@pytest.mark.parametrize("epoch", [2, 4, 0, -1])
def test_a_frame_of_another_connection_is_declined(epoch: int) -> None:
    head = head_at(5)
    before = picture(head)
    assert head.advance(frame_of(6, 6, bids={"9": "2"}), epoch, 1) == DECLINED
    assert picture(head) == before


def test_a_shut_gate_declines_even_its_own_number() -> None:
    head = head_at(5)
    head.epoch = -1
    before = picture(head)
    assert head.advance(frame_of(6, 6), -1, 1) == DECLINED
    assert picture(head) == before


@pytest.mark.parametrize("send_ms", [None, 0])
def test_a_frame_without_a_time_leaves_no_older_time_behind(send_ms: int | None) -> None:
    head = head_at(5)
    head.exchange_time_ms = 55
    assert head.advance(frame_of(6, 6, send_ms=send_ms), 3, 1) == FOLLOWED
    assert head.exchange_time_ms is None


def test_a_frame_whose_last_level_is_wrong_changes_none() -> None:
    head = head_at(5)
    before = picture(head)
    for bad in ({"9": "2", "8": "x"}, {"9": "2", "0": "1"}, {"9": "2", "8": "-1"}):
        assert head.advance(frame_of(6, 6, bids=bad), 3, 1) == DECLINED
        assert picture(head) == before


def test_the_last_word_on_a_price_within_one_frame_holds() -> None:
    head = head_at(5)
    bids = {"9.50": "2", "9.5": "0", "8": "0", "8.0": "3"}
    assert head.advance(frame_of(6, 6, bids=bids), 3, 1) == FOLLOWED
    assert [level for level in head.bids if 8 <= level[0] < 10] == [(9.0, 1.0), (8.0, 3.0)]


def test_levels_past_the_horizon_are_not_kept() -> None:
    head = head_at(5, horizon=5.0)
    bids = {"5": "2", "4.99": "2", "5.01": "2"}
    assert head.advance(frame_of(6, 6, bids=bids), 3, 1) == FOLLOWED
    prices = [price for price, _ in head.bids if price < 6]
    assert prices == [5.01, 5.0, 4.0, 3.0, 2.0, 1.0]


def test_a_level_at_the_horizon_itself_is_kept() -> None:
    for horizon in (5.0, 4.5):
        head = head_at(5, horizon=horizon)
        bids = {"5": "0", "5.0": "2", "4.5": "3"}
        assert head.advance(frame_of(6, 6, bids=bids), 3, 1) == FOLLOWED
        assert (5.0, 2.0) in list(head.bids)
        assert ((4.5, 3.0) in list(head.bids)) is (horizon == 4.5)


def test_a_crossed_book_wants_a_look() -> None:
    for changes in ({"bids": {"11": "1"}}, {"asks": {"10": "1"}}, {"bids": {"99": "1"}}):
        head = head_at(5)
        assert head.advance(frame_of(6, 6, **changes), 3, 1) == LOOK
        assert head.version == 6


def test_a_side_that_ends_at_its_horizon_wants_a_look_and_one_that_just_ends_does_not() -> None:
    emptied = {str(10 - step): "0" for step in range(2)}
    assert head_at(5, levels=2).advance(frame_of(6, 6, bids=emptied), 3, 1) == FOLLOWED
    assert head_at(5, levels=2, horizon=9.0).advance(frame_of(6, 6, bids=emptied), 3, 1) == LOOK


@pytest.mark.parametrize("sign", [1, -1])
def test_a_side_of_which_nothing_is_known_wants_a_look(sign: int) -> None:
    head = head_at(5)
    side = head.bids if sign > 0 else head.asks
    side.load([], 10.5)
    assert head.advance(frame_of(6, 6), 3, 1) == LOOK


def test_a_side_with_less_than_a_quarter_of_its_disclosed_levels_wants_a_look() -> None:
    head = head_at(5, levels=8, horizon=3.0)
    frame = frame_of(6, 6, bids={str(3 + step): "0" for step in range(6)})
    assert head.advance(frame, 3, 1) == FOLLOWED  # two of eight are left
    assert head.advance(frame_of(7, 7, bids={"9": "0"}), 3, 1) == LOOK


def test_a_frame_of_more_levels_than_any_before_is_applied_whole() -> None:
    head = head_at(5, levels=0)
    bids = {f"{price}.5": "1" for price in range(1, 5001)}
    assert head.advance(frame_of(6, 6, bids=bids), 3, 1) == FOLLOWED
    assert [price for price, _ in head.bids] == [price + 0.5 for price in range(5000, 0, -1)]


def test_times_keep_none_apart_from_zero() -> None:
    head = head_at(5)
    assert (head.exchange_time_ms, head.confirmed_ns) == (None, None)
    head.exchange_time_ms, head.confirmed_ns = 0, 0
    assert (head.exchange_time_ms, head.confirmed_ns) == (0, 0)
    head.exchange_time_ms, head.confirmed_ns = None, None
    assert (head.exchange_time_ms, head.confirmed_ns) == (None, None)

from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.cli.layout import SMALLEST_HEIGHT, SMALLEST_WIDTH, arrange

sizes = st.integers(1, 400)


def test_four_markets_are_a_square_on_a_small_terminal() -> None:
    rows = arrange(4, width=80, height=22)
    assert [[(tile.width, tile.height) for tile in row] for row in rows] == [[(40, 11)] * 2] * 2


def test_four_markets_stand_side_by_side_on_a_wide_terminal() -> None:
    rows = arrange(4, width=200, height=48)
    assert [len(row) for row in rows] == [4]


def test_rows_are_equally_long_where_they_can_be() -> None:
    rows = arrange(4, width=120, height=38)
    assert [len(row) for row in rows] == [2, 2]


def test_a_last_row_that_is_short_is_stretched() -> None:
    rows = arrange(3, width=80, height=22)
    assert [[tile.width for tile in row] for row in rows] == [[40, 40], [80]]


def test_markets_without_room_are_left_out() -> None:
    rows = arrange(50, width=80, height=22)
    assert [tile.index for row in rows for tile in row] == list(range(6))


def test_no_markets_need_no_room() -> None:
    assert arrange(0, width=80, height=22) == ()


@given(st.integers(1, 100), sizes, sizes)
def test_tiles_fill_the_terminal_exactly(count: int, width: int, height: int) -> None:
    rows = arrange(count, width=width, height=height)
    assert all(sum(tile.width for tile in row) == width for row in rows)
    assert all(len({tile.height for tile in row}) == 1 for row in rows)
    assert sum(row[0].height for row in rows) == height
    assert [tile.index for row in rows for tile in row] == list(range(sum(map(len, rows))))


@given(st.integers(1, 100), sizes, sizes)
def test_tiles_are_readable_unless_the_terminal_is_smaller_than_one(
    count: int, width: int, height: int
) -> None:
    for row in arrange(count, width=width, height=height):
        for tile in row:
            assert tile.width >= min(SMALLEST_WIDTH, width)
            assert tile.height >= min(SMALLEST_HEIGHT, height)

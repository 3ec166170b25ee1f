"""Splitting of full windows, against a made-up exchange that cuts its replies at a limit."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.rest.answer import Answer
from mexc_connector.rest.private_history import Page, newest_first

ANSWER = Answer("GET /x", b"", 0.0, 0.0, 0)
Row = tuple[int, str]


class Exchange:
    """Keeps rows; a reply holds at most `cap` of those in a window, in no order."""

    def __init__(self, rows: list[Row], cap: int) -> None:
        self.rows = rows
        self.cap = cap
        self.windows: list[tuple[int, int]] = []

    async def fetch(self, start_ms: int, end_ms: int) -> Page[Row]:
        self.windows.append((start_ms, end_ms))
        inside = [row for row in self.rows if start_ms <= row[0] <= end_ms]
        random.Random(len(self.windows)).shuffle(inside)
        is_full = len(inside) >= self.cap
        return Page(ANSWER, inside[: self.cap], is_full, is_cut=is_full)

    async def read(self, start_ms: int, end_ms: int, limit: int | None = None) -> list[Row]:
        return await newest_first(
            self.fetch, start_ms=start_ms, end_ms=end_ms, limit=limit, identity=lambda row: row
        )


def rows_of(seconds: list[int]) -> list[Row]:
    return [(second * 1_000, f"id-{number}") for number, second in enumerate(seconds)]


@given(
    seconds=st.lists(st.integers(0, 500), max_size=60, unique=True),
    cap=st.integers(3, 10),
    start=st.integers(0, 500_000),
    length=st.integers(0, 500_000),
    limit=st.one_of(st.none(), st.integers(1, 70)),
)
async def test_whatever_the_limit_of_a_reply_the_newest_rows_come_each_once(
    seconds: list[int], cap: int, start: int, length: int, limit: int | None
) -> None:
    exchange = Exchange(rows_of(seconds), cap)
    found = await exchange.read(start, start + length, limit)
    inside = [row for row in exchange.rows if start <= row[0] <= start + length]
    assert found == sorted(inside, reverse=True)[:limit]


async def test_a_window_that_fits_is_one_request() -> None:
    exchange = Exchange(rows_of([1, 2, 3]), cap=4)
    assert len(await exchange.read(0, 10_000)) == 3
    assert exchange.windows == [(0, 10_000)]


async def test_with_a_limit_the_older_halves_are_not_asked() -> None:
    exchange = Exchange(rows_of(list(range(0, 1_000, 10))), cap=10)
    await exchange.read(0, 1_000_000, limit=3)
    assert min(start for start, _ in exchange.windows[3:]) > 500_000


async def test_more_rows_in_one_second_than_a_reply_holds_is_an_error_and_no_gap() -> None:
    exchange = Exchange(rows_of([5, 5, 5, 7]), cap=3)
    with pytest.raises(ProtocolViolation, match="one second or two hold more rows"):
        await exchange.read(0, 10_000)

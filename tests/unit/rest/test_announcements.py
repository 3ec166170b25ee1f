from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.rest.announcements import PageCover, covering_pages


def test_a_size_that_the_exchange_serves_is_asked_for_as_it_is() -> None:
    assert covering_pages(1, 20) == PageCover(size=20, first=1, last=1, skip=0)
    assert covering_pages(7, 100) == PageCover(size=100, first=7, last=7, skip=0)


def test_an_odd_size_is_cut_out_of_a_larger_page() -> None:
    assert covering_pages(1, 3) == PageCover(size=5, first=1, last=1, skip=0)
    assert covering_pages(2, 7) == PageCover(size=15, first=1, last=1, skip=7)


def test_more_than_a_hundred_takes_several_pages() -> None:
    assert covering_pages(1, 250) == PageCover(size=100, first=1, last=3, skip=0)


@given(page=st.integers(1, 60), limit=st.integers(1, 350))
def test_the_pages_of_the_exchange_hold_exactly_our_rows(page: int, limit: int) -> None:
    cover = covering_pages(page, limit)
    assert cover.size % 5 == 0
    assert 5 <= cover.size <= 100
    assert cover.first >= 1
    joined = [
        row
        for number in range(cover.first, cover.last + 1)
        for row in range((number - 1) * cover.size, number * cover.size)
    ]
    ours = joined[cover.skip : cover.skip + limit]
    assert ours == list(range((page - 1) * limit, page * limit))

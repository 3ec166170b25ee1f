from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.cli.number_text import (
    decimals_of,
    duration_text,
    exact_text,
    milliseconds_text,
    short_text,
)


@pytest.mark.parametrize(
    ("step", "decimals"), [("0.01", 2), ("0.000000001", 9), ("1", 0), ("10", 0), ("0.50", 1)]
)
def test_a_steps_decimals_are_counted(step: str, decimals: int) -> None:
    assert decimals_of(Decimal(step)) == decimals


@given(st.integers(0, 10**13), st.integers(0, 9))
def test_an_exact_text_has_every_digit_of_a_multiple_of_the_step(ticks: int, decimals: int) -> None:
    price = Decimal(ticks).scaleb(-decimals)
    assert Decimal(exact_text(float(price), decimals)) == price


@pytest.mark.parametrize(
    ("value", "decimals", "width", "text"),
    [
        (0.07012115, 8, 10, "0.07012115"),
        (0.07012115, 8, 8, "0.070121"),
        (99.5, 0, 9, "100"),
        (25_659_437.41, 2, 9, "25.66M"),
        (999_999.0, 2, 9, "1.00M"),
        (140_718_536.54, 2, 4, "141M"),
        (100_000.0, 0, 9, "100.00k"),
        (2.5e19, 0, 9, "25000.00Q"),
    ],
)
def test_a_short_text_keeps_what_fits(value: float, decimals: int, width: int, text: str) -> None:
    assert short_text(value, decimals, width=width) == text


@given(st.floats(0, 9e14), st.integers(0, 8))
def test_a_short_text_fits_a_column_of_seven_cells(value: float, decimals: int) -> None:
    assert len(short_text(value, decimals, width=7)) <= 7


def test_durations_show_hours_only_once_there_are_any() -> None:
    assert duration_text(65.9) == "01:05"
    assert duration_text(3 * 3600 + 62) == "3:01:02"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0.4213, "0.42 ms"), (12.34, "12.3 ms"), (150.2, "150 ms"), (1234, "1.2 s"), (3e5, "5 min")],
)
def test_milliseconds_are_shown_in_the_unit_that_reads_best(milliseconds: float, text: str) -> None:
    assert milliseconds_text(milliseconds) == text

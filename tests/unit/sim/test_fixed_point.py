from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.sim.errors import SimError
from mexc_connector.sim.fixed_point import Scale, ratio_text, rescaled


def test_streams_strip_zeros_and_snapshots_pad_them() -> None:
    cents = Scale(2)
    assert cents.plain(8_427_000) == "84270"
    assert cents.plain(37_580) == "375.8"
    assert cents.padded(8_427_000) == "84270.00"
    assert cents.padded(37_580) == "375.80"


def test_a_scale_without_decimals_writes_whole_numbers() -> None:
    assert Scale(0).plain(120) == "120"
    assert Scale(0).padded(120) == "120"


def test_very_small_numbers_have_no_exponent() -> None:
    assert Scale(12).plain(5) == "0.000000000005"


@given(value=st.integers(0, 10**24), digits=st.integers(0, 18))
def test_text_reads_back_to_the_same_units(value: int, digits: int) -> None:
    scale = Scale(digits)
    assert scale.parse(scale.plain(value)) == value
    assert scale.parse(scale.padded(value)) == value
    assert scale.exact(value) == Decimal(scale.plain(value))


@pytest.mark.parametrize("number", ["abc", "", "NaN", "Infinity", "1.234"])
def test_what_is_no_multiple_of_the_unit_is_refused(number: str) -> None:
    with pytest.raises(SimError):
        Scale(2).parse(number)


@pytest.mark.parametrize(
    ("numerator", "denominator", "digits", "text"),
    [
        (400048, 10**8, 8, "0.00400048"),
        (-1, 3, 4, "-0.3333"),
        (0, 7, 4, "0"),
        (-1, 10**9, 4, "0"),
        (7, 7, 4, "1"),
    ],
)
def test_ratios_are_cut_and_keep_their_sign(
    numerator: int, denominator: int, digits: int, text: str
) -> None:
    assert ratio_text(numerator, denominator, digits) == text


def test_rescaling_cuts_towards_zero() -> None:
    assert rescaled(12_399, from_digits=4, to_digits=2) == 123
    assert rescaled(123, from_digits=2, to_digits=4) == 12_300

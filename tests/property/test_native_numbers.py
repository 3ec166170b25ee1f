"""Decimal text to doubles: the compiled reader rounds as Python's `float`, bit for bit."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import number_texts
from tests.property.wire_frames import number_texts_of_any_kind

judge = pytest.importorskip("tests.fuzz.judge")


@settings(max_examples=300, deadline=None)
@given(text=number_texts_of_any_kind)
def test_a_text_is_declined_or_is_what_float_says(text: str) -> None:
    read = judge.sizes_read([text])
    if read is not None:
        assert text.isascii()
        assert set(text) <= set("0123456789.eE+-")
        assert read[0].hex() == float(text).hex()
        assert 0.0 <= read[0] < float("inf")


@settings(deadline=None)
@given(number=st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_what_repr_writes_of_any_double_is_read_back(number: float) -> None:
    assert judge.sizes_read([repr(number)]) == [number]


@settings(deadline=None)
@given(mantissa=st.integers(10**14, 10**19 - 1), exponent=st.integers(-30, 30))
def test_mantissas_of_15_to_19_digits_with_small_exponents(mantissa: int, exponent: int) -> None:
    judge.check_numbers([f"{mantissa}e{exponent}", f"{mantissa}E{exponent:+03}"])


@settings(deadline=None)
@given(
    mantissa=st.integers(2**53 - 3, 2**53 + 3) | st.integers(2**64 - 3, 2**64 + 3),
    point=st.integers(0, 25),
    zeros=st.integers(0, 20),
)
def test_mantissas_at_the_edge_of_the_exact_conversion(
    mantissa: int, point: int, zeros: int
) -> None:
    digits = str(mantissa).rjust(point + 1, "0")
    whole, fraction = digits[: len(digits) - point], digits[len(digits) - point :]
    judge.check_numbers([f"{whole}.{fraction}{'0' * zeros}", digits + "0" * zeros])


@pytest.mark.parametrize("text", [*number_texts.PLAIN, *number_texts.HARD])
def test_numbers_that_are_hard_to_round(text: str) -> None:
    judge.check_numbers([text])


@pytest.mark.parametrize("seed", range(8))
def test_thousands_of_random_decimals_and_ties(seed: int) -> None:
    random = Random(seed)
    for _ in range(5):
        judge.check_numbers(number_texts.readable(random, 500))


@pytest.mark.slow
def test_a_hundred_thousand_random_decimals_and_ties() -> None:
    random = Random(8)
    for _ in range(200):
        judge.check_numbers(number_texts.readable(random, 500))

"""Text of the wire to numbers: correctly rounded, and nothing that is not a number gets through."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

# What a number may be written with. `float` alone would also take "nan", "1_0", " 1" and
# digits of other scripts. Exponents are allowed: Java's BigDecimal writes them.
_NUMBER_BYTES = b"0123456789.eE+-"
_LONGEST_VERSION = 19
# Digits on either side of the point: the cheapest tokens need 18, and 1E999999999 is no amount.
_MOST_DIGITS = 50
_INFINITY = float("inf")


def floats(texts: Sequence[str]) -> list[float]:
    """Read non-negative finite numbers; raises `ValueError` for anything else, empty text too.

    One check for the whole batch: cheaper than one for each text, and this is on the hot path.
    """
    if "".join(texts).encode().translate(None, _NUMBER_BYTES):
        raise ValueError("not a plain number")
    numbers = list(map(float, texts))
    if numbers and (min(numbers) < 0.0 or max(numbers) == _INFINITY):
        raise ValueError("negative or infinite number")
    return numbers


def levels(texts: Sequence[str]) -> list[tuple[float, float]]:
    """Pair up price, size, price, size, ...; a price of zero is a `ValueError` too."""
    flat = floats(texts)
    prices = flat[::2]
    if 0.0 in prices:
        raise ValueError("price of zero")
    return list(zip(prices, flat[1::2], strict=True))


def non_negative(text: str) -> float:
    """Read one non-negative finite number; raises `ValueError`."""
    return floats((text,))[0]


def positive(text: str) -> float:
    """Read one finite number above zero; raises `ValueError`."""
    number = floats((text,))[0]
    if number == 0.0:
        raise ValueError("zero")
    return number


def optional_non_negative(text: str) -> float | None:
    """Read one non-negative finite number; empty text is None. Raises `ValueError`."""
    return floats((text,))[0] if text else None


def optional_signed(text: str) -> float | None:
    """Read one finite number of either sign; empty text is None. Raises `ValueError`."""
    if not text:
        return None
    if text.encode().translate(None, _NUMBER_BYTES):
        raise ValueError("not a plain number")
    number = float(text)
    if abs(number) == _INFINITY:
        raise ValueError("infinite number")
    return number


def version(text: str) -> int:
    """Read a book version: ASCII digits that fit 64 bits. Raises `ValueError`."""
    if len(text) > _LONGEST_VERSION or not (text.isascii() and text.isdigit()):
        raise ValueError("not a version")
    return int(text)


def optional_version(text: str) -> int | None:
    """Read a version; empty text is None (not sent before 2026-06-17). Raises `ValueError`."""
    return version(text) if text else None


def exact_signed(text: str) -> Decimal:
    """Read one finite number of either sign, to the last digit; raises `ValueError`."""
    if text.encode().translate(None, _NUMBER_BYTES):
        raise ValueError("not a plain number")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("not a number") from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_MOST_DIGITS:
        raise ValueError("too many decimals")
    if number.adjusted() > _MOST_DIGITS or exponent > _MOST_DIGITS:
        raise ValueError("too many digits")
    return number if number else number.copy_abs()


def exact_non_negative(text: str) -> Decimal:
    """Read one non-negative finite number, to the last digit; raises `ValueError`."""
    number = exact_signed(text)
    if number < 0:
        raise ValueError("negative number")
    return number


def exact_positive(text: str) -> Decimal:
    """Read one finite number above zero, to the last digit; raises `ValueError`."""
    number = exact_non_negative(text)
    if not number:
        raise ValueError("zero")
    return number

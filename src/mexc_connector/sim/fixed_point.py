"""Whole numbers of ticks or lots to the exchange's decimal text and back, always exact."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction

from mexc_connector.sim.errors import SimError


class Scale:
    """The number of decimals that one unit (a tick, a lot) stands for."""

    __slots__ = ("digits", "unit")

    def __init__(self, digits: int) -> None:
        self.digits = digits
        self.unit: int = 10**digits

    def plain(self, value: int) -> str:
        """Write without trailing zeros, as the streams do: `84270`, `375.8`."""
        whole, part = divmod(value, self.unit)
        if not part:
            return str(whole)
        return f"{whole}.{part:0{self.digits}d}".rstrip("0")

    def padded(self, value: int) -> str:
        """Write with all decimals, as the depth snapshot does: `84270.00`."""
        if not self.digits:
            return str(value)
        whole, part = divmod(value, self.unit)
        return f"{whole}.{part:0{self.digits}d}"

    def exact(self, value: int) -> Decimal:
        """Give the value as an exact `Decimal` with all its decimals."""
        # Not `scaleb`, which rounds to the 28 digits of the usual decimal context.
        return Decimal(f"{value}E-{self.digits}")

    def parse(self, number: str | int | Decimal) -> int:
        """Read a number into whole units; raises `SimError` for text, NaN or excess decimals."""
        try:
            value = Decimal(number)
            units = Fraction(value) * self.unit
        except (InvalidOperation, ValueError, OverflowError) as error:
            raise SimError(f"{number!r} is not a number.") from error
        if units.denominator != 1:
            raise SimError(f"{number!r} has more than {self.digits} decimals.")
        whole: int = units.numerator
        return whole


def rescaled(value: int, *, from_digits: int, to_digits: int) -> int:
    """Express `value` with another number of decimals, cut towards zero where they are fewer."""
    if to_digits >= from_digits:
        factor: int = 10 ** (to_digits - from_digits)
        return value * factor
    divisor: int = 10 ** (from_digits - to_digits)
    return value // divisor


def ratio_text(numerator: int, denominator: int, digits: int = 8) -> str:
    """Write numerator / denominator, maybe negative, cut at `digits` and without trailing zeros."""
    sign = "-" if (numerator < 0) != (denominator < 0) and numerator else ""
    scaled = abs(numerator) * 10**digits // abs(denominator)
    text = Scale(digits).plain(scaled)
    return sign + text if text != "0" else "0"

"""What a trade costs: rates, the asset a fee is taken in, the deduction in MX."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

import msgspec

from mexc_connector.sim.fixed_point import Scale
from mexc_connector.sim.ledger import Fee

RATES = Scale(8)
"""Rates are whole numbers of 10^-8."""
MX = "MX"
MX_MARKET = "MXUSDT"
MX_DISCOUNT = Fraction(1, 5)
"""Off the fee when it is paid in MX. The exchange's number for API trades is not published."""


class BuyFee(StrEnum):
    """The asset in which buyers pay; sellers always pay in the quote asset, which they receive."""

    BASE = "base"
    QUOTE = "quote"


class FeeRates(msgspec.Struct, frozen=True):
    """Maker and taker rate in units of `RATES`."""

    maker: int
    taker: int

    @property
    def highest(self) -> int:
        """The rate to set money aside for before it is known which one applies."""
        return max(self.maker, self.taker)


def fee_on(atoms: int, rate: int) -> int:
    """Give the fee on an amount, cut to whole atoms."""
    return atoms * rate // RATES.unit


def reserve_for_fee(atoms: int, rate: int) -> int:
    """Give what covers any number of fees on parts of an amount."""
    return -(-atoms * rate // RATES.unit)


def fee_in_mx(quote_fee: int, mx_price: Fraction) -> Fee:
    """Turn a fee in atoms of quote into MX, with the discount; cut to whole atoms."""
    return Fee(MX, int(quote_fee * (1 - MX_DISCOUNT) / mx_price))

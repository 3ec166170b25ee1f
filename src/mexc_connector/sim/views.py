"""What a market shows to a test: exact numbers instead of ticks and lots."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import msgspec

from mexc_connector.sim.matching import Side


class Level(NamedTuple):
    """A price level of a market, exact; equal to the tuple (price, quantity)."""

    price: Decimal
    quantity: Decimal


class BookView(msgspec.Struct, frozen=True):
    """The whole book at one version, best levels first."""

    version: int
    bids: list[Level]
    asks: list[Level]


class Placement(msgspec.Struct, frozen=True):
    """What became of an order: what traded at once, what did not, and whether it rests."""

    order_id: str
    filled: Decimal
    remaining: Decimal
    is_open: bool


class PublicTrade(msgspec.Struct, frozen=True):
    """A printed trade in exact numbers; `side` is the taker's."""

    time_ms: int
    price: Decimal
    quantity: Decimal
    side: Side
    trade_id: int

"""Orders and fills of accounts, as the exchange keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from mexc_connector.sim.ledger import ATOM_DIGITS, Fee
from mexc_connector.sim.market import Market
from mexc_connector.sim.matching import OrderKind, Side
from mexc_connector.sim.stp import StpMode

STP_CANCEL = "stp_cancel"


class OrderState(StrEnum):
    """Where an order stands, as REST spells it."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    PARTIALLY_CANCELED = "PARTIALLY_CANCELED"

    @property
    def is_open(self) -> bool:
        """Whether something can still happen to the order."""
        return self in (OrderState.NEW, OrderState.PARTIALLY_FILLED)


def base_atoms(market: Market, lots: int) -> int:
    """Express lots of a market in atoms of its base asset."""
    factor: int = 10 ** (ATOM_DIGITS - market.quantities.digits)
    return lots * factor


def quote_atoms(market: Market, turnover: int) -> int:
    """Express price times lots of a market in atoms of its quote asset."""
    factor: int = 10 ** (ATOM_DIGITS - market.turnovers.digits)
    return turnover * factor


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that a request asks for, read and within the rules; exactly one size is set."""

    market: Market
    side: Side
    kind: OrderKind
    price: int | None = None
    """Ticks; None for MARKET."""
    lots: int | None = None
    quote_amount: int | None = None
    """Atoms to spend (BUY) or to receive (SELL)."""
    client_order_id: str | None = None
    stp_mode: StpMode = StpMode.NONE


@dataclass(slots=True, eq=False)
class ClientOrder:
    """One order. `price` in ticks, the protective one for MARKET; `lots` is the size to match."""

    asked: NewOrder
    owner: int
    number: int
    """Key in the matching book, below 0 so that it never meets an agent's."""
    order_id: str
    price: int
    lots: int
    locked: int
    """Atoms still set aside, of the quote asset for BUY and of the base asset for SELL."""
    created_ms: int
    written_ms: int
    """When it was placed or cancelled: queries may see that late."""
    state: OrderState = OrderState.NEW
    executed_lots: int = 0
    turnover: int = 0
    """Price times lots of all fills."""
    last_price: int = 0
    last_lots: int = 0
    is_maker: bool = False
    updated_ms: int | None = None
    cancel_reason: str | None = None

    @property
    def market(self) -> Market:
        """Where it trades."""
        return self.asked.market

    @property
    def symbol(self) -> str:
        """The market's name."""
        return self.asked.market.symbol

    @property
    def remaining(self) -> int:
        """Lots that did not trade."""
        return self.lots - self.executed_lots

    @property
    def lock_asset(self) -> str:
        """The asset that backs it."""
        listing = self.market.listing
        return listing.quote if self.asked.side is Side.BUY else listing.base


class ClientFill(msgspec.Struct, frozen=True):
    """One side of a trade that an account took part in."""

    order: ClientOrder
    trade_id: str
    price: int
    lots: int
    fee: Fee
    is_maker: bool
    is_self_trade: bool
    time_ms: int

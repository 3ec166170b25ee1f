"""How an order meets the book: its limit, the lots to match, what must be set aside for it."""

from __future__ import annotations

import msgspec

from mexc_connector.sim.client_orders import NewOrder, base_atoms, quote_atoms
from mexc_connector.sim.errors import TradeRefusal
from mexc_connector.sim.fees import RATES, reserve_for_fee
from mexc_connector.sim.matching import BookSide, OrderKind, Side, TradeGuard

PROTECTION_PERCENT = 5
"""A MARKET order goes this far from the best price: a stream sample has 3.5121 for 3.6962."""


class Sizing(msgspec.Struct, frozen=True):
    """Price in ticks, lots to match, atoms to lock."""

    price: int
    lots: int
    locked: int


def size_order(asked: NewOrder, guard: TradeGuard | None, buyer_rate: int) -> Sizing:
    """Size an order against the book as it is now.

    `buyer_rate` is the rate of a fee that a buyer pays on top, in units of `RATES`. Raises the
    refusal for a MARKET order without an opposing one.
    """
    price = asked.price if asked.price is not None else _protective_price(asked)
    if asked.lots is not None:
        return Sizing(price, asked.lots, lock_for(asked, price, asked.lots, buyer_rate))
    budget = asked.quote_amount or 0
    rate = buyer_rate if asked.side is Side.BUY else 0
    lots = _lots_for(asked, price, guard, budget * RATES.unit, RATES.unit + rate)
    locked = budget if asked.side is Side.BUY else base_atoms(asked.market, lots)
    return Sizing(price, lots, locked)


def lock_for(asked: NewOrder, price: int, lots: int, buyer_rate: int) -> int:
    """Give the atoms that so many lots need at this limit, in the asset the order gives away."""
    if asked.side is Side.SELL:
        return base_atoms(asked.market, lots)
    cost = quote_atoms(asked.market, price * lots)
    return cost + reserve_for_fee(cost, buyer_rate)


def opposing(asked: NewOrder) -> BookSide:
    """Give the side of the book that an order trades with."""
    book = asked.market.book
    return book.asks if asked.side is Side.BUY else book.bids


def matching_kind(asked: NewOrder) -> OrderKind:
    """Give the kind to match with: MARKET is limited by its protective price."""
    if asked.kind is OrderKind.MARKET:
        return OrderKind.IMMEDIATE_OR_CANCEL
    return asked.kind


def _protective_price(asked: NewOrder) -> int:
    best = opposing(asked).best
    if best is None:
        raise TradeRefusal(30025, "no exist opponent order")
    if asked.side is Side.BUY:
        return best * (100 + PROTECTION_PERCENT) // 100
    return -(-best * (100 - PROTECTION_PERCENT) // 100)


def _lots_for(asked: NewOrder, price: int, guard: TradeGuard | None, budget: int, unit: int) -> int:
    """Count the lots that a budget trades; one more than there are when the book runs out first.

    That one stays over and is cancelled, which is what tells the client.
    """
    market, lots, cost = asked.market, 0, 0
    for maker in opposing(asked).makers_within(price, guard):
        cost = quote_atoms(market, maker.price) * unit
        affordable = budget // cost
        if affordable < maker.remaining:
            lots += affordable
            if not lots:
                raise TradeRefusal(
                    30002, "The minimum transaction volume cannot be less than:1 lot"
                )
            return lots
        lots += maker.remaining
        budget -= maker.remaining * cost
    return lots + 1 if budget >= cost else lots

"""The agents of one market: they quote a ladder, cancel, and take towards a wandering fair price.

Each action costs a few random draws and one book operation. All randomness comes from one generator
per market, so a market's life is the same for the same seed, whatever else the exchange carries.
"""

from __future__ import annotations

import math
from random import Random

from mexc_connector.sim.market import Market
from mexc_connector.sim.matching import Order, OrderKind, Side

USUAL_AGENTS = 12
"""Agents for which `Listing.events_per_second` holds."""
VOLATILITY_PER_ROOT_SECOND = 3.0e-5
"""About 0.9 % a day."""
MOMENTUM_LIFE_S = 20.0
LADDER_SHARE = 0.0008
"""Mean distance of a quote from the fair price, as a fraction of it; or this, if it is more:"""
TICKS_PER_LEVEL = 0.4
DEEP_TICKS_PER_LEVEL = 1.5
"""Few enough quotes share a price then for nine tenths of the levels asked for to be distinct."""
TAKER_SHARE = 0.16
CANCEL_SHARE = 0.30
THIN_SHARE = 0.9
"""A side with fewer of its levels is quoted where it would else be cancelled, or it would wane."""
IMPROVER_SHARE = 0.35
"""Quotes that go between the best price and the fair one, which keeps the spread small."""


class Crowd:
    """The agents of one market, numbered from 1, acting one at a time."""

    __slots__ = (
        "_agents",
        "_fair",
        "_last_ms",
        "_market",
        "_mean_gap_ms",
        "_momentum",
        "_quotes",
        "_rng",
        "_spread",
    )

    def __init__(self, market: Market, *, agents: int, seed: int) -> None:
        listing = market.listing
        self._market = market
        self._agents = agents
        self._rng = Random(f"{seed}:{listing.symbol}:agents")
        self._fair = float(listing.start_price)
        self._momentum = 0.0
        self._last_ms = market.clock.now_ms
        self._mean_gap_ms = 1000.0 * USUAL_AGENTS / agents / listing.events_per_second
        reach = DEEP_TICKS_PER_LEVEL if listing.is_deep else TICKS_PER_LEVEL
        self._spread = max(listing.levels * reach, listing.start_price * LADDER_SHARE)
        self._quotes: dict[Side, list[int]] = {Side.BUY: [], Side.SELL: []}
        self._open_book()

    def next_action_ms(self) -> float:
        """Draw when the next action happens."""
        gap = -self._mean_gap_ms * math.log(1.0 - self._rng.random())
        return self._last_ms + max(1.0, gap)

    def act(self) -> None:
        """Let one agent do one thing at the present exchange time."""
        self._wander()
        draw = self._rng.random()
        if draw < TAKER_SHARE:
            self._take()
            return
        side = self._thinner_side()
        levels = self._market.listing.levels
        quoted = self._levels_of(side)
        if draw < TAKER_SHARE + CANCEL_SHARE and quoted > levels * THIN_SHARE:
            self._withdraw_one(self._any_side())
            return
        if quoted >= levels:
            self._withdraw_one(side)
        self._quote(side, self._distance(side))

    def _open_book(self) -> None:
        """Quote the whole ladder at once, then forget it as a change: it was always there."""
        # Several quotes share a level now and then, hence more quotes than levels.
        for _ in range(int(self._market.listing.levels * 1.15)):
            self._quote(Side.BUY, self._ladder_distance())
            self._quote(Side.SELL, self._ladder_distance())
        self._market.forget_published()

    def _wander(self) -> None:
        now_ms = self._market.clock.now_ms
        elapsed_s = (now_ms - self._last_ms) / 1000.0
        self._last_ms = now_ms
        rng = self._rng
        shock = (rng.random() + rng.random() + rng.random() - 1.5) * 2.0
        self._momentum *= math.exp(-elapsed_s / MOMENTUM_LIFE_S)
        self._momentum += 0.2 * VOLATILITY_PER_ROOT_SECOND * shock * math.sqrt(elapsed_s)
        step = VOLATILITY_PER_ROOT_SECOND * shock * math.sqrt(elapsed_s)
        step += self._momentum * min(elapsed_s, 1.0) * 0.1
        self._fair = max(self._spread * 0.5 + 10.0, self._fair * (1.0 + step))

    def _any_side(self) -> Side:
        return Side.BUY if self._rng.random() < 0.5 else Side.SELL

    def _levels_of(self, side: Side) -> int:
        book = self._market.book
        return len((book.bids if side is Side.BUY else book.asks).keys)

    def _thinner_side(self) -> Side:
        short = self._levels_of(Side.SELL) - self._levels_of(Side.BUY)
        lean = 0.5 + 0.5 * max(-1.0, min(1.0, short / (0.1 * self._market.listing.levels + 1)))
        return Side.BUY if self._rng.random() < lean else Side.SELL

    def _agent(self) -> int:
        return 1 + int(self._rng.random() * self._agents)

    def _lots(self, scale: float) -> int:
        """Draw a size: most are small, a few are large."""
        rng = self._rng
        typical = self._market.listing.typical_lots
        return 1 + int(typical * scale * -math.log(1.0 - rng.random()) * (0.25 + rng.random()))

    def _ladder_distance(self) -> float:
        """Draw how far from the fair price a quote of the ladder stands, in ticks."""
        return -self._spread * math.log(1.0 - self._rng.random())

    def _distance(self, side: Side) -> float:
        """Draw a distance on the ladder, or one between the best price and the fair one."""
        distance = self._ladder_distance()
        if self._rng.random() < IMPROVER_SHARE:
            book = self._market.book
            best = (book.bids if side is Side.BUY else book.asks).best
            if best is not None and abs(self._fair - best) > 1.0:
                return abs(self._fair - best) * self._rng.random()
        return distance

    def _quote(self, side: Side, distance: float) -> None:
        if side is Side.BUY:
            price = max(1, math.floor(self._fair - distance))
        else:
            price = math.ceil(self._fair + distance)
        order = self._order(side, price, self._lots(0.6 + distance / self._spread))
        self._market.submit(order, OrderKind.LIMIT_MAKER)
        if order.order_id in self._market.book.orders:
            self._quotes[side].append(order.order_id)

    def _withdraw_one(self, side: Side) -> None:
        """Cancel one random quote; those that were filled meanwhile are dropped on the way."""
        quotes = self._quotes[side]
        while quotes:
            position = int(self._rng.random() * len(quotes))
            order_id = quotes[position]
            quotes[position] = quotes[-1]
            quotes.pop()
            if self._market.withdraw(order_id) is not None:
                return

    def _take(self) -> None:
        """Trade towards the fair price, or against a random side when the book agrees with it."""
        book = self._market.book
        best_bid, best_ask = book.bids.best, book.asks.best
        if best_ask is not None and best_ask < self._fair:
            side, limit, scale = Side.BUY, math.floor(self._fair), 2.5
        elif best_bid is not None and best_bid > self._fair:
            side, limit, scale = Side.SELL, math.ceil(self._fair), 2.5
        else:
            side = self._any_side()
            best = best_ask if side is Side.BUY else best_bid
            if best is None:
                return
            slack = 1 + int(self._spread * 0.02)
            limit, scale = (best + slack if side is Side.BUY else max(1, best - slack)), 0.5
        order = self._order(side, limit, self._lots(scale))
        self._market.submit(order, OrderKind.IMMEDIATE_OR_CANCEL)

    def _order(self, side: Side, price: int, lots: int) -> Order:
        return self._market.new_order(self._agent(), side, price, lots)

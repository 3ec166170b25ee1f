"""One market: its matching book, its trades and everything that is made of them."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from decimal import Decimal
from random import Random

from mexc_connector.sim.candles import Candle, candle_of
from mexc_connector.sim.catalog import Listing
from mexc_connector.sim.chart import Chart
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.fixed_point import Scale
from mexc_connector.sim.history import Past
from mexc_connector.sim.intervals import HOUR_MS, Interval
from mexc_connector.sim.matching import (
    BookSide,
    Fill,
    MatchingBook,
    Order,
    OrderKind,
    Side,
    TradeGuard,
)
from mexc_connector.sim.prints import Print, Tape, id_at
from mexc_connector.sim.tickers import DayReference, DayStatistics
from mexc_connector.sim.views import BookView, Level, Placement, PublicTrade

TEST_OWNER = 0
"""Owner of orders placed through `Market.place`; agents count from 1, accounts from -1 down."""
ACCOUNT_TAIL = "043"
TRADES_REACH_MS = 25 * HOUR_MS
"""Single trades are told about for a day and an hour; candles reach back to the listing."""

Settle = Callable[[Fill, Order, Print], None]
"""Told of a trade that an account takes part in: the fill, its taker, what was printed."""


class Clock:
    """The exchange's time in ms. Only the exchange moves it."""

    __slots__ = ("now_ms", "offset_ms")

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.offset_ms = 0
        """By how much the gateways' clock is off."""

    @property
    def told_ms(self) -> int:
        """What the gateways tell, stamp and judge requests by."""
        return self.now_ms + self.offset_ms


class Market:
    """A market that trades. Prices are ticks and quantities lots, except in the public views."""

    def __init__(
        self,
        listing: Listing,
        *,
        clock: Clock,
        touched: set[int],
        seed: int,
        past: Past | None,
        remembered_changes: int,
    ) -> None:
        self.listing = listing
        self.clock = clock
        self.prices = Scale(listing.price_digits)
        self.quantities = Scale(listing.quantity_digits)
        self.turnovers = Scale(listing.price_digits + listing.quantity_digits)
        rng = Random(f"{seed}:{listing.symbol}:version")
        self.book = MatchingBook(
            rng.randrange(10**9, 8 * 10**10), remembered_changes=remembered_changes
        )
        self.tape = Tape(listing.index, keep=40_000 if listing.is_liquid else 1_000)
        # A quiet market's bars still cover the 1,440 minutes that its day statistics need.
        self.chart = Chart(past, keep=160_000 if listing.is_liquid else 1_600)
        self.day = DayStatistics(self.chart)
        self.running: dict[Interval, Candle | None] = {}
        self.prints_since_publishing: list[Print] = []
        self.changes_published_fast = 0
        self.prints_published_fast = 0
        self.last_order_ms = clock.now_ms
        self.settle: Settle | None = None
        self._touched = touched
        self._last_order_id = 0
        self.first_open_ms = past.first_open_ms if past else clock.now_ms

    @property
    def symbol(self) -> str:
        """The exchange's spelling."""
        return self.listing.symbol

    @property
    def version(self) -> int:
        """The book's version: what `lastUpdateId` and a diff's `toVersion` say."""
        return self.book.version

    @property
    def trades(self) -> list[PublicTrade]:
        """Trades since the start, oldest first, as many as the market keeps."""
        return [
            PublicTrade(
                trade.time_ms,
                self.prices.exact(trade.price),
                self.quantities.exact(trade.lots),
                trade.taker,
                trade.trade_id,
            )
            for trade in self.tape.prints
        ]

    def bids(self, count: int | None = None) -> list[Level]:
        """Give the best bids, or all, best first."""
        return self._view(self.book.bids, count)

    def asks(self, count: int | None = None) -> list[Level]:
        """Give the best asks, or all, best first."""
        return self._view(self.book.asks, count)

    def book_at(self, version: int) -> BookView:
        """Give the exact book at an earlier version.

        Needs `SimOptions.book_history`; raises `SimError` for a version older than it reaches.
        """
        past = self.book.past
        behind = self.book.version - version
        if past is None or not 0 <= behind <= len(past):
            raise SimError(
                f"{self.symbol} does not remember version {version}; it stands at "
                f"{self.book.version} and remembers {len(past) if past else 0} changes."
            )
        lots = dict(self.book.bids.best_first())
        lots.update({-price: lots for price, lots in self.book.asks.best_first()})
        for back in range(1, behind + 1):
            change = past[-back]
            lots[change.key] = change.lots_before
        keys = sorted(key for key, left in lots.items() if left)
        cut = bisect.bisect(keys, 0)
        bids = [self._level(key, lots[key]) for key in reversed(keys[cut:])]
        asks = [self._level(-key, lots[key]) for key in reversed(keys[:cut])]
        return BookView(version, bids, asks)

    def place(
        self,
        side: Side | str,
        price: str | int | Decimal | None,
        quantity: str | int | Decimal,
        *,
        kind: OrderKind | str = OrderKind.LIMIT,
    ) -> Placement:
        """Send an order at the present exchange time; `price` is None for MARKET only.

        Raises `SimError` for numbers off the market's tick or step, or not above zero.
        """
        try:
            kind = OrderKind(kind)
            side = Side[side] if isinstance(side, str) else Side(side)
        except (KeyError, ValueError) as error:
            raise SimError(f"No such side or order kind: {side!r}, {kind!r}.") from error
        if (price is None) != (kind is OrderKind.MARKET):
            raise SimError("A MARKET order has no price, every other order has one.")
        ticks = 0 if price is None else self.prices.parse(price)
        lots = self.quantities.parse(quantity)
        if lots <= 0 or (price is not None and ticks <= 0):
            raise SimError("Price and quantity must be above zero.")
        order = self.new_order(TEST_OWNER, side, ticks, lots)
        self.submit(order, kind)
        return Placement(
            order_id=f"C02__{order.order_id}{ACCOUNT_TAIL}",
            filled=self.quantities.exact(lots - order.remaining),
            remaining=self.quantities.exact(order.remaining),
            is_open=order.order_id in self.book.orders,
        )

    def cancel(self, order_id: str) -> bool:
        """Cancel an order by the id that `place` gave; False when it is not open."""
        digits = order_id.removeprefix("C02__").removesuffix(ACCOUNT_TAIL)
        return digits.isdecimal() and self.withdraw(int(digits)) is not None

    def new_order(self, owner: int, side: Side, price: int, lots: int) -> Order:
        """Give an order its id; it does nothing until it is submitted."""
        first_id = id_at(self.clock.now_ms, self.listing.index)
        self._last_order_id = max(self._last_order_id + 1, first_id)
        return Order(self._last_order_id, owner, side, price, lots)

    def submit(self, order: Order, kind: OrderKind, guard: TradeGuard | None = None) -> list[Fill]:
        """Match an order now, print what trades, and tell `settle` of the clients' trades."""
        book = self.book
        version = book.version
        fills = book.submit(order, kind, guard)
        if book.version != version:
            self.last_order_ms = self.clock.now_ms
            self._touched.add(self.listing.index)
            for fill in fills:
                trade = self._print(fill, order.side)
                if self.settle is not None and (fill.maker.owner < 0 or order.owner < 0):
                    self.settle(fill, order, trade)
        return fills

    def withdraw(self, order_id: int) -> Order | None:
        """Take an open order out of the book; None when it is not open."""
        order = self.book.cancel(order_id)
        if order is not None:
            self._touched.add(self.listing.index)
        return order

    def mark_published_fast(self) -> None:
        """Begin the next 10 ms interval within the present 100 ms interval."""
        self.changes_published_fast = len(self.book.changes)
        self.prints_published_fast = len(self.prints_since_publishing)

    def forget_published(self) -> None:
        """Begin the next 100 ms interval."""
        self.book.forget_changes()
        self.prints_since_publishing.clear()
        self.mark_published_fast()

    def recent_trades(self, count: int) -> list[Print]:
        """Give the newest trades, oldest first; reaches into the past."""
        return self.trades_between(0, self.clock.now_ms + 1, limit=count)

    def trades_between(self, start_ms: int, end_ms: int, *, limit: int) -> list[Print]:
        """Give the newest `limit` trades with start_ms <= time < end_ms, oldest first."""
        start_ms = max(start_ms, self.clock.now_ms - TRADES_REACH_MS)
        found = self.tape.between(start_ms, end_ms)[-limit:]
        past = self.chart.past
        if past is not None and len(found) < limit:
            found = past.prints(start_ms, end_ms, limit - len(found)) + found
        return found

    def last_price(self) -> int | None:
        """Price of the newest trade in ticks, None for a market that never traded."""
        last = self.tape.last
        return self.chart.closing_before(self.clock.now_ms) if last is None else last.price

    def rolling_day(self) -> Candle | None:
        """Sum the last 24 hours; None for a market that never traded."""
        return self.day.rolling(self.clock.now_ms)

    def day_reference(self, zone: str) -> DayReference | None:
        """Give the prices that a zone's day is compared with; None when nothing ever traded."""
        return self.day.reference(zone, self.clock.now_ms)

    def running_candle(self, interval: Interval) -> Candle | None:
        """Give the candle of the present window and keep it up to date from now on."""
        start_ms = interval.start_of(self.clock.now_ms)
        candle = self.running.get(interval)
        if candle is None or candle.start_ms != start_ms:
            candle = self.running[interval] = self.chart.window(interval, start_ms)
        return candle

    def _print(self, fill: Fill, taker: Side) -> Print:
        trade = self.tape.add(self.clock.now_ms, fill.price, fill.lots, taker)
        self.chart.add(trade)
        self.prints_since_publishing.append(trade)
        for interval, candle in self.running.items():
            if candle is not None and trade.time_ms < interval.end_of(candle.start_ms):
                candle.add(trade)
            else:
                start_ms = interval.start_of(trade.time_ms)
                self.running[interval] = candle_of(start_ms, trade)
        return trade

    def _view(self, side: BookSide, count: int | None) -> list[Level]:
        return [self._level(price, lots) for price, lots in side.best_first(count)]

    def _level(self, price: int, lots: int) -> Level:
        return Level(self.prices.exact(price), self.quantities.exact(lots))

"""A bot that places and cancels, whatever happens, and writes down what it was told."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal

from mexc_connector import (
    MexcError,
    MexcExchange,
    OrderBookNotSynced,
    OrderHandle,
    OrderOutcomeUnknown,
    Side,
    Symbol,
    SymbolInfo,
    TimeInForce,
)

AMOUNTS = {"BTC": "0.0003", "ETH": "0.005", "MX": "5"}
DISTANCES = (0.995, 0.998, 1.002, 1.005)
WORTH = 20.0


class Trader:
    """`handles` are the orders that may exist; `errors` count what came back instead."""

    def __init__(
        self,
        mexc: MexcExchange,
        *,
        seed: int,
        pause_s: float = 0.02,
        infos: Mapping[Symbol, SymbolInfo] | None = None,
        most_open: int = 1_000,
    ) -> None:
        """`infos`: rules of the markets; without them, those of the usual three are known.

        `most_open`: with more orders open than that, the oldest is cancelled before the next one.
        """
        self.handles: dict[str, OrderHandle] = {}
        self.errors: Counter[str] = Counter()
        self.cancels = 0
        self.placed = 0
        self._infos = infos
        self._mexc = mexc
        self._dice = random.Random(seed)
        self._pause_s = pause_s
        self._most_open = most_open
        self._prices: dict[Symbol, float] = {}

    async def run(self) -> None:
        """Trade until cancelled."""
        while True:
            symbol = self._dice.choice(list(self._mexc.active_symbols))
            if len(self.handles) > self._most_open:
                self.forget_ended()
            if len(self.handles) > self._most_open:
                await self._cancel(next(iter(self.handles.values())))
            handle = await self._place(symbol)
            if handle is not None and self._dice.random() < 0.4:
                await self._cancel(handle)
            await asyncio.sleep(self._pause_s * (0.5 + self._dice.random()))

    async def _place(self, symbol: Symbol) -> OrderHandle | None:
        side = self._dice.choice(list(Side))
        kind = self._dice.random()
        price = self._price_near(symbol)
        if price is None:
            return None
        amount = self._amount(symbol, price)
        try:
            if kind < 0.2:
                handle = await self._mexc.place_market_order(symbol, side=side, amount=amount)
            else:
                handle = await self._mexc.place_limit_order(
                    symbol,
                    side=side,
                    amount=amount,
                    price=price,
                    time_in_force=self._dice.choice((TimeInForce.GTC, TimeInForce.IOC)),
                )
        except OrderOutcomeUnknown as error:
            self.errors[type(error).__name__] += 1
            handle = self._mexc.get_order_handle(error.client_order_id)
        except MexcError as error:  # certain: there is no such order
            self.errors[type(error).__name__] += 1
            return None
        self.placed += 1
        self.handles[str(handle.client_order_id)] = handle
        return handle

    async def _cancel(self, handle: OrderHandle) -> None:
        try:
            self.cancels += 1
            await handle.cancel()
        except MexcError as error:
            self.errors[f"cancel: {type(error).__name__}"] += 1

    def _price_near(self, symbol: Symbol) -> float | None:
        """Give a price around the best known one: a bot's orders do not stop with its book."""
        with suppress(OrderBookNotSynced):
            middle = self._mexc.get_orderbook(symbol).mid_price
            if middle is not None:
                self._prices[symbol] = middle
        known = self._prices.get(symbol)
        if known is None:
            return None
        wanted = known * self._dice.choice(DISTANCES)
        if self._infos is None:
            return round(wanted, 4 if symbol.base == "MX" else 2)
        tick = self._infos[symbol].tick_size
        return float(Decimal(wanted).quantize(tick))

    def _amount(self, symbol: Symbol, price: float) -> str:
        """Give an amount worth some 20 of the quote asset."""
        if self._infos is None:
            return AMOUNTS[symbol.base]
        step = self._infos[symbol].step_size
        return f"{max(step, Decimal(WORTH / price).quantize(step)):f}"

    def forget_ended(self) -> None:
        """Let go of orders that are over, as a bot does that runs for days."""
        self.handles = {name: h for name, h in self.handles.items() if not h.is_done}

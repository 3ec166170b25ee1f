"""The exchange itself: all markets on one clock, moved on in steps of 5 ms.

A step lets every agent act whose time has come, in the order of their times; `touched` names what
changed until the publisher reads it. Between steps the clock stands at a multiple of 5 ms. The
fastest streams publish every second step, so a snapshot read in between lies inside the version
range of a later push, as on the real exchange.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator

import msgspec

from mexc_connector.sim.agents import Crowd
from mexc_connector.sim.catalog import ONLINE, PAUSED, Listing, listings
from mexc_connector.sim.history import Past, Shelf, first_open_ms
from mexc_connector.sim.market import Clock, Market
from mexc_connector.sim.options import SimOptions
from mexc_connector.sim.rest_replies import OfflineSymbol, PriceFilter, SymbolRow

STEP_MS = 5
OPENING_GAP_MS = 2
"""Markets come to life one after the other: opening 2,000 at once would stop the clock for 1 s."""
PAUSED_STATE = 2
DELISTED_STATE = 3
SHELF_ROOM = 256
SHELF_ROOM_PER_MARKET = 3
"""What a market's day statistics read each minute: the hours of two days and one hour's minutes."""


class Exchange:
    """Markets by symbol. They come to life when touched, and are the same whenever that is."""

    def __init__(self, options: SimOptions, *, start_ms: int) -> None:
        self.clock = Clock(start_ms - start_ms % (2 * STEP_MS))
        self.listings = listings(
            options.symbols, options.symbol_count, levels_per_side=options.levels_per_side
        )
        self.by_symbol = {listing.symbol: listing for listing in self.listings}
        self.touched: set[int] = set()
        """Indices of the markets whose books changed in the step under way."""
        self._options = options
        self._start_ms = self.clock.now_ms
        self._markets: dict[int, Market] = {}
        self._crowds: dict[int, Crowd] = {}
        self._due: list[tuple[float, int]] = []
        self._next_to_warm = 0
        self._shelf = Shelf(room=SHELF_ROOM + SHELF_ROOM_PER_MARKET * len(self.listings))
        self._rows: dict[int, SymbolRow] = {}
        self._remembered_changes = options.book_history
        self._halted: set[int] = set()
        self.offline: dict[str, OfflineSymbol] = {}
        """Markets that were halted or delisted since the start, as symbol/offline tells them."""
        if options.agents:
            self._due = [
                (self._start_ms + OPENING_GAP_MS * listing.index, listing.index)
                for listing in self.listings
                if listing.status == ONLINE
            ]

    @property
    def snapshot_levels(self) -> int:
        """Levels per side that GET depth gives at most."""
        return self._options.limits.snapshot_levels

    @property
    def now_ms(self) -> int:
        """The exchange's time."""
        return self.clock.now_ms

    @property
    def told_ms(self) -> int:
        """The time that the gateways tell, stamp and judge requests by."""
        return self.clock.told_ms

    @property
    def size(self) -> int:
        """How many markets are listed."""
        return len(self.listings)

    def market(self, symbol: str) -> Market | None:
        """Give a market by its exact symbol, None when it is not listed."""
        listing = self.by_symbol.get(symbol)
        return None if listing is None else self.market_at(listing.index)

    def market_at(self, index: int) -> Market:
        """Give a market by its place in the catalogue, bringing it to life if need be."""
        market = self._markets.get(index)
        return self._open(self.listings[index]) if market is None else market

    def markets(self) -> Iterator[Market]:
        """Yield every market in the order of the catalogue, bringing all to life."""
        return (self.market_at(listing.index) for listing in tuple(self.by_symbol.values()))

    def symbol_row(self, listing: Listing) -> SymbolRow:
        """Give a market's row of exchangeInfo; the market need not have come to life."""
        row = self._rows.get(listing.index)
        if row is None:
            start_ms = self._start_ms
            open_ms = first_open_ms(listing, start_ms) if self._options.agents else start_ms
            row = self._rows[listing.index] = symbol_row(listing, first_open_ms=open_ms)
        if listing.index in self._halted:
            return msgspec.structs.replace(row, status=PAUSED)
        return row

    def remember_changes(self, count: int) -> None:
        """Let every market remember at least so many changes of its book from now on."""
        self._remembered_changes = max(self._remembered_changes, count)
        for market in self._markets.values():
            market.book.remember(self._remembered_changes)

    def set_offline(self, *, halted: Collection[str], delisted: Collection[str]) -> None:
        """Halt and delist these markets, and no others: those that were come back.

        Nobody acts in them meanwhile; a delisted one is not found by its symbol either.
        """
        rows = {symbol: OfflineSymbol(symbol, PAUSED_STATE) for symbol in halted}
        rows |= {symbol: OfflineSymbol(symbol, DELISTED_STATE, self.now_ms) for symbol in delisted}
        known = {row.symbol: row for row in self.offline.values()}
        for symbol, row in rows.items():
            if symbol in known and known[symbol].state == row.state:
                rows[symbol] = known[symbol]
        self.offline = rows
        listings = {listing.symbol: listing for listing in self.listings}
        stopped = {listings[symbol].index for symbol in rows}
        self._due = [(time_ms, index) for time_ms, index in self._due if index not in stopped]
        heapq.heapify(self._due)
        if self._options.agents:
            for index in sorted(self._halted - stopped):
                if self.listings[index].status == ONLINE:
                    heapq.heappush(self._due, (self.now_ms + OPENING_GAP_MS, index))
        self._halted = stopped
        self.by_symbol = {
            symbol: listing for symbol, listing in listings.items() if symbol not in delisted
        }

    def step(self) -> None:
        """Move on by 5 ms."""
        clock, due = self.clock, self._due
        end_ms = clock.now_ms + STEP_MS
        while due and due[0][0] < end_ms:
            time_ms, index = due[0]
            clock.now_ms = int(time_ms)
            if index not in self._crowds:
                self.market_at(index)
            crowd = self._crowds[index]
            crowd.act()
            heapq.heapreplace(due, (crowd.next_action_ms(), index))
        clock.now_ms = end_ms

    def skip(self, duration_ms: int) -> None:
        """Move the clock on without anything happening, as if nobody had acted meanwhile.

        Takes a multiple of 5 ms. Agents keep their order and their distance in time.
        """
        self.clock.now_ms += duration_ms
        # Adding the same to every time keeps the heap a heap.
        self._due = [(time_ms + duration_ms, index) for time_ms, index in self._due]

    def warm_next(self) -> None:
        """Sum the day of one more market, in spare time and ahead of its use."""
        if self._next_to_warm < len(self.listings):
            self.market_at(self._next_to_warm).rolling_day()
            self._next_to_warm += 1

    def _open(self, listing: Listing) -> Market:
        options = self._options
        clock = self.clock
        now_ms, clock.now_ms = clock.now_ms, self._start_ms
        past = None
        if options.agents:
            past = Past(listing, seed=options.seed, start_ms=self._start_ms, shelf=self._shelf)
        market = Market(
            listing,
            clock=clock,
            touched=self.touched,
            seed=options.seed,
            past=past,
            remembered_changes=self._remembered_changes,
        )
        self._markets[listing.index] = market
        if options.agents:
            self._crowds[listing.index] = Crowd(market, agents=options.agents, seed=options.seed)
            self.touched.discard(listing.index)
        clock.now_ms = now_ms
        return market


def symbol_row(listing: Listing, *, first_open_ms: int) -> SymbolRow:
    """Write a market's rules as exchangeInfo shows them."""
    band = listing.price_band
    filters = [] if band is None else [PriceFilter("PERCENT_PRICE_BY_SIDE", band, band)]
    order_types = ["LIMIT", "MARKET", "LIMIT_MAKER"]
    if not listing.takes_market_orders:
        order_types.remove("MARKET")
    return SymbolRow(
        symbol=listing.symbol,
        status=listing.status,
        baseAsset=listing.base,
        baseAssetPrecision=listing.quantity_digits,
        quoteAsset=listing.quote,
        quotePrecision=listing.price_digits,
        quoteAssetPrecision=listing.price_digits,
        baseCommissionPrecision=listing.quantity_digits,
        quoteCommissionPrecision=listing.price_digits,
        orderTypes=order_types,
        isSpotTradingAllowed=listing.is_open_to_api,
        isMarginTradingAllowed=False,
        quoteAmountPrecision="1",
        baseSizePrecision=listing.min_quantity,
        permissions=["SPOT"],
        filters=filters,
        maxQuoteAmount="4000000",
        makerCommission="0",
        takerCommission="0.0005",
        quoteAmountPrecisionMarket="1",
        maxQuoteAmountMarket="4000000",
        fullName=listing.full_name,
        tradeSideType=listing.trade_side_type,
        contractAddress="",
        st=False,
        conceptPlateIds=[],
        conceptPlates=[],
        firstOpenTime=first_open_ms,
    )

"""What a session may never do, watched at every event, and what it must come back to."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial

from mexc_connector import (
    BookTicker,
    ClientOrderId,
    Fill,
    MexcExchange,
    Order,
    OrderBook,
    OrderBookEntry,
    OrderStatus,
    Registration,
    Symbol,
    Trade,
)
from mexc_connector.sim import SimError, Simulator
from mexc_connector.sim.account_view import AccountOrder
from mexc_connector.sim.market import Market
from tests.adversity.rig import MARKETS
from tests.adversity.trader import Trader

MOST_COMPLAINTS = 20
MOST_TICKERS = 3
TRADES_REMEMBERED = 2_000
TICKERS_CHECKED = 5
"""One in so many book tickers is compared: the book of a past version costs some 0.1 ms."""


class Witness:
    """Compares what a session says with what the simulator holds.

    `complaints` are broken promises, for good. `unmet()` are promises that are not kept at this
    moment; once faults are over they have to be. With `is_forged` frames may carry wrong values in
    good form, which no client can tell by the frame alone: then values are not held against it.
    """

    def __init__(
        self,
        mexc: MexcExchange,
        sim: Simulator,
        *,
        is_forged: bool,
        markets: Mapping[str, Symbol] = MARKETS,
        delisted: frozenset[str] = frozenset(),
        most_behind: int = 200,
        books_one_in: int = 1,
    ) -> None:
        """`delisted`: markets of which the exchange may never again tell what was traded there.

        `most_behind`: versions that a book may lag in the calm, for what is under way.
        `books_one_in`: of how many changes of books one is compared.
        """
        self.complaints: list[str] = []
        self.books_compared = 0
        self.trades = 0
        self.tickers = 0
        self._mexc = mexc
        self._account = sim.account(sim.api_key)
        self.is_forged = is_forged
        self._delisted = delisted
        self._most_behind = most_behind
        self._books_one_in = books_one_in
        self._book_changes = 0
        # Taken now: a delisted market is not given out any more.
        self._markets: dict[Symbol, Market] = {
            symbol: sim.market(name) for name, symbol in markets.items()
        }
        self._trade_ids: dict[Symbol, dict[str, None]] = {s: {} for s in self._markets}
        self._registered: list[tuple[Registration, Callable[[], Registration]]] = []
        self._fills: Counter[tuple[Symbol, str]] = Counter()
        self._ended: dict[ClientOrderId, OrderStatus] = {}

    def watch(self) -> None:
        """Listen to everything that the session tells."""
        for symbol in self._markets:
            self._mexc.on_orderbook(symbol, self._on_book)
            self._listen(partial(self._mexc.on_trades, symbol, self._on_trade))
        for symbol in tuple(self._markets)[
            :MOST_TICKERS
        ]:  # frames come whether they say news or not
            self._listen(partial(self._mexc.on_book_ticker, symbol, self._on_ticker))
        self._mexc.on_fills(self._on_fill)
        self._mexc.on_orders(self._on_order)

    def _listen(self, register: Callable[[], Registration]) -> None:
        self._registered.append((register(), register))

    def _listen_again(self) -> None:
        """Register what refusals have ended, as a bot does that hears of them."""
        for entry in [one for one in self._registered if one[0].is_closed]:
            self._registered.remove(entry)
            self._listen(entry[1])

    def _complain(self, text: str) -> None:
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(text)

    # At every event.

    def _on_book(self, book: OrderBook) -> None:
        if self.is_forged or not book.is_synced:
            return
        self._book_changes += 1
        if self._book_changes % self._books_one_in:
            return
        self.books_compared += 1
        difference = self._difference(book)
        if difference:
            self._complain(difference)

    def _difference(self, book: OrderBook) -> str:
        market, version = self._markets[book.symbol], book.version
        try:
            truth = market.book_at(version)
        except SimError as error:
            return f"{book.symbol} is readable at a version that never was: {error}"
        for name, ours, theirs in (
            ("bids", _pairs(book.bids), _floats(truth.bids)),
            ("asks", _pairs(book.asks), _floats(truth.asks)),
        ):
            # Levels beyond the simulator's snapshot are unknown to a client, not empty.
            if ours != theirs[: len(ours)] or (
                len(ours) < len(theirs) and book.bid_horizon is None and book.ask_horizon is None
            ):
                wrong = sorted(set(ours) ^ set(theirs))[:4]
                return f"{name} of {book.symbol} at version {version} differ: {wrong}"
        return ""

    def _on_trade(self, trade: Trade) -> None:
        self.trades += 1
        if trade.trade_id is None or self.is_forged:
            return
        seen = self._trade_ids[trade.symbol]
        if trade.trade_id in seen:
            self._complain(f"public trade {trade.trade_id} of {trade.symbol} came twice")
        seen[trade.trade_id] = None
        if len(seen) > TRADES_REMEMBERED:
            del seen[next(iter(seen))]

    def _on_ticker(self, ticker: BookTicker) -> None:
        self.tickers += 1
        if self.is_forged or ticker.version is None or self.tickers % TICKERS_CHECKED:
            return
        try:
            truth = self._markets[ticker.symbol].book_at(ticker.version)
        except SimError as error:
            self._complain(f"a book ticker of a version that never was: {error}")
            return
        told = ((ticker.bid_price, ticker.bid_size), (ticker.ask_price, ticker.ask_size))
        held = tuple(next(iter(_floats(s)), (None, None)) for s in (truth.bids, truth.asks))
        if told != held:
            self._complain(f"book ticker {ticker.symbol} {ticker.version}: {told}, not {held}")

    def _on_fill(self, fill: Fill) -> None:
        self._fills[fill.symbol, fill.trade_id] += 1
        if not self.is_forged and self._fills[fill.symbol, fill.trade_id] > 1:
            self._complain(f"fill {fill.trade_id} was counted twice")

    def _on_order(self, order: Order) -> None:
        name = order.client_order_id
        if name is None or self.is_forged:
            return
        if name in self._ended and not order.is_done:
            self._complain(f"order {name} came back from {self._ended[name]} to {order.status}")
        if order.is_done:
            self._ended[name] = order.status

    # Once faults are over.

    def unmet(self, trader: Trader) -> Iterator[str]:
        """Say which promises are not kept now."""
        self._listen_again()
        if not self._mexc.is_connected:
            yield f"links: {self._mexc.state}"
        for symbol, market in self._markets.items():
            yield from self._unmet_book(symbol, market)
        if not self._mexc.account_status.is_current:
            yield f"account: {self._mexc.account_status}"
        yield from self._unmet_orders(trader)
        yield from self._unmet_balances()
        yield from self._unmet_fills()

    def _unmet_fills(self) -> Iterator[str]:
        theirs = {(fill.symbol, fill.trade_id) for fill in self._account.fills()}
        ours = {(f"{symbol.base}{symbol.quote}", name) for symbol, name in self._fills}
        missed = {fill for fill in theirs - ours if fill[0] not in self._delisted}
        if (missed or ours - theirs) and not self.is_forged:
            yield f"fills missed {sorted(missed)[:3]}, invented {sorted(ours - theirs)[:3]}"

    def _unmet_book(self, symbol: Symbol, market: Market) -> Iterator[str]:
        book = self._mexc.get_orderbook(symbol)
        if not book.is_synced:
            yield f"book {symbol}: {book.unsync_reason}"
        elif not self.is_forged and (difference := self._difference(book)):
            yield difference
        elif market.version - book.version > self._most_behind:
            yield f"book {symbol} stands {market.version - book.version} versions behind"

    def _unmet_orders(self, trader: Trader) -> Iterator[str]:
        theirs = {order.client_order_id: order for order in self._account.orders()}
        for name, handle in trader.handles.items():
            difference = _order_difference(handle.order, theirs.get(name))
            if difference and not self.is_forged:
                yield difference
        ours_open = {order.client_order_id for order in self._mexc.open_orders}
        theirs_open = {order.client_order_id for order in self._account.open_orders()}
        if ours_open != theirs_open:
            yield (
                f"open orders: only in memory {sorted(map(str, ours_open - theirs_open))[:3]}, "
                f"only at the exchange {sorted(map(str, theirs_open - ours_open))[:3]}"
            )

    def _unmet_balances(self) -> Iterator[str]:
        ours = {
            str(asset): (balance.exact.free, balance.exact.locked)
            for asset, balance in self._mexc.balances.items()
        }
        for asset, balance in self._account.balances().items():
            held = ours.get(asset, (Decimal(0), Decimal(0)))
            if held != (balance.free, balance.locked):
                yield f"balance {asset}: {held}, not {(balance.free, balance.locked)}"

    def end_complaints(self) -> Iterator[str]:
        """Say what was broken on the way: whatever was noted, and what counters tell."""
        yield from self.complaints
        ids = Counter(order.client_order_id for order in self._account.orders())
        yield from (f"order {name} exists {n} times" for name, n in ids.items() if n > 1)
        metrics = self._mexc.get_performance_metrics()
        for name in ("order_contradictions", "account_callback_errors", "stream_callback_errors"):
            if metrics[name] and not (self.is_forged and name == "order_contradictions"):
                yield f"{name}: {metrics[name]}"


def _pairs(levels: object) -> list[tuple[float, float]]:
    return [(entry.price, entry.size) for entry in levels if isinstance(entry, OrderBookEntry)]  # type: ignore[attr-defined]


def _floats(levels: list[object]) -> list[tuple[float, float]]:
    return [(float(price), float(size)) for price, size in levels]  # type: ignore[attr-defined]


def _order_difference(ours: Order, theirs: AccountOrder | None) -> str:
    name = ours.client_order_id
    if theirs is None:
        is_same = ours.status is OrderStatus.REJECTED
        return "" if is_same else f"order {name} is {ours.status} and was never there"
    told = (ours.status.value, ours.exact.amount_filled, ours.exact.quote_amount_filled)
    held = (theirs.status, theirs.filled, theirs.quote_filled)
    return "" if told == held else f"order {name} is {told}, not {held}"

"""Orders of accounts: money set aside, matched in the markets' own books, settled fill by fill.

Rules:
1. An order that is accepted is NEW first, whatever becomes of it in the same instant.
2. What is locked for an account is exactly what its open orders need.
3. An order of a kind that does not rest ends CANCELED, or PARTIALLY_CANCELED when some of it
   traded; so does a LIMIT_MAKER that would trade, and an order stopped by self-trade prevention.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from mexc_connector.sim.accounts import Account, Accounts, default_account, starting_atoms
from mexc_connector.sim.client_orders import (
    STP_CANCEL,
    ClientFill,
    ClientOrder,
    NewOrder,
    OrderState,
    base_atoms,
    quote_atoms,
)
from mexc_connector.sim.errors import TradeRefusal
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.fees import MX, MX_MARKET, RATES, BuyFee, FeeRates, fee_in_mx, fee_on
from mexc_connector.sim.ledger import BalanceChange, ChangeKind, Fee, Ledger
from mexc_connector.sim.market import Market
from mexc_connector.sim.matching import RESTING_KINDS, Fill, Order, Side, TradeGuard
from mexc_connector.sim.options import SimOptions
from mexc_connector.sim.order_requests import OrderRequest
from mexc_connector.sim.prints import Print, id_at
from mexc_connector.sim.sizing import Sizing, lock_for, matching_kind, size_order
from mexc_connector.sim.stp import TradeGroups
from mexc_connector.sim.trading_rules import RuleBook

FIRST_TAIL = 100


class AccountListener(Protocol):
    """Who is told of everything that happens to an account, as it happens."""

    def on_order(self, order: ClientOrder) -> None:
        """Take an order that is new or changed."""

    def on_fill(self, fill: ClientFill) -> None:
        """Take a fill."""

    def on_balance(self, change: BalanceChange) -> None:
        """Take a balance that changed."""


class TradingDesk:
    """Places and cancels orders of accounts."""

    def __init__(
        self,
        exchange: Exchange,
        accounts: Accounts,
        *,
        options: SimOptions,
        listener: AccountListener,
    ) -> None:
        self.accounts = accounts
        self.ledger = Ledger(listener.on_balance)
        self.rules = RuleBook(exchange)
        self.groups = TradeGroups()
        self._exchange = exchange
        self._listener = listener
        self._most_open = options.limits.open_orders_per_account
        self._buy_fee = options.buy_fee
        self._live: dict[int, ClientOrder] = {}
        self._last_number = 0

    def place(self, account: Account, request: OrderRequest) -> ClientOrder:
        """Take an order; raises the refusal when a rule, the funds or the cap stand against it."""
        asked = self.rules.check(request)
        guard = self.groups.guard(account.owner, asked.stp_mode)
        if asked.kind in RESTING_KINDS and len(account.open_orders) >= self._most_open:
            raise TradeRefusal(30029, "Cannot exceed the maximum order limit")
        sizing = size_order(asked, guard, self._buyer_rate(account, asked.market))
        order = self._new_order(account, asked, sizing)
        if self.ledger.free(account.owner, order.lock_asset) < sizing.locked:
            raise _unfunded(asked)
        self._live[-order.number] = order
        account.add(order)
        self.ledger.lock(account.owner, order.lock_asset, sizing.locked)
        self._listener.on_order(order)
        self._match(order, guard)
        return order

    def cancel(self, order: ClientOrder) -> None:
        """Cancel an open order."""
        order.market.withdraw(-order.number)
        self._end(order)

    def _match(self, order: ClientOrder, guard: TradeGuard | None) -> None:
        market, asked = order.market, order.asked
        market.settle = self._settle
        resting = Order(-order.number, order.owner, asked.side, order.price, order.lots)
        market.submit(resting, matching_kind(asked), guard)
        if guard is not None:
            for maker in guard.removed:
                self._end(self._live[maker.order_id], STP_CANCEL)
        if order.state.is_open and resting.order_id not in market.book.orders:
            self._end(order, STP_CANCEL if guard is not None and guard.is_stopped else None)

    def _new_order(self, account: Account, asked: NewOrder, sizing: Sizing) -> ClientOrder:
        now_ms = self._exchange.now_ms
        self._last_number = max(self._last_number + 1, id_at(now_ms, 0))
        return ClientOrder(
            asked=asked,
            owner=account.owner,
            number=self._last_number,
            order_id=f"C02__{self._last_number}{FIRST_TAIL + account.number}",
            price=sizing.price,
            lots=sizing.lots,
            locked=sizing.locked,
            created_ms=now_ms,
            written_ms=now_ms,
        )

    def _settle(self, fill: Fill, taker: Order, trade: Print) -> None:
        is_self_trade = fill.maker.owner == taker.owner
        for leg in (fill.maker, taker):
            if leg.owner < 0:
                order = self._live[leg.order_id]
                self._settle_leg(order, trade, is_maker=leg is not taker, is_self=is_self_trade)

    def _settle_leg(
        self, order: ClientOrder, trade: Print, *, is_maker: bool, is_self: bool
    ) -> None:
        account = self.accounts.by_owner(order.owner)
        order.executed_lots += trade.lots
        order.turnover += trade.price * trade.lots
        order.last_price, order.last_lots = trade.price, trade.lots
        order.is_maker, order.updated_ms = is_maker, trade.time_ms
        order.state = OrderState.PARTIALLY_FILLED if order.remaining else OrderState.FILLED
        rates = self.rates(account, order.market)
        fee = self._exchange_money(account, order, trade, rates.maker if is_maker else rates.taker)
        # Each side of a trade has its own id, so a trade with oneself is two fills.
        leg = trade.trade_id + (order.asked.side is Side.SELL)
        own = ClientFill(
            order, f"{leg}X1", trade.price, trade.lots, fee, is_maker, is_self, trade.time_ms
        )
        account.note(own)
        if not order.state.is_open:
            self._forget(order)
        self._listener.on_fill(own)
        self._listener.on_order(order)

    def _exchange_money(self, account: Account, order: ClientOrder, trade: Print, rate: int) -> Fee:
        """Move both assets and the fee of one side of a trade."""
        market, listing, owner = order.market, order.market.listing, order.owner
        base = base_atoms(market, trade.lots)
        quote = quote_atoms(market, trade.price * trade.lots)
        fee = self._fee(account, order, base, fee_on(quote, rate), rate)
        if order.asked.side is Side.SELL:
            self.ledger.pay_locked(owner, listing.base, base)
            self.ledger.receive(owner, listing.quote, quote)
            order.locked -= base
        else:
            self.ledger.pay_locked(owner, listing.quote, quote)
            self.ledger.receive(owner, listing.base, base)
            order.locked -= quote
            surplus = order.locked - self._still_needed(account, order, fee)
            self.ledger.unlock(owner, listing.quote, surplus, ChangeKind.RELEASED)
            order.locked -= surplus
        self.ledger.charge(owner, fee)
        return fee

    def _still_needed(self, account: Account, order: ClientOrder, fee: Fee) -> int:
        """Give what a buyer's order keeps locked after a fill that has been paid."""
        if not order.state.is_open:
            return 0
        if order.asked.quote_amount is not None:
            return order.locked - (fee.atoms if fee.asset == order.lock_asset else 0)
        rate = self._buyer_rate(account, order.market)
        return lock_for(order.asked, order.price, order.remaining, rate)

    def _fee(
        self, account: Account, order: ClientOrder, base: int, quote_fee: int, rate: int
    ) -> Fee:
        listing = order.market.listing
        if account.uses_mx and quote_fee and listing.quote == "USDT":
            fee = self._fee_in_mx(quote_fee)
            if fee is not None and 0 < fee.atoms <= self.ledger.free(account.owner, MX):
                return fee
        if order.asked.side is Side.BUY and self._buy_fee is BuyFee.BASE:
            return Fee(listing.base, fee_on(base, rate))
        return Fee(listing.quote, quote_fee)

    def _fee_in_mx(self, quote_fee: int) -> Fee | None:
        market = self._exchange.market(MX_MARKET)
        last = market.last_price() if market else None
        if market is None or last is None:
            return None
        return fee_in_mx(quote_fee, Fraction(last, market.prices.unit))

    def rates(self, account: Account, market: Market) -> FeeRates:
        """Give the rates of an account in a market."""
        usual, own = self.rules.rules(market).rates, account.options
        return FeeRates(
            usual.maker if own.maker_fee is None else RATES.parse(own.maker_fee),
            usual.taker if own.taker_fee is None else RATES.parse(own.taker_fee),
        )

    def _buyer_rate(self, account: Account, market: Market) -> int:
        """Give the rate that buyers set aside on top of the price: none when they pay in base."""
        return self.rates(account, market).highest if self._buy_fee is BuyFee.QUOTE else 0

    def _end(self, order: ClientOrder, reason: str | None = None) -> None:
        order.state = OrderState.PARTIALLY_CANCELED if order.executed_lots else OrderState.CANCELED
        order.updated_ms = order.written_ms = self._exchange.now_ms
        order.cancel_reason, order.last_lots = reason, 0
        self.ledger.unlock(order.owner, order.lock_asset, order.locked, ChangeKind.CANCELED)
        order.locked = 0
        self._forget(order)
        self._listener.on_order(order)

    def _forget(self, order: ClientOrder) -> None:
        del self._live[-order.number]
        del self.accounts.by_owner(order.owner).open_orders[order.order_id]


def open_desk(options: SimOptions, exchange: Exchange, listener: AccountListener) -> TradingDesk:
    """Open every account with what it owns at the start, the default one first."""
    usual = default_account(options.seed, exchange.listings)
    accounts = Accounts((usual, *options.accounts), opened_ms=exchange.now_ms)
    desk = TradingDesk(exchange, accounts, options=options, listener=listener)
    for account in accounts:
        desk.ledger.open(account.owner, starting_atoms(account.options))
    return desk


def _unfunded(asked: NewOrder) -> TradeRefusal:
    if asked.side is Side.SELL:
        return TradeRefusal(30005, "Oversold")
    if asked.quote_amount is not None:
        return TradeRefusal(10101, "Insufficient balance")
    return TradeRefusal(30004, "Insufficient position")

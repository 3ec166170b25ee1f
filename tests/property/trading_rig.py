"""An exchange with accounts and no sockets, and a plain way to trade on it."""

from collections import Counter
from decimal import Decimal

from mexc_connector.sim import Market, SimAccount, SimKey, SimOptions
from mexc_connector.sim.accounts import Account, Accounts, starting_atoms
from mexc_connector.sim.client_orders import (
    ClientFill,
    ClientOrder,
    base_atoms,
    quote_atoms,
)
from mexc_connector.sim.errors import Refusal
from mexc_connector.sim.exchange import STEP_MS, Exchange
from mexc_connector.sim.fees import reserve_for_fee
from mexc_connector.sim.ledger import ATOMS, BalanceChange
from mexc_connector.sim.matching import Side
from mexc_connector.sim.order_requests import read_order
from mexc_connector.sim.trading_desk import TradingDesk

START_MS = 1_790_281_200_000
SYMBOL = "BTCUSDT"


class Told:
    """What a listener was told: the state of each order at the time, fills, balance changes."""

    def __init__(self) -> None:
        self.states: list[tuple[str, str]] = []
        self.fills: list[ClientFill] = []
        self.changes: list[BalanceChange] = []

    def on_order(self, order: ClientOrder) -> None:
        self.states.append((order.order_id, order.state.value))

    def on_fill(self, fill: ClientFill) -> None:
        self.fills.append(fill)

    def on_balance(self, change: BalanceChange) -> None:
        self.changes.append(change)


def account_of(name: str, **balances: str) -> SimAccount:
    key = SimKey(api_key=f"mx0{name}", secret_key="secret")
    return SimAccount(keys=(key,), balances=balances)


class TradingRig:
    """Accounts in one living or empty market."""

    def __init__(self, *accounts: SimAccount, agents: int = 0, **options: object) -> None:
        listed = options.pop("symbols", (SYMBOL, "MXUSDT"))
        self.options = SimOptions(symbols=listed, agents=agents, **options)  # type: ignore[arg-type]
        self.exchange = Exchange(self.options, start_ms=START_MS)
        self.told = Told()
        self.accounts = Accounts(accounts, opened_ms=START_MS)
        self.desk = TradingDesk(
            self.exchange, self.accounts, options=self.options, listener=self.told
        )
        for account in self.accounts:
            self.desk.ledger.open(account.owner, starting_atoms(account.options))

    @property
    def market(self) -> Market:
        market = self.exchange.market(SYMBOL)
        assert market is not None
        return market

    def account(self, number: int = 0) -> Account:
        return self.accounts.all[number]

    def place(self, number: int, side: str, kind: str = "LIMIT", **fields: str) -> ClientOrder:
        query = {"symbol": SYMBOL} | {"side": side, "type": kind, **fields}
        return self.desk.place(self.account(number), read_order(query))

    def refusal(self, number: int, side: str, kind: str = "LIMIT", **fields: str) -> Refusal:
        try:
            self.place(number, side, kind, **fields)
        except Refusal as refusal:
            return refusal
        raise AssertionError("the order was taken")

    def free(self, asset: str, number: int = 0) -> Decimal:
        return self._held(asset, number)[0]

    def locked(self, asset: str, number: int = 0) -> Decimal:
        return self._held(asset, number)[1]

    def run(self, duration_ms: int) -> None:
        for _ in range(duration_ms // STEP_MS):
            self.exchange.step()

    def _held(self, asset: str, number: int) -> tuple[Decimal, Decimal]:
        purse = self.desk.ledger.purses[self.account(number).owner].get(asset)
        if purse is None:
            return Decimal(0), Decimal(0)
        return ATOMS.exact(purse.free), ATOMS.exact(purse.locked)


def check_money(rig: TradingRig) -> None:
    """Assert that nothing was made or lost, and that locked is what the open orders need."""
    ledger = rig.desk.ledger
    held: Counter[str] = Counter()
    for purses in ledger.purses.values():
        for asset, purse in purses.items():
            assert purse.free >= 0
            assert purse.locked >= 0
            held[asset] += purse.free + purse.locked
    for asset in set(held) | set(ledger.paid_in):
        assert held[asset] + ledger.fees[asset] + ledger.crowd[asset] == ledger.paid_in[asset]
    for account in rig.accounts:
        needed: Counter[str] = Counter()
        for order in account.open_orders.values():
            needed[order.lock_asset] += _needed(rig, account, order)
        locked = {a: p.locked for a, p in ledger.purses[account.owner].items() if p.locked}
        assert locked == dict(needed)


def _needed(rig: TradingRig, account: Account, order: ClientOrder) -> int:
    if order.asked.side is Side.SELL:
        return base_atoms(order.market, order.remaining)
    cost = quote_atoms(order.market, order.price * order.remaining)
    if rig.options.buy_fee == "base":
        return cost
    rates = rig.desk.rates(account, order.market)
    return cost + reserve_for_fee(cost, max(rates.maker, rates.taker))

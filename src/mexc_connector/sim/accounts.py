"""Accounts at work: their keys by name, their orders and fills."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from mexc_connector.sim.account_options import SimAccount, SimKey
from mexc_connector.sim.catalog import Listing
from mexc_connector.sim.client_orders import ClientFill, ClientOrder
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.ledger import ATOMS

FIRST_UID = 20_930_283
FUNDED_MARKETS = 20
"""The default account owns the assets of this many markets, to keep its reply short."""
FUNDED_VALUE = 1_000_000
"""Worth of each holding of the default account in quote, cut to one significant digit."""
KEPT_FILLS = 100_000
KEPT_ORDERS = 100_000


class Account:
    """One account. Its balances are in the ledger, under `owner`."""

    def __init__(self, number: int, options: SimAccount, *, opened_ms: int) -> None:
        self.number = number
        self.owner = -number
        """Accounts are owners -1, -2, ... in a matching book."""
        self.uid = str(FIRST_UID + 7 * number)
        self.options = options
        self.keys = {key.api_key: key for key in options.keys}
        self.opened_ms = opened_ms
        self.uses_mx = False
        self.orders: dict[str, ClientOrder] = {}
        """By order id, oldest first."""
        self.open_orders: dict[str, ClientOrder] = {}
        self.fills: list[ClientFill] = []
        self._by_client_id: dict[tuple[str, str], ClientOrder] = {}

    def __repr__(self) -> str:
        return f"<Account {self.uid}: {len(self.open_orders)} open of {len(self.orders)} orders>"

    def add(self, order: ClientOrder) -> None:
        """Keep a new order; the oldest finished ones go when there are too many."""
        self.orders[order.order_id] = self.open_orders[order.order_id] = order
        if order.asked.client_order_id is not None:
            self._by_client_id[order.symbol, order.asked.client_order_id] = order
        if len(self.orders) > KEPT_ORDERS + KEPT_ORDERS // 4:
            self._forget_oldest()

    def note(self, fill: ClientFill) -> None:
        """Keep a fill."""
        self.fills.append(fill)
        if len(self.fills) > KEPT_FILLS + KEPT_FILLS // 4:
            del self.fills[:-KEPT_FILLS]

    def find(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> ClientOrder | None:
        """Find an order of a market by its id, else by the client's; of several the newest."""
        if order_id:
            order = self.orders.get(order_id)
            return order if order is not None and order.symbol == symbol else None
        return self._by_client_id.get((symbol, client_order_id or ""))

    def _forget_oldest(self) -> None:
        finished = [order for order in self.orders.values() if not order.state.is_open]
        for order in finished[: len(self.orders) - KEPT_ORDERS]:
            del self.orders[order.order_id]
            client_id = order.asked.client_order_id
            if client_id is not None and self._by_client_id.get((order.symbol, client_id)) is order:
                del self._by_client_id[order.symbol, client_id]


class KeyHolder(msgspec.Struct, frozen=True):
    """A key and the account it opens."""

    key: SimKey
    account: Account


class Accounts:
    """All accounts, by number, key and uid."""

    def __init__(self, options: Iterable[SimAccount], *, opened_ms: int) -> None:
        self.all = [
            Account(number, account, opened_ms=opened_ms)
            for number, account in enumerate(options, start=1)
        ]
        self._by_key: dict[str, KeyHolder] = {}
        for account in self.all:
            for key in account.keys.values():
                if key.api_key in self._by_key:
                    raise SimError(f"Two accounts have the key {key.api_key}.")
                self._by_key[key.api_key] = KeyHolder(key, account)

    def __iter__(self) -> Iterator[Account]:
        return iter(self.all)

    def by_owner(self, owner: int) -> Account:
        """Give the account that a matching book's owner stands for."""
        return self.all[-owner - 1]

    def by_key(self, api_key: str) -> KeyHolder | None:
        """Find a key."""
        return self._by_key.get(api_key)

    def by_uid(self, uid: str) -> Account | None:
        """Find an account by the number that clients know."""
        return next((account for account in self.all if account.uid == uid), None)

    def replace_key(self, key: SimKey) -> None:
        """Change the settings of a key that exists."""
        account = self._by_key[key.api_key].account
        account.keys[key.api_key] = key
        self._by_key[key.api_key] = KeyHolder(key, account)


def starting_atoms(account: SimAccount) -> dict[str, int]:
    """Give an account's first balances in atoms."""
    return {asset: ATOMS.parse(amount) for asset, amount in account.balances.items()}


def default_account(seed: int, listings: Iterable[Listing]) -> SimAccount:
    """Give the account that every simulator has: all rights, and plenty of every usual asset."""
    api_key, secret_key = default_key(seed)
    balances: dict[str, str] = {"USDT": str(FUNDED_VALUE), "MX": "100000"}
    for listing in list(listings)[:FUNDED_MARKETS]:
        balances.setdefault(listing.quote, _plenty(1, 0))
        balances.setdefault(listing.base, _plenty(listing.start_price, listing.price_digits))
    return SimAccount(
        keys=(SimKey(api_key=api_key, secret_key=secret_key, note="default"),),
        balances=dict(balances),
    )


def default_key(seed: int) -> tuple[str, str]:
    """Give the key and the secret of the default account."""
    digest = hashlib.sha256(f"keys:{seed}".encode()).hexdigest()
    return "mx0vgl" + digest[:12], digest[-32:]


def _plenty(price_ticks: int, price_digits: int) -> str:
    """Cut `FUNDED_VALUE` worth of an asset to one digit: 10 BTC, 300 ETH, 100000 MX."""
    amount = max(1, FUNDED_VALUE * 10**price_digits // price_ticks)
    power = 10 ** (len(str(amount)) - 1)
    return str(amount // power * power)

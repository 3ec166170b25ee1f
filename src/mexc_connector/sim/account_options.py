"""Which accounts a simulated exchange has: keys, what they may do, what the account owns."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Self

import msgspec

from mexc_connector.sim.errors import SimError
from mexc_connector.sim.fees import RATES
from mexc_connector.sim.ledger import ATOMS

ACCOUNT_FORM = "KEY:SECRET:ASSET=AMOUNT,ASSET=AMOUNT"
HIGHEST_RATE = "0.1"


class Permission:
    """Names of the rights that a key can have."""

    ACCOUNT_READ = "SPOT_ACCOUNT_READ"
    ACCOUNT_WRITE = "SPOT_ACCOUNT_WRITE"
    DEAL_READ = "SPOT_DEAL_READ"
    DEAL_WRITE = "SPOT_DEAL_WRITE"
    WITHDRAW_READ = "SPOT_WITHDRAW_READ"


ALL_PERMISSIONS = (
    Permission.ACCOUNT_READ,
    Permission.ACCOUNT_WRITE,
    Permission.DEAL_READ,
    Permission.DEAL_WRITE,
    Permission.WITHDRAW_READ,
)
READ_ONLY = (Permission.ACCOUNT_READ, Permission.DEAL_READ, Permission.WITHDRAW_READ)


class SimKey(msgspec.Struct, frozen=True, kw_only=True):
    """One API key of an account."""

    api_key: str
    secret_key: str
    permissions: tuple[str, ...] = ALL_PERMISSIONS
    ip_whitelist: tuple[str, ...] = ()
    """Addresses that may use the key; empty for any."""
    expires_ms: int | None = None
    """Exchange time from which on the key is refused; None for never."""
    is_frozen: bool = False
    symbols: tuple[str, ...] | None = None
    """Markets that the key may trade in; None for all."""
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse an empty key or secret with a `SimError`."""
        if not self.api_key or not self.secret_key:
            raise SimError("An account needs a key and a secret.")

    def __repr__(self) -> str:
        return f"SimKey(api_key={self.api_key!r}, secret_key=..., permissions={self.permissions})"


class SimAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account: its keys, and exact balances by asset at the start."""

    keys: tuple[SimKey, ...]
    balances: Mapping[str, str | int | Decimal] = {}
    maker_fee: str | None = None
    """Rate as a fraction of the trade; None for the market's."""
    taker_fee: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `KEY:SECRET:USDT=100000,BTC=2`; raises `SimError`."""
        parts = text.split(":")
        if len(parts) != 3:
            raise SimError(f"An account is given as {ACCOUNT_FORM}.")
        api_key, secret_key, holdings = parts
        balances: dict[str, str | int | Decimal] = {}
        for holding in filter(None, holdings.split(",")):
            asset, separator, amount = holding.partition("=")
            if not separator or not asset:
                raise SimError(f"A balance is given as ASSET=AMOUNT, not {holding!r}.")
            balances[asset] = amount
        return cls(keys=(SimKey(api_key=api_key, secret_key=secret_key),), balances=balances)

    def __post_init__(self) -> None:
        """Refuse an account without a key, amounts below zero, odd rates, with a `SimError`."""
        if not self.keys:
            raise SimError("An account needs at least one key.")
        for asset, amount in self.balances.items():
            if ATOMS.parse(amount) < 0:
                raise SimError(f"The balance of {asset} must not be negative, got {amount}.")
        for rate in (self.maker_fee, self.taker_fee):
            if rate is not None and not 0 <= RATES.parse(rate) <= RATES.parse(HIGHEST_RATE):
                raise SimError(f"A fee rate must lie between 0 and {HIGHEST_RATE}, not {rate}.")

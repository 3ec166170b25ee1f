"""Who owns what, to the last decimal: every amount of every asset is a whole number of atoms.

Rules:
1. An atom is 10^-18 of an asset. Price times quantity, and a fee on it, is a whole number of them.
2. Nothing is made and nothing is lost: for each asset, what accounts hold, what was taken in fees
   and what the agents gained from accounts (`crowd`, negative where they lost) is what was paid in.
3. No balance goes below zero; an operation that would do it is a bug here and raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from mexc_connector.sim.errors import SimError
from mexc_connector.sim.fixed_point import Scale

ATOM_DIGITS = 18
ATOMS = Scale(ATOM_DIGITS)


def signed_text(atoms: int) -> str:
    """Write an amount that may be negative, without trailing zeros."""
    return f"-{ATOMS.plain(-atoms)}" if atoms < 0 else ATOMS.plain(atoms)


class ChangeKind(StrEnum):
    """Why a balance changed, as the account stream spells it."""

    PLACED = "ENTRUST_PLACE"
    TRADED = "ENTRUST"
    CANCELED = "ENTRUST_CANCEL"
    RELEASED = "ENTRUST_UNFROZEN"
    FEE = "TRADE_FEE"
    DEPOSITED = "DEPOSIT"


@dataclass(slots=True)
class Purse:
    """One asset of one account, in atoms."""

    free: int = 0
    locked: int = 0


class BalanceChange(msgspec.Struct, frozen=True):
    """One change of one purse: what it holds after it, and by how much it changed."""

    owner: int
    asset: str
    kind: ChangeKind
    free: int
    free_change: int
    locked: int
    locked_change: int


class Fee(msgspec.Struct, frozen=True):
    """What a trade costs, in atoms of an asset."""

    asset: str
    atoms: int


class Ledger:
    """All purses by owner; owners are accounts, numbered from -1 down."""

    def __init__(self, on_change: Callable[[BalanceChange], None]) -> None:
        self.purses: dict[int, dict[str, Purse]] = {}
        self.paid_in: Counter[str] = Counter()
        self.fees: Counter[str] = Counter()
        self.crowd: Counter[str] = Counter()
        self._on_change = on_change

    def open(self, owner: int, balances: dict[str, int]) -> None:
        """Give an account its first balances, silently."""
        self.purses[owner] = {asset: Purse(free=atoms) for asset, atoms in balances.items()}
        self.paid_in.update(balances)

    def free(self, owner: int, asset: str) -> int:
        """Give what an account can use."""
        purse = self.purses[owner].get(asset)
        return purse.free if purse else 0

    def deposit(self, owner: int, asset: str, atoms: int) -> None:
        """Pay in."""
        self.paid_in[asset] += atoms
        self._move(owner, asset, ChangeKind.DEPOSITED, atoms, 0)

    def lock(self, owner: int, asset: str, atoms: int) -> None:
        """Set aside what an order needs."""
        self._move(owner, asset, ChangeKind.PLACED, -atoms, atoms)

    def unlock(self, owner: int, asset: str, atoms: int, kind: ChangeKind) -> None:
        """Give back what an order no longer needs."""
        if atoms:
            self._move(owner, asset, kind, atoms, -atoms)

    def pay_locked(self, owner: int, asset: str, atoms: int) -> None:
        """Hand what was locked to the other side of a trade."""
        self.crowd[asset] += atoms
        self._move(owner, asset, ChangeKind.TRADED, 0, -atoms)

    def receive(self, owner: int, asset: str, atoms: int) -> None:
        """Take what the other side of a trade hands over."""
        self.crowd[asset] -= atoms
        self._move(owner, asset, ChangeKind.TRADED, atoms, 0)

    def charge(self, owner: int, fee: Fee) -> None:
        """Take a fee from what is free."""
        if fee.atoms:
            self.fees[fee.asset] += fee.atoms
            self._move(owner, fee.asset, ChangeKind.FEE, -fee.atoms, 0)

    def _move(self, owner: int, asset: str, kind: ChangeKind, free: int, locked: int) -> None:
        purses = self.purses[owner]
        purse = purses.get(asset)
        if purse is None:
            purse = purses[asset] = Purse()
        if purse.free + free < 0 or purse.locked + locked < 0:
            raise SimError(f"The ledger lost count of {asset}: {purse}, {kind}, {free}, {locked}.")
        purse.free += free
        purse.locked += locked
        self._on_change(BalanceChange(owner, asset, kind, purse.free, free, purse.locked, locked))

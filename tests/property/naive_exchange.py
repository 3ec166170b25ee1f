"""A naive exchange: the oracle of the order book tests, written apart from the code under test.

It knows nothing of epochs, horizons or sync rules. It keeps its book as a plain dictionary, adds
one to its version with every change, and remembers the whole book at each version.
"""

from dataclasses import dataclass, field
from random import Random

TICK = 0.5


@dataclass(frozen=True)
class Push:
    """One push: the changes of a closed range of versions, last size per price."""

    era: int
    first: int
    last: int
    bids: dict[float, float]
    asks: dict[float, float]


@dataclass(frozen=True)
class FullBook:
    """The whole book at one version."""

    era: int
    version: int
    bids: dict[float, float]
    asks: dict[float, float]


@dataclass
class NaiveExchange:
    """Random orders, never crossed. An era is one life of its version counter."""

    random: Random
    era: int = 0
    version: int = 100
    price: float = 50.0
    bids: dict[float, float] = field(default_factory=dict)
    asks: dict[float, float] = field(default_factory=dict)
    history: dict[tuple[int, int], FullBook] = field(default_factory=dict)
    _first_unsent: int = 101
    _changed: set[tuple[str, float]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for step in range(1, 6):
            self.bids[self.price - step * TICK] = float(step)
            self.asks[self.price + step * TICK] = float(step)
        self._remember()

    def change(self) -> None:
        """One change of one level: set, resized or removed."""
        side = self.random.choice(("bids", "asks"))
        sign = -1 if side == "bids" else 1
        book = self.bids if side == "bids" else self.asks
        if book and self.random.random() < 0.45:
            price = self.random.choice(sorted(book))
            if self.random.random() < 0.6:
                del book[price]
            else:
                book[price] = float(self.random.randint(1, 9))
        else:
            other = self.asks if side == "bids" else self.bids
            edge = (min(other) if sign < 0 else max(other)) if other else self.price
            price = edge + sign * TICK * self.random.randint(1, 8)
            if price <= 0:
                return
            book[price] = float(self.random.randint(1, 9))
        self.version += 1
        self._changed.add((side, price))
        self._remember()

    def push(self) -> Push | None:
        """Everything since the last push, as the exchange bundles it; None if nothing changed."""
        if not self._changed:
            return None
        bids = {p: self.bids.get(p, 0.0) for side, p in self._changed if side == "bids"}
        asks = {p: self.asks.get(p, 0.0) for side, p in self._changed if side == "asks"}
        push = Push(self.era, self._first_unsent, self.version, bids, asks)
        self._first_unsent = self.version + 1
        self._changed.clear()
        return push

    def full_book(self) -> FullBook:
        """The book now."""
        return self.history[self.era, self.version]

    def restart_counter(self) -> None:
        """Count anew from a lower number, as after a maintenance. Unsent changes are gone."""
        self.era += 1
        self.version = max(1, self.version - self.random.randint(1, 40))
        self._first_unsent = self.version + 1
        self._changed.clear()
        self.price += self.random.choice((-3, 3)) * TICK
        shift = self.random.choice((-1, 1)) * TICK / 4
        self.bids = {p + shift: s for p, s in self.bids.items()}
        self.asks = {p + shift: s for p, s in self.asks.items()}
        self._remember()

    def _remember(self) -> None:
        book = FullBook(self.era, self.version, dict(self.bids), dict(self.asks))
        self.history[self.era, self.version] = book

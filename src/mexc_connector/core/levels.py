"""Levels: one side of a book as sorted keys and a size per price.

[hot] Its benchmark is the depth frame, decoded and applied.

Keys ascend towards the best level, so that the top is the last element and the changes, which
cluster at the top, move few elements. Bids are keyed by price, asks by its negative. Prices are
floats read from decimal text with correct rounding, so `375.80` and `375.8` are one key.

Levels worse than the horizon are not kept: their neighbours are unknown, and a listing with
holes would look complete.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator


class Levels:
    """One side. `sign` is 1 for bids and -1 for asks."""

    __slots__ = ("_keys", "_sign", "_sizes", "horizon", "loaded")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._keys: list[float] = []
        self._sizes: dict[float, float] = {}
        self.horizon: float | None = None
        self.loaded = 0

    def clear(self) -> None:
        """Forget everything."""
        self._keys = []
        self._sizes = {}
        self.horizon = None
        self.loaded = 0

    def load(self, levels: Iterable[tuple[float, float]], horizon: float | None) -> None:
        """Replace all levels. O(n log n). `horizon` is the deepest price disclosed, if any."""
        self._sizes = {price: size for price, size in levels if size}
        sign = self._sign
        self._keys = sorted(sign * price for price in self._sizes)
        self.horizon = horizon
        self.loaded = len(self._keys)

    def apply(self, changes: Iterable[tuple[float, float]]) -> None:
        """Set absolute sizes; zero deletes, and deleting what is not there is no error.

        O(log n) comparisons for a new or vanished level, O(1) for a changed size.
        """
        sizes = self._sizes
        keys = self._keys
        sign = self._sign
        for price, size in changes:
            if not size:
                if sizes.pop(price, None) is not None:
                    del keys[bisect_left(keys, sign * price)]
            elif price in sizes:
                sizes[price] = size
            elif self.horizon is None or sign * price >= sign * self.horizon:
                sizes[price] = size
                insort(keys, sign * price)

    def best_price(self) -> float | None:
        """Return the price at the top, None on an empty side. O(1)."""
        return self._sign * self._keys[-1] if self._keys else None

    def at(self, depth: int) -> tuple[float, float]:
        """Return price and size `depth` levels below the top, 0 being the top. IndexError past it.

        O(1). `depth` must not be negative.
        """
        price = self._sign * self._keys[-1 - depth]
        return price, self._sizes[price]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[tuple[float, float]]:
        """Iterate over price and size, best first."""
        sign, sizes = self._sign, self._sizes
        for key in reversed(self._keys):
            price = sign * key
            yield price, sizes[price]

    def reaches(self, price: float) -> bool:
        """Whether everything from the top down to `price` is known."""
        return self.horizon is None or self._sign * price >= self._sign * self.horizon

    def is_at_or_better(self, price: float, limit: float) -> bool:
        """Whether a level at `price` is as close to the top as `limit`, or closer."""
        return self._sign * price >= self._sign * limit

    def deeper(self, one: float, other: float) -> float:
        """Return the one of two prices that is farther from the top."""
        return min(one, other) if self._sign > 0 else max(one, other)

    def is_thin(self) -> bool:
        """Whether so few of the disclosed levels are left that a new snapshot should be read."""
        return self.horizon is not None and len(self._keys) * 4 < self.loaded

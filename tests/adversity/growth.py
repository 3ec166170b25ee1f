"""How fast something grows, from samples that go up and down."""

from collections.abc import Sequence
from itertools import combinations
from statistics import median

MOST_POINTS = 60


def growth_per_hour(samples: Sequence[tuple[float, float]]) -> float:
    """Give the median slope between any two samples `(seconds, value)`; peaks do not move it."""
    thin = samples[:: max(1, len(samples) // MOST_POINTS)]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(thin, 2) if b[0] > a[0]]
    return 3600 * median(slopes) if slopes else 0.0

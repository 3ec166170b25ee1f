"""Delay before the next attempt: doubling, capped, shortened by a random part that is passed in."""

import math


def backoff_delay(attempt: int, *, base_s: float, max_s: float, jitter: float) -> float:
    """Return the seconds to wait before retry number `attempt`, which counts from 0.

    The ceiling is `base_s` doubled `attempt` times, at most `max_s`. `jitter` in [0, 1) takes away
    up to half of it: clients that failed together come back apart, and none comes back at once.
    """
    try:
        ceiling = min(max_s, math.ldexp(base_s, attempt))
    except OverflowError:
        ceiling = max_s
    return ceiling * (1.0 - jitter / 2.0)

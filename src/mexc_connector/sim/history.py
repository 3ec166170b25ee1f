"""What a market printed before the simulator started: made from the seed, on first request.

The past is a list of trades that walks back from the starting price and thins out with age, so
every candle of every interval, old or new, is made of trades. It comes in eras, newest first; an
era is generated when somebody asks about its time, and is the same whenever that happens.
"""

from __future__ import annotations

import math
from random import Random

import msgspec

from mexc_connector.sim.catalog import Listing
from mexc_connector.sim.intervals import DAY_MS, HOUR_MS, MINUTE_MS
from mexc_connector.sim.matching import Side
from mexc_connector.sim.prints import Print, id_at

DAILY_VOLATILITY = 0.025
LIVE_TRADE_SHARE = 0.16
"""Trades per agent action, about, so that the past's volume fits what follows."""


class Era(msgspec.Struct, frozen=True):
    """A stretch of the past: its older end as an age, and how often trades are printed in it."""

    oldest_age_ms: int
    gap_ms: int


RECENT_MS = 25 * HOUR_MS
"""As far back as day statistics need trades."""
LIQUID_ERAS = (
    Era(HOUR_MS, 2_000),
    Era(RECENT_MS, 20_000),
    Era(14 * DAY_MS, MINUTE_MS),
    Era(180 * DAY_MS, 10 * MINUTE_MS),
    Era(1_100 * DAY_MS, 2 * HOUR_MS),
)
QUIET_ERAS = (
    Era(HOUR_MS, 30_000),
    Era(RECENT_MS, 10 * MINUTE_MS),
    Era(14 * DAY_MS, 30 * MINUTE_MS),
    Era(180 * DAY_MS, 4 * HOUR_MS),
    Era(700 * DAY_MS, DAY_MS),
)


class WarmHistory:
    """The eras of one market that were asked for so far."""

    __slots__ = ("_eras", "_listing", "_oldest_price", "_seed", "eras_made", "start_ms")

    def __init__(self, listing: Listing, *, seed: int, start_ms: int) -> None:
        self._listing = listing
        self._seed = seed
        self.start_ms = start_ms
        self._eras = LIQUID_ERAS if listing.is_liquid else QUIET_ERAS
        self._oldest_price = float(listing.start_price)
        self.eras_made = 0

    @property
    def is_complete(self) -> bool:
        """Whether the whole past has been generated."""
        return self.eras_made == len(self._eras)

    @property
    def first_open_ms(self) -> int:
        """When the market was listed."""
        return max(0, self.start_ms - self._eras[-1].oldest_age_ms)

    @property
    def reaches_back_to_ms(self) -> int:
        """The age-bounded instant from which on every trade has been generated."""
        if not self.eras_made:
            return self.start_ms
        return self.start_ms - self._eras[self.eras_made - 1].oldest_age_ms

    def next_era(self) -> list[Print]:
        """Generate the next older era, oldest trade first."""
        listing = self._listing
        era = self._eras[self.eras_made]
        newest_age = self._eras[self.eras_made - 1].oldest_age_ms if self.eras_made else 0
        rng = Random(f"{self._seed}:{listing.symbol}:past:{self.eras_made}")
        self.eras_made += 1
        start = self.start_ms
        span = era.oldest_age_ms - newest_age
        count = span // era.gap_ms
        times = sorted(
            (start - newest_age - 1 - int(rng.random() * span) for _ in range(count)), reverse=True
        )
        # A rarer trade stands for all that a living market would have printed in its place.
        live_trades_per_s = listing.events_per_second * LIVE_TRADE_SHARE
        return self._walk_back(rng, times, max(1.0, live_trades_per_s * era.gap_ms / 1000))

    def _walk_back(self, rng: Random, times: list[int], lots_factor: float) -> list[Print]:
        listing = self._listing
        price, home = self._oldest_price, float(listing.start_price)
        index, typical = listing.index, 0.5 * lots_factor * listing.typical_lots
        later_ms, taken_id = self.start_ms, 2**62
        random, log = rng.random, math.log
        trades = []
        for time_ms in times:
            if time_ms < 0:
                break
            elapsed_days = (later_ms - time_ms) / DAY_MS
            later_ms = time_ms
            # A sum of three uniform draws is close enough to a normal one, at a third of the cost.
            shock = (random() + random() + random() - 1.5) * 2
            pull = -0.02 * elapsed_days * log(price / home)
            price = max(
                1.0, price * (1 + shock * DAILY_VOLATILITY * math.sqrt(elapsed_days) + pull)
            )
            side = Side.BUY if random() < 0.5 else Side.SELL
            lots = max(1, int(-typical * log(1 - random())))
            taken_id = min(taken_id - 2, id_at(time_ms, index))
            trades.append(Print(time_ms, max(1, round(price)), lots, side, taken_id))
        self._oldest_price = price
        trades.reverse()
        return trades

"""Names of the public channels: which exist, and what a subscription to one means."""

from __future__ import annotations

from enum import Enum

import msgspec

from mexc_connector.sim.intervals import BY_STREAM_NAME, INTERVALS, Interval
from mexc_connector.sim.tickers import ZONES


class Feed(Enum):
    """The kinds of public channel."""

    DEALS = "spot@public.aggre.deals.v3.api.pb"
    DEPTH = "spot@public.aggre.depth.v3.api.pb"
    LIMIT_DEPTH = "spot@public.limit.depth.v3.api.pb"
    BOOK_TICKER = "spot@public.aggre.bookTicker.v3.api.pb"
    BOOK_TICKER_BATCH = "spot@public.bookTicker.batch.v3.api.pb"
    KLINE = "spot@public.kline.v3.api.pb"
    MINI_TICKER = "spot@public.miniTicker.v3.api.pb"
    MINI_TICKERS = "spot@public.miniTickers.v3.api.pb"


SUFFIX = ".v3.api.pb"
FAST_MS = 10
SLOW_MS = 100
SPEEDS_MS = {"10ms": FAST_MS, "100ms": SLOW_MS}
LIMIT_DEPTHS = {"5": 5, "10": 10, "20": 20}
_BY_PREFIX = {feed.value: feed for feed in Feed}


class Channel(msgspec.Struct, frozen=True):
    """A channel name understood; fields that its kind does not have keep their defaults."""

    name: str
    feed: Feed
    symbol: str = ""
    speed_ms: int = 0
    levels: int = 0
    interval: Interval = INTERVALS[0]
    zone: str = ""

    @property
    def event_type(self) -> str:
        """The text that bodies repeat: the name without the symbol and what follows it."""
        return f"{self.feed.value}@{self.speed_ms}ms" if self.speed_ms else self.feed.value


def parse_channel(name: str) -> Channel | None:
    """Understand a channel name; None for one that the exchange would block.

    The symbol is taken as it stands; whether it is listed is for the caller to say.
    """
    prefix, _, rest = name.partition(SUFFIX + "@")
    feed = _BY_PREFIX.get(prefix + SUFFIX)
    channel: Channel | None = None
    match feed, rest.split("@"):
        case Feed.DEALS | Feed.DEPTH | Feed.BOOK_TICKER, [speed, symbol] if speed in SPEEDS_MS:
            channel = Channel(name, feed, symbol, speed_ms=SPEEDS_MS[speed])
        case Feed.LIMIT_DEPTH, [symbol, levels] if levels in LIMIT_DEPTHS:
            channel = Channel(name, feed, symbol, levels=LIMIT_DEPTHS[levels])
        case Feed.BOOK_TICKER_BATCH, [symbol]:
            channel = Channel(name, feed, symbol)
        case Feed.KLINE, [symbol, interval] if interval in BY_STREAM_NAME:
            channel = Channel(name, feed, symbol, interval=BY_STREAM_NAME[interval])
        case Feed.MINI_TICKER, [symbol, zone] if zone in ZONES:
            channel = Channel(name, feed, symbol, zone=zone)
        case Feed.MINI_TICKERS, [zone] if zone in ZONES:
            channel = Channel(name, feed, zone=zone)
    return channel

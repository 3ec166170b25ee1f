"""The public streams: the channel of each, how its pushes are read, how events are delivered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto, unique
from functools import partial
from typing import Generic, Protocol, TypeVar

from mexc_connector.common.enums import KlineInterval, StreamSpeed, TickerZone
from mexc_connector.common.errors import UsageError
from mexc_connector.common.models import BookTicker, Kline, MiniTicker, OrderBookSnapshot, Trade
from mexc_connector.common.symbols import Symbol, SymbolMap
from mexc_connector.ws import channels
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.trade_stage import TapeDesk, TradeStage
from mexc_connector.ws.translators import (
    BookTickerBatchTranslator,
    BookTickerTranslator,
    KlineTranslator,
    LimitDepthTranslator,
    MiniTickersTranslator,
    MiniTickerTranslator,
    TradeTranslator,
    Translator,
)

T = TypeVar("T")


@unique
class Delivery(Enum):
    """What a consumer who falls behind gets."""

    LATEST = auto()
    """The newest state; a consumer who joins gets the one that holds at once."""
    EVERY = auto()
    """Every event, from a bounded queue."""


class EventStage(Protocol[T]):
    """Stands between the translator and the consumers of a feed, and may hold events back.

    It hands out what it held back by the function that it was made with.
    """

    def on_events(self, events: Sequence[T]) -> Sequence[T]:
        """Return what may be handed out now."""

    def on_subscribed(self) -> None:
        """The channel was granted on a new connection."""

    def on_missed(self) -> None:
        """A frame of the connection could not be read."""

    def on_link_lost(self) -> None:
        """The connection is gone."""

    def close(self) -> None:
        """The last consumer has left."""


@dataclass(frozen=True, slots=True)
class Stream(Generic[T]):
    """One stream of events of type `T`. The channel decides the type and everything else."""

    channel: str
    make_translator: Callable[[EventCounters], Translator[T]]
    delivery: Delivery
    make_stage: Callable[[Callable[[Sequence[T]], None]], EventStage[T]] | None = None


def trades(
    market: str, symbol: Symbol, speed: StreamSpeed, desk: TapeDesk | None = None
) -> Stream[Trade]:
    """Public trades; with a `desk` their tape is mended, or its gaps are declared."""
    return Stream(
        channels.trades(market, speed),
        partial(TradeTranslator, symbol),
        Delivery.EVERY,
        None if desk is None else partial(TradeStage, symbol, desk),
    )


def book_ticker(market: str, symbol: Symbol, speed: StreamSpeed) -> Stream[BookTicker]:
    """Best bid and ask, when they change."""
    return Stream(
        channels.book_ticker(market, speed), partial(BookTickerTranslator, symbol), Delivery.LATEST
    )


def book_ticker_batch(market: str, symbol: Symbol) -> Stream[tuple[BookTicker, ...]]:
    """Best bid and ask, in batches."""
    return Stream(
        channels.book_ticker_batch(market),
        lambda _: BookTickerBatchTranslator(symbol),
        Delivery.LATEST,
    )


def limit_depth(market: str, symbol: Symbol, levels: int) -> Stream[OrderBookSnapshot]:
    """The top of the order book. Raises `UsageError` for a depth that is not offered."""
    if levels not in channels.LIMIT_DEPTH_LEVELS:
        raise UsageError(f"levels must be one of {channels.LIMIT_DEPTH_LEVELS}, not {levels!r}")
    return Stream(
        channels.limit_depth(market, levels),
        lambda counters: LimitDepthTranslator(symbol, levels, counters),
        Delivery.LATEST,
    )


def klines(market: str, symbol: Symbol, interval: KlineInterval) -> Stream[Kline]:
    """The running candle, and each closed one."""
    return Stream(
        channels.klines(market, interval), partial(KlineTranslator, symbol), Delivery.EVERY
    )


def mini_ticker(market: str, symbol: Symbol, zone: TickerZone) -> Stream[MiniTicker]:
    """Rolling figures of one market."""
    return Stream(
        channels.mini_ticker(market, zone),
        lambda _: MiniTickerTranslator(symbol),
        Delivery.LATEST,
    )


def mini_tickers(
    zone: TickerZone, symbol_map: Callable[[], SymbolMap]
) -> Stream[tuple[MiniTicker, ...]]:
    """Rolling figures of all markets; `symbol_map` gives the map that is valid now."""
    return Stream(
        channels.mini_tickers(zone), partial(MiniTickersTranslator, symbol_map), Delivery.LATEST
    )

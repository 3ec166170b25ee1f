"""Which channels and endpoints a rule is about, and whether there are any such."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

from mexc_connector.sim.channels import LIMIT_DEPTHS, SPEEDS_MS, Feed, parse_channel
from mexc_connector.sim.endpoints import EndpointName
from mexc_connector.sim.faults.rules import FaultError
from mexc_connector.sim.intervals import BY_STREAM_NAME
from mexc_connector.sim.private_bodies import ACCOUNT, CHANNELS, DEALS, ORDERS
from mexc_connector.sim.tickers import ZONES

ALL, PUBLIC, PRIVATE = "all", "public", "private"
KINDS = {
    "deals": Feed.DEALS.value,
    "depth": Feed.DEPTH.value,
    "limit_depth": Feed.LIMIT_DEPTH.value,
    "book_ticker": Feed.BOOK_TICKER.value,
    "book_ticker_batch": Feed.BOOK_TICKER_BATCH.value,
    "kline": Feed.KLINE.value,
    "mini_ticker": Feed.MINI_TICKER.value,
    "mini_tickers": Feed.MINI_TICKERS.value,
    "orders": ORDERS,
    "fills": DEALS,
    "balances": ACCOUNT,
}
WILDCARDS = frozenset("*?[")
REST_PREFIX = "/api/v3/"
MARKET_DATA = ("depth", "trades", "historicalTrades", "aggTrades", "klines", "avgPrice")
ORDER_PATHS = (
    "order",
    "order/test",
    "batchOrders",
    "openOrders",
    "order/all",
    "allOrders",
    "myTrades",
)
LISTEN_KEY_PATH = "userDataStream"


GROUPS: dict[str, Callable[[EndpointName], bool]] = {
    ALL: lambda _: True,
    PUBLIC: lambda endpoint: not endpoint.is_private,
    PRIVATE: lambda endpoint: endpoint.is_private,
    "market_data": lambda endpoint: (
        endpoint.path in MARKET_DATA or endpoint.path.startswith("ticker/")
    ),
    "commands": lambda endpoint: endpoint.is_command,
    "orders": lambda endpoint: endpoint.path in ORDER_PATHS,
    "listen_key": lambda endpoint: endpoint.path == LISTEN_KEY_PATH,
    "account": lambda endpoint: (
        endpoint.is_private and endpoint.path not in (*ORDER_PATHS, LISTEN_KEY_PATH)
    ),
}


def selects_channel(choices: Iterable[str], channel: str) -> bool:
    """Say whether one of a rule's choices means a channel."""
    return any(_means_channel(choice, channel) for choice in choices)


def _means_channel(choice: str, channel: str) -> bool:
    prefix = KINDS.get(choice)
    if prefix is not None:
        return channel == prefix or channel.startswith(f"{prefix}@")
    if choice in (ALL, PUBLIC, PRIVATE):
        return choice == ALL or (choice == PRIVATE) == (channel in CHANNELS)
    return fnmatchcase(channel, choice)


def selects_endpoint(choices: Iterable[str], endpoint: EndpointName) -> bool:
    """Say whether one of a rule's choices means an endpoint."""
    return any(_means_endpoint(choice, endpoint) for choice in choices)


def _means_endpoint(choice: str, endpoint: EndpointName) -> bool:
    means = GROUPS.get(choice)
    if means is not None:
        return means(endpoint)
    method, separator, glob = choice.rpartition(" ")
    if separator and method != endpoint.method:
        return False
    return fnmatchcase(endpoint.path, glob.removeprefix(REST_PREFIX))


def check_channels(choices: Iterable[str], symbols: Iterable[str]) -> None:
    """Raise `FaultError` for a choice that no channel of these markets can have."""
    listed = frozenset(symbols)
    for choice in choices:
        if choice in KINDS or choice in (ALL, PUBLIC, PRIVATE):
            continue
        if not WILDCARDS & set(choice):
            channel = parse_channel(choice)
            is_known = choice in CHANNELS or (
                channel is not None and (not channel.symbol or channel.symbol in listed)
            )
        else:
            is_known = any(fnmatchcase(name, choice) for name in channel_names(listed))
        if not is_known:
            raise FaultError(
                f"{choice!r} is no channel of this exchange, and none of {', '.join(KINDS)}, "
                f"{PUBLIC}, {PRIVATE}, {ALL}."
            )


def check_endpoints(
    choices: Iterable[str], methods: Iterable[str], endpoints: Iterable[EndpointName]
) -> None:
    """Raise `FaultError` for a choice that means no endpoint, or none with one of the methods."""
    known, taken = tuple(endpoints), tuple(methods)
    for choice in choices:
        meant = [endpoint for endpoint in known if _means_endpoint(choice, endpoint)]
        if not meant and choice not in GROUPS:
            raise FaultError(
                f"{choice!r} is no endpoint of this exchange, and none of {', '.join(GROUPS)}."
            )
        if meant and not any(endpoint.method in taken for endpoint in meant):
            raise FaultError(f"{choice!r} has no endpoint with the method {' or '.join(taken)}.")


def channel_names(symbols: Iterable[str]) -> Iterator[str]:
    """Yield the name of every channel that there is."""
    yield from CHANNELS
    for zone in ZONES:
        yield f"{Feed.MINI_TICKERS.value}@{zone}"
    for symbol in symbols:
        for feed in (Feed.DEALS, Feed.DEPTH, Feed.BOOK_TICKER):
            for speed in SPEEDS_MS:
                yield f"{feed.value}@{speed}@{symbol}"
        yield f"{Feed.BOOK_TICKER_BATCH.value}@{symbol}"
        for feed, parameters in (
            (Feed.LIMIT_DEPTH, LIMIT_DEPTHS),
            (Feed.KLINE, BY_STREAM_NAME),
            (Feed.MINI_TICKER, ZONES),
        ):
            for parameter in parameters:
                yield f"{feed.value}@{symbol}@{parameter}"

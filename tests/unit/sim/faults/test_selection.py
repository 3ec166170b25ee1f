"""Which channels and endpoints a choice means."""

import pytest

from mexc_connector.sim.channels import parse_channel
from mexc_connector.sim.endpoints import EndpointName
from mexc_connector.sim.faults.active import Timer
from mexc_connector.sim.faults.selection import (
    KINDS,
    channel_names,
    selects_channel,
    selects_endpoint,
)
from mexc_connector.sim.private_bodies import CHANNELS

DEPTH = "spot@public.aggre.depth.v3.api.pb@100ms@BTCUSDT"
BOARD = "spot@public.miniTickers.v3.api.pb@24H"
ORDERS = "spot@private.orders.v3.api.pb"


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        ("all", {DEPTH, BOARD, ORDERS}),
        ("public", {DEPTH, BOARD}),
        ("private", {ORDERS}),
        ("depth", {DEPTH}),
        ("mini_tickers", {BOARD}),
        ("mini_ticker", set()),
        ("limit_depth", set()),
        ("orders", {ORDERS}),
        ("*@BTCUSDT", {DEPTH}),
        (DEPTH, {DEPTH}),
    ],
)
def test_a_choice_means_channels(choice: str, meant: set[str]) -> None:
    assert {name for name in (DEPTH, BOARD, ORDERS) if selects_channel([choice], name)} == meant


def test_every_channel_has_one_kind() -> None:
    for name in channel_names(["BTCUSDT"]):
        assert name in CHANNELS or parse_channel(name) is not None
        assert sum(selects_channel([kind], name) for kind in KINDS) == 1


PLACE = EndpointName("POST", "order", True, True)
QUERY = EndpointName("GET", "order", True, False)
BOOK = EndpointName("GET", "depth")
TICKER = EndpointName("GET", "ticker/24hr")
RENEW = EndpointName("PUT", "userDataStream", True)
BALANCES = EndpointName("GET", "account", True)
EVERY = (PLACE, QUERY, BOOK, TICKER, RENEW, BALANCES)


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        ("all", set(EVERY)),
        ("public", {BOOK, TICKER}),
        ("private", {PLACE, QUERY, RENEW, BALANCES}),
        ("market_data", {BOOK, TICKER}),
        ("commands", {PLACE}),
        ("orders", {PLACE, QUERY}),
        ("listen_key", {RENEW}),
        ("account", {BALANCES}),
        ("order", {PLACE, QUERY}),
        ("GET order", {QUERY}),
        ("ticker/*", {TICKER}),
        ("/api/v3/depth", {BOOK}),
    ],
)
def test_a_choice_means_endpoints(choice: str, meant: set[EndpointName]) -> None:
    assert {endpoint for endpoint in EVERY if selects_endpoint([choice], endpoint)} == meant


def test_a_timer_is_due_once_or_every_so_often_and_catches_up() -> None:
    once = Timer(after_ms=10, every_ms=None)
    assert [list(once.due(ms)) for ms in (9, 10, 500)] == [[], [10], []]
    often = Timer(after_ms=10, every_ms=20)
    assert [list(often.due(ms)) for ms in (0, 10, 29, 75)] == [[], [10], [], [30, 50, 70]]

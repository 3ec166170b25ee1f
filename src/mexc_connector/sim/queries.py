"""Reading query parameters the way the exchange does."""

from __future__ import annotations

from collections.abc import Mapping

from mexc_connector.sim.errors import bad_parameter, invalid_symbol
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.market import Market

Query = Mapping[str, str]


def required_text(query: Query, name: str) -> str:
    """Read a mandatory parameter; raises the refusal that names it."""
    value = query.get(name, "")
    if not value:
        raise bad_parameter(name)
    return value


def whole_number(query: Query, name: str) -> int | None:
    """Read an optional whole number, None when it is absent or empty."""
    value = query.get(name, "")
    if not value:
        return None
    if not (value.isascii() and value.isdecimal()) or len(value) > 18:
        raise bad_parameter(name)
    return int(value)


def row_limit(query: Query, *, usual: int, most: int) -> int:
    """Read `limit`: absent means `usual`, more than `most` is cut silently, 0 is malformed."""
    limit = whole_number(query, "limit")
    if limit == 0:
        raise bad_parameter("limit")
    return min(usual if limit is None else limit, most)


def required_market(query: Query, exchange: Exchange) -> Market:
    """Read the mandatory `symbol` and find its market."""
    market = exchange.market(required_text(query, "symbol"))
    if market is None:
        raise invalid_symbol()
    return market

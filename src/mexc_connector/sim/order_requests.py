"""Reading the parameters of an order, before any rule of its market."""

from __future__ import annotations

import re

import msgspec

from mexc_connector.sim.errors import Refusal, bad_parameter
from mexc_connector.sim.matching import OrderKind, Side
from mexc_connector.sim.queries import Query, required_text
from mexc_connector.sim.stp import StpMode, stp_mode

PLAIN_NUMBER = re.compile(r"[0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30}", re.ASCII)
CLIENT_ID_FORM = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
UNAVAILABLE_KINDS = frozenset(
    {
        "STOP_LIMIT",
        "STOP_LOSS",
        "STOP_LOSS_LIMIT",
        "STOP_MARKET_ORDER",
        "TAKE_PROFIT",
        "TAKE_PROFIT_LIMIT",
    }
)
ILLEGAL_CHARACTERS = 700008
COMBINATION = -1128


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says: numbers are still text, the market is still a name."""

    symbol: str
    side: Side
    kind: OrderKind
    price: str | None
    quantity: str | None
    quote_amount: str | None
    client_order_id: str | None
    stp_mode: StpMode


def read_order(query: Query) -> OrderRequest:
    """Read an order; raises the refusal that names what is missing or malformed.

    What an order type has no use for is ignored, like everything the exchange does not know.
    """
    symbol = required_text(query, "symbol")
    side = _side(required_text(query, "side"))
    kind = _kind(required_text(query, "type"))
    quantity, quote_amount = _number(query, "quantity"), _number(query, "quoteOrderQty")
    price: str | None = None
    if kind is OrderKind.MARKET:
        if quantity is None and quote_amount is None:
            raise bad_parameter("quantity")
        if quantity is not None and quote_amount is not None:
            raise Refusal(400, COMBINATION, "Combination of optional parameters invalid.")
    else:
        quote_amount = None
        price = _number(query, "price")
        if quantity is None:
            raise bad_parameter("quantity")
        if price is None:
            raise bad_parameter("price")
    return OrderRequest(
        symbol=symbol,
        side=side,
        kind=kind,
        price=price,
        quantity=quantity,
        quote_amount=quote_amount,
        client_order_id=_client_order_id(query),
        stp_mode=stp_mode(query.get("stpMode", "")),
    )


def _side(text: str) -> Side:
    try:
        return Side[text]
    except KeyError as error:
        raise bad_parameter("side") from error


def _kind(text: str) -> OrderKind:
    if text in UNAVAILABLE_KINDS:
        raise Refusal(400, 30041, "current order type can not place order")
    try:
        return OrderKind(text)
    except ValueError as error:
        raise bad_parameter("type") from error


def _number(query: Query, name: str) -> str | None:
    text = query.get(name, "")
    if not text:
        return None
    if not PLAIN_NUMBER.fullmatch(text):
        raise bad_parameter(name)
    return text


def _client_order_id(query: Query) -> str | None:
    text = query.get("newClientOrderId", "")
    if text and not CLIENT_ID_FORM.fullmatch(text):
        raise Refusal(
            400,
            ILLEGAL_CHARACTERS,
            "Illegal characters found in parameter 'newClientOrderId'; "
            "legal range is '^[a-zA-Z0-9-_]{1,32}$'.",
        )
    return text or None

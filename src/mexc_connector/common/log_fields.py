"""The fields of a log line: what it is about, for programs that read logs.

Every line of the library may carry them as `record.mexc`, a dictionary: `symbol` ("BTC/USDT"),
`order_id`, `client_order_id`, `connection` (number of a link), `request` (number of a call of one
REST client), `endpoint`, `stream` (a channel, or what a callback listens to), `mode`
(a `DegradedMode`) and `journal` (its file). A line has those that apply; docs/logging.md has a
formatter.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

from mexc_connector.common.orders import Order
from mexc_connector.common.symbols import Symbol

RECORD_ATTRIBUTE = "mexc"


def log_fields(
    *,
    order: Order | None = None,
    symbol: Symbol | None = None,
    order_id: str | None = None,
    client_order_id: str | None = None,
    connection: int | None = None,
    request: int | None = None,
    endpoint: str | None = None,
    stream: str | None = None,
    mode: str | None = None,
    journal: Path | None = None,
) -> Mapping[str, dict[str, str | int]]:
    """Return what goes into `extra=`, nothing if nothing is known.

    An `order` gives its market and ids.
    """
    if order is not None:
        symbol, order_id, client_order_id = order.symbol, order.order_id, order.client_order_id
    found = {
        "symbol": None if symbol is None else str(symbol),
        "order_id": order_id,
        "client_order_id": client_order_id,
        "connection": connection,
        "request": request,
        "endpoint": endpoint,
        "stream": stream,
        "mode": mode,
        "journal": None if journal is None else str(journal),
    }
    known = {name: value for name, value in found.items() if value is not None}
    return {RECORD_ATTRIBUTE: known} if known else {}


def fields_of(
    event: object, *, stream: str | None = None, journal: Path | None = None
) -> Mapping[str, dict[str, str | int]]:
    """Return the fields of a line about an event or a record: what it names by these names."""
    symbol = getattr(event, "symbol", None)
    return log_fields(
        symbol=symbol if isinstance(symbol, Symbol) else None,
        order_id=getattr(event, "order_id", None),
        client_order_id=getattr(event, "client_order_id", None),
        connection=getattr(event, "connection_id", None),
        stream=stream,
        journal=journal,
    )


def log_about(
    logger: logging.Logger, *, symbol: Symbol | None = None, connection: int | None = None
) -> logging.LoggerAdapter[logging.Logger]:
    """Return `logger` for somebody whose every line is about one market or one connection."""
    return logging.LoggerAdapter(logger, log_fields(symbol=symbol, connection=connection))

"""Answers that stand for those of an exchange in trouble, and answers that were spoilt."""

from __future__ import annotations

import msgspec
from aiohttp import web

from mexc_connector.sim.http_pages import gateway_answer
from mexc_connector.sim.market import Market
from mexc_connector.sim.rest_replies import Depth, ErrorBody
from mexc_connector.sim.rest_server import json_answer
from mexc_connector.sim.views import Level

MAINTENANCE_TEXT = "Under maintenance, please try again later"
ANNOUNCEMENT = "https://www.mexc.com/announcements/article/simulated-maintenance"
UNKNOWN_ERROR = "Unknown error, please check your request or try again later."
INTERNAL_ERROR = "Internal error"
GATEWAY_CODES_FROM = 600


class MaintenanceBody(msgspec.Struct, frozen=True):
    """What every request reads during maintenance."""

    code: int
    message: str
    announcement: str


class GatewayBody(msgspec.Struct, frozen=True):
    """An error of the older gateway."""

    success: bool
    code: int
    message: str


def maintenance_answer(code: int) -> web.Response:
    """Answer as under maintenance."""
    if code < GATEWAY_CODES_FROM:
        return json_answer(500, MaintenanceBody(code, MAINTENANCE_TEXT, ANNOUNCEMENT))
    return json_answer(400, GatewayBody(False, code, MAINTENANCE_TEXT))


def limit_answer(status: int, retry_after_s: int | None) -> web.Response:
    """Answer 429 or 418, with `Retry-After` or without."""
    text = "Too many requests" if status == 429 else "Too many requests, the address is banned"
    answer = json_answer(status, ErrorBody(status, text))
    if retry_after_s is not None:
        answer.headers["Retry-After"] = str(retry_after_s)
    return answer


def server_error(status: int) -> web.Response:
    """Answer 500 and 503 as the exchange does, 502 and 504 as its gateway does."""
    if status == 500:
        return json_answer(500, ErrorBody(500, INTERNAL_ERROR))
    if status == 503:
        return json_answer(503, ErrorBody(503, UNKNOWN_ERROR))
    return gateway_answer(status)


def body_of(answer: web.Response) -> bytes:
    """Give an answer's bytes."""
    body = answer.body
    return bytes(body) if isinstance(body, bytes | bytearray) else b""


def with_body(answer: web.Response, body: bytes) -> web.Response:
    """Give an answer with other bytes."""
    changed = web.Response(status=answer.status, body=body, content_type=answer.content_type)
    if "Retry-After" in answer.headers:
        changed.headers["Retry-After"] = answer.headers["Retry-After"]
    return changed


def stale_depth(market: Market, answer: Depth, *, behind: int, levels: int) -> Depth:
    """Give a depth reply of `behind` versions ago, or of as long ago as the market remembers.

    It is cut to as many `levels` as were asked for, not to those that the book has now: what is
    missing from an answer that is shorter was not there.
    """
    remembered = len(market.book.past or ())
    view = market.book_at(market.version - min(behind, remembered))
    return msgspec.structs.replace(
        answer,
        lastUpdateId=view.version,
        bids=[_row(market, level) for level in view.bids[:levels]],
        asks=[_row(market, level) for level in view.asks[:levels]],
    )


def _row(market: Market, level: Level) -> tuple[str, str]:
    return (
        market.prices.padded(market.prices.parse(level.price)),
        market.quantities.padded(market.quantities.parse(level.quantity)),
    )

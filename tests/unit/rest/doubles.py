"""Doubles of the world around the REST side: a clock moved by sleeping, a scripted network."""

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import MexcError
from mexc_connector.rest.transport import HttpReply, HttpRequest

EPOCH_NS = 1_795_000_000_000 * 1_000_000


class FakeClock(Clock):
    """Time that passes only in `sleep`, for everybody at once."""

    def __init__(self) -> None:
        self.moment = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.moment

    def time_ns(self) -> int:
        return EPOCH_NS + round((self.moment - 1000.0) * 1e9)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += max(0.0, seconds)
        await asyncio.sleep(0)


def reply(
    body: object = None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpReply:
    """Make a reply; bytes go as they are, anything else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status=status, headers=headers or {}, body=raw)


Handler = Callable[[HttpRequest], HttpReply]


@dataclass
class FakeTransport:
    """Answers by path: a fixed reply, an error to raise, a handler, or a list of these in turn."""

    routes: dict[str, object] = field(default_factory=dict)
    requests: list[HttpRequest] = field(default_factory=list)
    closed: int = 0
    blocked: asyncio.Event | None = None

    async def send(self, request: HttpRequest) -> HttpReply:
        self.requests.append(request)
        if self.blocked is not None:
            await self.blocked.wait()
        answer = self.routes[urlsplit(request.url).path.removeprefix("/api/v3/")]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, MexcError):
            raise answer
        if isinstance(answer, HttpReply):
            return answer
        assert callable(answer)
        return answer(request)  # type: ignore[no-any-return]

    async def close(self) -> None:
        self.closed += 1

    def sent(self, name: str) -> list[dict[str, str]]:
        """Return the parameters of every request for one endpoint."""
        return [
            query(request)
            for request in self.requests
            if urlsplit(request.url).path == f"/api/v3/{name}"
        ]


def query(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of a request."""
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))


def symbol_row(base: str = "BTC", quote: str = "USDT", **changes: object) -> dict[str, object]:
    """Return a row of `exchangeInfo` as MEXC sent it in 2026; labelled so: values are made up."""
    return {
        "symbol": f"{base}{quote}",
        "status": "1",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 2,
        "quoteAssetPrecision": 2,
        "orderTypes": ["LIMIT", "MARKET", "LIMIT_MAKER"],
        "isSpotTradingAllowed": True,
        "quoteAmountPrecision": "1",
        "baseSizePrecision": "0.000001",
        "filters": [],
        "maxQuoteAmount": "4000000",
        "makerCommission": "0",
        "takerCommission": "0.0005",
        "quoteAmountPrecisionMarket": "1",
        "maxQuoteAmountMarket": "4000000",
        "fullName": "Bitcoin",
        "tradeSideType": 1,
        "contractAddress": "",
        "st": False,
    } | changes


def exchange_info(*rows: dict[str, object]) -> HttpReply:
    """Return a reply of `exchangeInfo`."""
    return reply(
        {
            "timezone": "CST",
            "serverTime": 1_795_000_000_000,
            "rateLimits": [],
            "exchangeFilters": [],
            "symbols": list(rows) or [symbol_row()],
        }
    )


def counting(start: int = 0) -> Callable[[], int]:
    """Return a function that counts its calls."""
    counter = itertools.count(start)
    return lambda: next(counter)

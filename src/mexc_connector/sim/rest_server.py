"""The HTTP side: which paths exist, what each costs, and how a refusal looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import msgspec
from aiohttp import web

from mexc_connector.sim.endpoints import EndpointName
from mexc_connector.sim.errors import Refusal, TooManyRequests, TradeRefusal
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.gate import SignedRequest
from mexc_connector.sim.http_pages import firewall_answer
from mexc_connector.sim.limits import AddressLimiter, Verdict
from mexc_connector.sim.options import SimLimits
from mexc_connector.sim.private_replies import TradeErrorBody
from mexc_connector.sim.queries import Query
from mexc_connector.sim.rest_general import GeneralEndpoints
from mexc_connector.sim.rest_market import MarketEndpoints
from mexc_connector.sim.rest_private import PrivateRoute, PrivateServer
from mexc_connector.sim.rest_replies import ErrorBody
from mexc_connector.sim.taps import RestTap

PREFIX = "/api/v3/"
FUTURES_PREFIX = "/api/v1/contract/"
UNKNOWN_PATH_WEIGHT = 1

Endpoint = Callable[[Query], Awaitable[object]]


class Route(msgspec.Struct, frozen=True):
    """One method and path: its weight in the address's pool, and who answers."""

    weight: int
    endpoint: Endpoint


async def _unknown_path(query: Query) -> object:
    del query
    raise Refusal(404, 404, "Not Found")


UNKNOWN = Route(UNKNOWN_PATH_WEIGHT, _unknown_path)


class RestServer:
    """Every HTTP request that is not a stream handshake. `clock` gives the server's time in ms."""

    def __init__(
        self,
        exchange: Exchange,
        private: PrivateServer,
        *,
        limits: SimLimits,
        clock: Callable[[], int],
    ) -> None:
        self._private = private
        self._limits = limits
        self._clock = clock
        self._addresses: dict[str, AddressLimiter] = {}
        self._routes = _public_routes(GeneralEndpoints(exchange), MarketEndpoints(exchange, limits))
        self.requests_by_path: dict[str, int] = {}
        self.tap: RestTap | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        path = request.path
        route = self._route(request.method, path)
        if route is not UNKNOWN:
            self.requests_by_path[path] = self.requests_by_path.get(path, 0) + 1
        if self.tap is not None:
            execute = partial(self._answer, request, route)
            return await self.tap.answer(request, _name(request.method, path, route), execute)
        return await self._answer(request, route)

    def endpoints(self) -> Iterator[EndpointName]:
        """Yield every endpoint that there is."""
        for (method, path), public in self._routes.items():
            yield _name(method, path, public)
        for (method, path), private in self._private.routes.items():
            yield _name(method, path, private)

    def _route(self, method: str, path: str) -> Route | PrivateRoute:
        public = self._routes.get((method, path))
        if public is not None:
            return public
        private = self._private.route(method, path)
        if private is not None:
            return private
        return UNKNOWN

    async def _answer(self, request: web.Request, route: Route | PrivateRoute) -> web.Response:
        refused = self._limit(request, route.weight)
        if refused is not None:
            return refused
        try:
            if isinstance(route, PrivateRoute):
                return json_answer(200, self._private.answer(route, await _signed_request(request)))
            return json_answer(200, await route.endpoint(request.query))
        except Refusal as refusal:
            return _refused(refusal)

    def _limit(self, request: web.Request, weight: int) -> web.Response | None:
        now_ms = self._clock()
        address = request.remote or ""
        limiter = self._addresses.get(address)
        if limiter is None:
            limiter = self._addresses[address] = AddressLimiter(self._limits, now_ms)
        judgement = limiter.judge(weight, now_ms)
        match judgement.verdict:
            case Verdict.PASS:
                return None
            case Verdict.FIREWALL:
                return firewall_answer(request.path)
            case Verdict.LIMITED:
                body = ErrorBody(429, "Too many requests")
            case Verdict.BANNED:
                body = ErrorBody(418, "Too many requests, the address is banned")
        return json_answer(body.code, body, retry_after_s=judgement.retry_after_s)


def _public_routes(
    general: GeneralEndpoints, market: MarketEndpoints
) -> dict[tuple[str, str], Route]:
    """Weights: the exchange's table of 2026, as its documents and two clients give it."""
    weights_and_endpoints: dict[str, tuple[int, Endpoint]] = {
        "ping": (1, general.ping),
        "time": (1, general.time),
        "defaultSymbols": (1, general.default_symbols),
        "symbol/offline": (10, general.offline_symbols),
        "announcements": (8, general.announcements),
        "exchangeInfo": (25, market.exchange_information),
        "depth": (3, market.depth),
        "trades": (5, market.trades),
        # Hidden in the documents since, and still called.
        "historicalTrades": (5, market.trades),
        "aggTrades": (1, market.aggregate_trades),
        "klines": (1, market.klines),
        "avgPrice": (1, market.average_price),
        "ticker/24hr": (25, market.day_ticker),
        "ticker/price": (10, market.price_ticker),
        "ticker/bookTicker": (10, market.book_ticker),
    }
    routes = {
        ("GET", PREFIX + path): Route(weight, endpoint)
        for path, (weight, endpoint) in weights_and_endpoints.items()
    }
    for path, endpoint in (("detail", general.contracts), ("ping", general.contracts_ping)):
        routes["GET", FUTURES_PREFIX + path] = Route(UNKNOWN_PATH_WEIGHT, endpoint)
    return routes


def _name(method: str, path: str, route: Route | PrivateRoute) -> EndpointName:
    is_private = isinstance(route, PrivateRoute)
    is_command = isinstance(route, PrivateRoute) and route.is_order
    return EndpointName(method, path.removeprefix(PREFIX), is_private, is_command)


async def _signed_request(request: web.Request) -> SignedRequest:
    """Take what is signed exactly as it came; the body of a GET is not looked at."""
    body = b"" if request.method == "GET" else await request.read()
    return SignedRequest(
        api_key=request.headers.get("X-MEXC-APIKEY", ""),
        content_type=request.headers.get("Content-Type", ""),
        raw_query=request.raw_path.partition("?")[2],
        raw_body=body.decode("utf-8", "surrogateescape"),
        address=request.remote or "",
    )


def _refused(refusal: Refusal) -> web.Response:
    match refusal:
        case TradeRefusal():
            return json_answer(refusal.status, TradeErrorBody(refusal.message, refusal.code))
        case TooManyRequests():
            body = ErrorBody(refusal.code, refusal.message)
            return json_answer(refusal.status, body, retry_after_s=refusal.retry_after_s)
    return json_answer(refusal.status, ErrorBody(refusal.code, refusal.message))


def json_answer(status: int, body: object, *, retry_after_s: int = 0) -> web.Response:
    """Answer with a body in JSON; `retry_after_s` 0 leaves the header out."""
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s else None
    return web.Response(
        status=status,
        body=msgspec.json.encode(body),
        content_type="application/json",
        headers=headers,
    )

"""The HTTP side: which paths exist, what each costs, and how a refusal looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from mexc_connector.sim.errors import Refusal, TooManyRequests, TradeRefusal
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.gate import SignedRequest
from mexc_connector.sim.limits import AddressLimiter, Verdict
from mexc_connector.sim.options import SimLimits
from mexc_connector.sim.private_replies import TradeErrorBody
from mexc_connector.sim.queries import Query
from mexc_connector.sim.rest_general import GeneralEndpoints
from mexc_connector.sim.rest_market import MarketEndpoints
from mexc_connector.sim.rest_private import PrivateRoute, PrivateServer
from mexc_connector.sim.rest_replies import ErrorBody

PREFIX = "/api/v3/"
FUTURES_PREFIX = "/api/v1/contract/"
UNKNOWN_PATH_WEIGHT = 1
FIREWALL_PAGE = (
    "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n"
    'You don\'t have permission to access "{path}" on this server.<P>\n'
    "Reference&#32;&#35;18&#46;simulated\n</BODY>\n</HTML>\n"
)

Endpoint = Callable[[Query], Awaitable[object]]


class Route(msgspec.Struct, frozen=True):
    """One method and path: its weight in the address's pool, and who answers."""

    weight: int
    endpoint: Endpoint


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

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request."""
        path = request.path
        route: Route | PrivateRoute | None = self._routes.get((request.method, path))
        if route is None:
            route = self._private.route(request.method, path)
        if route is None:
            route = Route(UNKNOWN_PATH_WEIGHT, _unknown_path)
        else:
            self.requests_by_path[path] = self.requests_by_path.get(path, 0) + 1
        refused = self._limit(request, route.weight)
        if refused is not None:
            return refused
        try:
            if isinstance(route, PrivateRoute):
                return _json(200, self._private.answer(route, await _signed_request(request)))
            return _json(200, await route.endpoint(request.query))
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
                page = FIREWALL_PAGE.format(path=request.path)
                return web.Response(status=403, text=page, content_type="text/html")
            case Verdict.LIMITED:
                body = ErrorBody(429, "Too many requests")
            case Verdict.BANNED:
                body = ErrorBody(418, "Too many requests, the address is banned")
        return _json(body.code, body, retry_after_s=judgement.retry_after_s)


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
            return _json(refusal.status, TradeErrorBody(refusal.message, refusal.code))
        case TooManyRequests():
            body = ErrorBody(refusal.code, refusal.message)
            return _json(refusal.status, body, retry_after_s=refusal.retry_after_s)
    return _json(refusal.status, ErrorBody(refusal.code, refusal.message))


async def _unknown_path(query: Query) -> object:
    del query
    raise Refusal(404, 404, "Not Found")


def _json(status: int, body: object, *, retry_after_s: int = 0) -> web.Response:
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s else None
    return web.Response(
        status=status,
        body=msgspec.json.encode(body),
        content_type="application/json",
        headers=headers,
    )

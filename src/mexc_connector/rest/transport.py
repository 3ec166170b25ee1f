"""The network as an argument: one request in, status, headers and bytes out."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Protocol

import aiohttp
import msgspec
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from mexc_connector.common.errors import ConnectionFailed, RequestTimeout, SessionClosed

CLOSE_TIMEOUT_S = 2.0
_USER_AGENT = "mexc-connector"
# The limit is asyncio's. aiohttp's own swallows a cancellation that meets it (aiohttp issue 5979),
# and then whoever cancelled a task, to close it for example, waits for its end in vain.
_NO_LIMIT = aiohttp.ClientTimeout()


class HttpRequest(msgspec.Struct, frozen=True):
    """One request. `url` is sent byte for byte, so it must be percent-encoded already.

    `endpoint` (method and path) is what error texts and `repr` show: the query may hold a
    signature, a header the key. A command must leave at most once and should not wait for a free
    connection behind reads.
    """

    method: str
    url: str
    endpoint: str
    timeout_s: float
    headers: Mapping[str, str] = {}
    is_command: bool = False

    def __repr__(self) -> str:
        return f"<HttpRequest {self.endpoint}>"


class HttpReply(msgspec.Struct, frozen=True):
    """A whole reply, decompressed. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpTransport(Protocol):
    """Sends requests. Implement it to put another HTTP library, or a test double, underneath."""

    async def send(self, request: HttpRequest) -> HttpReply:
        """Send once and return what came back, whatever its status.

        Raises `RequestTimeout`, `ConnectionFailed`, or `SessionClosed` after `close`. Only where
        it is certain that nothing left may `is_sent` of the first two be False: for a command
        that means that it may be given again.
        """

    async def close(self) -> None:
        """Let go of all connections. May be called twice."""


class AiohttpTransport:
    """One pooled aiohttp session, opened by the first request.

    aiohttp repeats GET, PUT and DELETE by itself when a pooled connection dies under a request.
    For reads that is welcome; a command is stopped at the second attempt, before a byte leaves.
    Redirects are not followed, cookies not kept, proxies not read from the environment.
    """

    def __init__(self, *, connections: int, proxy: str | None = None) -> None:
        self._connections = connections
        self._free = asyncio.Semaphore(connections)
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def send(self, request: HttpRequest) -> HttpReply:
        """Send once. The time limit runs from a free connection to the last byte.

        Commands open a connection of their own when all are busy.
        """
        if request.is_command:
            return await self._send(request)
        async with self._free:  # aiohttp would count the wait for it into the time limit
            return await self._send(request)

    async def _send(self, request: HttpRequest) -> HttpReply:
        session = self._opened_session(request.endpoint)
        departure = _Departure(is_command=request.is_command)
        mark = _DEPARTURE.set(departure)
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._answer(session, request)
        except TimeoutError as error:
            raise RequestTimeout(
                f"{request.endpoint}: no answer within {request.timeout_s} s",
                is_sent=departure.is_sent,
            ) from error
        except aiohttp.ClientResponseError as error:
            # Not chained: its text holds the whole URL, which may be signed.
            raise ConnectionFailed(
                f"{request.endpoint}: the answer is not HTTP, or the proxy refused: {error.message}"
            ) from None
        except aiohttp.InvalidURL:
            # Not chained, for the same reason.
            raise ConnectionFailed(
                f"{request.endpoint}: no request can be made of its URL", is_sent=False
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            if self._is_closed:
                raise SessionClosed(f"{request.endpoint}: closed while under way") from error
            raise ConnectionFailed(
                f"{request.endpoint}: {_reason(error)}", is_sent=departure.is_sent
            ) from error
        finally:
            _DEPARTURE.reset(mark)

    async def _answer(self, session: aiohttp.ClientSession, request: HttpRequest) -> HttpReply:
        async with session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=request.headers,
            proxy=self._proxy,
            timeout=_NO_LIMIT,
            allow_redirects=False,
        ) as response:
            body = await response.read()
            headers = {name.lower(): value for name, value in response.headers.items()}
            return HttpReply(status=response.status, headers=headers, body=body)

    def _opened_session(self, endpoint: str) -> aiohttp.ClientSession:
        if self._is_closed:
            raise SessionClosed(f"{endpoint}: the transport is closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=_Connector(limit=0),  # `_free` holds reads to the limit
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": _USER_AGENT, "Accept": "application/json"},
            )
        return self._session

    async def close(self) -> None:
        """Close the session; requests under way end with `SessionClosed`. May be called twice."""
        self._is_closed = True
        session, self._session = self._session, None
        if session is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await session.close()

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "idle" if self._session is None else "open"
        return f"<AiohttpTransport {state}, at most {self._connections} connections>"


class _Departure:
    """Whether a request has left, as far as `_Connector` can tell."""

    def __init__(self, *, is_command: bool) -> None:
        self._is_command = is_command
        self.is_sent = False

    def require_first(self) -> None:
        """Stop a command that has left before."""
        if self.is_sent and self._is_command:
            raise aiohttp.ServerDisconnectedError(
                "the link broke after the command was sent; it is not sent twice"
            )


_DEPARTURE: ContextVar[_Departure] = ContextVar("departure")


class _Connector(aiohttp.TCPConnector):
    """Notes the departure of every attempt, aiohttp's own repetitions included.

    aiohttp asks for a connection at the start of each attempt and writes to it next, with no await
    in between. Its tracing would tell the same, but takes 20 us per request.
    """

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        departure = _DEPARTURE.get()
        departure.require_first()
        connection = await super().connect(req, traces, timeout)
        departure.is_sent = True
        return connection


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__

"""Real answers need sockets and stand in `tests/integration`; here is what needs none."""

import asyncio
import gc
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import aiohttp
import pytest
from yarl import URL

from mexc_connector.common.errors import ConnectionFailed, RequestTimeout, SessionClosed
from mexc_connector.rest.transport import AiohttpTransport, HttpRequest

PLAIN = "http://exchange/api/v3/order?symbol=BTCUSDT&signature=hush"


class FakeSession:
    """What the transport uses of aiohttp's session; answers 200, or raises."""

    last: "FakeSession"
    raises: Exception | None = None

    def __init__(self, **options: object) -> None:
        FakeSession.last = self
        self.sent: list[tuple[str, URL, dict[str, object]]] = []
        self.under_way = 0
        self.most_under_way = 0
        self.closed = 0
        self._options = options

    def request(self, method: str, url: URL, **options: object) -> "FakeSession":
        self.sent.append((method, url, options))
        if FakeSession.raises is not None:
            raise FakeSession.raises
        return self

    async def __aenter__(self) -> Self:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.under_way -= 1

    status = 200
    headers = {"Retry-After": "7"}  # noqa: RUF012 - a constant of the double

    async def read(self) -> bytes:
        return b"{}"

    async def close(self) -> None:
        self.closed += 1
        connector = self._options["connector"]
        assert isinstance(connector, aiohttp.TCPConnector)
        await connector.close()


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeSession]]:
    monkeypatch.setattr(aiohttp, "ClientSession", FakeSession)
    yield FakeSession
    FakeSession.raises = None


def request(url: str = PLAIN, timeout_s: float = 5.0) -> HttpRequest:
    return HttpRequest("GET", url, "GET /api/v3/order", timeout_s)


async def test_the_url_leaves_as_it_was_built() -> None:
    url = "http://exchange/api/v3/depth?symbol=%E9%BE%99%E8%99%BEUSDT&x=%28%2C%20%29"
    transport = AiohttpTransport(connections=2, proxy="http://proxy:1")
    reply = await transport.send(request(url, timeout_s=4.0))
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (200, b"{}", "7")
    ((method, sent, options),) = FakeSession.last.sent
    assert (method, str(sent)) == ("GET", url)
    assert options["proxy"] == "http://proxy:1"
    assert options["allow_redirects"] is False
    assert options["timeout"] == aiohttp.ClientTimeout(total=None)  # ours is asyncio's
    await transport.close()


async def test_requests_beyond_the_connections_wait_before_their_time_limit_runs() -> None:
    transport = AiohttpTransport(connections=3)
    await asyncio.gather(*(transport.send(request()) for _ in range(10)))
    assert FakeSession.last.most_under_way == 3
    assert len(FakeSession.last.sent) == 10
    await transport.close()


@pytest.mark.parametrize(
    ("raised", "translated"),
    [
        (TimeoutError(), RequestTimeout),
        (aiohttp.ServerTimeoutError(), RequestTimeout),
        (aiohttp.ConnectionTimeoutError(), RequestTimeout),
        (aiohttp.ServerDisconnectedError(), ConnectionFailed),
        (aiohttp.ClientOSError(104, "Connection reset by peer"), ConnectionFailed),
        (aiohttp.ClientPayloadError("cut short"), ConnectionFailed),
        (ConnectionResetError("reset"), ConnectionFailed),
    ],
)
async def test_errors_are_translated_at_the_border_with_their_cause(
    raised: Exception, translated: type[Exception]
) -> None:
    FakeSession.raises = raised
    transport = AiohttpTransport(connections=2)
    with pytest.raises(translated) as caught:
        await transport.send(request())
    assert caught.value.__cause__ is raised
    assert str(caught.value).startswith("GET /api/v3/order: ")
    assert "hush" not in str(caught.value)
    await transport.close()


async def test_an_error_that_quotes_the_url_is_not_chained() -> None:
    info = aiohttp.RequestInfo(URL(PLAIN), "GET", {}, URL(PLAIN))  # type: ignore[arg-type]
    quoting = aiohttp.ClientResponseError(info, (), status=400, message="bad status line")
    FakeSession.raises = quoting
    transport = AiohttpTransport(connections=2)
    with pytest.raises(ConnectionFailed, match="bad status line") as caught:
        await transport.send(request())
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    await transport.close()


async def test_an_error_while_closing_is_a_close() -> None:
    transport = AiohttpTransport(connections=2)
    await transport.send(request())

    def close_and_fail(*_: object, **__: object) -> FakeSession:
        transport._is_closed = True
        raise aiohttp.ClientConnectionError("Connector is closed")

    FakeSession.last.request = close_and_fail  # type: ignore[method-assign]
    with pytest.raises(SessionClosed, match="while under way"):
        await transport.send(request())
    transport._is_closed = False
    await transport.close()


async def test_close_may_be_called_twice_and_later_use_is_refused() -> None:
    transport = AiohttpTransport(connections=2)
    assert "idle" in repr(transport)
    await transport.send(request())
    assert "open" in repr(transport)
    await transport.close()
    await transport.close()
    assert FakeSession.last.closed == 1
    assert "closed" in repr(transport)
    with pytest.raises(SessionClosed):
        await transport.send(request())


async def test_a_transport_that_never_sent_closes_without_a_trace() -> None:
    await AiohttpTransport(connections=2).close()
    gc.collect()


def test_it_is_made_outside_of_any_loop() -> None:
    transport = AiohttpTransport(connections=2)

    async def use() -> int:
        reply = await transport.send(request())
        await transport.close()
        return reply.status

    assert asyncio.run(use()) == 200

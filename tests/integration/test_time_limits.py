"""Where a request's time limit and the end of who waits for it meet: neither may eat the other.

A loop that was busy for a moment finds both due at once. Here its clock is put forward instead.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from mexc_connector.common.errors import RequestTimeout
from mexc_connector.rest.transport import AiohttpTransport, HttpReply, HttpRequest
from tests.integration.scripted_server import until

LIMIT_S = 30.0
HEADERS = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
STAGES = {"nothing was answered": b"", "the body is missing": HEADERS, "it is cut": HEADERS + b"{"}


@asynccontextmanager
async def asked_in_vain(answer: bytes) -> AsyncIterator[asyncio.Task[HttpReply]]:
    """Send a request to a server that answers a part of what it should; give who waits for it."""
    arrived: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await reader.read()  # until the other side has gone
        writer.close()
        await writer.wait_closed()

    transport = AiohttpTransport(connections=1)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        waiting = asyncio.create_task(transport.send(HttpRequest("GET", url, "GET /", LIMIT_S)))
        try:
            await until(lambda: arrived)
            yield waiting
        finally:
            waiting.cancel()
            await asyncio.wait([waiting])
            await transport.close()


def put_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the loop find everything due at once that is due within a little more than the limit."""
    loop = asyncio.get_running_loop()
    real: Callable[[], float] = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + LIMIT_S + 10.0)


@pytest.mark.parametrize("after_limit_s", [-1.0, 5.0])
@pytest.mark.parametrize("stage", STAGES)
async def test_a_cancellation_that_meets_the_time_limit_is_kept(
    stage: str, after_limit_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asked_in_vain(STAGES[stage]) as waiting:
        asyncio.get_running_loop().call_later(LIMIT_S + after_limit_s, waiting.cancel)
        put_forward(monkeypatch)
        with pytest.raises(asyncio.CancelledError):
            await waiting


@pytest.mark.parametrize("stage", STAGES)
async def test_the_time_limit_alone_is_a_timeout_and_leaves_no_cancellation(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asked_in_vain(STAGES[stage]) as waiting:
        put_forward(monkeypatch)
        with pytest.raises(RequestTimeout) as caught:
            await waiting
        assert caught.value.is_sent
        assert waiting.cancelling() == 0

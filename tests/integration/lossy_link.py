"""A link to the exchange that drops, delays, repeats and cuts, by the dice of a seed."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from yarl import URL

TROUBLES = (
    "lose request",
    "lose answer",
    "cut answer",
    "hang",
    "repeat answer",
    "delay",
    "gateway",
)


class LossyRest:
    """An HTTP proxy. `trouble` is the share of requests in `is_troubled` that something befalls.

    `placed` counts how often each client order id was asked for by the client.
    """

    def __init__(self, upstream: str, *, seed: int, trouble: float) -> None:
        self.upstream = upstream
        self.trouble = trouble
        self.url = ""
        self.placed: Counter[str] = Counter()
        self.befell: Counter[str] = Counter()
        self.is_troubled: Callable[[str, str], bool] = lambda method, path: True
        self._random = random.Random(seed)
        self._session = aiohttp.ClientSession(auto_decompress=False)
        self._writers: set[asyncio.StreamWriter] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._one(reader, writer):
                    pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; return whether the connection lives on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *header_lines = head.split("\r\n")
        method, target, _ = line.split(" ")
        headers = dict(row.split(": ", 1) for row in header_lines if row)
        headers.pop("Host", None)
        body = await reader.readexactly(int(headers.get("Content-Length", 0)))
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if method == "POST" and path.endswith("/order"):
            self.placed[query["newClientOrderId"][0]] += 1
        befalls = ""
        if self.is_troubled(method, path) and self._random.random() < self.trouble:
            befalls = self._random.choice(TROUBLES)
            self.befell[befalls] += 1
        if befalls == "lose request":
            return False
        if befalls == "delay":
            await asyncio.sleep(self._random.random() * 0.05)
        answer = await self._ask(method, target, headers, body)
        return await self._deliver(writer, answer, befalls)

    async def _deliver(self, writer: asyncio.StreamWriter, answer: bytes, befalls: str) -> bool:
        if befalls == "hang":
            await asyncio.sleep(5)
        if befalls in ("lose answer", "hang"):
            return False
        if befalls == "cut answer":
            answer = answer[: len(answer) - 3]
        elif befalls == "repeat answer":
            answer += answer
        elif befalls == "gateway":
            answer = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>"
        writer.write(answer)
        await writer.drain()
        return befalls != "cut answer"

    async def _ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
        url = URL(self.upstream + target, encoded=True)
        async with self._session.request(method, url, headers=headers, data=body) as reply:
            content = await reply.read()
            kind = reply.headers.get("Content-Type", "application/json")
            head = (
                f"HTTP/1.1 {reply.status} {reply.reason}\r\nContent-Type: {kind}\r\n"
                f"Content-Length: {len(content)}\r\n\r\n"
            )
            return head.encode() + content

    async def close(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()
        await self._session.close()


class LossyStream:
    """A WebSocket proxy: frames from the exchange are lost, repeated, held back, links are cut."""

    def __init__(self, upstream: str, *, seed: int) -> None:
        self._upstream = upstream
        self._random = random.Random(seed)
        self.url = ""
        self.loses = 0.0
        self.repeats = 0.0
        self.cuts = 0.0
        self.befell: Counter[str] = Counter()

    async def handle(self, client: ServerConnection) -> None:
        assert client.request is not None
        query = urlsplit(client.request.path).query
        url = f"{self._upstream}?{query}" if query else self._upstream
        async with connect(url, compression=None, proxy=None) as exchange:
            back = asyncio.create_task(self._back(exchange, client))
            with suppress(ConnectionClosed):
                async for message in client:
                    await exchange.send(message)
            back.cancel()
            await asyncio.wait((back,))

    async def _back(self, exchange: ClientConnection, client: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in exchange:
                for sent in self._befalls(frame):
                    await client.send(sent)
                if isinstance(frame, bytes) and self._random.random() < self.cuts:
                    self.befell["cut"] += 1
                    client.transport.abort()
            await client.close()

    def _befalls(self, frame: str | bytes) -> list[str | bytes]:
        if isinstance(frame, str):
            return [frame]
        dice = self._random.random()
        if dice < self.loses:
            self.befell["lost"] += 1
            return []
        if dice < self.loses + self.repeats:
            self.befell["repeated"] += 1
            return [frame, frame]
        return [frame]


@asynccontextmanager
async def lossy_rest(upstream: str, *, seed: int, trouble: float) -> AsyncIterator[LossyRest]:
    proxy = LossyRest(upstream, seed=seed, trouble=trouble)
    server = await asyncio.start_server(proxy.handle, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
        await server.wait_closed()


@asynccontextmanager
async def lossy_stream(upstream: str, *, seed: int) -> AsyncIterator[LossyStream]:
    proxy = LossyStream(upstream, seed=seed)
    async with serve(proxy.handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        proxy.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"
        yield proxy

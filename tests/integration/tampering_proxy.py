"""A WebSocket proxy between a client and the simulator that tampers with what comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Frame = str | bytes


def honest(frame: Frame) -> list[Frame]:
    return [frame]


class TamperingProxy:
    """`tamper` maps each frame from the exchange to the frames that the client gets instead."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self.url = ""
        self.tamper: Callable[[Frame], list[Frame]] = honest
        self.clients: set[ServerConnection] = set()

    async def inject(self, frame: Frame) -> None:
        for client in list(self.clients):
            await client.send(frame)

    async def handle(self, client: ServerConnection) -> None:
        self.clients.add(client)
        try:
            async with connect(self._upstream, compression=None, proxy=None) as exchange:
                back = asyncio.create_task(self._back(exchange, client))
                with suppress(ConnectionClosed):
                    async for message in client:
                        await exchange.send(message)
                back.cancel()
                await asyncio.wait((back,))
        finally:
            self.clients.discard(client)

    async def _back(self, exchange: object, client: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in exchange:  # type: ignore[attr-defined]
                for sent in self.tamper(frame):
                    await client.send(sent)
            await client.close()


@asynccontextmanager
async def tampering_proxy(upstream: str) -> AsyncIterator[TamperingProxy]:
    proxy = TamperingProxy(upstream)
    async with serve(proxy.handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        port = server.sockets[0].getsockname()[1]
        proxy.url = f"ws://127.0.0.1:{port}/ws"
        yield proxy

"""Places orders without any client library: over a bare socket, and with bare aiohttp."""

import asyncio
import json

import aiohttp
from yarl import URL

from benchmarks.contenders.placing import KEY, Figures, Round, signed_query, timed


class _Exchange(asyncio.Protocol):
    """One connection on which a prepared request goes out and the reply's end is waited for."""

    def __init__(self) -> None:
        self.reply: asyncio.Future[bytes] | None = None

    def data_received(self, data: bytes) -> None:
        if self.reply is not None and data.endswith(b"}"):
            self.reply.set_result(data)


def bare_socket(port: int, orders: int) -> Round:
    """The network alone: one request, signed beforehand, written and answered again and again."""

    async def run() -> Figures:
        loop = asyncio.get_running_loop()
        transport, exchange = await loop.create_connection(_Exchange, "127.0.0.1", port)
        request = (
            f"POST /api/v3/order?{signed_query(1)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"X-MEXC-APIKEY: {KEY}\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"
        ).encode()

        async def place() -> bytes:
            exchange.reply = loop.create_future()
            transport.write(request)
            return await exchange.reply

        try:
            return await timed(place, orders)
        finally:
            transport.close()

    return run


def bare_aiohttp(port: int, orders: int) -> Round:
    """The target's yardstick: one HMAC, one POST, the reply's JSON. It promises nothing."""
    headers = {"X-MEXC-APIKEY": KEY, "Content-Type": "application/json"}

    async def run() -> Figures:
        number = 0
        async with aiohttp.ClientSession() as session:

            async def place() -> str:
                nonlocal number
                number += 1
                text = f"http://127.0.0.1:{port}/api/v3/order?{signed_query(number)}"
                async with session.post(URL(text, encoded=True), headers=headers) as response:
                    acknowledgement = json.loads(await response.read())
                order_id: str = acknowledgement["orderId"]
                return order_id

            return await timed(place, orders)

    return run

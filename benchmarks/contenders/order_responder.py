"""A server that answers placements with a prepared reply, as fast as asyncio can.

It runs in a process of its own, so that what it costs is nobody's CPU time, and it costs every
contender the same. `python -m benchmarks.contenders.order_responder` prints its port and serves
until its input ends. `/api/v3/time` and `/api/v3/exchangeInfo` answer as the exchange does.
"""

import asyncio
import json
import sys
import time
from itertools import count

SYMBOL = "BTCUSDT"
_MARKET = {
    "symbol": SYMBOL,
    "status": "1",
    "baseAsset": "BTC",
    "baseAssetPrecision": 6,
    "quoteAsset": "USDT",
    "quotePrecision": 2,
    "quoteAssetPrecision": 2,
    "baseCommissionPrecision": 6,
    "quoteCommissionPrecision": 2,
    "orderTypes": ["LIMIT", "MARKET", "LIMIT_MAKER"],
    "isSpotTradingAllowed": True,
    "isMarginTradingAllowed": False,
    "quoteAmountPrecision": "1",
    "baseSizePrecision": "0.000001",
    "permissions": ["SPOT"],
    "filters": [],
    "maxQuoteAmount": "2000000",
    "makerCommission": "0",
    "takerCommission": "0.0002",
    "quoteAmountPrecisionMarket": "1",
    "maxQuoteAmountMarket": "200000",
    "fullName": "Bitcoin",
    "tradeSideType": "1",
}
_ACKNOWLEDGEMENT = (
    b'{"symbol":"BTCUSDT","orderId":"C02__%021d","orderListId":-1,"price":"50000",'
    b'"origQty":"0.001","type":"LIMIT","side":"BUY","transactTime":%013d}'
)


def _reply(text: bytes) -> bytes:
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n"
    return f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text


_NUMBERS = count(1)


class _Responder(asyncio.Protocol):
    """Answers each request on one connection; nobody sends the next before its reply."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _content_length(head):
            return
        self._received = b""
        self._transport.write(_answer_to(head.split(b" ", 2)[1]))


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def _answer_to(target: bytes) -> bytes:
    now_ms = time.time_ns() // 1_000_000
    if target.startswith(b"/api/v3/order"):
        return _reply(_ACKNOWLEDGEMENT % (next(_NUMBERS), now_ms))
    if target.startswith(b"/api/v3/time"):
        return _reply(b'{"serverTime":%d}' % now_ms)
    rules = {"timezone": "CST", "serverTime": now_ms, "symbols": [_MARKET]}
    return _reply(json.dumps(rules).encode())


async def serve() -> None:
    """Serve on a free port of the loopback until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Responder, "127.0.0.1", 0)
    async with server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())

"""A WebSocket server that grants every subscription, unless a test scripts something else."""

import asyncio
import json
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

Request = dict[str, object]
Answer = Callable[["ScriptedConnection", Request], Iterable[str | bytes]]


def names_of(request: Request) -> list[str]:
    params = request.get("params")
    return [str(name) for name in params] if isinstance(params, list) else []


def reply(request: Request, message: str) -> str:
    return json.dumps({"id": request.get("id", 0), "code": 0, "msg": message}, ensure_ascii=False)


def refusal(request: Request, *refused: str) -> str:
    """Write the exchange's answer to a request of which `refused` is not granted."""
    granted = [name for name in names_of(request) if name not in refused]
    text = f"Not Subscribed successfully! [{','.join(refused)}].  Reason： Blocked! "
    if granted:
        text = f"Subscribed successful! [{','.join(granted)}]. {text}"
    return reply(request, text)


def grant(connection: "ScriptedConnection", request: Request) -> Iterable[str]:
    """Answer as the exchange does when it likes everything."""
    method = str(request["method"]).upper()
    yield reply(request, "PONG" if method == "PING" else ",".join(reversed(names_of(request))))


def trade_frame(channel: str, *trade_ids: str) -> bytes:
    push = PushDataV3ApiWrapper(channel=channel, symbol="BTCUSDT", sendTime=1)
    for number, trade_id in enumerate(trade_ids):
        push.publicAggreDeals.deals.add(
            price="100.5", quantity="1", tradeType=1, time=number, tradeId=trade_id
        )
    return push.SerializeToString()


class ScriptedConnection:
    def __init__(self, socket: ServerConnection, number: int) -> None:
        self.socket = socket
        self.number = number
        self.requests: list[Request] = []
        self.is_over = False

    @property
    def asked_for(self) -> list[str]:
        return [
            name
            for request in self.requests
            if request["method"] == "SUBSCRIPTION"
            for name in names_of(request)
        ]

    @property
    def pings(self) -> int:
        return sum(request["method"] == "PING" for request in self.requests)

    async def send(self, frame: str | bytes) -> None:
        await self.socket.send(frame)

    def cut(self) -> None:
        """End the TCP connection without a close frame, as the exchange does."""
        self.socket.transport.abort()


class ScriptedServer:
    """`answer(connection, request)` yields the frames that answer a request."""

    def __init__(self, answer: Answer = grant) -> None:
        self.answer = answer
        self.connections: list[ScriptedConnection] = []
        self._server: Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return f"ws://{host}:{port}/ws"

    @property
    def last(self) -> ScriptedConnection:
        return self.connections[-1]

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._serve, "127.0.0.1", 0, compression=None, ping_interval=None, close_timeout=0.2
        )
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, socket: ServerConnection) -> None:
        connection = ScriptedConnection(socket, len(self.connections) + 1)
        self.connections.append(connection)
        try:
            async for text in socket:
                request = json.loads(text)
                connection.requests.append(request)
                for frame in self.answer(connection, request):
                    await connection.send(frame)
        except ConnectionClosed:
            pass
        finally:
            connection.is_over = True


async def until(condition: Callable[[], object], *, limit_s: float = 10.0) -> None:
    """Wait until `condition()` holds."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.002)


def our_tasks() -> set[asyncio.Task[object]]:
    """Return the tasks of the library that are still alive."""
    return {task for task in asyncio.all_tasks() if task.get_name().startswith("mexc ")}

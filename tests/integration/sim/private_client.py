"""A plain signing client for the simulator: its own signature, the status beside the body."""

import hashlib
import hmac
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import aiohttp

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import Simulator

ORDERS = "spot@private.orders.v3.api.pb"
DEALS = "spot@private.deals.v3.api.pb"
ACCOUNT = "spot@private.account.v3.api.pb"


class PrivateClient:
    """Calls with one key; `headers` and `secret` may be spoilt."""

    def __init__(
        self, simulator: Simulator, *, api_key: str | None = None, secret: str | None = None
    ) -> None:
        self.simulator = simulator
        self.api_key = api_key or simulator.api_key
        self.secret = secret or simulator.secret_key
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def send(
        self, method: str, path: str, query: str, body: str = "", **headers: str
    ) -> tuple[int, Any]:
        """Send a request as it is given."""
        url = f"{self.simulator.rest_url}/api/v3/{path}"
        sent = {"X-MEXC-APIKEY": self.api_key, "Content-Type": "application/json"} | headers
        full = f"{url}?{query}" if query else url
        async with self._session.request(
            method, encoded(full), data=body.encode() or None, headers=sent
        ) as response:
            return response.status, await response.json()

    async def call(self, method: str, path: str, **parameters: Any) -> tuple[int, Any]:
        """Sign with the simulator's time and send everything in the query."""
        stamped = parameters | {"timestamp": self.simulator.now_ms}
        text = urlencode(stamped, quote_via=quote)
        return await self.send(method, path, f"{text}&signature={self.sign(text)}")

    async def body(self, method: str, path: str, **parameters: Any) -> Any:
        status, body = await self.call(method, path, **parameters)
        assert status == 200, body
        return body

    async def code(self, method: str, path: str, **parameters: Any) -> int:
        status, body = await self.call(method, path, **parameters)
        assert status == 400, body
        code = body["code"]
        assert isinstance(code, int)
        return code

    def sign(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    async def listen(self, *channels: str, key: str | None = None) -> "Listener":
        listen_key = key or (await self.body("POST", "userDataStream"))["listenKey"]
        socket = await self._session.ws_connect(f"{self.simulator.ws_url}?listenKey={listen_key}")
        listener = Listener(self.simulator, socket, listen_key)
        if channels:
            await socket.send_json({"method": "SUBSCRIPTION", "params": list(channels)})
            acknowledged = (await socket.receive_json(timeout=5))["msg"]
            assert set(acknowledged.split(",")) == set(channels)
        return listener


class Listener:
    """A stream connection in manual time."""

    def __init__(
        self, simulator: Simulator, socket: aiohttp.ClientWebSocketResponse, key: str
    ) -> None:
        self.simulator = simulator
        self.socket = socket
        self.key = key

    async def frames(self) -> list[PushDataV3ApiWrapper]:
        """Give what one step of the exchange brings; a PING marks the end."""
        await self.simulator.advance(5)
        await self.socket.send_json({"method": "PING"})
        found = []
        while True:
            message = await self.socket.receive(timeout=5)
            if message.type is not aiohttp.WSMsgType.BINARY:
                assert message.json()["msg"] == "PONG"
                return found
            found.append(PushDataV3ApiWrapper.FromString(message.data))


def encoded(url: str) -> Any:
    """Keep a URL exactly as it is written."""
    from yarl import URL

    return URL(url, encoded=True)

"""A raw client for the simulator's faults: plain sockets, none of the connector's code."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence

import websockets

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import SimAccount, SimKey, SimLimits, SimOptions, Simulator
from mexc_connector.sim.faults import AnyRule, FaultPlan

START_MS = 1_790_281_200_000
SYMBOL = "BTCUSDT"
DEPTH = f"spot@public.aggre.depth.v3.api.pb@100ms@{SYMBOL}"
DEALS = f"spot@public.aggre.deals.v3.api.pb@100ms@{SYMBOL}"
OTHER = SimKey(api_key="mx0other001", secret_key="other")
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def options(*, admin: bool = False) -> SimOptions:
    """Give an empty market in manual time: one change of the book, one depth frame."""
    return SimOptions(
        symbols=(SYMBOL, "MXUSDT"),
        agents=0,
        start_ms=START_MS,
        realtime=False,
        accounts=(SimAccount(keys=(OTHER,), balances={"USDT": "5"}),),
        limits=SimLimits.lifted(),
        admin=admin,
    )


def plan(*rules: AnyRule, seed: int = 1) -> FaultPlan:
    return FaultPlan(seed=seed, rules=rules)


class Client:
    """One raw stream connection."""

    def __init__(self, simulator: Simulator, socket: websockets.ClientConnection) -> None:
        self.simulator = simulator
        self.socket = socket

    async def ask(self, method: str, *channels: str) -> str:
        await self.send(method, *channels)
        return await self.text()

    async def send(self, method: str, *channels: str) -> None:
        await self.socket.send(json.dumps({"method": method, "params": channels}))

    async def text(self) -> str:
        """Give the next control text, whatever was pushed before it."""
        async with asyncio.timeout(5):
            while True:
                message = await self.socket.recv()
                if isinstance(message, str):
                    text: str = json.loads(message)["msg"] if message[0] == "{" else message
                    return text

    async def pushed(self) -> list[bytes]:
        """Give what was pushed so far; a PING marks the end."""
        await self.socket.send('{"method":"PING"}')
        found: list[bytes] = []
        async with asyncio.timeout(5):
            while isinstance(message := await self.socket.recv(), bytes):
                found.append(message)
        return found

    async def next(self) -> bytes:
        async with asyncio.timeout(5):
            message = await self.socket.recv()
        assert isinstance(message, bytes)
        return message

    async def ended(self) -> tuple[int, str]:
        """Read until the end; give code and reason, 1006 where no close frame came."""
        async with asyncio.timeout(5):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await self.socket.recv()
        return self.socket.close_code or 0, self.socket.close_reason or ""

    async def is_mute(self) -> bool:
        """Say whether a PING stays unanswered while the connection is open."""
        await self.socket.send('{"method":"PING"}')
        waiter = await self.socket.ping()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await self.socket.recv()
                return False
        return not asyncio.ensure_future(waiter).done() and self.socket.close_code is None


@contextlib.asynccontextmanager
async def connected(
    simulator: Simulator, *channels: str, listen_key: str | None = None
) -> AsyncIterator[Client]:
    query = f"?listenKey={listen_key}" if listen_key else ""
    async with websockets.connect(
        simulator.ws_url + query, ping_interval=None, max_queue=None, close_timeout=0.2
    ) as socket:
        client = Client(simulator, socket)
        if channels:
            assert set((await client.ask("SUBSCRIPTION", *channels)).split(",")) == set(channels)
        yield client


async def change_book(simulator: Simulator, times: int = 1, *, symbol: str = SYMBOL) -> list[int]:
    """Let each interval of 100 ms bring one change; give the versions."""
    market = simulator.market(symbol)
    versions = []
    for _ in range(times):
        market.place("BUY", "100", "1")
        versions.append(market.version)
        await simulator.advance(100)
    return versions


def versions(frames: Sequence[bytes]) -> list[int]:
    """Read the versions of depth frames."""
    return [
        int(PushDataV3ApiWrapper.FromString(frame).publicAggreDepths.toVersion) for frame in frames
    ]

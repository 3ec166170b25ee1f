"""Every pair of faults together: the simulator stands, and is well again when they are over."""

import asyncio
import contextlib
import itertools

import aiohttp
import pytest
import websockets

from mexc_connector.sim import Simulator
from mexc_connector.sim.faults import (
    AnyRule,
    Banned,
    BodyCut,
    ClockJump,
    CloseConnection,
    CorruptFrames,
    CutFrame,
    DelayAnswer,
    DelayFrames,
    DelistSymbol,
    DropConnection,
    DropFrames,
    EndListenKeys,
    Extent,
    FaultPlan,
    Firewall,
    HaltSymbol,
    LimitLife,
    LoseAnswer,
    Maintenance,
    RefuseConnections,
    RefuseListenKeys,
    RefuseSubscriptions,
    ReorderFrames,
    RepeatFrames,
    RepeatReply,
    ServerError,
    SlowDrip,
    StaleSnapshot,
    StopSending,
    SwallowPongs,
    TooMany,
    TruncateBody,
    TruncateFrames,
    Unreachable,
    WrongContentType,
)
from tests.fault_seed import FaultReport
from tests.integration.sim.faults.rig import DEPTH, SYMBOL, change_book, connected, versions
from tests.integration.sim.private_client import ORDERS, PrivateClient
from tests.integration.sim.test_private_rest import LIMIT

RULES: tuple[AnyRule, ...] = (
    DropFrames(probability=0.5),
    RepeatFrames(probability=0.5),
    ReorderFrames(probability=0.5),
    DelayFrames(delay_ms=50, jitter_ms=100),
    TruncateFrames(probability=0.5),
    CorruptFrames(probability=0.5),
    CutFrame(first=3),
    CloseConnection(first=3),
    DropConnection(every_ms=100, probability=0.3),
    StopSending(extent=Extent.CONNECTION, first=2),
    SlowDrip(bytes_per_second=500),
    RefuseSubscriptions(probability=0.5),
    RefuseConnections(probability=0.5),
    RefuseListenKeys(),
    LimitLife(life_ms=200),
    SwallowPongs(),
    TooMany(probability=0.5),
    Banned(probability=0.5),
    Firewall(probability=0.5),
    ServerError(probability=0.5),
    LoseAnswer(probability=0.5),
    DelayAnswer(delay_ms=100),
    WrongContentType(),
    TruncateBody(cut=BodyCut.BROKEN, probability=0.5),
    StaleSnapshot(),
    RepeatReply(),
    ClockJump(jump_ms=2_000),
    Maintenance(after_ms=100),
    Unreachable(after_ms=100),
    HaltSymbol(symbols=(SYMBOL,), after_ms=100),
    DelistSymbol(symbols=(SYMBOL,), after_ms=100, for_ms=100),
    EndListenKeys(after_ms=100),
)
EXPECTED = (OSError, aiohttp.ClientError, websockets.WebSocketException, TimeoutError)


async def trade(simulator: Simulator, listen_key: str) -> None:
    """Do what a client does, whatever becomes of it."""
    market = simulator.market(SYMBOL)
    async with contextlib.AsyncExitStack() as stack, PrivateClient(simulator) as trader:
        for query in ("", f"?listenKey={listen_key}"):
            with contextlib.suppress(*EXPECTED):
                socket = await stack.enter_async_context(
                    websockets.connect(simulator.ws_url + query, close_timeout=0.005)
                )
                channel = ORDERS if query else DEPTH
                await socket.send(f'{{"method":"SUBSCRIPTION","params":["{channel}"]}}')
                await socket.send('{"method":"PING"}')
        for _ in range(3):
            market.place("BUY", "100", "1")
            asked = asyncio.gather(
                trader.call("GET", "depth", symbol=SYMBOL),
                trader.call("POST", "order", **LIMIT),
                return_exceptions=True,
            )
            await simulator.advance(100)
            while not asked.done():
                await simulator.advance(5)
            for answer in await asked:
                assert not isinstance(answer, BaseException) or isinstance(
                    answer, (*EXPECTED, ValueError)
                ), answer


async def is_well(simulator: Simulator) -> None:
    await simulator.advance(5)  # a port that was closed opens with time
    async with asyncio.timeout(5):
        while simulator.connections:
            await asyncio.sleep(0.001)
    async with PrivateClient(simulator) as trader, connected(simulator, DEPTH) as client:
        assert (await trader.body("GET", "time"))["serverTime"] == simulator.now_ms
        assert await trader.body("POST", "order", **LIMIT)
        await trader.body("DELETE", "openOrders", symbol=SYMBOL)
        await simulator.advance(200)
        await client.pushed()
        sent = await change_book(simulator, 2)
        assert versions(await client.pushed()) == sent


@pytest.mark.slow
@pytest.mark.parametrize("first", range(len(RULES)))
async def test_the_simulator_survives_a_fault_with_each_other(
    simulator: Simulator, fault_report: FaultReport, first: int, caplog: pytest.LogCaptureFixture
) -> None:
    for pair in itertools.product(RULES[first : first + 1], RULES[first:]):
        async with PrivateClient(simulator) as trader:
            listen_key = (await trader.body("POST", "userDataStream"))["listenKey"]
        plan = FaultPlan(seed=fault_report.seed, rules=pair)
        simulator.set_faults(fault_report.watch(plan, simulator))
        await trade(simulator, listen_key)
        simulator.set_faults(None)
        await is_well(simulator)
    assert not caplog.records, "the server stumbled"

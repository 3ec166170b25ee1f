"""Faults of the exchange as a whole: what a client sees of them, and that they end."""

import socket

import aiohttp
import pytest
import websockets

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import SimError, SimLimits, SimOptions, Simulator
from mexc_connector.sim.faults import (
    ClockJump,
    DelistSymbol,
    EndListenKeys,
    FaultError,
    HaltSymbol,
    KeyEnd,
    Maintenance,
    Unreachable,
)
from tests.integration.sim.faults.rig import (
    DEPTH,
    START_MS,
    SYMBOL,
    change_book,
    connected,
    plan,
    versions,
)
from tests.integration.sim.private_client import ORDERS, PrivateClient
from tests.integration.sim.test_private_rest import LIMIT

TICKER = f"spot@public.aggre.bookTicker.v3.api.pb@100ms@{SYMBOL}"


async def answer(simulator: Simulator, path: str) -> tuple[int, bytes]:
    """Ask over a connection of its own."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{simulator.rest_url}/api/v3/{path}") as response,
    ):
        return response.status, await response.read()


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [(500, 500, b'"announcement":"https://'), (604, 400, b'"success":false,"code":604')],
)
async def test_under_maintenance_everything_refuses_for_a_while(
    simulator: Simulator, code: int, status: int, text: bytes
) -> None:
    simulator.set_faults(plan(Maintenance(code=code, after_ms=100, for_ms=1_000)))
    async with connected(simulator, DEPTH) as client:
        assert (await answer(simulator, "ping"))[0] == 200
        await simulator.advance(100)
        assert await client.ended() == (1000, "")
    refused, body = await answer(simulator, "ping")
    assert refused == status
    assert text in body
    assert b"maintenance" in body
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(simulator.ws_url)
    await simulator.advance(1_000)
    assert (await answer(simulator, "ping"))[0] == 200
    async with connected(simulator, DEPTH):
        pass


async def test_tcp_connections_are_refused_and_those_that_exist_live_on(
    simulator: Simulator,
) -> None:
    async with connected(simulator, DEPTH) as client:
        simulator.set_faults(plan(Unreachable(for_ms=1_000)))
        await simulator.advance(100)
        with pytest.raises(aiohttp.ClientConnectorError):
            await answer(simulator, "ping")
        with pytest.raises(ConnectionRefusedError):
            await websockets.connect(simulator.ws_url)
        sent = await change_book(simulator, 1)
        assert versions(await client.pushed()) == sent
        await simulator.advance(1_000)
        assert (await answer(simulator, "ping"))[0] == 200


async def test_nobody_else_can_have_the_port_meanwhile(simulator: Simulator) -> None:
    host, port = simulator.options.host, int(simulator.rest_url.rpartition(":")[2])
    simulator.set_faults(plan(Unreachable(for_ms=1_000)))
    await simulator.advance(100)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((host, port))
    with pytest.raises(aiohttp.ClientConnectorError):
        await answer(simulator, "ping")
    await simulator.advance(1_000)
    assert (await answer(simulator, "ping"))[0] == 200


async def test_stopping_an_unreachable_exchange_leaves_nothing_behind() -> None:
    options = SimOptions(symbols=(SYMBOL,), faults=plan(Unreachable()), realtime=False)
    async with Simulator(options) as simulator:
        await simulator.advance(100)
        with pytest.raises(aiohttp.ClientConnectorError):
            await answer(simulator, "ping")


async def test_the_gateways_clock_leaps_and_comes_back(simulator: Simulator) -> None:
    async with PrivateClient(simulator) as trader, connected(simulator, DEPTH) as client:
        simulator.set_faults(plan(ClockJump(jump_ms=-7_000, for_ms=1_000)))
        assert (await answer(simulator, "time"))[
            1
        ] == f'{{"serverTime":{START_MS - 7000}}}'.encode()
        assert await trader.code("GET", "account") == 700003
        await change_book(simulator, 1)
        (frame,) = await client.pushed()
        assert PushDataV3ApiWrapper.FromString(frame).sendTime == simulator.now_ms - 7_000
        await simulator.advance(900)
        assert await trader.body("GET", "account")
    assert simulator.fault_trace[0].detail == "-7000 ms"


async def test_jumps_add_up_and_switching_off_sets_the_clock_right(simulator: Simulator) -> None:
    simulator.set_faults(plan(ClockJump(jump_ms=1_000, every_ms=100), ClockJump(jump_ms=-1)))
    await simulator.advance(200)
    told = f'{{"serverTime":{simulator.now_ms + 2_999}}}'
    assert (await answer(simulator, "time"))[1] == told.encode()
    simulator.set_faults(None)
    told = f'{{"serverTime":{simulator.now_ms}}}'
    assert (await answer(simulator, "time"))[1] == told.encode()


async def test_a_halted_market_refuses_orders_and_keeps_those_it_has(
    simulator: Simulator,
) -> None:
    async with PrivateClient(simulator) as trader, connected(simulator, TICKER) as client:
        order = await trader.body("POST", "order", **LIMIT)
        simulator.set_faults(plan(HaltSymbol(symbols=(SYMBOL,), for_ms=1_000)))
        assert await trader.code("POST", "order", **LIMIT) == 30016
        rows = (await trader.body("GET", "exchangeInfo"))["symbols"]
        assert {row["symbol"]: row["status"] for row in rows} == {SYMBOL: "2", "MXUSDT": "1"}
        offline = (await trader.body("GET", "symbol/offline"))["data"]
        assert {"symbol": SYMBOL, "state": 2} in offline
        await simulator.advance(100)
        assert len(await client.pushed()) == 1
        assert await trader.body("DELETE", "order", symbol=SYMBOL, orderId=order["orderId"])
        await simulator.advance(900)
        assert await trader.body("POST", "order", **LIMIT)
        assert not [
            row
            for row in (await trader.body("GET", "symbol/offline"))["data"]
            if row["symbol"] == SYMBOL
        ]


async def test_nobody_acts_in_a_halted_market_until_it_is_back() -> None:
    options = SimOptions(symbols=(SYMBOL,), realtime=False, limits=SimLimits.lifted())
    async with Simulator(options) as simulator:
        await simulator.advance(1_000)
        simulator.set_faults(plan(HaltSymbol(symbols=(SYMBOL,))))
        version = simulator.market(SYMBOL).version
        await simulator.advance(2_000)
        assert simulator.market(SYMBOL).version == version
        simulator.set_faults(None)
        await simulator.advance(2_000)
        assert simulator.market(SYMBOL).version > version


async def test_a_delisted_market_vanishes_while_subscribed(simulator: Simulator) -> None:
    async with PrivateClient(simulator) as trader, connected(simulator, TICKER) as client:
        listener = await trader.listen(ORDERS)
        await trader.body("POST", "order", **LIMIT)
        await simulator.advance(100)
        await client.pushed()
        simulator.set_faults(plan(DelistSymbol(symbols=(SYMBOL,), for_ms=1_000)))
        frames = await listener.frames()
        assert [frame.privateOrders.status for frame in frames] == [1, 4]
        await simulator.advance(500)
        assert await client.pushed() == []
        assert (await answer(simulator, f"depth?symbol={SYMBOL}"))[0] == 400
        assert await trader.code("POST", "order", **LIMIT) == 30014
        assert SYMBOL not in (await trader.body("GET", "defaultSymbols"))["data"]
        offline = (await trader.body("GET", "symbol/offline"))["data"]
        assert [row["state"] for row in offline if row["symbol"] == SYMBOL] == [3]
        assert "Blocked!" in await client.ask("SUBSCRIPTION", DEPTH)
        with pytest.raises(SimError, match="not listed"):
            simulator.market(SYMBOL)
        await simulator.advance(500)
        assert await client.pushed()
        assert await trader.body("POST", "order", **LIMIT)
        await listener.socket.close()


async def test_a_delisted_market_leaves_the_board_of_all_mini_tickers(
    simulator: Simulator,
) -> None:
    async with connected(simulator, "spot@public.miniTickers.v3.api.pb@24H") as client:
        for symbol in (SYMBOL, "MXUSDT"):
            simulator.market(symbol).place("BUY", "1", "9")
            simulator.market(symbol).place("SELL", "1", "9")
        simulator.set_faults(plan(DelistSymbol(symbols=(SYMBOL,), for_ms=4_000)))
        boards = []
        for _ in range(2):
            await simulator.advance(3_000)
            (frame,) = await client.pushed()
            items = PushDataV3ApiWrapper.FromString(frame).publicMiniTickers.items
            boards.append({item.symbol for item in items})
        assert boards == [{"MXUSDT"}, {SYMBOL, "MXUSDT"}]


async def test_what_lasts_ends_with_its_window(simulator: Simulator) -> None:
    simulator.set_faults(plan(HaltSymbol(symbols=(SYMBOL,), for_ms=9_000, until_ms=500)))
    async with PrivateClient(simulator) as trader:
        await simulator.advance(495)
        assert await trader.code("POST", "order", **LIMIT) == 30016
        await simulator.advance(5)
        assert await trader.body("POST", "order", **LIMIT)


async def test_overlapping_halts_end_with_the_last(simulator: Simulator) -> None:
    first = HaltSymbol(symbols=(SYMBOL,), for_ms=1_000)
    second = HaltSymbol(symbols=(SYMBOL, "MXUSDT"), after_ms=500, for_ms=1_000)
    simulator.set_faults(plan(first, second))
    async with PrivateClient(simulator) as trader:
        for duration_ms, expected in ((1_200, 30016), (300, None)):
            await simulator.advance(duration_ms)
            status, body = await trader.call("POST", "order", **LIMIT)
            assert (None if status == 200 else body["code"]) == expected


@pytest.mark.parametrize(("how", "end"), [(KeyEnd.SILENT, (1006, "")), (KeyEnd.CLOSE, (1000, ""))])
async def test_listen_keys_end_with_their_connections(
    simulator: Simulator, how: KeyEnd, end: tuple[int, str]
) -> None:
    async with PrivateClient(simulator) as trader:
        key = (await trader.body("POST", "userDataStream"))["listenKey"]
        async with connected(simulator, ORDERS, listen_key=key) as client:
            simulator.set_faults(plan(EndListenKeys(how=how, after_ms=100)))
            await simulator.advance(100)
            assert await client.ended() == end
        assert await trader.code("PUT", "userDataStream", listenKey=key) == 730708


async def test_a_listen_key_ends_and_its_connection_only_falls_silent(
    simulator: Simulator,
) -> None:
    async with PrivateClient(simulator) as trader:
        key = (await trader.body("POST", "userDataStream"))["listenKey"]
        async with connected(simulator, ORDERS, listen_key=key) as client:
            simulator.set_faults(plan(EndListenKeys(how=KeyEnd.MUTE)))
            assert await client.is_mute()
            assert await trader.code("PUT", "userDataStream", listenKey=key) == 730708


async def test_what_happens_every_so_often_ends_at_its_time(simulator: Simulator) -> None:
    rule = EndListenKeys(after_ms=1_000, every_ms=1_000, until_ms=4_000)
    simulator.set_faults(plan(rule))
    await simulator.advance(10_000)
    times = [record.exchange_ms - START_MS for record in simulator.fault_trace]
    assert times == [1_000, 2_000, 3_000]


async def test_a_plan_for_a_market_that_is_not_listed_changes_nothing(
    simulator: Simulator,
) -> None:
    present = plan(ClockJump(jump_ms=1_000))
    simulator.set_faults(present)
    with pytest.raises(FaultError, match="'NOPEUSDT' is not listed"):
        simulator.set_faults(plan(HaltSymbol(symbols=("NOPEUSDT",))))
    assert simulator.faults == present
    with pytest.raises(FaultError, match="NOPEUSDT"):
        await Simulator(
            SimOptions(symbols=(SYMBOL,), faults=plan(HaltSymbol(symbols=("NOPEUSDT",))))
        ).start()

"""Faults of whole connections and of the control side, seen on the wire by a raw client."""

import asyncio

import aiohttp
import pytest
import websockets

from mexc_connector.sim import Simulator
from mexc_connector.sim.faults import (
    AnyRule,
    Audience,
    CloseConnection,
    DropConnection,
    Ending,
    Extent,
    LimitLife,
    RefusalAnswer,
    RefuseConnections,
    RefuseListenKeys,
    RefuseSubscriptions,
    SlowDrip,
    StopSending,
    SwallowPongs,
    UpgradeAnswer,
)
from tests.integration.sim.faults.rig import (
    DEALS,
    DEPTH,
    SYMBOL,
    change_book,
    connected,
    plan,
    versions,
)
from tests.integration.sim.private_client import ORDERS, PrivateClient

REASON = "  Reason\uff1a Blocked! "


async def test_a_channel_falls_silent_and_the_connection_lives(simulator: Simulator) -> None:
    simulator.set_faults(plan(StopSending(channels=("depth",), first=2, last=2, for_ms=200)))
    async with connected(simulator, DEPTH) as client:
        sent = await change_book(simulator, 5)
        assert versions(await client.pushed()) == [sent[0], sent[3], sent[4]]


async def test_a_subscription_made_anew_ends_a_channels_silence(simulator: Simulator) -> None:
    simulator.set_faults(plan(StopSending(channels=("depth",), most=1)))
    async with connected(simulator, DEPTH) as client:
        await change_book(simulator, 2)
        assert await client.pushed() == []
        await client.ask("UNSUBSCRIPTION", DEPTH)
        await client.ask("SUBSCRIPTION", DEPTH)
        sent = await change_book(simulator, 1)
        assert versions(await client.pushed()) == sent


async def test_a_half_open_connection_answers_nothing_and_stays(simulator: Simulator) -> None:
    simulator.set_faults(plan(StopSending(extent=Extent.CONNECTION, most=1)))
    async with connected(simulator, DEPTH) as client:
        await change_book(simulator, 2)
        assert await client.is_mute()
        assert len(simulator.connections) == 1


async def test_a_half_open_connection_answers_no_close_frame_either(simulator: Simulator) -> None:
    simulator.set_faults(plan(StopSending(extent=Extent.CONNECTION, most=1)))
    async with connected(simulator, DEPTH) as client:
        await change_book(simulator, 1)
        await client.socket.close()  # gives up after its own timeout of 0.2 s
        assert client.socket.close_code == 1006
    async with asyncio.timeout(5):
        while simulator.connections:
            await asyncio.sleep(0.005)
    async with connected(simulator, DEPTH) as client:
        await client.socket.close()
        assert client.socket.close_code == 1000


async def test_a_close_frame_is_answered_once_the_plan_is_off(simulator: Simulator) -> None:
    async with websockets.connect(simulator.ws_url, close_timeout=5) as socket:
        async with connected(simulator, DEPTH) as client:
            rule = StopSending(extent=Extent.CONNECTION, every_ms=100)
            simulator.set_faults(plan(rule))
            await socket.send(f'{{"method":"SUBSCRIPTION","params":["{DEPTH}"]}}')
            await socket.recv()
            await simulator.advance(100)
            closing = asyncio.create_task(socket.close())
            assert await client.is_mute()
            assert not closing.done()
            simulator.set_faults(None)
            async with asyncio.timeout(2):
                await closing
        assert socket.close_code == 1000


async def test_a_connection_that_was_ended_is_struck_no_more(simulator: Simulator) -> None:
    simulator.set_faults(plan(CloseConnection(channels=("public",))))
    async with connected(simulator, DEPTH, DEALS) as client:
        market = simulator.market(SYMBOL)
        market.place("BUY", "100", "1")
        market.place("SELL", "100", "1")
        await simulator.advance(100)
        assert await client.ended() == (1000, "")
    assert len(simulator.fault_trace) == 1


async def test_of_two_refusals_of_a_channel_the_plans_first_is_told(simulator: Simulator) -> None:
    first = RefuseSubscriptions(answer=RefusalAnswer.BLOCKED)
    simulator.set_faults(plan(first, RefuseSubscriptions(answer=RefusalAnswer.EMPTY)))
    async with connected(simulator) as client:
        assert await client.ask("SUBSCRIPTION", DEPTH) == BLOCKED
    assert len(simulator.fault_trace) == 2


async def test_a_connection_is_closed_with_code_and_reason(simulator: Simulator) -> None:
    simulator.set_faults(plan(CloseConnection(first=2, code=1012, reason="service restart")))
    async with connected(simulator, DEPTH) as client:
        sent = await change_book(simulator, 2)
        assert versions([await client.next()]) == sent[:1]
        assert await client.ended() == (1012, "service restart")


@pytest.mark.parametrize("ending", list(Ending))
async def test_a_connection_ends_without_a_close_frame(
    simulator: Simulator, ending: Ending
) -> None:
    simulator.set_faults(plan(DropConnection(first=2, ending=ending)))
    async with connected(simulator, DEPTH) as client:
        sent = await change_book(simulator, 1)
        assert versions([await client.next()]) == sent
        await change_book(simulator, 1)
        assert await client.ended() == (1006, "")


async def test_a_quiet_private_connection_is_closed_by_time(simulator: Simulator) -> None:
    async with PrivateClient(simulator) as trader, connected(simulator, DEPTH) as public:
        listener = await trader.listen(ORDERS)
        rule = CloseConnection(channels=("private",), every_ms=1_000, after_ms=500, most=1)
        simulator.set_faults(plan(rule))
        await simulator.advance(490)
        assert await listener.frames() == []
        await simulator.advance(5)
        message = await listener.socket.receive(timeout=5)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1000)
        assert await public.pushed() == []
        await listener.socket.close()
    assert [record.where for record in simulator.fault_trace] == ["connection 2"]


BLOCKED = f"Not Subscribed successfully! [{DEPTH}].{REASON}"
SOME = f"Subscribed successful! [{DEALS}]. {BLOCKED}"


@pytest.mark.parametrize(
    ("answer", "alone", "beside_another"),
    [
        (RefusalAnswer.BLOCKED, BLOCKED, SOME),
        (RefusalAnswer.EMPTY_BRACKETS, "Not Subscribed successfully! [].", DEALS),
        (RefusalAnswer.EMPTY, "", DEALS),
        (RefusalAnswer.UNREADABLE, "msg format invalid", "msg format invalid"),
        (RefusalAnswer.SILENT, "PONG", "PONG"),
    ],
)
async def test_a_subscription_is_refused_in_each_way(
    simulator: Simulator, answer: RefusalAnswer, alone: str, beside_another: str
) -> None:
    simulator.set_faults(plan(RefuseSubscriptions(channels=("depth",), answer=answer)))
    async with connected(simulator) as client:
        for channels, expected in (((DEPTH,), alone), ((DEPTH, DEALS), beside_another)):
            await client.send("SUBSCRIPTION", *channels)
            if answer is RefusalAnswer.SILENT:
                await client.send("PING")
            assert await client.text() == expected
        await change_book(simulator, 1)
        assert await client.pushed() == []
        (connection,) = simulator.connections
        is_all_refused = answer in (RefusalAnswer.SILENT, RefusalAnswer.UNREADABLE)
        assert list(connection.topics) == ([] if is_all_refused else [DEALS])


async def test_a_channel_is_acknowledged_and_never_speaks(simulator: Simulator) -> None:
    rule = RefuseSubscriptions(channels=("depth",), answer=RefusalAnswer.ACCEPTED, most=1)
    simulator.set_faults(plan(rule))
    async with connected(simulator, DEPTH) as client, connected(simulator, DEPTH) as second:
        sent = await change_book(simulator, 1)
        assert await client.pushed() == []
        assert versions(await second.pushed()) == sent


@pytest.mark.parametrize(
    ("answer", "status"), [(UpgradeAnswer.FORBIDDEN, 403), (UpgradeAnswer.UNAVAILABLE, 503)]
)
async def test_a_handshake_is_refused_by_http(
    simulator: Simulator, answer: UpgradeAnswer, status: int
) -> None:
    simulator.set_faults(plan(RefuseConnections(answer=answer, most=1)))
    with pytest.raises(websockets.InvalidStatus) as caught:
        await websockets.connect(simulator.ws_url)
    assert caught.value.response.status_code == status
    assert caught.value.response.headers["Content-Type"].startswith("text/html")
    async with connected(simulator, DEPTH):
        pass


async def test_a_handshake_is_reset(simulator: Simulator) -> None:
    simulator.set_faults(plan(RefuseConnections(answer=UpgradeAnswer.RESET)))
    with pytest.raises((ConnectionError, websockets.InvalidMessage)):
        await websockets.connect(simulator.ws_url)


async def test_private_handshakes_alone_are_refused(simulator: Simulator) -> None:
    simulator.set_faults(plan(RefuseConnections(connections=Audience.PRIVATE)))
    async with connected(simulator, DEPTH):
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(f"{simulator.ws_url}?listenKey=any")


async def test_a_good_listen_key_is_called_invalid(simulator: Simulator) -> None:
    simulator.set_faults(plan(RefuseListenKeys(most=1)))
    async with PrivateClient(simulator) as trader:
        key = (await trader.body("POST", "userDataStream"))["listenKey"]
        async with connected(simulator, listen_key=key) as client:
            assert await client.text() == "Invalid listen key"
            assert "Blocked!" in await client.ask("SUBSCRIPTION", ORDERS)
        async with connected(simulator, ORDERS, listen_key=key):
            pass


async def test_a_connection_ends_after_24_hours_of_the_exchange(simulator: Simulator) -> None:
    async with connected(simulator, DEPTH) as old:
        await simulator.advance(10_000)
        simulator.set_faults(plan(LimitLife(life_ms=15_000)))
        async with connected(simulator, DEPTH) as young:
            await simulator.advance(4_900)
            assert await old.pushed() == []
            await simulator.advance(100)
            assert await old.ended() == (1000, "")
            assert await young.pushed() == []
    assert LimitLife().life_ms == 24 * 3_600_000


async def test_a_connection_at_its_age_may_end_without_a_close_frame(
    simulator: Simulator,
) -> None:
    simulator.set_faults(plan(LimitLife(life_ms=1_000, code=None)))
    async with connected(simulator, DEPTH) as client:
        await simulator.advance(1_000)
        assert await client.ended() == (1006, "")


async def test_a_connection_comes_of_age_once(simulator: Simulator) -> None:
    simulator.set_faults(plan(LimitLife(life_ms=1_000, first=2)))
    async with connected(simulator, DEPTH) as spared, connected(simulator, DEPTH) as struck:
        await simulator.advance(2_000)
        assert await struck.ended() == (1000, "")
        assert await spared.pushed() == []


async def test_pings_of_either_kind_stay_unanswered(simulator: Simulator) -> None:
    async with connected(simulator, DEPTH) as client:
        simulator.set_faults(plan(SwallowPongs()))
        assert await client.is_mute()
        sent = await change_book(simulator, 1)
        assert versions([await client.next()]) == sent
        simulator.set_faults(None)
        waiter = await client.socket.ping()
        async with asyncio.timeout(5):
            await waiter


async def test_bytes_drip_slowly_and_none_is_lost(simulator: Simulator) -> None:
    async with connected(simulator, DEPTH) as client:
        simulator.set_faults(plan(SlowDrip(bytes_per_second=1_000, for_ms=1_000)))
        simulator.market(SYMBOL).place("BUY", "100", "1")
        await simulator.advance(100)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.next(), 0.1)
        await simulator.advance(250)
        assert versions([await client.next()]) == [simulator.market(SYMBOL).version]


@pytest.mark.parametrize(
    "rule",
    [
        StopSending(extent=Extent.CONNECTION, every_ms=100, most=1),
        SlowDrip(bytes_per_second=1, every_ms=100, most=1),
    ],
)
async def test_connections_are_struck_by_time_too(simulator: Simulator, rule: AnyRule) -> None:
    async with connected(simulator, DEPTH) as client:
        simulator.set_faults(plan(rule))
        await simulator.advance(5)
        assert await client.is_mute()
        simulator.set_faults(None)
        assert not await client.is_mute()

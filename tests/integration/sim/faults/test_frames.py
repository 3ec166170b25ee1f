"""Faults of single frames, seen on the wire by a raw client."""

import asyncio

from mexc_connector.sim import Simulator
from mexc_connector.sim.faults import (
    CloseConnection,
    CorruptFrames,
    CutFrame,
    DelayFrames,
    DropFrames,
    Ending,
    RefuseSubscriptions,
    ReorderFrames,
    RepeatFrames,
    TruncateFrames,
)
from tests.integration.sim.faults.rig import (
    DEALS,
    DEPTH,
    SYMBOL,
    UPGRADE,
    change_book,
    connected,
    plan,
    versions,
)
from tests.integration.sim.private_client import ACCOUNT, ORDERS, PrivateClient
from tests.integration.sim.test_private_rest import LIMIT


async def test_the_5th_to_9th_frame_are_lost(simulator: Simulator) -> None:
    simulator.set_faults(plan(DropFrames(channels=("depth",), first=5, last=9)))
    async with connected(simulator, DEPTH) as client:
        sent = await change_book(simulator, 12)
        assert versions(await client.pushed()) == sent[:4] + sent[9:]
    assert [record.event for record in simulator.fault_trace] == [5, 6, 7, 8, 9]
    assert simulator.fault_trace[0].where == f"connection 1 {DEPTH}"


async def test_a_rule_leaves_other_channels_alone(simulator: Simulator) -> None:
    simulator.set_faults(plan(DropFrames(channels=("deals",))))
    async with connected(simulator, DEPTH, DEALS) as client:
        sent = await change_book(simulator, 2)
        simulator.market(SYMBOL).place("SELL", "100", "1")
        await simulator.advance(100)
        sent.append(simulator.market(SYMBOL).version)
        assert versions(await client.pushed()) == sent
    assert [record.where for record in simulator.fault_trace] == [f"connection 1 {DEALS}"]


async def test_a_frame_comes_twice(simulator: Simulator) -> None:
    simulator.set_faults(plan(RepeatFrames(first=2, last=2)))
    async with connected(simulator, DEPTH) as client:
        first, second, third = await change_book(simulator, 3)
        assert versions(await client.pushed()) == [first, second, second, third]


async def test_two_frames_change_places(simulator: Simulator) -> None:
    simulator.set_faults(plan(ReorderFrames(first=2, last=2)))
    async with connected(simulator, DEPTH) as client:
        first, second, third, fourth = await change_book(simulator, 4)
        assert versions(await client.pushed()) == [first, third, second, fourth]


async def test_a_frame_is_late_and_those_behind_it_wait(simulator: Simulator) -> None:
    simulator.set_faults(plan(DelayFrames(delay_ms=250, first=1, last=1)))
    async with connected(simulator, DEPTH) as client:
        sent = await change_book(simulator, 2)
        assert await client.pushed() == []
        await simulator.advance(150)
        assert versions(await client.pushed()) == sent


async def test_a_message_loses_its_end_inside_a_whole_frame(simulator: Simulator) -> None:
    simulator.set_faults(plan(TruncateFrames(keep_bytes=20, first=1, last=1), seed=4))
    async with connected(simulator, DEPTH) as client:
        sent = await change_book(simulator, 2)
        short, whole = await client.pushed()
        assert len(short) == 20
        assert versions([whole]) == sent[1:]


async def test_a_message_has_other_bytes(simulator: Simulator) -> None:
    async with connected(simulator, DEPTH) as honest, connected(simulator, DEPTH) as struck:
        simulator.set_faults(plan(CorruptFrames(byte_count=2, first=2, last=2)))
        await change_book(simulator, 1)
        (right,), (wrong,) = await honest.pushed(), await struck.pushed()
        assert right != wrong
        assert len(right) == len(wrong)


async def test_tcp_ends_in_the_middle_of_a_frame(simulator: Simulator) -> None:
    simulator.set_faults(plan(CutFrame(first=2)))
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    writer.write(UPGRADE)
    await reader.readuntil(b"\r\n\r\n")
    request = f'{{"method":"SUBSCRIPTION","params":["{DEPTH}"]}}'.encode()
    writer.write(bytes((0x81, 0x80 | len(request))) + bytes(4) + request)
    await reader.readexactly((await reader.readexactly(2))[1])
    await change_book(simulator, 1)
    head = await reader.readexactly(4)
    assert head[:2] == b"\x82\x7e"
    await reader.readexactly(int.from_bytes(head[2:], "big"))
    await change_book(simulator, 1)
    async with asyncio.timeout(5):
        rest = await reader.read()
    assert rest[:1] == b"\x82"
    assert 1 <= len(rest) < 4 or len(rest) < 4 + int.from_bytes(rest[2:4], "big")
    writer.close()


async def test_tcp_is_reset_in_the_middle_of_a_frame(simulator: Simulator) -> None:
    simulator.set_faults(plan(CutFrame(ending=Ending.RESET)))
    async with connected(simulator, DEPTH) as client:
        await change_book(simulator, 1)
        assert await client.ended() == (1006, "")
    assert simulator.connections == []


async def test_private_frames_are_lost_too(simulator: Simulator) -> None:
    async with PrivateClient(simulator) as trader:
        listener = await trader.listen(ORDERS, ACCOUNT)
        simulator.set_faults(plan(DropFrames(channels=("orders",))))
        await trader.body("POST", "order", **LIMIT)
        assert {frame.channel for frame in await listener.frames()} == {ACCOUNT}
        simulator.set_faults(None)
        await trader.body("POST", "order", **LIMIT)
        assert {frame.channel for frame in await listener.frames()} == {ACCOUNT, ORDERS}
        await listener.socket.close()


async def test_one_connection_may_be_struck_and_no_other(simulator: Simulator) -> None:
    async with connected(simulator, DEPTH) as first, connected(simulator, DEPTH) as second:
        simulator.set_faults(plan(DropFrames(connection=2, first=2, last=2)))
        sent = await change_book(simulator, 3)
        assert versions(await first.pushed()) == sent
        assert versions(await second.pushed()) == [sent[0], sent[2]]
        simulator.set_faults(plan(CloseConnection(connection=2, every_ms=50)))
        await simulator.advance(100)
        assert await second.ended() == (1000, "")
        assert [connection.number for connection in simulator.connections] == [1]
        simulator.set_faults(plan(RefuseSubscriptions(connection=3)))
        async with connected(simulator) as third, connected(simulator) as fourth:
            assert "Not Subscribed" in await third.ask("SUBSCRIPTION", DEPTH)
            assert "Not Subscribed" not in await fourth.ask("SUBSCRIPTION", DEPTH)


async def test_switching_off_sends_what_waited(simulator: Simulator) -> None:
    async with connected(simulator, DEPTH) as client:
        simulator.set_faults(plan(DelayFrames(delay_ms=60_000), ReorderFrames(behind=9, first=2)))
        sent = await change_book(simulator, 3)
        assert await client.pushed() == []
        simulator.set_faults(None)
        assert sorted(versions(await client.pushed())) == sent
        sent = await change_book(simulator, 1)
        assert versions(await client.pushed()) == sent

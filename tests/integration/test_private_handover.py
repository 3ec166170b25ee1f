"""The private link and its successor, each scripted: who is told what, and which keys are left."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

import pytest

from mexc_connector.common.config import StreamConfig
from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.errors import RequestTimeout
from mexc_connector.common.rotation_config import RotationConfig
from tests.integration.private_stream_rig import (
    FILLS,
    Keys,
    Sink,
    balance_frame,
    changed,
    client,
    fill_frame,
    order_frame,
)
from tests.integration.scripted_server import (
    Request,
    ScriptedConnection,
    ScriptedServer,
    grant,
    names_of,
    our_tasks,
    refusal,
    until,
)

LONG_S = 30.0


def rotating(overlap_s: float, *, after_s: float = 0.2, give_up_s: float = LONG_S) -> StreamConfig:
    """Links that are old at once; only what a test ends comes to an end."""
    rotation = RotationConfig(
        overlap_s=overlap_s, patience_s=max(overlap_s * 2, 5.0), give_up_after_s=give_up_s
    )
    return changed(rotate_after_s=after_s, rotation=rotation)  # type: ignore[arg-type]


async def in_overlap(server: ScriptedServer, links: int = 2) -> list[ScriptedConnection]:
    """Wait until the latest connection has been granted everything, and the client knows."""
    await until(lambda: len(server.connections) >= links and len(server.last.asked_for) == 3)
    return server.connections


def granted_count(sink: Sink) -> int:
    return sum(text.startswith("live") for text in sink.log)


async def send_until_known(connection: ScriptedConnection, sink: Sink, name: str) -> None:
    """Push a fill by one connection until it is told: what came before it was taken in too."""
    await connection.send(fill_frame(name))
    await until(lambda: f"fill {name} 1" in sink.log)


async def test_the_successor_takes_over_in_the_same_epoch_and_the_old_key_is_closed() -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer() as server, client(server.url, keys, rotating(0.1)) as streams:
        streams.subscribe(sink)
        states = []
        streams.on_connection(lambda _: states.append((streams.state, streams.is_live)))
        await until(lambda: streams.metrics().handovers == 1 and len(keys.alive) == 1)
        await until(lambda: server.connections[0].is_over)
        assert keys.log[:3] == ["create", "create", "close s3cret1"]
        await send_until_known(server.connections[1], sink, "t1")
        assert sink.log == ["live 1", "fill t1 1"]
        assert set(states) == {(ConnectionState.OPEN, True)}
        metrics = streams.metrics()
        assert metrics.handover_failures == metrics.reconnects == 0
        assert streams.listen_key_metrics().close_failures == 0
    assert keys.alive == []
    assert not our_tasks()


async def test_copies_come_once_and_what_only_the_successor_brought_comes_at_the_handover() -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer() as server, client(server.url, keys, rotating(0.5)) as streams:
        streams.subscribe(sink)
        old, new = await in_overlap(server)
        for frame in (order_frame("o1"), fill_frame("t1"), balance_frame("MX", free="1")):
            await new.send(frame)
            await old.send(frame)
        await old.send(order_frame("o2"))
        await new.send(order_frame("o2"))
        await new.send(order_frame("o3"))  # the old one never brings it
        await until(lambda: streams.metrics().handovers == 1)
        assert sorted(sink.log[1:5]) == ["balance MX 1", "fill t1 1", "order o1 1", "order o2 1"]
        assert sink.log[5:] == ["order o3 1"]


async def test_a_successor_that_lags_repeats_nothing() -> None:
    sink = Sink()
    async with ScriptedServer() as server, client(server.url, Keys(), rotating(0.3)) as streams:
        streams.subscribe(sink)
        old, new = await in_overlap(server)
        await send_until_known(old, sink, "t1")
        await until(lambda: streams.metrics().handovers == 1)
        await new.send(fill_frame("t1"))
        await send_until_known(new, sink, "t2")
        assert sink.log == ["live 1", "fill t1 1", "fill t2 1"]


async def test_an_old_link_that_is_cut_is_followed_at_once_by_what_the_successor_held() -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer() as server, client(server.url, keys, rotating(LONG_S)) as streams:
        streams.subscribe(sink)
        old, new = await in_overlap(server)
        for frame in (order_frame("o1"), fill_frame("t1"), balance_frame("MX", free="1")):
            await old.send(frame)
            await new.send(frame)
        await until(lambda: len(sink.log) == 4)
        seen = streams.metrics().frames
        await new.send(order_frame("o2"))
        await until(lambda: streams.metrics().frames == seen + 1)
        old.cut()
        await until(lambda: streams.metrics().handovers == 1)
        assert sink.log[4:] == ["order o2 1"]
        assert streams.is_live
        await until(lambda: keys.alive == ["s3cret2"])


async def test_an_old_link_that_was_cut_before_it_proved_itself_has_rest_asked_once() -> None:
    sink = Sink()
    async with (
        ScriptedServer() as server,
        client(server.url, Keys(), rotating(LONG_S)) as streams,
    ):
        streams.subscribe(sink)
        old, new = await in_overlap(server)
        await new.send(fill_frame("t1"))
        await until(lambda: streams.metrics().frames == 1)
        old.cut()
        await until(lambda: streams.metrics().handovers == 1)
        # The old link may have had more under way of which the successor does not know.
        assert sorted(sink.log) == ["fill t1 1", "live 1", "undecodable 1"]


def refuse_successors(until_number: int) -> Callable[..., Iterable[str | bytes]]:
    def answer(connection: ScriptedConnection, request: Request) -> Iterable[str | bytes]:
        if 1 < connection.number < until_number and request["method"] == "SUBSCRIPTION":
            return [refusal(request, FILLS)]
        return grant(connection, request)

    return answer


async def test_an_old_link_that_died_unnoticed_before_its_handover_has_rest_asked() -> None:
    sink = Sink()

    def answer(connection: ScriptedConnection, request: Request) -> Iterable[str]:
        is_dead = connection.number == 1 and len(connection.asked_for) == 3
        if not is_dead or request["method"] == "SUBSCRIPTION":
            yield from grant(connection, request)

    rotation = RotationConfig(overlap_s=0.05, patience_s=LONG_S)
    config = changed(
        rotate_after_s=0.2,
        rotation=rotation,  # type: ignore[arg-type]
        ping_interval_s=0.4,
        pong_timeout_s=0.4,
    )
    async with ScriptedServer(answer) as server, client(server.url, Keys(), config) as streams:
        streams.subscribe(sink)
        await until(lambda: streams.metrics().handovers == 1)
        # What happened between its death and the first word of the new one was told by nobody.
        assert sink.log == ["live 1", "undecodable 1"]
        assert streams.is_live


async def test_a_refused_successor_costs_nothing_but_its_key() -> None:
    keys, sink = Keys(), Sink()
    async with (
        ScriptedServer(refuse_successors(4)) as server,
        client(server.url, keys, rotating(0.1)) as streams,
    ):
        streams.subscribe(sink)
        await until(lambda: streams.metrics().handovers == 1)
        assert streams.metrics().handover_failures == 2
        await until(lambda: len(keys.alive) == 1)
        assert sink.log == ["live 1"]
        assert {"close s3cret2", "close s3cret3", "close s3cret1"} <= set(keys.log)
        assert keys.log.count("create") == 4


async def test_a_successor_that_is_cut_takes_what_it_held_with_it() -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer() as server, client(server.url, keys, rotating(LONG_S)) as streams:
        streams.subscribe(sink)
        old, new = await in_overlap(server)
        await new.send(fill_frame("t1"))
        await until(lambda: streams.metrics().frames == 1)
        new.cut()
        await until(lambda: streams.metrics().handover_failures == 1)
        await send_until_known(old, sink, "t1")
        assert sink.log == ["live 1", "fill t1 1"]
        await in_overlap(server, 3)
        await until(lambda: "close s3cret2" in keys.log)
        assert sorted(keys.alive) == ["s3cret1", "s3cret3"]


@pytest.mark.parametrize("who", ["old", "new"])
async def test_an_undecodable_frame_on_either_link_ends_the_successor(who: str) -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer() as server, client(server.url, keys, rotating(LONG_S)) as streams:
        streams.subscribe(sink)
        old, new = await in_overlap(server)
        await (old if who == "old" else new).send(b"no protobuf at all")
        await until(lambda: streams.metrics().handover_failures == 1)
        await send_until_known(old, sink, "t1")
        told = ["undecodable 1"] if who == "old" else []  # REST knows what the leader said
        assert sink.log == ["live 1", *told, "fill t1 1"]
        assert streams.is_live


async def test_a_link_that_finds_no_successor_is_dropped_in_the_end_and_rest_is_asked() -> None:
    keys, sink = Keys(), Sink()
    options = rotating(0.1, give_up_s=0.5)
    async with (
        ScriptedServer(refuse_successors(1000)) as server,
        client(server.url, keys, options) as streams,
    ):
        streams.subscribe(sink)
        await until(lambda: any(text.startswith("lost 1 replaced before") for text in sink.log))
        server.answer = grant
        await until(lambda: granted_count(sink) == 2)
        assert streams.metrics().handover_failures > 1


async def test_the_leaders_key_that_ends_during_the_overlap_ends_the_leader_only() -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer() as server, client(server.url, keys, rotating(LONG_S)) as streams:
        streams.subscribe(sink)
        old, new = await in_overlap(server)
        await old.send(fill_frame("t1"))
        await new.send(fill_frame("t1"))
        await until(lambda: streams.metrics().frames == 2)
        await old.send("listenKey expired")
        await until(lambda: streams.metrics().handovers == 1)
        await until(lambda: keys.alive == ["s3cret2"])
        assert granted_count(sink) == 1
        assert streams.is_live


async def test_an_exchange_that_gives_the_same_key_again_loses_it_at_the_very_end_only() -> None:
    keys = Keys()

    async def create() -> str:
        keys.log.append("create")
        keys.alive = ["s3cret1"]
        return "s3cret1"

    keys.create = create  # type: ignore[method-assign]
    async with ScriptedServer() as server, client(server.url, keys, rotating(0.1)) as streams:
        await until(lambda: streams.metrics().handovers == 2)
        assert not any(text.startswith("close") for text in keys.log)
    assert keys.log[-1] == "close s3cret1"
    assert keys.log.count("close s3cret1") == 1


async def test_a_successor_without_a_key_is_tried_again() -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer() as server, client(server.url, keys, rotating(0.1)) as streams:
        streams.subscribe(sink)
        keys.failures = [RequestTimeout("down"), RequestTimeout("down")]
        await until(lambda: streams.metrics().handovers == 1)
        assert streams.metrics().handover_failures == 2
        assert granted_count(sink) == 1
        assert len(sink.log) == 1


@pytest.mark.parametrize("moment_s", [0.0, 0.02, 0.05, 0.1, 0.15])
async def test_closing_at_any_moment_of_a_handover_leaves_no_key_and_no_task(
    moment_s: float,
) -> None:
    keys = Keys()
    made = keys.create

    async def slow() -> str:
        key = await made()
        await asyncio.sleep(0.05)
        return key

    keys.create = slow  # type: ignore[method-assign]
    async with ScriptedServer() as server:
        streams = client(server.url, keys, rotating(0.05, after_s=0.1))
        await streams.open()
        await until(lambda: keys.log.count("create") == 2)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), moment_s)
        await streams.close()
        assert keys.alive == []
        assert not our_tasks()


async def test_a_link_that_is_lost_before_its_successor_carries_all_is_a_lost_one() -> None:
    keys, sink = Keys(), Sink()
    options = changed(
        rotate_after_s=0.2,  # type: ignore[arg-type]
        rotation=RotationConfig(overlap_s=LONG_S, patience_s=60.0),  # type: ignore[arg-type]
        channels_per_message=1,
    )

    def answer(connection: ScriptedConnection, request: Request) -> Iterable[str | bytes]:
        is_late = connection.number == 2 and len(connection.asked_for) > 1
        return () if is_late and names_of(request) else grant(connection, request)

    async with ScriptedServer(answer) as server, client(server.url, keys, options) as streams:
        streams.subscribe(sink)
        await in_overlap(server)
        server.connections[0].cut()  # the successor carries one channel of three
        await until(lambda: len(server.connections) > 2)
        await until(lambda: granted_count(sink) == 2)
        assert sink.log[-1] == "live 3"
        for connection in server.connections[1:]:
            await connection.send(order_frame("o1"))
            await connection.send(fill_frame("t1"))
        await until(lambda: "fill t1 3" in sink.log and "order o1 3" in sink.log)
        assert len(sink.log) == len(set(sink.log))

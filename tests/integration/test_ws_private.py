"""The private streams against a server that grants and pushes as the exchange does."""

import asyncio

import pytest

from mexc_connector.common.enums import ConnectionState, OrderStatus
from mexc_connector.common.errors import (
    AuthenticationError,
    ConnectionFailed,
    EventsLost,
    SessionClosed,
)
from mexc_connector.common.orders import AssetBalance, Fill, Order
from mexc_connector.common.stream_status import ConnectionEvent
from tests.integration.private_stream_rig import (
    BALANCES,
    FILLS,
    ORDERS,
    Keys,
    Sink,
    balance_frame,
    changed,
    client,
    fill_frame,
    order_frame,
)
from tests.integration.scripted_server import ScriptedServer, our_tasks, until


async def test_opening_makes_one_key_and_one_connection_with_all_three_channels() -> None:
    keys = Keys()
    async with ScriptedServer() as server:
        async with client(server.url, keys) as streams:
            assert streams.is_live
            assert streams.is_connected
            assert len(server.connections) == 1
            assert sorted(server.last.asked_for) == sorted([ORDERS, FILLS, BALANCES])
            assert server.last.socket.request is not None
            assert server.last.socket.request.path == "/ws?listenKey=s3cret1"
            assert repr(streams) == "<MexcWebsocketPrivate OPEN>"
        assert keys.log == ["create", "close s3cret1"]
        assert streams.state is ConnectionState.CLOSED
        assert not streams.is_live
        assert not our_tasks()


async def test_watches_callbacks_and_sinks_get_the_same_events() -> None:
    async with ScriptedServer() as server, client(server.url, Keys()) as streams:
        sink = Sink()
        streams.subscribe(sink)
        orders: list[Order] = []
        fills: list[Fill] = []
        balances: list[AssetBalance] = []
        await streams.on_orders(orders.append)
        await streams.on_fills(fills.append)
        await streams.on_balances(balances.append)
        async with (
            streams.watch_orders() as watched_orders,
            streams.watch_fills() as watched_fills,
            streams.watch_balances() as watched_balances,
        ):
            await server.last.send(order_frame("o1", filled="2"))
            await server.last.send(fill_frame("t1"))
            await server.last.send(
                balance_frame("USDT", free="123456789012345678.9012345678901234")
            )
            async with asyncio.timeout(10):
                assert (await anext(watched_orders)).status is OrderStatus.PARTIALLY_FILLED
                assert (await anext(watched_fills)).trade_id == "t1"
                held = await anext(watched_balances)
        assert str(held.exact.free) == "123456789012345678.9012345678901234"
        assert [order.order_id for order in orders] == ["o1"]
        assert [fill.order_id for fill in fills] == ["o1"]
        assert balances == [held]
        assert sink.log == ["live 1", "order o1 1", "fill t1 1", "balance USDT 1"]
        assert streams.metrics().subscriptions == 3


async def test_after_a_cut_the_account_is_live_again_in_a_new_epoch_under_the_proven_key() -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer() as server, client(server.url, keys) as streams:
        streams.subscribe(sink)
        server.last.cut()
        await until(lambda: "live 2" in sink.log)
        assert sink.log[0] == "live 1"
        assert sink.log[1].startswith("lost 1 ")
        assert keys.log == ["create", "extend s3cret1"]
        await server.last.send(order_frame("o2"))
        await until(lambda: "order o2 2" in sink.log)
        assert streams.metrics().reconnects == 1


async def test_a_sink_from_before_the_opening_misses_nothing() -> None:
    async with ScriptedServer() as server:
        streams, sink = client(server.url, Keys()), Sink()
        events: list[ConnectionEvent] = []
        streams.subscribe(sink)
        streams.on_connection(events.append)
        async with streams:
            assert sink.log == ["live 1"]
        assert [event.state for event in events] == [
            ConnectionState.CONNECTING,
            ConnectionState.OPEN,
            ConnectionState.CLOSED,
        ]
        assert sink.log == ["live 1", "lost 1 closed"]


async def test_a_slow_reader_of_fills_is_told_how_many_it_lost() -> None:
    async with (
        ScriptedServer() as server,
        client(server.url, Keys(), changed(queue_size=2)) as streams,
    ):
        fills: list[Fill] = []
        streams.on_fills(fills.append)
        async with streams.watch_fills() as watch:
            for number in range(5):
                await server.last.send(fill_frame(f"t{number}"))
            await until(lambda: len(fills) == 5)
            assert [(await anext(watch)).trade_id for _ in range(2)] == ["t0", "t1"]
            with pytest.raises(EventsLost) as caught:
                await anext(watch)
            assert caught.value.lost == 3


async def test_what_cannot_be_read_is_told_so_that_rest_can_be_asked() -> None:
    async with ScriptedServer() as server, client(server.url, Keys()) as streams:
        sink = Sink()
        streams.subscribe(sink)
        await server.last.send(b"no protobuf at all")
        await server.last.send(order_frame("o1", filled="11"))  # more than was ordered
        await server.last.send(order_frame("o2", market="NEWUSDT"))
        await server.last.send(order_frame("o3"))
        await until(lambda: "order o3 1" in sink.log)
        assert sink.log == ["live 1", *["undecodable 1"] * 3, "order o3 1"]
        metrics = streams.metrics()
        assert metrics.undecodable_frames == 1
        assert metrics.bad_bodies == 1
        assert metrics.unknown_markets == 1


async def test_wrong_credentials_are_raised_as_they_are_and_leave_nothing_behind() -> None:
    keys = Keys()
    keys.failures = [AuthenticationError("wrong secret", endpoint="POST", code=700002)]
    async with ScriptedServer() as server:
        streams = client(server.url, keys)
        with pytest.raises(AuthenticationError):
            await streams.open()
        assert server.connections == []
        assert not our_tasks()
        with pytest.raises(SessionClosed):
            await streams.open()


async def test_a_host_that_cannot_be_reached_is_a_connection_failure_and_no_key_is_left() -> None:
    keys = Keys()
    streams = client("ws://127.0.0.1:9/ws", keys)
    with pytest.raises(ConnectionFailed) as caught:
        await streams.open()
    assert "s3cret" not in str(caught.value)
    assert keys.log.count("create") == 3
    assert keys.alive == []
    assert not our_tasks()


async def test_a_cancelled_opening_leaves_nothing_behind() -> None:
    keys = Keys()
    async with ScriptedServer(lambda connection, request: ()) as server:  # it never answers
        streams = client(server.url, keys)
        opening = asyncio.create_task(streams.open())
        await until(lambda: server.connections and server.last.asked_for)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert keys.alive == []
        assert not our_tasks()


async def test_closed_or_unopened_streams_say_so() -> None:
    async with ScriptedServer() as server:
        streams = client(server.url, Keys())
        assert streams.state is ConnectionState.IDLE
        with pytest.raises(SessionClosed, match="open the private streams first"):
            streams.watch_orders()
        async with streams:
            await streams.open()
            assert len(server.connections) == 1
            watch = streams.watch_fills()
        await streams.close()
        for use in (streams.watch_orders, streams.watch_fills, streams.watch_balances):
            with pytest.raises(SessionClosed):
                use()
        for register in (streams.on_orders, streams.on_fills, streams.on_balances):
            with pytest.raises(SessionClosed):
                register(lambda _: None)
        with pytest.raises(SessionClosed):
            await anext(watch)
        with pytest.raises(SessionClosed):
            streams.subscribe(Sink())
        with pytest.raises(SessionClosed):
            streams.on_connection(lambda _: None)
        assert streams.metrics().open_links == 0
        assert streams.listen_key_metrics().created == 1

"""The private streams when keys go bad and the exchange falls silent."""

import logging
import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request as HandshakeRequest
from websockets.http11 import Response

from mexc_connector.common.config import ListenKeyConfig
from mexc_connector.common.errors import (
    BadRequest,
    ConnectionFailed,
    RequestTimeout,
    SubscriptionRefused,
)
from mexc_connector.common.stream_status import ConnectionEvent
from tests.integration.private_stream_rig import (
    FILLS,
    ORDERS,
    Keys,
    Sink,
    changed,
    client,
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
    reply,
    until,
)

Answer = Callable[[ScriptedConnection, Request], Iterable[str | bytes]]

# A tenth of a second stands for 30 minutes.
FAST_KEY = ListenKeyConfig(
    life_s=0.6, extend_every_s=0.1, replace_before_s=0.1, retry_base_s=0.05, retry_max_s=0.05
)


def refuse_on(*numbers: int, channels: tuple[str, ...] = ()) -> Answer:
    """Refuse what is asked on these connections: all of it, or only `channels`."""

    def answer(connection: ScriptedConnection, request: Request) -> Iterable[str | bytes]:
        refused = [name for name in names_of(request) if name in channels or not channels]
        if connection.number in numbers and request["method"] == "SUBSCRIPTION" and refused:
            return [refusal(request, *refused)]
        return grant(connection, request)

    return answer


def key_of(connection: ScriptedConnection) -> str:
    assert connection.socket.request is not None
    return connection.socket.request.path.partition("listenKey=")[2]


async def test_a_key_that_is_blocked_at_the_opening_is_replaced() -> None:
    keys = Keys()
    async with ScriptedServer(refuse_on(1)) as server, client(server.url, keys) as streams:
        assert streams.is_live
        assert [key_of(connection) for connection in server.connections] == ["s3cret1", "s3cret2"]
        assert keys.log == ["create", "close s3cret1", "create"]
        assert streams.listen_key_metrics().created == 2


async def test_one_channel_that_is_blocked_costs_the_key_too() -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer(refuse_on(1, channels=(FILLS,))) as server:
        streams = client(server.url, keys)
        streams.subscribe(sink)
        async with streams:
            assert streams.is_live
            assert key_of(server.last) == "s3cret2"
            assert sink.log == ["live 2"]


async def test_an_account_that_is_always_blocked_is_a_refusal_and_no_key_is_left() -> None:
    keys = Keys()
    async with ScriptedServer(refuse_on(*range(1, 20))) as server:
        streams = client(server.url, keys)
        with pytest.raises(SubscriptionRefused, match="Blocked!"):
            await streams.open()
        assert keys.log.count("create") == 3
        assert keys.alive == []
        assert not our_tasks()


async def test_an_empty_acknowledgement_grants_nothing() -> None:
    def answer(connection: ScriptedConnection, request: Request) -> Iterable[str | bytes]:
        if connection.number == 1 and request["method"] == "SUBSCRIPTION":
            return [reply(request, "")]
        return grant(connection, request)

    keys = Keys()
    async with ScriptedServer(answer) as server, client(server.url, keys):
        assert key_of(server.last) == "s3cret2"


async def test_a_key_that_is_blocked_after_a_reconnect_is_replaced_however_long_it_takes() -> None:
    keys, sink = Keys(), Sink()
    async with (
        ScriptedServer(refuse_on(*range(2, 9))) as server,
        client(server.url, keys) as streams,
    ):
        streams.subscribe(sink)
        server.last.cut()
        await until(lambda: streams.is_live and len(server.connections) >= 9)
        used = [key_of(connection) for connection in server.connections]
        assert used[1] == "s3cret1"  # an extension had proven it
        assert len(set(used[1:])) == len(used) - 1
        assert keys.alive == [used[-1]]
        assert len([text for text in sink.log if text.startswith("live")]) == 2
        await server.last.send(order_frame("o1"))
        await until(lambda: sink.log[-1].startswith("order o1"))


async def test_a_text_about_a_bad_key_instead_of_an_answer_replaces_the_key() -> None:
    def answer(connection: ScriptedConnection, request: Request) -> Iterable[str | bytes]:
        if connection.number == 1 and request["method"] == "SUBSCRIPTION":
            return ["Invalid listen key"]
        return grant(connection, request)

    keys = Keys()
    async with ScriptedServer(answer) as server, client(server.url, keys) as streams:
        assert key_of(server.last) == "s3cret2"
        assert streams.metrics().unexpected_texts == 1


async def test_a_text_about_a_bad_key_ends_a_connection_that_worked() -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer() as server, client(server.url, keys) as streams:
        streams.subscribe(sink)
        await server.last.send("listenKey expired")
        await until(lambda: "live 2" in sink.log)
        assert sink.log == ["live 1", "lost 1 listen key refused", "live 2"]
        assert key_of(server.last) == "s3cret2"


async def test_a_link_that_falls_silent_is_replaced_and_its_key_has_to_prove_itself() -> None:
    # What an expired key looks like: no close frame, no PONG.
    def answer(connection: ScriptedConnection, request: Request) -> Iterable[str | bytes]:
        is_silent = connection.number == 1 and request["method"] == "PING"
        return () if is_silent else grant(connection, request)

    keys, sink = Keys(), Sink()
    options = changed(ping_interval_s=0.1, pong_timeout_s=0.1)
    async with ScriptedServer(answer) as server, client(server.url, keys, options) as streams:
        streams.subscribe(sink)
        keys.failures = [BadRequest("no such key", endpoint="PUT", code=730002)]
        await until(lambda: "live 2" in sink.log)
        assert sink.log[:2] == ["live 1", "lost 1 no PONG in time"]
        assert keys.log == ["create", "extend s3cret1", "create"]
        assert key_of(server.last) == "s3cret2"


async def test_while_rest_is_down_too_it_is_tried_until_both_are_back() -> None:
    keys, sink = Keys(), Sink()
    async with ScriptedServer() as server, client(server.url, keys) as streams:
        streams.subscribe(sink)
        keys.failures = [RequestTimeout("down") for _ in range(8)]
        server.last.cut()
        await until(lambda: "live 2" in sink.log)
        # It could be neither proven nor closed: another one had to be made.
        assert keys.log == ["create", "extend s3cret1", "close s3cret1", *["create"] * 7]
        assert streams.metrics().connect_failures == 6
        assert streams.listen_key_metrics().close_failures == 1


async def test_the_key_is_extended_in_time_and_the_connection_stays() -> None:
    keys = Keys()
    async with (
        ScriptedServer() as server,
        client(server.url, keys, listen_key=FAST_KEY) as streams,
    ):
        await until(lambda: keys.log.count("extend s3cret1") >= 8)  # past the life of one key
        assert len(server.connections) == 1
        assert streams.is_live
        assert streams.listen_key_metrics().extended >= 7


async def test_an_extension_that_is_rejected_replaces_the_key() -> None:
    keys, sink = Keys(), Sink()
    async with (
        ScriptedServer() as server,
        client(server.url, keys, listen_key=FAST_KEY) as streams,
    ):
        streams.subscribe(sink)
        keys.failures = [BadRequest("no such key", endpoint="PUT", code=730002)]
        await until(lambda: "live 2" in sink.log)
        assert sink.log[:2] == ["live 1", "lost 1 listen key lost"]
        assert key_of(server.last) == "s3cret2"


async def test_an_extension_that_is_not_answered_is_tried_again_without_a_reconnect() -> None:
    keys = Keys()
    async with (
        ScriptedServer() as server,
        client(server.url, keys, listen_key=FAST_KEY) as streams,
    ):
        keys.failures = [RequestTimeout("late"), RequestTimeout("late")]
        await until(lambda: streams.listen_key_metrics().extended >= 2)
        assert streams.listen_key_metrics().extension_failures == 2
        assert len(server.connections) == 1


async def test_a_key_that_cannot_be_extended_is_replaced_before_it_expires() -> None:
    keys, sink = Keys(), Sink()

    async def never(key: str) -> None:
        raise RequestTimeout("late")

    keys.extend = never  # type: ignore[method-assign]
    async with (
        ScriptedServer() as server,
        client(server.url, keys, listen_key=FAST_KEY) as streams,
    ):
        streams.subscribe(sink)
        await until(lambda: "live 2" in sink.log)
        assert sink.log[1] == "lost 1 listen key about to expire"
        assert keys.alive == [key_of(server.last)]


async def test_nothing_that_can_be_seen_holds_a_key(caplog: pytest.LogCaptureFixture) -> None:
    def answer(connection: ScriptedConnection, request: Request) -> Iterable[str | bytes]:
        if request["method"] == "SUBSCRIPTION" and connection.number < 3:
            return [
                reply(request, f"{key_of(connection)}? Not Subscribed successfully! [{ORDERS}]")
            ]
        return grant(connection, request)

    keys, sink = Keys(), Sink()
    events: list[ConnectionEvent] = []
    with caplog.at_level(logging.DEBUG):
        async with ScriptedServer(answer) as server:
            streams = client(server.url, keys)
            streams.on_connection(events.append)
            streams.subscribe(sink)
            async with streams:
                await server.last.send(f"the listen key {key_of(server.last)} is invalid")
                await until(lambda: streams.metrics().unexpected_texts == 1 and streams.is_live)
                await server.last.socket.close(1008, f"key {key_of(server.last)} is too old")
                await until(lambda: streams.metrics().reconnects >= 2 and streams.is_live)
                seen = [repr(streams), repr(streams._link)]
                seen += [repr(streams.metrics()), repr(streams.listen_key_metrics())]
                seen += [repr(task) for task in our_tasks()]
    logged = [r.getMessage() for r in caplog.records if r.name != "websockets.server"]
    shown = "".join([*seen, *map(repr, events), *sink.log, *logged])
    assert "***" in shown
    assert "is too old" in shown
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    "status", [HTTPStatus.SWITCHING_PROTOCOLS, HTTPStatus.FOUND, HTTPStatus.FORBIDDEN]
)
async def test_a_refused_handshake_shows_no_key_even_if_the_answer_repeats_it(
    status: HTTPStatus, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(socket: ServerConnection, request: HandshakeRequest) -> Response:
        headers = Headers({"Location": f"http://elsewhere{request.path}", "Content-Length": "0"})
        headers["Connection"] = "Upgrade"
        headers["Upgrade"] = request.path.partition("=")[2]
        return Response(status.value, status.phrase, headers, b"")

    async def say_nothing(socket: ServerConnection) -> None:
        await socket.wait_closed()

    keys = Keys()
    with caplog.at_level(logging.DEBUG):
        async with serve(say_nothing, "127.0.0.1", 0, process_request=refuse) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            with pytest.raises(ConnectionFailed) as caught:
                await client(f"ws://127.0.0.1:{port}/ws", keys).open()
    texts = traceback.format_exception(caught.value)
    logged = [r.getMessage() for r in caplog.records if r.name != "websockets.server"]
    assert "s3cret" not in "".join(texts + logged)
    assert keys.alive == []

"""The transport against a server that says what it likes, on every loop that is there."""

import asyncio
import importlib.util
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from mexc_connector.common.config import StreamConfig
from mexc_connector.common.errors import ConnectionFailed, InternalError
from mexc_connector.core.message_frames import MESSAGE_LIMIT
from mexc_connector.ws.dial import open_socket
from mexc_connector.ws.stream_socket import MESSAGES_PER_TURN, StreamSocket
from tests.integration.http_tunnel import Tunnel
from tests.integration.raw_stream_server import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawConnection,
    RawServer,
    Script,
    frame,
)
from tests.integration.scripted_server import until

QUICK = StreamConfig(connect_timeout_s=5.0, close_timeout_s=0.5)
Run = Callable[[Coroutine[object, object, None]], None]


def _loops() -> list[str]:
    return ["asyncio"] + (["uvloop"] if importlib.util.find_spec("uvloop") else [])


@pytest.fixture(params=_loops())
def run(request: pytest.FixtureRequest) -> Run:
    factory = asyncio.new_event_loop
    if request.param == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop

    def run_scenario(scenario: Coroutine[object, object, None]) -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(asyncio.wait_for(scenario, 30))

    return run_scenario


class Receiver:
    """Writes down what is handed on; `react` hears of it too."""

    def __init__(self, react: Callable[[bytes | str], None] = lambda _: None) -> None:
        self.got: list[bytes | str] = []
        self.times: list[int] = []
        self.chunks = 0
        self._react = react

    def start(self, socket: StreamSocket) -> None:
        socket.start(on_chunk=self._note_chunk, on_frame=self._note_frame, on_text=self._note)

    def _note_chunk(self) -> int:
        self.chunks += 1
        return self.chunks

    def _note_frame(self, payload: bytes, received_ns: int) -> None:
        self.times.append(received_ns)
        self._note(payload)

    def _note(self, message: bytes | str) -> None:
        self.got.append(message)
        self._react(message)


async def dial(server: RawServer, *, proxy: str | None = None) -> StreamSocket:
    return await open_socket(server.url, proxy=proxy, streams=QUICK)


async def leave(socket: StreamSocket) -> None:
    """Go without farewell, and wait until the transport is gone."""
    socket.abort()
    await socket.wait_closed()


def saying(*parts: bytes) -> Script:
    """Answer the handshake, say the parts in one write, and stay until the client goes."""

    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer, *parts)
        await connection.hear_end()

    return script


# --- the handshake ---


def test_what_follows_the_answer_in_one_piece_waits_for_the_start(run: Run) -> None:
    async def scenario() -> None:
        parts = (frame(TEXT, b"first"), frame(BINARY, b"second"), frame(BINARY, b"third")[:3])
        async with RawServer(saying(*parts)) as server:
            socket = await dial(server)
            receiver = Receiver()
            receiver.start(socket)
            assert receiver.got == []
            await until(lambda: len(receiver.got) == 2)
            assert receiver.got == ["first", b"second"]
            assert receiver.times == [1]
            await leave(socket)

    run(scenario())


def test_an_answer_may_come_in_pieces_of_a_byte(run: Run) -> None:
    async def script(connection: RawConnection) -> None:
        stream = connection.answer + frame(BINARY, b"first") + frame(BINARY, b"second")
        for index in range(len(stream)):
            await connection.send(stream[index : index + 1])
            await asyncio.sleep(0)
        await connection.hear_end()

    async def scenario() -> None:
        async with RawServer(script) as server:
            socket = await dial(server)
            receiver = Receiver()
            receiver.start(socket)
            await until(lambda: receiver.got == [b"first", b"second"])
            await leave(socket)

    run(scenario())


@pytest.mark.parametrize("is_in_pieces", [False, True])
def test_an_answer_that_refuses_goes_to_the_library_whole(run: Run, is_in_pieces: bool) -> None:
    body = b"no\r\n\r\n" + frame(BINARY, b"not a frame")
    head = f"HTTP/1.1 451 No\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def script(connection: RawConnection) -> None:
        await connection.send(head[:-1] if is_in_pieces else head)
        await asyncio.sleep(0.01)
        await connection.send(head[-1:] if is_in_pieces else b"", body)
        await connection.hear_end()

    async def scenario() -> None:
        async with RawServer(script) as server:
            with pytest.raises(ConnectionFailed, match="451"):
                await dial(server)

    run(scenario())


def test_a_socket_that_was_never_started_can_be_closed_in_time(run: Run) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer, frame(BINARY, b"unheard"))
        assert (await connection.hear())[0] == CLOSE
        await connection.send(frame(CLOSE, b"\x03\xe8"))

    async def scenario() -> None:
        async with RawServer(script) as server:
            socket = await dial(server)
            begun = time.monotonic()
            socket.stop()
            await socket.close()
            assert time.monotonic() - begun < QUICK.close_timeout_s
            assert socket.close_code == 1000

    run(scenario())


# --- messages ---


def test_control_frames_keep_their_place_and_pings_are_answered(run: Run) -> None:
    pongs: list[tuple[int, bytes]] = []

    async def script(connection: RawConnection) -> None:
        await connection.send(
            connection.answer,
            frame(BINARY, b"1"),
            frame(PING, b"a"),
            frame(TEXT, b"2", final=False),
            frame(PING, b"b"),
            frame(CONTINUATION, b"3"),
            frame(PONG, b"nobody asked"),
            frame(BINARY, b"4"),
        )
        pongs.append(await connection.hear())
        pongs.append(await connection.hear())
        await connection.hear_end()

    async def scenario() -> None:
        async with RawServer(script) as server:
            socket = await dial(server)
            receiver = Receiver()
            receiver.start(socket)
            await until(lambda: len(receiver.got) == 3 and len(pongs) == 2)
            assert receiver.got == [b"1", "23", b"4"]
            assert pongs == [(PONG, b"a"), (PONG, b"b")]
            await leave(socket)

    run(scenario())


def test_a_burst_is_handled_whole_in_order_and_a_bounded_part_of_it_a_turn(run: Run) -> None:
    payloads = [number.to_bytes(4, "big") * 70 for number in range(10_000)]

    async def scenario() -> None:
        async with RawServer(saying(*(frame(BINARY, payload) for payload in payloads))) as server:
            socket = await dial(server)
            per_turn: dict[int, int] = {}
            turn = 0

            def tick() -> None:
                nonlocal turn
                turn += 1
                if len(receiver.got) < len(payloads):
                    loop.call_soon(tick)

            def note(_: bytes | str) -> None:
                per_turn[turn] = per_turn.get(turn, 0) + 1

            loop = asyncio.get_running_loop()
            receiver = Receiver(note)
            receiver.start(socket)
            loop.call_soon(tick)
            await until(lambda: len(receiver.got) >= len(payloads))
            assert receiver.got == payloads
            # Two: what a turn began with may have been held over from the one before.
            assert max(per_turn.values()) <= 2 * MESSAGES_PER_TURN
            # One clock reading for all that was received at once.
            assert receiver.times == sorted(receiver.times)
            assert max(receiver.times) == receiver.chunks < len(payloads) / 20
            await leave(socket)

    run(scenario())


def test_a_frame_whose_rest_comes_after_the_start_is_not_forgotten(run: Run) -> None:
    message = frame(BINARY, b"message")

    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer, message[:4])
        assert (await connection.hear())[0] == TEXT
        await connection.send(message[4:])
        await connection.hear_end()

    async def scenario() -> None:
        async with RawServer(script) as server:
            socket = await dial(server)
            receiver = Receiver()
            receiver.start(socket)
            await socket.send("go on")
            await until(lambda: receiver.got == [b"message"])
            await leave(socket)

    run(scenario())


def test_a_message_larger_than_a_turn_arrives(run: Run) -> None:
    large = bytes(range(256)) * 8192

    async def scenario() -> None:
        async with RawServer(saying(frame(BINARY, large), frame(TEXT, b"after"))) as server:
            socket = await dial(server)
            receiver = Receiver()
            receiver.start(socket)
            await until(lambda: receiver.got == [large, "after"])
            await leave(socket)

    run(scenario())


# --- the end ---


def test_a_farewell_ends_at_once_and_nothing_behind_it_is_handed_on(run: Run) -> None:
    heard: list[tuple[int, bytes]] = []

    async def script(connection: RawConnection) -> None:
        await connection.send(
            connection.answer,
            frame(BINARY, b"before"),
            frame(CLOSE, b"\x03\xe9bye"),
            frame(BINARY, b"behind"),
        )
        heard.append(await connection.hear())
        await connection.send(frame(BINARY, b"late"))
        await connection.hear_end()

    async def scenario() -> None:
        async with RawServer(script) as server:
            socket = await dial(server)
            receiver = Receiver()
            receiver.start(socket)
            # The server keeps the connection: the reason is known all the same.
            assert "1001 (going away) bye" in await socket.ended
            await until(lambda: heard == [(CLOSE, b"\x03\xe9bye")])
            await socket.close()
            assert receiver.got == [b"before"]
            assert socket.close_code == 1001

    run(scenario())


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        pytest.param([frame(TEXT, b"\xff")], 1007, id="not UTF-8"),
        pytest.param(
            [frame(TEXT, b"\xc3", final=False), frame(CONTINUATION, b"a")],
            1007,
            id="not UTF-8, in fragments",
        ),
        pytest.param(
            [frame(BINARY, b"a", final=False), frame(BINARY, b"b")], 1002, id="inside another"
        ),
        pytest.param([b"\x82\x7f" + (MESSAGE_LIMIT + 1).to_bytes(8, "big")], 1009, id="too big"),
        pytest.param([b"\x82\x81mask\x00"], 1002, id="masked"),
        pytest.param([b"\xc2\x01a"], 1002, id="reserved bit"),
        pytest.param(
            [b"\xc2\x7f" + (MESSAGE_LIMIT + 1).to_bytes(8, "big")],
            1009,
            id="reserved bit, too big to wait for",
        ),
        pytest.param([b"\x8f\x01a"], 1002, id="unknown opcode"),
        pytest.param([b"\x80\x01a"], 1002, id="continuation of nothing"),
        pytest.param([b"\x89\x7e\x00\x7e" + bytes(126)], 1002, id="ping too long"),
    ],
)
def test_a_broken_protocol_ends_the_connection_and_the_server_is_told_why(
    run: Run, parts: list[bytes], code: int
) -> None:
    heard: list[tuple[int, bytes]] = []

    async def script(connection: RawConnection) -> None:
        await connection.send(
            connection.answer, frame(BINARY, b"good"), *parts, frame(BINARY, b"late")
        )
        heard.append(await connection.hear())
        await connection.send(frame(BINARY, b"later"), frame(TEXT, b"\xff"), frame(PING, b""))
        await connection.hear_end()

    async def scenario() -> None:
        async with RawServer(script) as server:
            socket = await dial(server)
            receiver = Receiver()
            receiver.start(socket)
            assert f"sent {code}" in await socket.ended
            await until(lambda: heard)
            assert heard[0][0] == CLOSE
            assert int.from_bytes(heard[0][1][:2], "big") == code
            await socket.close()
            assert receiver.got == [b"good"]

    run(scenario())


def test_a_server_that_goes_without_farewell_is_an_end(run: Run) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer, frame(BINARY, b"last"), frame(BINARY, b"half")[:4])

    async def scenario() -> None:
        async with RawServer(script) as server:
            socket = await dial(server)
            receiver = Receiver()
            receiver.start(socket)
            assert await socket.ended == "no close frame received or sent"
            assert receiver.got == [b"last"]
            await socket.wait_closed()

    run(scenario())


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), asyncio.CancelledError()])
@pytest.mark.parametrize("culprit", [b"bad", "bad"])
def test_what_a_receiver_raises_ends_the_connection_with_it(
    run: Run, error: BaseException, culprit: bytes | str
) -> None:
    raw = culprit if isinstance(culprit, bytes) else culprit.encode()
    opcode = BINARY if isinstance(culprit, bytes) else TEXT

    def react(message: bytes | str) -> None:
        if message == culprit:
            raise error

    async def scenario() -> None:
        parts = (frame(BINARY, b"good"), frame(opcode, raw), frame(BINARY, b"late"))
        async with RawServer(saying(*parts)) as server:
            socket = await dial(server)
            receiver = Receiver(react)
            receiver.start(socket)
            with pytest.raises((ZeroDivisionError, InternalError)) as caught:
                await socket.ended
            assert error in (caught.value, caught.value.__cause__)
            assert receiver.got == [b"good", culprit]
            await leave(socket)

    run(scenario())


def test_what_a_clock_raises_ends_the_connection_with_it(run: Run) -> None:
    def broken() -> int:
        raise ZeroDivisionError

    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer)
        assert (await connection.hear())[0] == TEXT
        await connection.send(frame(BINARY, b"unheard"))
        await connection.hear_end()

    async def scenario() -> None:
        async with RawServer(script) as server:
            socket = await dial(server)
            got: list[object] = []
            socket.start(on_chunk=broken, on_frame=lambda *_: got.append(_), on_text=got.append)
            await socket.send("go on")
            with pytest.raises(ZeroDivisionError):
                await socket.ended
            await leave(socket)
            assert got == []

    run(scenario())


def test_a_receiver_may_cut_the_connection_and_hears_no_more(run: Run) -> None:
    async def scenario() -> None:
        burst = [frame(BINARY, number.to_bytes(4, "big") * 90) for number in range(2000)]
        async with RawServer(saying(*burst)) as server:
            socket = await dial(server)

            def react(_: bytes | str) -> None:
                if len(receiver.got) == 700:
                    socket.abort()

            receiver = Receiver(react)
            receiver.start(socket)
            await socket.ended
            assert len(receiver.got) == 700
            await socket.wait_closed()

    run(scenario())


def test_a_flood_does_not_delay_the_farewell(run: Run) -> None:
    """Data that nobody wants any more is dropped, so that the answer behind it is seen."""

    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer, frame(BINARY, b"on"))
        assert (await connection.hear())[0] == CLOSE
        await connection.send(*(frame(BINARY, bytes(300)) for _ in range(5000)))
        await connection.send(frame(PING, b"x"), frame(BINARY, b"y"), frame(CLOSE, b"\x03\xe8"))

    async def scenario() -> None:
        async with RawServer(script) as server:
            socket = await dial(server)
            receiver = Receiver()
            receiver.start(socket)
            await until(lambda: receiver.got == [b"on"])
            socket.stop()
            await socket.close()
            assert receiver.got == [b"on"]
            assert socket.close_code == 1000

    run(scenario())


def test_reading_rests_while_a_turn_is_held_over(run: Run) -> None:
    """What is held stays bounded however fast the server writes."""
    count, size = 50_000, 100

    async def script(connection: RawConnection) -> None:
        await connection.send(connection.answer, frame(BINARY, bytes(size)) * count)
        await connection.hear_end()

    async def scenario() -> None:
        async with RawServer(script) as server:
            socket = await dial(server)
            largest = 0

            def react(_: bytes | str) -> None:
                nonlocal largest
                largest = max(largest, len(socket._held))

            receiver = Receiver(react)
            receiver.start(socket)
            await until(lambda: len(receiver.got) == count)
            assert MESSAGES_PER_TURN < largest <= 2 * 256 * 1024 / size
            await leave(socket)

    run(scenario())


def test_what_a_transport_delivers_in_spite_of_the_pause_keeps_its_place(run: Run) -> None:
    burst = [number.to_bytes(4, "big") for number in range(3 * MESSAGES_PER_TURN)]

    async def scenario() -> None:
        async with RawServer(saying(*(frame(BINARY, payload) for payload in burst))) as server:
            socket = await dial(server)
            await until(lambda: len(socket._held) == len(burst))
            loop = asyncio.get_running_loop()

            def react(message: bytes | str) -> None:
                if message == burst[0]:
                    loop.call_soon(socket.data_received, frame(BINARY, b"more"))

            receiver = Receiver(react)
            receiver.start(socket)
            await until(lambda: len(receiver.got) > len(burst))
            assert receiver.got == [*burst, b"more"]
            await leave(socket)

    run(scenario())


# --- TLS and proxies ---


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Make a certificate for the loopback address, and have it trusted."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = (
        f"{openssl} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        f" -subj /CN=loopback -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    )
    subprocess.run(command.split(), check=True, capture_output=True, timeout=30)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


BURST = [number.to_bytes(4, "big") * 70 for number in range(3000)]


async def receive_burst(socket: StreamSocket) -> Receiver:
    receiver = Receiver()
    receiver.start(socket)
    await until(lambda: len(receiver.got) >= len(BURST))
    assert receiver.got == BURST
    return receiver


async def say_burst_and_go(connection: RawConnection) -> None:
    await connection.send(connection.answer, *(frame(BINARY, payload) for payload in BURST))


async def say_burst_and_farewell(connection: RawConnection) -> None:
    await say_burst_and_go(connection)
    assert (await connection.hear())[0] == CLOSE
    await connection.send(frame(CLOSE, b"\x03\xe8"))


def test_tls_carries_a_burst_and_a_farewell(run: Run, context: ssl.SSLContext) -> None:
    async def scenario() -> None:
        async with RawServer(say_burst_and_farewell, context=context) as server:
            socket = await dial(server)
            await receive_burst(socket)
            socket.stop()
            await socket.close()
            assert socket.close_code == 1000

    run(scenario())


@pytest.mark.parametrize("is_secure", [False, True])
def test_what_came_before_the_end_of_the_stream_is_handed_on(
    run: Run, context: ssl.SSLContext, is_secure: bool
) -> None:
    async def scenario() -> None:
        server_context = context if is_secure else None
        async with RawServer(say_burst_and_go, context=server_context) as server:
            socket = await dial(server)
            receiver = await receive_burst(socket)
            assert await socket.ended == "no close frame received or sent"
            assert len(receiver.got) == len(BURST)
            await socket.wait_closed()

    run(scenario())


def test_a_certificate_that_nobody_vouches_for_is_refused(
    run: Run, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    async def scenario() -> None:
        async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            raise AssertionError("the handshake succeeded")

        listener = await asyncio.start_server(never, "127.0.0.1", 0, ssl=context)
        async with listener:
            host, port = listener.sockets[0].getsockname()[:2]
            with pytest.raises(ConnectionFailed, match="certificate verify failed"):
                await open_socket(f"wss://{host}:{port}/ws", proxy=None, streams=QUICK)

    run(scenario())


@pytest.mark.parametrize("is_secure", [False, True])
def test_a_proxy_carries_the_stream(run: Run, context: ssl.SSLContext, is_secure: bool) -> None:
    async def scenario() -> None:
        tunnel = Tunnel()
        listener = await asyncio.start_server(tunnel.serve, "127.0.0.1", 0)
        server_context = context if is_secure else None
        async with listener, RawServer(say_burst_and_farewell, context=server_context) as server:
            host, port = listener.sockets[0].getsockname()[:2]
            socket = await dial(server, proxy=f"http://{host}:{port}")
            await receive_burst(socket)
            socket.stop()
            await socket.close()
            assert socket.close_code == 1000
            assert tunnel.targets == [server.address]
            await until(lambda: tunnel.is_over)

    run(scenario())

"""A WebSocket server that says exactly the bytes it is told to, and writes down what it hears."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from websockets.utils import accept_key

Script = Callable[["RawConnection"], Awaitable[None]]

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x2, 0x0, 0x8, 0x9, 0xA


def frame(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """Write an unmasked frame, as a server does."""
    head = bytes([opcode | (0x80 if final else 0)])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) <= 0xFFFF:
        return head + b"\x7e" + len(payload).to_bytes(2, "big") + payload
    return head + b"\x7f" + len(payload).to_bytes(8, "big") + payload


class RawConnection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.answer = b""

    async def read_request(self) -> None:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        key = next(line.split(": ")[1] for line in head.splitlines() if "WebSocket-Key" in line)
        self.answer = (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n"
        ).encode()

    async def send(self, *parts: bytes) -> None:
        """Send in one write."""
        self.writer.write(b"".join(parts))
        await self.writer.drain()

    async def hear(self) -> tuple[int, bytes]:
        """Read one frame of the client: its opcode and its payload."""
        first, second = await self.reader.readexactly(2)
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2), "big")
        mask = await self.reader.readexactly(4)
        masked = await self.reader.readexactly(length)
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
        return first & 0x0F, payload

    async def hear_end(self) -> None:
        """Read until the client is gone."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass


class RawServer:
    """Runs `script` for every connection, then closes it. What a script raises, leaving raises."""

    def __init__(self, script: Script, *, context: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    @property
    def address(self) -> str:
        assert self._listener is not None
        host, port = self._listener.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    @property
    def url(self) -> str:
        return f"{'ws' if self._context is None else 'wss'}://{self.address}/ws"

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._context)
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._listener is not None
        self._listener.close()
        async with asyncio.timeout(5):
            await asyncio.gather(*self._tasks)
        await self._listener.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(RawConnection(reader, writer)))
        self._tasks.add(task)

    async def _serve(self, connection: RawConnection) -> None:
        try:
            await connection.read_request()
            await self._script(connection)
        finally:
            connection.writer.close()
            with contextlib.suppress(OSError):  # the client may have aborted
                await connection.writer.wait_closed()

"""A TCP relay that knows no protocol: it cuts, resets, stalls, slows and chops what passes.

For what cannot be made above the socket. `lossy_link` drops whole messages, `tampering_proxy`
changes them, `http_tunnel` is a proxy that clients are told of.
"""

import asyncio
import random
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum

CHUNK = 65_536


class Trouble(Enum):
    """What happens to bytes under way, in either direction."""

    NONE = "none"
    CUT = "cut"
    """Half of what came goes on, then both ends see the end of the stream."""
    RESET = "reset"
    """Half of what came goes on, then the client's connection is reset."""
    STALL = "stall"
    """Nothing goes on, and nothing is closed, until the trouble is over."""
    SLOW = "slow"
    """A few bytes at a time."""
    CHOP = "chop"
    """Everything goes on, in pieces that end anywhere."""


class TcpRelay:
    """`share` is how much of what passes `trouble` befalls; `befell` counts it."""

    def __init__(self, port: int, *, seed: int) -> None:
        self.port = 0
        self.trouble = Trouble.NONE
        self.share = 0.1
        self.befell: Counter[str] = Counter()
        self._upstream = port
        self._random = random.Random(seed)
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self._writers.update(pair)
        try:
            await asyncio.gather(
                self._copy(reader, far_writer, client=writer),
                self._copy(far_reader, writer, client=writer),
            )
        finally:
            self._writers.difference_update(pair)
            for end in pair:
                end.transport.abort()

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        client: asyncio.StreamWriter,
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                if self.trouble is Trouble.NONE or self._random.random() > self.share:
                    writer.write(data)
                    await writer.drain()
                    continue
                self.befell[self.trouble.value] += 1
                if not await self._pass(data, writer, client):
                    return
        with suppress(OSError, RuntimeError):  # the other direction may have ended it
            writer.write_eof()

    async def _pass(
        self, data: bytes, writer: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> bool:
        """Let data through as the trouble has it; say whether the connection lives on."""
        trouble = self.trouble
        if trouble in (Trouble.CUT, Trouble.RESET):
            writer.write(data[: len(data) // 2])
            if trouble is Trouble.RESET:
                _reset(client)
            for end in (writer, client):
                end.close()
            return False
        if trouble is Trouble.STALL:
            while self.trouble is trouble:
                await asyncio.sleep(0.01)
        step = {Trouble.SLOW: 64, Trouble.CHOP: self._random.randint(1, 97)}.get(trouble, CHUNK)
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
            await writer.drain()
            if trouble is Trouble.SLOW and self.trouble is trouble:
                await asyncio.sleep(0.005)
            elif trouble is Trouble.CHOP:
                await asyncio.sleep(0)
        return True

    def close(self) -> None:
        self.trouble = Trouble.NONE
        for writer in tuple(self._writers):
            writer.transport.abort()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Have the close that follows send RST."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@asynccontextmanager
async def tcp_relay(port: int, *, seed: int) -> AsyncIterator[TcpRelay]:
    relay = TcpRelay(port, seed=seed)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        relay.close()
        await server.wait_closed()

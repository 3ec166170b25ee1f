"""An exchange that only writes what was prepared, so that it costs the client's core nothing.

`python -m benchmarks.prepared_exchange FOLDER SYMBOLS` serves a recording of `benchmarks.frames`:
the simulator's symbol rules, the book before the first frame as the snapshot of every market, an
acknowledgement for every subscription. Commands on stdin, one a line, play the recording to who
subscribed to its channel first: `burst N` writes the next N frames at once, `paced N MS` one every
MS milliseconds. It prints its address as JSON, and the end of stdin is its end.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import msgspec
from aiohttp import WSMsgType, web

from benchmarks.frames import CHANNEL, START_MS
from benchmarks.recording import read
from mexc_connector.sim.control import Command, parse_request, reply
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.frames import BINARY, websocket_frame
from mexc_connector.sim.options import SimOptions
from mexc_connector.sim.rest_replies import ExchangeInformation, OfflineSymbols, ServerTime, Wrapped

_UNBOUNDED = 1 << 40


class PreparedExchange:
    """The routes, and the place in the recording."""

    def __init__(self, folder: str, symbols: int) -> None:
        self._replies = _replies(folder, symbols)
        self._frames = [websocket_frame(BINARY, frame) for frame in read(folder).frames]
        self._at = 0
        self._listener: asyncio.Transport | None = None

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a REST request with what was prepared for its path."""
        body = self._replies.get(request.path)
        if body is None:
            raise web.HTTPNotFound
        return web.Response(body=body, content_type="application/json")

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        """Acknowledge everything; remember who listens to the recorded channel."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            wanted = parse_request(message.data)
            is_ping = wanted.command is Command.PING
            text = "PONG" if is_ping else ",".join(wanted.channels)
            await socket.send_str(reply(wanted.request_id, text))
            transport = request.transport
            if CHANNEL in wanted.channels and isinstance(transport, asyncio.Transport):
                transport.set_write_buffer_limits(high=_UNBOUNDED)
                self._listener = transport
        return socket

    def command(self, line: str) -> None:
        """Play a part of the recording."""
        name, *numbers = line.split()
        count = int(numbers[0])
        frames = self._frames[self._at : self._at + count]
        self._at += count
        if self._listener is None or len(frames) < count:
            raise SystemExit(f"cannot play {count} frames: no listener, or the recording is over")
        if name == "burst":
            self._listener.write(b"".join(frames))
        else:
            frames.reverse()
            self._play_next(self._listener, frames, float(numbers[1]) / 1000)

    def _play_next(self, listener: asyncio.Transport, frames: list[bytes], gap_s: float) -> None:
        listener.write(frames.pop())
        if frames:
            loop = asyncio.get_running_loop()
            loop.call_later(gap_s, self._play_next, listener, frames, gap_s)


def _replies(folder: str, symbols: int) -> dict[str, bytes]:
    """Make the bodies by path; the depth of every market is the recording's."""
    exchange = Exchange(SimOptions(agents=0, symbol_count=symbols), start_ms=START_MS)
    rows = [exchange.symbol_row(listing) for listing in exchange.listings]
    names = [row.symbol for row in rows]
    bodies = {
        "ping": {},
        "time": ServerTime(START_MS),
        "exchangeInfo": ExchangeInformation("CST", START_MS, [], [], rows),
        "defaultSymbols": Wrapped(names, 0, "success", START_MS),
        "symbol/offline": OfflineSymbols([]),
    }
    made = {f"/api/v3/{name}": msgspec.json.encode(body) for name, body in bodies.items()}
    made["/api/v3/depth"] = Path(folder, "before.json").read_bytes()
    return made


async def serve(folder: str, symbols: int) -> None:
    """Serve until stdin ends."""
    exchange = PreparedExchange(folder, symbols)
    application = web.Application()
    application.router.add_get("/ws", exchange.stream)
    application.router.add_get("/api/v3/{name:.*}", exchange.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"127.0.0.1:{runner.addresses[0][1]}"
        print(json.dumps({"rest": f"http://{address}", "ws": f"ws://{address}/ws"}), flush=True)
        await _obey(exchange.command)
    finally:
        await runner.cleanup()


async def _obey(command: Callable[[str], None]) -> None:
    """Pass each line of stdin on; return at its end, or when a command failed."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def pump() -> None:
        for line in chain(sys.stdin, [""]):
            loop.call_soon_threadsafe(lines.put_nowait, line)

    # A thread, because no loop can watch every kind of stdin on every system.
    threading.Thread(target=pump, daemon=True).start()
    while line := await lines.get():
        command(line)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))

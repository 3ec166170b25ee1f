"""What a loaded simulator costs. A measurement, not a test; Linux only. Run it with:

python -m tests.integration.sim.measure_load [CHANNEL] [SYMBOLS]

CHANNEL holds `{}` where the symbol goes. Starts the `sim` command, subscribes every symbol to the
channel on connections of 30, and prints the share of one core that the simulator's process takes.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import aiohttp

DEPTH = "spot@public.aggre.depth.v3.api.pb@100ms@{}"
SETTLE_S = 30
MEASURE_S = 10
PER_CONNECTION = 30
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Sink(asyncio.Protocol):
    """A client that subscribes and counts bytes, so that it costs next to nothing itself."""

    received = 0

    def __init__(self, channels: list[str]) -> None:
        request = json.dumps({"method": "SUBSCRIPTION", "params": channels}).encode()
        # A masked text frame of 126 to 65,535 bytes, with a mask of zeros.
        self._request = b"\x81\xfe" + len(request).to_bytes(2, "big") + bytes(4) + request
        self._is_subscribed = False
        self._transport = asyncio.Transport()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        Sink.received += len(data)
        if not self._is_subscribed:
            self._is_subscribed = True
            self._transport.write(self._request)


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") // 2**20


async def measure(pid: int, rest_url: str, channel: str) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{rest_url}/api/v3/defaultSymbols") as response,
    ):
        names = (await response.json())["data"]
    loop = asyncio.get_running_loop()
    port = int(rest_url.rpartition(":")[2])
    links = []
    for start in range(0, len(names), PER_CONNECTION):
        channels = [channel.format(name) for name in names[start : start + PER_CONNECTION]]
        link, _ = await loop.create_connection(lambda c=channels: Sink(c), "127.0.0.1", port)
        links.append(link)
    await asyncio.sleep(SETTLE_S)
    received, spent, began = Sink.received, processor_seconds(pid), time.monotonic()
    await asyncio.sleep(MEASURE_S)
    elapsed = time.monotonic() - began
    share = (processor_seconds(pid) - spent) / elapsed
    rate = (Sink.received - received) / elapsed / 1e6
    for link in links:
        link.close()
    return (
        f"{len(names)} symbols, {len(links)} connections: {share:.0%} of one core, "
        f"{rate:.2f} MB/s, {resident_megabytes(pid)} MB resident\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("channel", nargs="?", default=DEPTH)
    parser.add_argument("symbols", nargs="?", default="2000")
    options = parser.parse_args()
    command = [sys.executable, "-m", "mexc_connector", "sim", "--port", "0"]
    with subprocess.Popen(
        [*command, "--symbols", options.symbols], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            sys.stdout.write(asyncio.run(measure(process.pid, ready["rest"], options.channel)))
        finally:
            process.terminate()


if __name__ == "__main__":
    main()

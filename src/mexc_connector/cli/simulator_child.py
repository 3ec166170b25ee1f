"""The simulator as a child process: lives exactly as long as its standard input stays open.

Started as `python -m mexc_connector.cli.simulator_child MARKETS` by `simulator_process`, which
holds the other end of that pipe. However the parent ends, killed without a word included, the
system closes the pipe, and that is what this waits for.
"""

import asyncio
import signal
import sys
import threading

import msgspec

from mexc_connector.event_loop import run
from mexc_connector.sim import SimError, SimOptions, Simulator


class ReadyLine(msgspec.Struct, frozen=True):
    """The one line on standard output: where the exchange can be reached."""

    rest: str
    ws: str


def main() -> int:
    """Serve as many markets as the first argument says, 0 for the usual ones."""
    # Ctrl-C in a terminal reaches the whole process group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    markets = int(sys.argv[1])
    options = SimOptions(symbol_count=markets) if markets else SimOptions()
    try:
        return run(_serve(options))
    except SimError as error:
        sys.stderr.write(f"{error}\n")
        return 1


async def _serve(options: SimOptions) -> int:
    parent_left = asyncio.Event()
    async with Simulator(options) as simulator:
        _watch_stdin(asyncio.get_running_loop(), parent_left)
        ready = ReadyLine(simulator.rest_url, simulator.ws_url)
        sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
        sys.stdout.flush()
        waits = [
            asyncio.ensure_future(parent_left.wait()),
            asyncio.ensure_future(simulator.wait_stopped()),
        ]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await asyncio.wait(waits)
    return 0


def _watch_stdin(loop: asyncio.AbstractEventLoop, parent_left: asyncio.Event) -> None:
    """Set the event when standard input ends.

    A thread, because no event loop can watch every kind of standard input on every system. It
    reads past Python's buffer, whose lock it would otherwise hold while the interpreter ends.
    """

    def wait() -> None:
        with open(0, "rb", buffering=0, closefd=False) as stdin:
            while stdin.read(64):
                pass
        loop.call_soon_threadsafe(parent_left.set)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())

"""The demo's simulator, in a process of its own so that it takes no time from the client."""

import asyncio
import contextlib
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, cast

import msgspec

from mexc_connector.cli.failure import CommandFailed
from mexc_connector.cli.simulator_child import ReadyLine

_START_LIMIT_S = 20.0
_END_LIMIT_S = 3.0


class SimulatorProcess:
    """A running simulator: `rest_url`, `stream_url`, and whether it still runs."""

    def __init__(self, process: Process, ready: ReadyLine, errors: IO[bytes]) -> None:
        self.rest_url = ready.rest
        self.stream_url = ready.ws
        self.pid = process.pid
        self._process = process
        self._errors = errors

    def check(self) -> None:
        """Raise `CommandFailed` if the simulator has ended by itself."""
        if self._process.returncode is not None:
            raise CommandFailed(_last_words(self._process, self._errors))


@asynccontextmanager
async def simulator_process(*, markets: int = 0) -> AsyncIterator[SimulatorProcess]:
    """Run a simulator with that many markets, 0 for its usual ones; it ends with the block.

    It ends as well when this process is killed. Raises `CommandFailed` if it does not start.
    """
    with tempfile.TemporaryFile() as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "mexc_connector.cli.simulator_child",
            str(markets),
            stdin=PIPE,
            stdout=PIPE,
            stderr=errors,
        )
        try:
            yield SimulatorProcess(process, await _ready(process, errors), errors)
        finally:
            await _end(process)


async def _ready(process: Process, errors: IO[bytes]) -> ReadyLine:
    stdout = cast("asyncio.StreamReader", process.stdout)  # it was asked for as a pipe
    try:
        async with asyncio.timeout(_START_LIMIT_S):
            line = await stdout.readline()
            if not line:
                await process.wait()
    except TimeoutError:
        raise CommandFailed(
            f"the simulator was not ready within {_START_LIMIT_S:.0f} seconds"
        ) from None
    if not line:
        raise CommandFailed(_last_words(process, errors))
    return msgspec.json.decode(line, type=ReadyLine)


async def _end(process: Process) -> None:
    """Close its input, which it takes as the end, and wait; kill it if it does not obey."""
    cast("asyncio.StreamWriter", process.stdin).close()  # it was asked for as a pipe
    try:
        async with asyncio.timeout(_END_LIMIT_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _last_words(process: Process, errors: IO[bytes]) -> str:
    errors.seek(0)
    said = errors.read().decode(errors="replace").strip().splitlines()
    why = f": {said[-1]}" if said else ""
    return f"the simulator ended with code {process.returncode}{why}"

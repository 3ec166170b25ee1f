"""The other end of a benchmark: servers on loopback, each in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.measure import MeasurementFailed
from benchmarks.race import end_process


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where its REST and its streams are, its input, an account's keys."""

    rest: str
    ws: str
    process: subprocess.Popen[str]
    api_key: str = ""
    secret_key: str = ""

    def command(self, line: str) -> None:
        """Tell it something; see `benchmarks.prepared_exchange`."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


@contextmanager
def prepared_exchange(folder: str, *, symbols: int = 1) -> Iterator[Server]:
    """Run a server that plays a recording."""
    with _server("benchmarks.prepared_exchange", folder, str(symbols)) as server:
        yield server


@contextmanager
def simulator(**options: int | bool) -> Iterator[Server]:
    """Run the exchange simulated; for the options see `benchmarks.simulated_exchange`."""
    with _server("benchmarks.simulated_exchange", json.dumps(options)) as server:
        yield server


@contextmanager
def _server(module: str, *arguments: str) -> Iterator[Server]:
    # A session of its own: Ctrl-C reaches the benchmark alone, which then ends its server. If the
    # benchmark is killed, the end of its input tells the server.
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise MeasurementFailed(f"{module} ended with code {process.wait()}")
            ready = json.loads(line)
            yield Server(process=process, **ready)
        finally:
            end_process(process)

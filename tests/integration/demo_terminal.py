"""A terminal for tests: runs a command in it, reads what it writes, presses keys."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

COMMAND = (sys.executable, "-m", "mexc_connector")


class Terminal:
    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self.shown = b""
        self._master = master

    def read_until(self, text: bytes, *, seconds: float = 30.0) -> None:
        give_up_at = time.monotonic() + seconds
        while text not in self.shown:
            left = give_up_at - time.monotonic()
            assert left > 0, f"{text!r} was not shown: {self.shown[-2000:]!r}"
            if not self._read(left):
                assert text in self.shown, f"ended without {text!r}: {self.shown[-2000:]!r}"

    def resize(self, *, width: int, height: int) -> None:
        termios.tcsetwinsize(self._master, (height, width))
        self.shown = b""

    def interrupt(self) -> None:
        """Ctrl-C: to the whole process group, as the terminal's driver does."""
        os.killpg(self.process.pid, signal.SIGINT)

    def read_to_end(self, *, seconds: float = 15.0) -> int:
        give_up_at = time.monotonic() + seconds
        while self._read(max(give_up_at - time.monotonic(), 0)):
            assert time.monotonic() < give_up_at, "it does not end"
        return self.process.wait(seconds)

    def _read(self, seconds: float) -> bool:
        """Take what is there; False once the command has closed its end."""
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # Linux tells the end of a terminal as EIO
            return False
        self.shown += data
        return bool(data)


@contextmanager
def terminal(
    *command: str, width: int = 80, height: int = 24, **environment: str
) -> Iterator[Terminal]:
    """Run `command` in a terminal and a process group of its own; kill the group at the end."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(master, (height, width))
    dropped = {"NO_COLOR", "COLUMNS", "LINES", "COLORTERM", "FORCE_COLOR"}
    inherited = {name: value for name, value in os.environ.items() if name not in dropped}
    process = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env=inherited | {"TERM": "xterm-256color"} | environment,
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(master)


def children_of(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_gone(pid: int, *, seconds: float = 10.0) -> bool:
    give_up_at = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < give_up_at:
        select.select([], [], [], 0.02)
    return not is_running(pid)

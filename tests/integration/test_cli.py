"""`mexc-connector` from the outside: the `sim` command, and how the command is found."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.demo_terminal import COMMAND


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_console_script_is_the_same_command() -> None:
    script = Path(sys.executable).with_name("mexc-connector")
    if not script.exists():
        pytest.skip("installed without scripts")
    said = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == run("--version").stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sim_prints_one_line_when_ready_and_ends_on_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, "sim", "--port", "0", "--symbol", "BTCUSDT"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert ready.keys() == {"rest", "ws", "api_key", "secret_key", "accounts"}
            process.send_signal(number)
            rest, said = process.communicate(timeout=15)
            assert (process.returncode, rest, said) == (0, "", "")
        finally:
            process.kill()  # a test that fails leaves no simulator behind


def test_sim_on_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("sim", "--port", str(port))
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in result.stderr


@pytest.mark.parametrize(
    "arguments", [("--speed", "0"), ("--port", "70000"), ("--symbol", "not a symbol")]
)
def test_sim_with_options_that_cannot_work_is_one_sentence(arguments: tuple[str, ...]) -> None:
    result = run("sim", *arguments)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1

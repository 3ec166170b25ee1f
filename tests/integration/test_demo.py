"""`mexc-connector demo`, run as a person runs it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.demo_terminal import COMMAND, children_of, is_running, terminal, wait_gone

LINE = re.compile(
    r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?P<name>\S+) bid=(?P<bid>[\d.]+) ask=(?P<ask>[\d.]+) "
    r"spread=[\d.]+ bid_size=[\d.]+ ask_size=[\d.]+ updates_per_s=\d+ .*state=LIVE$"
)
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="children are found in /proc"
)


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "demo", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def running_demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A plain demo that has printed its first line."""
    with subprocess.Popen(
        [*COMMAND, "demo", "--plain", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert LINE.match(process.stdout.readline())
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_plain_lines_come_each_second_with_the_bid_below_the_ask() -> None:
    result = demo("--plain", "--seconds", "3")
    assert (result.returncode, result.stderr) == (0, "")
    lines = [LINE.match(line) for line in result.stdout.splitlines()]
    assert len(lines) == 3 * 4
    for line in lines:
        assert line is not None, result.stdout
        assert float(line["bid"]) < float(line["ask"])
    assert [line["name"] for line in lines[:4] if line] == [
        "BTCUSDT",
        "ETHUSDT",
        "MXUSDT",
        "PEPEUSDT",
    ]


def test_symbols_are_shown_as_asked_for_each_once() -> None:
    wanted = ("--symbol", "SOLUSDT", "--symbol", "币安人生USDT", "--symbol", "SOLUSDT")
    result = demo("--plain", "--seconds", "1", *wanted)
    assert [line.split()[1] for line in result.stdout.splitlines()] == ["SOLUSDT", "币安人生USDT"]


def test_output_into_a_pipe_is_plain_without_being_asked() -> None:
    result = demo("--seconds", "0.5")
    assert result.returncode == 0
    assert len(result.stdout.splitlines()) == 4
    assert "\x1b" not in result.stdout


def test_an_unknown_symbol_is_one_sentence() -> None:
    result = demo("--plain", "--symbol", "NOSUCHUSDT")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(
        "mexc-connector: the exchange lists no market NOSUCHUSDT: it lists ADAUSDT, "
    )
    assert result.stderr.count("\n") == 1


def test_a_symbol_in_small_letters_is_put_right() -> None:
    result = demo("--symbol", "btcusdt")
    assert result.returncode == 2
    assert "btcusdt: did you mean BTCUSDT?" in result.stderr


def test_a_live_exchange_out_of_reach_is_one_sentence(tmp_path: Path) -> None:
    config = tmp_path / "demo.yaml"
    config.write_text("rest_url: http://127.0.0.1:9\nstream_url: ws://127.0.0.1:9/ws\n")
    result = demo("--live", "--config", str(config))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("mexc-connector: cannot reach 127.0.0.1: ")
    assert result.stderr.count("\n") == 1


def test_a_name_that_does_not_resolve_is_one_sentence(tmp_path: Path) -> None:
    config = tmp_path / "demo.yaml"
    config.write_text("rest_url: https://mexc.invalid\n")
    result = demo("--live", "--config", str(config))
    assert result.returncode == 1
    assert result.stderr.startswith("mexc-connector: cannot reach mexc.invalid: ")
    assert result.stderr.count("\n") == 1


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_demo_and_its_simulator(number: signal.Signals) -> None:
    with running_demo() as process:
        (simulator,) = children_of(process.pid)
        process.send_signal(number)
        _, said = process.communicate(timeout=15)
        assert (process.returncode, said) == (0, "")
        assert not is_running(simulator)


@needs_proc
def test_the_simulator_does_not_outlive_a_demo_that_was_killed() -> None:
    with running_demo() as process:
        (simulator,) = children_of(process.pid)
        process.kill()
        process.wait(10)
        assert wait_gone(simulator)


@needs_proc
def test_ctrl_c_is_the_demos_business_not_its_simulators() -> None:
    with running_demo("--symbol", "BTCUSDT") as process:
        (simulator,) = children_of(process.pid)
        subprocess.run(["kill", "-INT", str(simulator)], check=True)
        assert process.stdout is not None
        assert all(LINE.match(process.stdout.readline()) for _ in range(2))
        assert is_running(simulator)


@needs_proc
def test_a_simulator_that_dies_ends_the_demo() -> None:
    with running_demo() as process:
        (simulator,) = children_of(process.pid)
        subprocess.run(["kill", "-KILL", str(simulator)], check=True)
        _, said = process.communicate(timeout=15)
        assert process.returncode == 1
        assert "mexc-connector: the simulator ended with code -9\n" in said
        assert "Traceback" not in said


@needs_proc
def test_a_reader_that_leaves_ends_the_demo_in_silence() -> None:
    with running_demo() as process:
        (simulator,) = children_of(process.pid)
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(15) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert not is_running(simulator)


def test_ctrl_c_leaves_the_terminal_as_it_was() -> None:
    with terminal(*COMMAND, "demo") as screen:
        screen.read_until(b"LIVE")
        assert b"\x1b[?1049h" in screen.shown, "the alternate screen was not used"
        assert b"\x1b[?25l" in screen.shown, "the cursor was not hidden"
        screen.interrupt()
        assert screen.read_to_end() == 0
        after = screen.shown.rpartition(b"\x1b[?1049l")
        assert after[1], "the alternate screen was not left"
        assert screen.shown.rfind(b"\x1b[?25h") > screen.shown.rfind(b"\x1b[?25l")
        assert b"0 resyncs, 0 reconnects." in after[2]
        assert b"Traceback" not in screen.shown


def test_the_full_view_ends_after_the_seconds_asked_for() -> None:
    with terminal(*COMMAND, "demo", "--seconds", "1") as screen:
        assert screen.read_to_end(seconds=30) == 0
        assert screen.shown.count(b"LIVE") >= 4


def test_the_full_view_follows_the_terminals_size() -> None:
    with terminal(*COMMAND, "demo", "--symbol", "BTCUSDT") as screen:
        screen.read_until(b"LIVE")
        screen.resize(width=130, height=40)
        screen.read_until("╮".encode())
        assert b"\x1b[2J" in screen.shown


def test_no_color_is_obeyed() -> None:
    with terminal(*COMMAND, "demo", NO_COLOR="1") as screen:
        screen.read_until(b"LIVE")
        assert b"\x1b[38;" not in screen.shown
        assert b"\x1b[48;" not in screen.shown
        assert "╭─".encode() in screen.shown


def test_a_dumb_terminal_gets_plain_lines() -> None:
    with terminal(*COMMAND, "demo", "--seconds", "1", TERM="dumb") as screen:
        assert screen.read_to_end(seconds=30) == 0
        assert b"\x1b" not in screen.shown
        assert screen.shown.count(b"state=LIVE") == 4


def test_without_rich_it_says_what_to_install_and_prints_lines() -> None:
    program = (
        "import sys; sys.modules['rich'] = None; from mexc_connector.cli.main import main; "
        "sys.exit(main(['demo', '--seconds', '1']))"
    )
    with terminal(sys.executable, "-c", program) as screen:
        assert screen.read_to_end(seconds=30) == 0
        assert screen.shown.count(b"mexc-connector[cli]") == 1
        assert screen.shown.count(b"state=LIVE") == 4

"""Every example runs as it is printed."""

import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def run_python(*arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    return result.stdout


def test_no_example_goes_untested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {
        "health_endpoint.py",
        "test_your_bot.py",
        "trade.py",
        "trade_tape.py",
        "watchdog.py",
        "watch_orderbook.py",
    }


def test_watch_orderbook_prints_books_that_are_not_crossed() -> None:
    lines = run_python(str(EXAMPLES / "watch_orderbook.py")).splitlines()
    books = [re.fullmatch(r"bid ([\d.]+) ask ([\d.]+) of (\d+)", line) for line in lines]
    assert len(books) == 10
    assert all(book and float(book[1]) < float(book[2]) for book in books)
    versions = [int(book[3]) for book in books if book]
    assert versions == sorted(set(versions))


def test_trade_tape_prints_trades_of_both_markets() -> None:
    lines = run_python(str(EXAMPLES / "trade_tape.py")).splitlines()
    pattern = r"\d\d:\d\d:\d\d\.\d{6} (BTC|ETH)/USDT (BUY |SELL) [\d.]+ at [\d.]+"
    matches = [re.fullmatch(pattern, line) for line in lines]
    assert len(matches) == 20
    assert {match[1] for match in matches if match} == {"BTC", "ETH"}


def test_the_test_of_a_bot_passes() -> None:
    path = EXAMPLES / "test_your_bot.py"
    assert "1 passed" in run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", str(path))


def test_trade_buys_cancels_and_counts_what_it_owns() -> None:
    lines = run_python("-W", "error", str(EXAMPLES / "trade.py")).splitlines()
    patterns = (
        r"placed C\w+ to buy 0\.\d+ at [\d.]+",
        r"filled 0\.\d+ at [\d.]+ fee BTC",
        r"bought 0\.\d+ at [\d.]+ on average",
        r"canceled C\w+ which is CANCELED",
        r"own 0\.0000\d+ BTC more, [\d.]+ USDT left, 0 open",
    )
    assert len(lines) == len(patterns)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line), line


def test_trade_refuses_a_real_exchange_without_the_flag() -> None:
    result = subprocess.run(
        [
            *(sys.executable, str(EXAMPLES / "trade.py")),
            *("--rest", "https://api.mexc.com", "--stream", "wss://wbs-api.mexc.com/ws"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert "add --live" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_health_endpoint_tells_before_during_and_after_an_outage() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "health_endpoint.py")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    answers = [line for line in result.stdout.splitlines() if line.startswith("HTTP")]
    assert [answer.split(" | ")[1:3] for answer in answers] == [
        ["200", "HEALTHY"],
        ["503", "DOWN"],
        ["200", "HEALTHY"],
    ]
    assert "BOOKS_UNSYNCED" in answers[1]
    assert result.stdout.count("book BTC/USDT contradicted 0 times") == 3
    assert "tape BTC/USDT lacks nothing" in result.stdout

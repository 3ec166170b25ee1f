"""The command line: what was typed, who does it, and what a failure looks like."""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

import mexc_connector
from mexc_connector.cli.demo import DemoOptions, run_demo
from mexc_connector.cli.failure import CommandFailed
from mexc_connector.cli.sim import add_sim_parser
from mexc_connector.cli.views import PlainView, ScreenView, View
from mexc_connector.common.errors import MexcError, UsageError
from mexc_connector.event_loop import run

_FAILED = 1
_MISUSED = 2
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 it failed, 2 it was misused.

    Errors of the library are one sentence on standard error. A reader of our output that leaves
    early (`| head`) ends the command without an error.
    """
    options = _parser().parse_args(arguments)
    try:
        exit_code: int = options.run(options)
    except UsageError as error:
        return _say(error, _MISUSED)
    except (MexcError, CommandFailed) as error:
        return _say(error, _FAILED)
    except BrokenPipeError:
        # Closing writes what is buffered, to nobody; left to the interpreter it would complain.
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.close()
        return 0
    except OSError as error:  # no space for our output, no process for the simulator
        return _say(error, _FAILED)
    except KeyboardInterrupt:
        return _INTERRUPTED
    return exit_code


def _say(error: Exception, exit_code: int) -> int:
    sys.stderr.write(f"mexc-connector: {error}\n")
    return exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mexc-connector",
        description="Live MEXC market data, and the exchange to test against.",
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {mexc_connector.__version__}"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_demo_parser(commands)
    add_sim_parser(commands)
    return parser


def _add_demo_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "demo",
        help="watch order books and trades move",
        description="Watch order books and trades, of a simulated exchange that is started for the "
        "purpose, or of the real one with --live.",
    )
    parser.add_argument("--live", action="store_true", help="watch the real exchange")
    parser.add_argument(
        "--symbol",
        action="append",
        default=[],
        help="a market as the exchange spells it, like BTCUSDT; may be repeated",
    )
    parser.add_argument(
        "--seconds", type=_positive_seconds, metavar="N", help="end after that long"
    )
    parser.add_argument("--plain", action="store_true", help="print one line per market and second")
    parser.add_argument("--config", type=Path, metavar="FILE", help="options as YAML")
    parser.set_defaults(run=_demo)


def _positive_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not (isfinite(seconds) and seconds > 0):
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not {text!r}")
    return seconds


def _demo(arguments: argparse.Namespace) -> int:
    options = DemoOptions(
        live=arguments.live,
        symbols=tuple(arguments.symbol),
        seconds=arguments.seconds,
        config=arguments.config,
    )
    return run(run_demo(options, _view(is_plain=arguments.plain)))


def _view(*, is_plain: bool) -> View:
    """Choose the full view where it was not declined and the terminal can show it."""
    if is_plain or not sys.stdout.isatty():
        return PlainView()
    try:
        from rich.console import Console  # noqa: PLC0415 - comes with the extra `cli`

    except ImportError:
        sys.stderr.write(
            "The full view needs the extra `cli` (pip install 'mexc-connector[cli]'); "
            "printing plain lines.\n"
        )
        return PlainView()
    console = Console()
    can_draw = not console.is_dumb_terminal and console.encoding.startswith("utf")
    return ScreenView(console) if can_draw else PlainView()

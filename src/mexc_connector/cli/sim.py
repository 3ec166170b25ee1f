"""The `sim` command: runs the simulated exchange for other programs."""

import argparse

from mexc_connector.event_loop import run
from mexc_connector.sim import command


def add_sim_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `sim` and its flags to the command line."""
    parser = commands.add_parser(
        "sim",
        help="run the simulated exchange",
        description="Run a simulated MEXC on this machine: REST and WebSocket on one port. Prints "
        "one line of JSON with its URLs and keys when it is ready, and runs until Ctrl-C.",
    )
    command.configure(parser)
    parser.set_defaults(run=lambda arguments: run(command.serve(arguments)))

"""The `sim` command: flags in, a running exchange, one line of JSON when it is ready."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from mexc_connector.sim.account_options import ACCOUNT_FORM, SimAccount
from mexc_connector.sim.accounts import starting_atoms
from mexc_connector.sim.errors import SimError
from mexc_connector.sim.faults import FaultPlan
from mexc_connector.sim.ledger import ATOMS
from mexc_connector.sim.options import SimLimits, SimOptions
from mexc_connector.sim.simulator import Simulator

USUAL_PORT = 8765
USAGE_EXIT = 2


class ReadyAccount(msgspec.Struct, frozen=True):
    """An account and its first key."""

    api_key: str
    secret_key: str
    uid: str
    balances: dict[str, str]


class ReadyLine(msgspec.Struct, frozen=True):
    """What the command prints when clients may connect; the key is the default account's."""

    rest: str
    ws: str
    api_key: str
    secret_key: str
    accounts: list[ReadyAccount]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags to `parser`."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--port", type=int, default=USUAL_PORT, help=f"0 picks a free port (default {USUAL_PORT})"
    )
    parser.add_argument("--seed", type=int, default=1, help="same seed, same market (default 1)")
    parser.add_argument(
        "--symbol", action="append", metavar="SYMBOL", help="a market to list; may be repeated"
    )
    parser.add_argument("--symbols", type=int, metavar="N", help="list N generated markets instead")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="exchange seconds per real second (default 1)"
    )
    parser.add_argument(
        "--agents", type=int, default=12, help="agents in each market, 0 for empty markets"
    )
    parser.add_argument(
        "--account",
        action="append",
        metavar=ACCOUNT_FORM,
        help="an account besides the default one; may be repeated",
    )
    parser.add_argument(
        "--levels", type=int, metavar="N", help="price levels per side in each market, about"
    )
    parser.add_argument(
        "--unsubscribing-frees-slots",
        action="store_true",
        help="count a connection's subscriptions down again on UNSUBSCRIPTION",
    )
    parser.add_argument("--faults", metavar="FILE", help="a fault plan in YAML to begin with")
    parser.add_argument(
        "--admin",
        action="store_true",
        help="let /sim/faults show and switch faults over HTTP; on a loopback host only",
    )
    parser.add_argument(
        "--no-limits", action="store_true", help="lift rate, subscription and connection limits"
    )


async def serve(arguments: argparse.Namespace) -> int:
    """Run the exchange until SIGINT or SIGTERM; give the exit code.

    Prints one line of JSON to stdout when ready. Bad options and a port in use give one sentence on
    stderr and 2.
    """
    try:
        limits = SimLimits.lifted() if arguments.no_limits else SimLimits()
        if arguments.unsubscribing_frees_slots:
            limits = msgspec.structs.replace(limits, unsubscribing_frees_a_slot=True)
        options = SimOptions(
            host=arguments.host,
            port=arguments.port,
            seed=arguments.seed,
            symbols=tuple(arguments.symbol) if arguments.symbol else None,
            symbol_count=arguments.symbols,
            speed=arguments.speed,
            agents=arguments.agents,
            accounts=tuple(SimAccount.parse(text) for text in arguments.account or ()),
            levels_per_side=arguments.levels,
            limits=limits,
            faults=FaultPlan.from_file(arguments.faults) if arguments.faults else None,
            admin=arguments.admin,
        )
        async with Simulator(options) as simulator:
            with _signals() as asked_to_stop:
                _announce(simulator)
                await _run_until(simulator, asked_to_stop)
    except SimError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_EXIT
    return 0


def _announce(simulator: Simulator) -> None:
    line = ReadyLine(
        simulator.rest_url,
        simulator.ws_url,
        simulator.api_key,
        simulator.secret_key,
        [_ready_account(simulator, account) for account in simulator.accounts],
    )
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def _ready_account(simulator: Simulator, account: SimAccount) -> ReadyAccount:
    key = account.keys[0]
    balances = {asset: ATOMS.plain(atoms) for asset, atoms in starting_atoms(account).items()}
    uid = simulator.account(key.api_key).uid
    return ReadyAccount(key.api_key, key.secret_key, uid, balances)


async def _run_until(simulator: Simulator, asked_to_stop: asyncio.Event) -> None:
    """Return when a signal came, or when the market itself failed."""
    waits = {
        asyncio.create_task(asked_to_stop.wait()),
        asyncio.create_task(simulator.wait_stopped()),
    }
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.wait(waits)


@contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """Turn SIGINT and SIGTERM into an event."""
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    installed = []
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, asked_to_stop.set)
        except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt
            continue
        installed.append(number)
    try:
        yield asked_to_stop
    finally:
        for number in installed:
            loop.remove_signal_handler(number)

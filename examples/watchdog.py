"""Cancel everything when a bot falls silent: `python watchdog.py --heartbeat FILE --timeout 10`.

A process of its own, because the dead-man switch inside the bot dies with it. The bot touches FILE
(`Path(FILE).touch()`) as long as it is well; when the file is older than the timeout, every order
of the account is canceled, again and again until the exchange lists none, and once more each
timeout for as long as the silence lasts. Best on another machine with a network of its own; then
the file has to come there, say by a shared directory. `--once` ends after the first time.

The keys come from `MEXC_API_KEY` and `MEXC_API_SECRET`. `--rest URL` names an exchange on this
machine; anything else is refused without `--live`, because it would cancel real orders.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from mexc_connector import MexcConfig, MexcError, MexcPrivateSpotRest

PAUSE_S = 0.5


async def main(arguments: argparse.Namespace) -> None:
    """Watch the file; cancel while it is too old."""
    config = MexcConfig(rest_url=arguments.rest) if arguments.rest else MexcConfig()
    started = time.time()  # a file from before is the last session's
    async with MexcPrivateSpotRest(config=config) as rest:
        await rest.get_open_orders()  # wrong keys must show now, not in an emergency
        say(f"watching {arguments.heartbeat}")
        while True:
            silent_s = time.time() - max(started, last_beat(arguments.heartbeat))
            if silent_s < arguments.timeout:
                await asyncio.sleep(min(PAUSE_S, arguments.timeout - silent_s))
                continue
            say(f"silent for {silent_s:.1f} s: canceling everything")
            await cancel_until_none_is_left(rest)
            if arguments.once:
                return
            await asyncio.sleep(arguments.timeout)


def last_beat(path: Path) -> float:
    """Return when the file was touched last; 0 if it is not there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


async def cancel_until_none_is_left(rest: MexcPrivateSpotRest) -> None:
    """Cancel and look, until the exchange itself says that nothing is open."""
    while True:
        try:
            await rest.cancel_all_orders()
            left = await rest.get_open_orders()
        except MexcError as error:
            say(f"not yet: {error}")
        else:
            if not left:
                say("no order is open")
                return
            say(f"{len(left)} orders are still open")
        await asyncio.sleep(PAUSE_S)


def say(text: str) -> None:
    """Print a line that arrives at once."""
    print(text, flush=True)


def parse() -> argparse.Namespace:
    """Read the command line; refuse to touch a real exchange without being told to."""
    parser = argparse.ArgumentParser(description="Cancel everything when a bot falls silent.")
    parser.add_argument("--heartbeat", type=Path, required=True, help="file that the bot touches")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds of silence allowed")
    parser.add_argument("--rest", help="REST URL of an exchange that runs already")
    parser.add_argument("--once", action="store_true", help="end after the first cancellation")
    parser.add_argument("--live", action="store_true", help="cancel real orders")
    arguments = parser.parse_args()
    if not arguments.timeout > 0:
        parser.error("--timeout must be above 0")
    host = urlsplit(arguments.rest or "").hostname
    if host not in ("127.0.0.1", "localhost") and not arguments.live:
        sys.exit("this would cancel real orders; add --live if that is what you want")
    return arguments


if __name__ == "__main__":
    asyncio.run(main(parse()))

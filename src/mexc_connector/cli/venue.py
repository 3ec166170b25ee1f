"""Where the demo's data comes from: a simulator of its own, or the exchange that is configured."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from mexc_connector.cli.failure import CommandFailed
from mexc_connector.cli.simulator_process import simulator_process
from mexc_connector.common.config import MexcConfig

USUAL_SYMBOLS = ("BTCUSDT", "ETHUSDT", "MXUSDT", "PEPEUSDT")

_CONNECT_LIMIT_S = 5.0
_SIMULATED_MARKETS = 18
"""Markets listed when some are asked for by name: all that the simulator knows by name."""


@dataclass(frozen=True, slots=True)
class Venue:
    """An exchange that can be reached. `check` raises `CommandFailed` once it is gone for good."""

    name: str
    config: MexcConfig
    check: Callable[[], None]


@asynccontextmanager
async def simulated(config: MexcConfig, symbols: Sequence[str]) -> AsyncIterator[Venue]:
    """Run a simulator for the length of the block; `config` is kept but for its URLs."""
    markets = 0 if set(symbols) <= set(USUAL_SYMBOLS) else _SIMULATED_MARKETS
    async with simulator_process(markets=markets) as simulator:
        yield Venue(
            name=f"simulator :{urlsplit(simulator.rest_url).port}",
            config=msgspec.structs.replace(
                config, rest_url=simulator.rest_url, stream_url=simulator.stream_url, proxy=None
            ),
            check=simulator.check,
        )


@asynccontextmanager
async def live(config: MexcConfig) -> AsyncIterator[Venue]:
    """Use the exchange that `config` names. Raises `CommandFailed` soon if it is out of reach."""
    await _require_reachable(config)
    host = urlsplit(config.rest_url).netloc
    yield Venue(name=f"MEXC {host}", config=config, check=lambda: None)


async def _require_reachable(config: MexcConfig) -> None:
    """Connect once without a word: quicker, and plainer when it fails, than a request's retries."""
    target = urlsplit(config.proxy or config.rest_url)
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_CONNECT_LIMIT_S):
            _, writer = await asyncio.open_connection(target.hostname, port)
    except TimeoutError:
        reason = f"no answer within {_CONNECT_LIMIT_S:.0f} seconds"
    except OSError as error:
        reason = error.strerror or str(error)
    else:
        writer.close()
        return
    raise CommandFailed(
        f"cannot reach {target.hostname}: {reason}; is this machine connected to the internet?"
    )

"""Mutational fuzzing of REST: every method that reads an answer, fed with bent ones.

    python -m tests.fuzz.replies --seconds 60 --seed 1

Good answers are taken from the simulator first. Then each method gets its answer bent, under the
right status or another, and may raise errors of our tree and nothing else. Nothing else means also
that no task is left and that nothing waits for ever: time is a clock that moves by sleeping.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from random import Random, SystemRandom
from urllib.parse import urlsplit

import msgspec

from mexc_connector import (
    AssetName,
    KlineInterval,
    MexcConfig,
    MexcError,
    MexcPrivateSpotRest,
    RateLimitConfig,
    RestConfig,
    Side,
    Symbol,
)
from mexc_connector.core.order_request import OrderRequest
from mexc_connector.rest.transport import AiohttpTransport, HttpReply, HttpRequest
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from tests.fuzz.bend_text import bend
from tests.fuzz.texts import Stranger
from tests.unit.rest.doubles import FakeClock

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
STATUSES = (200, 200, 200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 418, 429, 500, 503, 504)
HEADERS: tuple[Mapping[str, str], ...] = (
    {},
    {},
    {"retry-after": "1"},
    {"retry-after": "-1"},
    {"retry-after": "soon"},
    {"retry-after": "9" * 400},
    {"retry-after": "nan"},
    {"content-type": "text/html"},
)
Call = Callable[[MexcPrivateSpotRest], Awaitable[object]]
Answers = dict[tuple[str, str], HttpReply]


def _limit_order() -> OrderRequest:
    return OrderRequest(side=Side.BUY, amount="0.001", price="10000")


CALLS: dict[str, Call] = {
    "get_account": lambda rest: rest.get_account(),
    "get_trade_fee": lambda rest: rest.get_trade_fee(BTC),
    "get_mx_deduct": lambda rest: rest.get_mx_deduct(),
    "get_kyc_status": lambda rest: rest.get_kyc_status(),
    "get_uid": lambda rest: rest.get_uid(),
    "get_self_symbols": lambda rest: rest.get_self_symbols(),
    "get_api_key_info": lambda rest: rest.get_api_key_info(),
    "get_currencies": lambda rest: rest.get_currencies(),
    "list_listen_keys": lambda rest: rest.list_listen_keys(),
    "create_listen_key": lambda rest: rest.create_listen_key(),
    "place_order": lambda rest: rest.place_order(BTC, side=Side.BUY, amount="0.001", price="10000"),
    "test_order": lambda rest: rest.test_order(BTC, _limit_order()),
    "get_open_orders": lambda rest: rest.get_open_orders(BTC),
    "get_all_orders": lambda rest: rest.get_all_orders(BTC),
    "get_my_trades": lambda rest: rest.get_my_trades(BTC),
    "cancel_open_orders": lambda rest: rest.cancel_open_orders(BTC),
    "get_server_time_ms": lambda rest: _public(rest).get_server_time_ms(),
    "get_exchange_info": lambda rest: _public(rest).get_exchange_info(),
    "get_default_symbols": lambda rest: _public(rest).get_default_symbols(),
    "get_offline_symbols": lambda rest: _public(rest).get_offline_symbols(),
    "get_announcements": lambda rest: _public(rest).get_announcements(),
    "get_orderbook": lambda rest: _public(rest).get_orderbook(BTC),
    "get_recent_trades": lambda rest: _public(rest).get_recent_trades(BTC),
    "get_aggregate_trades": lambda rest: _public(rest).get_aggregate_trades(BTC),
    "get_klines": lambda rest: _public(rest).get_klines(BTC, KlineInterval.MINUTE_1, limit=5),
    "get_average_price": lambda rest: _public(rest).get_average_price(BTC),
    "get_ticker": lambda rest: _public(rest).get_ticker(BTC),
    "get_tickers": lambda rest: _public(rest).get_tickers(),
    "get_price": lambda rest: _public(rest).get_price(BTC),
    "get_prices": lambda rest: _public(rest).get_prices(),
    "get_book_ticker": lambda rest: _public(rest).get_book_ticker(BTC),
    "get_book_tickers": lambda rest: _public(rest).get_book_tickers(),
}


def _public(rest: MexcPrivateSpotRest):  # type: ignore[no-untyped-def]
    """Give the public client inside: it is what the symbol rules come from."""
    return rest._own_public


class Listening:
    """A transport that keeps what it brought."""

    def __init__(self) -> None:
        self.answers: Answers = {}
        self._network = AiohttpTransport(connections=2)

    async def send(self, request: HttpRequest) -> HttpReply:
        reply = await self._network.send(request)
        self.answers[request.method, urlsplit(request.url).path] = reply
        return reply

    async def close(self) -> None:
        await self._network.close()


class Bending:
    """A transport that answers from memory; `bent` is what the one endpoint gets instead."""

    def __init__(self, answers: Answers, target: tuple[str, str], bent: HttpReply) -> None:
        self._answers = answers
        self._target = target
        self._bent = bent

    async def send(self, request: HttpRequest) -> HttpReply:
        await asyncio.sleep(0)
        key = request.method, urlsplit(request.url).path
        return self._bent if key == self._target else self._answers[key]

    async def close(self) -> None:
        """Nothing is held."""


def _config(url: str = "http://127.0.0.1:1") -> MexcConfig:
    once = RestConfig(timeout_s=5.0, retries=1)
    signed = msgspec.structs.replace(once, auth=True)
    return MexcConfig(
        rest_url=url,
        account=signed,
        order=msgspec.structs.replace(signed, retries=0),
        market_data=once,
        market_data_fast=once,
        limits=RateLimitConfig.lifted(),
    )


async def good_answers() -> dict[str, tuple[tuple[str, str], Answers]]:
    """Call everything once on the simulator; give each call's endpoint and all it was told."""
    found: dict[str, tuple[tuple[str, str], Answers]] = {}
    options = SimOptions(symbols=("BTCUSDT",), levels_per_side=5, limits=SimLimits.lifted())
    async with Simulator(options) as sim:
        for name, call in CALLS.items():
            listening = Listening()
            try:
                async with MexcPrivateSpotRest(
                    sim.api_key, sim.secret_key, config=_config(sim.rest_url), transport=listening
                ) as rest:
                    await call(rest)
            finally:
                await listening.close()
            found[name] = list(listening.answers)[-1], listening.answers
    return found


async def judge(call: Call, transport: Bending) -> bool:
    """Make one call; say whether it was refused as it should be. Anything else is raised."""
    async with MexcPrivateSpotRest(
        "mx0fuzz", "secret", config=_config(), transport=transport, clock=FakeClock()
    ) as rest:
        try:
            async with asyncio.timeout(5):
                await call(rest)
        except MexcError:
            return True
    return False


async def run(*, seed: int, seconds: float) -> Counter[str]:
    """Bend answers until the time is up; raises `Stranger`."""
    random, counts = Random(seed), Counter[str]()
    good = await good_answers()
    others = asyncio.all_tasks()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        name = random.choice(list(CALLS))
        target, answers = good[name]
        body = bend(random, answers[target].body) if random.random() < 0.95 else b""
        bent = HttpReply(random.choice(STATUSES), random.choice(HEADERS), body)
        counts["inputs"] += 1
        try:
            was_refused = await judge(CALLS[name], Bending(answers, target, bent))
        except Exception as error:
            raise Stranger(
                f"{name}: {type(error).__name__}: {error}\nof {bent.status} {dict(bent.headers)} "
                f"{body!r}\npython -m tests.fuzz.replies --seed {seed}"
            ) from error
        counts["refused" if was_refused else "taken"] += 1
    left = asyncio.all_tasks() - others
    if left:
        raise Stranger(f"tasks were left: {left}\npython -m tests.fuzz.replies --seed {seed}")
    return counts


def main() -> int:
    """Run, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="one sequence (a random one)")
    arguments = parser.parse_args()
    seed = SystemRandom().randrange(2**32) if arguments.seed is None else arguments.seed
    counts = asyncio.run(run(seed=seed, seconds=arguments.seconds))
    sys.stdout.write(f"seed {seed}: {dict(counts)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One session under some faults, from a clean start to a clean end.

    python -m tests.adversity.case drop_public+lose_answer --seed 7
    python -m tests.adversity.case --pairs --seed 7 --part 1/2

The first repeats one case of the matrix, the second tries one half of all pairs. Dice are seeded;
how events interleave is the machine's choice, so a rare failure may take `--times`.
"""

import argparse
import asyncio
import itertools
import logging
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol
from zlib import crc32

from mexc_connector import MexcError, MexcExchange
from mexc_connector.sim import Simulator
from mexc_connector.sim.faults import AnyRule, FaultPlan
from tests.adversity.catalogue import FAULTS, STRUCK_SYMBOL
from tests.adversity.outcome import Outcome
from tests.adversity.own_time import own_time
from tests.adversity.rig import (
    MARKETS,
    ROTATE_AFTER_S,
    counted_placements,
    quick_config,
    sim_options,
)
from tests.adversity.trader import Trader
from tests.adversity.witness import Witness

USUAL_SEED = 20261120
CALM_S = 0.3
FAULTS_S = 1.8
RECOVERY_S = 35.0
CLOSE_S = 8.0
MOST_ROWS = 60
"""With more cases than that only broken ones are told: the end of a log is what people see."""
FORGING = frozenset({"corrupt"})
"""Faults that change values and leave the form good."""


def rules_of(names: Sequence[str]) -> tuple[AnyRule, ...]:
    """Give the rules of some faults; what two of them share is there once."""
    return tuple(dict.fromkeys(rule for name in names for rule in FAULTS[name]))


def all_pairs() -> list[tuple[str, str]]:
    """Give every two faults, in a fixed order."""
    return list(itertools.combinations(sorted(FAULTS), 2))


def copies_for(names: Sequence[str]) -> int:
    """Give on how many links a case has its channels: about every second one on two."""
    return 1 + crc32("+".join(names).encode()) % 2


async def run_case(
    names: Sequence[str],
    *,
    seed: int,
    placed: Mapping[int, Counter[str]],
    rotate_after_s: float = ROTATE_AFTER_S,
) -> Outcome:
    """Open a session, let it trade, bring the faults on and off, and see what is left."""
    outcome = Outcome(case="+".join(names), seed=seed)
    plan = FaultPlan(seed=seed, rules=rules_of(names))
    async with Simulator(sim_options(seed)) as sim:

        def switch(*, is_on: bool) -> None:
            sim.set_faults(plan if is_on else None)

        config = quick_config(
            sim.rest_url,
            sim.ws_url,
            redundancy=copies_for(names),
            rotate_after_s=rotate_after_s,
        )
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config)
        try:
            async with asyncio.timeout(100), exchange.session(MARKETS.values()) as mexc:
                await live(mexc, sim, switch, outcome, names)
                outcome.broken += _twice_sent(placed.get(sim.port, Counter()))
                closing_at = time.monotonic()
            if time.monotonic() - closing_at > CLOSE_S:
                outcome.broken.append(f"closing took {time.monotonic() - closing_at:.1f} s")
        except (MexcError, TimeoutError) as error:
            outcome.broken.append(f"the session raised {type(error).__name__}: {error}")
        except Exception:  # none of ours: told with its way, and the other cases go on
            outcome.broken.append(traceback.format_exc())
        await _until_no_connections(sim, outcome)
        outcome.struck = len(sim.fault_trace)
        if outcome.broken:
            outcome.log = [f"  {record}" for record in sim.fault_trace[-8:]]
    return outcome


def _twice_sent(placed: Counter[str]) -> Iterator[str]:
    return (f"order {name} was sent {count} times" for name, count in placed.items() if count > 1)


class Switch(Protocol):
    """Brings trouble on and off."""

    def __call__(self, *, is_on: bool) -> None: ...


async def live(
    mexc: MexcExchange,
    sim: Simulator,
    switch: Switch,
    outcome: Outcome,
    names: Sequence[str] = (),
) -> None:
    """Trade in the calm, through trouble and after it; what is broken goes into `outcome`."""
    witness = Witness(
        mexc,
        sim,
        is_forged=not FORGING.isdisjoint(names),
        delisted=frozenset({STRUCK_SYMBOL} if "delist" in names else ()),
    )
    witness.watch()
    trader = Trader(mexc, seed=outcome.seed)
    trading = asyncio.create_task(trader.run())
    try:
        await asyncio.sleep(CALM_S)
        switch(is_on=True)
        await asyncio.sleep(FAULTS_S)
        switch(is_on=False)
    finally:
        outcome.broken += await stopped(trading)
    began = time.monotonic()
    outcome.broken += await _unmet_for_good(witness, trader, outcome)
    outcome.recovery_s = time.monotonic() - began
    if not outcome.broken:
        outcome.broken += await _still_serves(mexc, witness, trader, outcome)
    outcome.broken += witness.end_complaints()
    outcome.orders, outcome.books_compared = len(trader.handles), witness.books_compared
    outcome.unknown = trader.errors["OrderOutcomeUnknown"]


async def stopped(trading: asyncio.Task[None]) -> list[str]:
    """Cancel a trader, and say what was wrong with its end."""
    if trading.cancelled():
        return ["the trader was cancelled, and nobody had asked for it"]
    trading.cancel()
    await asyncio.wait([trading], timeout=CLOSE_S)
    if not trading.done():
        return [f"the trader goes on {CLOSE_S:g} s after it was cancelled"]
    if not trading.cancelled() and (error := trading.exception()):
        return [f"the trader met {error!r}"]
    return []


async def _unmet_for_good(witness: Witness, trader: Trader, outcome: Outcome) -> list[str]:
    """Wait until all promises are kept; give those that are not in time."""
    ends = time.monotonic() + RECOVERY_S
    while unmet := list(witness.unmet(trader)):
        outcome.kept_last = unmet[0]
        if time.monotonic() > ends:
            return unmet
        await asyncio.sleep(0.02)
    return []


async def _still_serves(
    mexc: MexcExchange, witness: Witness, trader: Trader, outcome: Outcome
) -> list[str]:
    """Cancel everything, and see that every stream goes on."""
    trades, tickers, compared = witness.trades, witness.tickers, witness.books_compared
    report = await mexc.cancel_all_orders()
    if report.still_open and not witness.is_forged:
        return [f"cancel_all_orders left {len(report.still_open)} orders"]
    ends = time.monotonic() + RECOVERY_S
    while not (
        witness.trades > trades
        and witness.tickers > tickers
        and (witness.is_forged or witness.books_compared > compared)
    ):
        if time.monotonic() > ends:
            return ["trades, tickers or books did not go on"]
        await asyncio.sleep(0.02)
    return await _unmet_for_good(witness, trader, outcome)


async def _until_no_connections(sim: Simulator, outcome: Outcome) -> None:
    ends = time.monotonic() + CLOSE_S
    while sim.connections:
        if time.monotonic() > ends:
            outcome.broken.append(f"{len(sim.connections)} connections were left open")
            return
        await asyncio.sleep(0.01)


@contextmanager
def complaints_of_the_loop() -> Iterator[list[str]]:
    """Collect what the event loop has to say about forgotten errors."""
    loop = asyncio.get_running_loop()
    before, complaints = loop.get_exception_handler(), list[str]()
    loop.set_exception_handler(lambda _, context: complaints.append(str(context)))
    try:
        yield complaints
    finally:
        loop.set_exception_handler(before)


async def run_batch(
    cases: Sequence[Sequence[str]],
    *,
    seed: int,
    at_once: int,
    rotate_after_s: float = ROTATE_AFTER_S,
) -> list[Outcome]:
    """Run cases, some at a time, in one event loop; what is left of them afterwards is a fault."""
    turns = asyncio.Semaphore(at_once)
    others = asyncio.all_tasks()
    with (
        own_time(asyncio.get_running_loop()),
        counted_placements() as placed,
        complaints_of_the_loop() as complaints,
    ):

        async def one(names: Sequence[str]) -> Outcome:
            async with turns:
                try:
                    return await run_case(
                        names, seed=seed, placed=placed, rotate_after_s=rotate_after_s
                    )
                except (Exception, asyncio.CancelledError):  # the simulator's, or out of nowhere
                    if (task := asyncio.current_task()) is not None and task.cancelling():
                        raise
                    broken = [traceback.format_exc()]
                    return Outcome(case="+".join(names), seed=seed, broken=broken)

        outcomes = await asyncio.gather(*(one(names) for names in cases))
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - others
        if left or complaints:
            name = "+".join(cases[0]) if len(cases) == 1 else f"a batch of {len(cases)}"
            broken = [*complaints, *(f"a task was left: {task!r}" for task in left)]
            outcomes.append(Outcome(case=name, seed=seed, broken=broken))
    return outcomes


def main() -> int:
    """Run one case and say what became of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("case", nargs="*", help="faults joined by +; none runs every single one")
    parser.add_argument("--seed", type=int, default=USUAL_SEED)
    parser.add_argument("--pairs", action="store_true", help="every pair of faults")
    parser.add_argument("--part", default="1/1", help="which part of the pairs (1/1)")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--rows", action="store_true", help="a row for every case, however many")
    arguments = parser.parse_args()
    cases = [tuple(case.split("+")) for case in arguments.case]
    if arguments.pairs:
        part, parts = map(int, arguments.part.split("/"))
        cases += all_pairs()[part - 1 :: parts]
    cases = cases or [(name,) for name in sorted(FAULTS)]
    unknown = {name for case in cases for name in case} - FAULTS.keys()
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    logging.getLogger("mexc_connector").setLevel(logging.CRITICAL)  # it warns of what is done to it
    began = time.monotonic()
    outcomes = asyncio.run(
        run_batch(cases * arguments.times, seed=arguments.seed, at_once=arguments.at_once)
    )
    rows = outcomes if arguments.rows or len(outcomes) <= MOST_ROWS else []
    sys.stdout.writelines(outcome.line + "\n" for outcome in rows)
    broken = [outcome for outcome in outcomes if outcome.broken]
    sys.stdout.writelines(outcome.report + "\n" for outcome in broken)
    slowest = max(outcomes, key=lambda outcome: outcome.recovery_s)
    sys.stdout.write(
        f"{len(outcomes)} cases, {len(broken)} broken, {sum(o.struck for o in outcomes)} strikes, "
        f"{sum(o.orders for o in outcomes)} orders, {sum(o.unknown for o in outcomes)} of unknown "
        f"outcome, {sum(o.books_compared for o in outcomes)} books compared, slowest recovery "
        f"{slowest.recovery_s:.1f} s in {slowest.case} ({slowest.kept_last}), "
        f"{time.monotonic() - began:.0f} s in all\n"
    )
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())

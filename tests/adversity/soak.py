"""A soak: many symbols, trading, random faults, days in minutes; then everything has to agree.

    python -m tests.adversity.soak --minutes 5 --seed 1
    python -m tests.adversity.soak --minutes 30 --seed 1 --json soak.json

Time runs `--speed` times as fast for both sides: at 60 a listen key lives a minute. A link
lives `--link-hours` in place of 24. Faults come and go, a few of them at once, and one spell in
six has none and lasts as long as a link lives: few links grow old otherwise. After each spell
everything must be in step again.
Exit code 1 and the reasons when a promise was broken.
"""

import argparse
import asyncio
import logging
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom

import msgspec

from mexc_connector import MexcConfig, MexcExchange, Symbol, SymbolInfo
from mexc_connector.rest.public import MexcPublicSpotRest
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.sim.faults import FaultPlan, LimitLife
from tests.adversity.case import complaints_of_the_loop, stopped
from tests.adversity.catalogue import FAULTS, STRUCK_SYMBOL
from tests.adversity.fast_clock import FastClock
from tests.adversity.memory_watch import MemoryWatch
from tests.adversity.own_time import own_time
from tests.adversity.rig import counted_placements
from tests.adversity.soak_config import soak_config, stretched
from tests.adversity.soak_report import Report
from tests.adversity.trader import Trader
from tests.adversity.witness import Witness

FAULTS_S = (1.0, 2.5)
ONE_CALM_IN = 6
MOST_OPEN = 40
RECOVERY_S = 45.0
LEAVE_OUT = frozenset({"corrupt"})
"""Forged values cannot be told from true ones: they would void every comparison after them."""


class Soak:
    """One run. `report` is filled as it goes."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._life = LimitLife(name="life", life_ms=int(report.link_hours * 3_600_000) // 5 * 5)
        self._dice = Random(report.seed)
        self._memory = MemoryWatch()

    async def run(self) -> Report:
        """Run to the end; what is broken stands in the report."""
        report, others = self.report, asyncio.all_tasks()
        options = SimOptions(
            symbol_count=report.symbols,
            seed=report.seed,
            speed=report.speed,
            agents=1,
            levels_per_side=20,
            book_history=3_000,
            limits=msgspec.structs.replace(
                SimLimits.lifted(), listen_keys_per_account=SimLimits().listen_keys_per_account
            ),
        )
        with (
            own_time(asyncio.get_running_loop()),
            counted_placements() as placed,
            complaints_of_the_loop() as complaints,
        ):
            async with Simulator(options) as sim:
                began_ms = sim.now_ms
                sim.set_faults(FaultPlan(seed=report.seed, rules=(self._life,)))
                await self._live(sim)
                report.hours_simulated = round((sim.now_ms - began_ms) / 3_600_000, 2)
                strikes = Counter(record.fault for record in sim.fault_trace)
                report.strikes = dict(strikes)
                report.broken += [
                    f"order {name} was sent {n} times"
                    for name, n in placed.get(sim.port, Counter()).items()
                    if n > 1
                ]
                if sim.connections:
                    report.broken.append(f"{len(sim.connections)} connections were left open")
            report.broken += complaints
        report.broken += [f"a task was left: {task!r}" for task in asyncio.all_tasks() - others]
        self._memory.judge(report)
        return report

    async def _live(self, sim: Simulator) -> None:
        report = self.report
        config = soak_config(
            sim,
            speed=report.speed,
            link_hours=report.link_hours,
            redundancy=report.redundancy,
        )
        markets = await _markets(config)
        clock = FastClock(report.speed)
        exchange = MexcExchange(sim.api_key, sim.secret_key, config=config, clock=clock)
        async with exchange.session(info.symbol for info in markets.values()) as mexc:
            witness = Witness(
                mexc,
                sim,
                is_forged=False,
                markets=_symbols(markets),
                delisted=frozenset({STRUCK_SYMBOL}),
                most_behind=int(100 * report.speed),
                books_one_in=5,
            )
            witness.watch()
            trader = Trader(
                mexc, seed=report.seed, pause_s=0.05, infos=_infos(markets), most_open=40
            )
            sampling = asyncio.create_task(self._memory.run())
            ends = time.perf_counter() + report.minutes * 60  # of real time, whoever else runs
            while time.perf_counter() < ends and not report.broken:
                await self._spell(sim, witness, trader)
                self._note(mexc, witness, trader)
            sampling.cancel()
            await asyncio.wait([sampling])
            if not report.broken:
                left = (await mexc.cancel_all_orders()).still_open
                report.broken += [f"{len(left)} orders could not be cancelled"] if left else []
                report.broken += await self._unmet_for_good(witness, trader)
            report.broken += witness.end_complaints()
            self._note(mexc, witness, trader)

    async def _spell(self, sim: Simulator, witness: Witness, trader: Trader) -> None:
        """Trade through some faults, and through the calm after them."""
        report = self.report
        names = self._dice.sample(sorted(FAULTS.keys() - LEAVE_OUT), self._dice.randint(1, 3))
        lasts_s = self._dice.uniform(*FAULTS_S)
        if report.spells % ONE_CALM_IN == ONE_CALM_IN - 1:
            names, lasts_s = [], report.link_hours * 3_600 / report.speed
        rules = dict.fromkeys(rule for name in names for rule in FAULTS[name])
        seed = self._dice.randrange(2**32)
        trading = asyncio.create_task(trader.run())
        plan = FaultPlan(seed=seed, rules=(self._life, *stretched(tuple(rules), report.speed)))
        sim.set_faults(plan)
        await asyncio.sleep(lasts_s)
        sim.set_faults(FaultPlan(seed=report.seed, rules=(self._life,)))
        await asyncio.sleep(0.5)
        report.broken += await stopped(trading)
        began = time.monotonic()
        unmet = await self._unmet_for_good(witness, trader)
        spell = f"{'+'.join(names) or 'no fault'} (plan seed {seed})"
        report.broken += [f"after {spell}: {text}" for text in unmet]
        report.slowest_recovery_s = max(report.slowest_recovery_s, time.monotonic() - began)
        report.spells += 1
        for name in names:
            report.survived[name] = report.survived.get(name, 0) + (not unmet)
        trader.forget_ended()

    async def _unmet_for_good(self, witness: Witness, trader: Trader) -> list[str]:
        ends = time.monotonic() + RECOVERY_S
        while unmet := list(witness.unmet(trader)):
            if time.monotonic() > ends:
                return unmet
            await asyncio.sleep(0.02)
        return list(witness.complaints)

    def _note(self, mexc: MexcExchange, witness: Witness, trader: Trader) -> None:
        report, metrics = self.report, mexc.get_performance_metrics()
        report.orders, report.cancels = trader.placed, trader.cancels
        report.unknown_outcomes = trader.errors["OrderOutcomeUnknown"]
        report.refusals = dict(trader.errors)
        report.fills = int(metrics["fills_counted"])
        report.books_compared, report.trades = witness.books_compared, witness.trades
        report.resyncs = int(metrics["orderbook_resyncs"])
        report.mismatches = int(metrics["orderbook_mismatches"])
        report.trade_gaps_closed = int(metrics["trade_gaps_closed"])
        report.trade_gaps_open = int(metrics["trade_gaps_open"])
        report.reconnects = int(metrics["stream_reconnects"])
        report.handovers = int(metrics["stream_handovers"])
        report.handover_failures = int(metrics["stream_handover_failures"])
        report.reconciliations = int(metrics["account_reconciliations"])
        report.listen_keys = mexc.private_streams.listen_key_metrics().created


async def _markets(config: MexcConfig) -> dict[str, SymbolInfo]:
    async with MexcPublicSpotRest(config) as rest:
        infos = await rest.get_symbol_infos()
    return {info.exchange_symbol: info for info in infos}


def _symbols(markets: dict[str, SymbolInfo]) -> dict[str, Symbol]:
    return {name: info.symbol for name, info in markets.items()}


def _infos(markets: dict[str, SymbolInfo]) -> dict[Symbol, SymbolInfo]:
    return {info.symbol: info for info in markets.values()}


def main() -> int:
    """Run, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=None, help="a random one")
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--link-hours", type=float, default=0.1)
    parser.add_argument("--symbols", type=int, default=8)
    parser.add_argument("--redundancy", type=int, default=1, help="links for each channel")
    parser.add_argument("--json", type=Path, default=None, help="write the report there, too")
    arguments = parser.parse_args()
    seed = SystemRandom().randrange(2**32) if arguments.seed is None else arguments.seed
    logging.getLogger("mexc_connector").setLevel(logging.CRITICAL)  # it warns of what is done to it
    asked = Report(
        seed=seed,
        minutes=arguments.minutes,
        speed=arguments.speed,
        symbols=arguments.symbols,
        link_hours=arguments.link_hours,
        redundancy=arguments.redundancy,
    )
    report = asyncio.run(Soak(asked).run())
    sys.stdout.write(report.text() + "\n")
    if arguments.json is not None:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    if report.broken:
        sys.stdout.write(
            f"see it again with: python -m tests.adversity.soak --minutes {report.minutes:g} "
            f"--seed {seed} --speed {report.speed:g} --symbols {report.symbols} "
            f"--link-hours {report.link_hours:g} --redundancy {report.redundancy}\n"
        )
    return int(bool(report.broken))


if __name__ == "__main__":
    sys.exit(main())

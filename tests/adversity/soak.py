"""A soak: many symbols, trading, random faults, days in minutes; then everything has to agree.

    python -m tests.adversity.soak --minutes 5 --seed 1
    python -m tests.adversity.soak --minutes 30 --seed 1 --json soak.json

Time runs `--speed` times as fast for both sides: at 60 a listen key lives a minute. A link
lives `--link-hours` in place of 24, so that a rotation comes every minute, too.
Faults come and go, a few of them at once; after each spell everything must be in step again.
Exit code 1 and the reasons when a promise was broken.
"""

import argparse
import asyncio
import gc
import logging
import os
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom

import msgspec

from mexc_connector import MexcConfig, MexcExchange, StreamSpeed, Symbol, SymbolInfo
from mexc_connector.rest.public import MexcPublicSpotRest
from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.sim.faults import AnyRule, FaultPlan, LimitLife
from tests.adversity.case import complaints_of_the_loop, stopped
from tests.adversity.catalogue import FAULTS, STRUCK_SYMBOL
from tests.adversity.fast_clock import FastClock
from tests.adversity.growth import growth_per_hour
from tests.adversity.own_time import own_time
from tests.adversity.rig import counted_placements, quick_config
from tests.adversity.trader import Trader
from tests.adversity.witness import Witness

FAULTS_S = (1.0, 2.5)
RECOVERY_S = 45.0
SAMPLE_S = 5.0
SHORTEST_JUDGED_MINUTES = 4.0
STATM = Path("/proc/self/statm")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
LEAVE_OUT = frozenset({"corrupt"})
"""Forged values cannot be told from true ones: they would void every comparison after them."""
MOST_NEW_OBJECTS_PER_MINUTE = 300.0
"""Objects of the connector's own types, over the last two thirds of a run. RSS is told, not judged:
the simulator remembers trades, orders, candles and every fault that struck."""


class Sample(msgspec.Struct, frozen=True):
    """Memory at a moment; `objects` are of the connector's own types."""

    at_s: float
    rss_kb: int
    objects: int
    tasks: int


class Report(msgspec.Struct, kw_only=True):
    """What a soak was and found."""

    seed: int
    minutes: float
    speed: float
    symbols: int
    link_hours: float
    hours_simulated: float = 0.0
    spells: int = 0
    survived: dict[str, int] = {}
    strikes: dict[str, int] = {}
    orders: int = 0
    unknown_outcomes: int = 0
    cancels: int = 0
    refusals: dict[str, int] = {}
    fills: int = 0
    books_compared: int = 0
    trades: int = 0
    slowest_recovery_s: float = 0.0
    resyncs: int = 0
    reconnects: int = 0
    listen_keys: int = 0
    reconciliations: int = 0
    objects: int = 0
    new_objects_per_minute: float = 0.0
    most_tasks: int = 0
    rss_growth_kb_per_minute: float = 0.0
    rss_peak_kb: int = 0
    broken: list[str] = []

    def text(self) -> str:
        rows = msgspec.structs.asdict(self)
        broken, survived, strikes = (rows.pop(n) for n in ("broken", "survived", "strikes"))
        lines = [f"{name:26} {value}" for name, value in rows.items()]
        lines += [f"  {name:32} survived {n}" for name, n in sorted(survived.items())]
        lines += [f"  {name:32} struck {n}" for name, n in sorted(strikes.items())]
        return "\n".join([*lines, *(f"BROKEN: {text}" for text in broken)])


def stretched(rules: tuple[AnyRule, ...], speed: float) -> tuple[AnyRule, ...]:
    """Let what goes by exchange time come as often a real second as it does at speed 1."""
    return tuple(
        msgspec.structs.replace(
            rule,
            **{
                name: int(getattr(rule, name) * speed) // 5 * 5
                for name in ("after_ms", "every_ms", "life_ms")
                if getattr(rule, name, None)
            },
        )
        for rule in rules
    )


def soak_config(sim: Simulator, *, speed: float, link_hours: float) -> MexcConfig:
    """Give the quick configuration with every time that goes by the clock made `speed` as long."""
    quick = quick_config(sim.rest_url, sim.ws_url)
    streams = msgspec.structs.replace(
        quick.streams,
        rotate_after_s=link_hours * 3_600 * 23 / 24,
        depth_speed=StreamSpeed.MS_100,
        trade_speed=StreamSpeed.MS_100,
    )
    slow = {
        group: msgspec.structs.replace(
            options,
            **{
                name: getattr(options, name) * speed
                for name in options.__struct_fields__
                if name.endswith("_s")
                and name not in ("rotate_after_s", "connect_timeout_s", "close_timeout_s")
                and name not in ("sync_timeout_s", "ready_timeout_s", "lookup_s")
            },
        )
        for group, options in (
            ("streams", streams),
            ("books", msgspec.structs.replace(quick.books, audits_per_second=1)),
            ("trading", msgspec.structs.replace(quick.trading, completed_orders=200)),
        )
    }
    slow["books"] = msgspec.structs.replace(slow["books"], audits_per_second=20 / speed)
    limits = msgspec.structs.replace(
        quick.limits,
        firewall_pause_s=quick.limits.firewall_pause_s * speed,
        backoff_base_s=quick.limits.backoff_base_s * speed,
        backoff_max_s=quick.limits.backoff_max_s * speed,
        default_retry_after_s=quick.limits.default_retry_after_s * speed,
        max_wait_s=quick.limits.max_wait_s * speed,
    )
    usual = MexcConfig()
    key = msgspec.structs.replace(usual.listen_key, replace_before_s=600.0, retry_base_s=60.0)
    return msgspec.structs.replace(
        quick,
        limits=limits,
        listen_key=key,
        recv_window_ms=60_000,
        timestamp_bias_ms=5_000,
        clock_sync_s=2.0 * speed,
        symbol_cache_s=2.0 * speed,
        circuit=msgspec.structs.replace(
            quick.circuit,
            pause_base_s=quick.circuit.pause_base_s * speed,
            pause_max_s=quick.circuit.pause_max_s * speed,
        ),
        **slow,
    )


class Soak:
    """One run. `report` is filled as it goes."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._life = LimitLife(name="life", life_ms=int(report.link_hours * 3_600_000) // 5 * 5)
        self._dice = Random(report.seed)
        self._samples: list[Sample] = []

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
        self._judge_memory()
        return report

    async def _live(self, sim: Simulator) -> None:
        report = self.report
        config = soak_config(sim, speed=report.speed, link_hours=report.link_hours)
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
            trader = Trader(mexc, seed=report.seed, pause_s=0.05, infos=_infos(markets))
            sampling = asyncio.create_task(self._sample())
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
        rules = dict.fromkeys(rule for name in names for rule in FAULTS[name])
        seed = self._dice.randrange(2**32)
        trading = asyncio.create_task(trader.run())
        plan = FaultPlan(seed=seed, rules=(self._life, *stretched(tuple(rules), report.speed)))
        sim.set_faults(plan)
        await asyncio.sleep(self._dice.uniform(*FAULTS_S))
        sim.set_faults(FaultPlan(seed=report.seed, rules=(self._life,)))
        await asyncio.sleep(0.5)
        report.broken += await stopped(trading)
        began = time.monotonic()
        unmet = await self._unmet_for_good(witness, trader)
        report.broken += [f"after {'+'.join(names)} (plan seed {seed}): {text}" for text in unmet]
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

    async def _sample(self) -> None:
        began = time.monotonic()
        while True:
            resident = _resident_kb()
            self._samples.append(
                Sample(
                    at_s=time.monotonic() - began,
                    rss_kb=resident,
                    objects=_connector_objects(),
                    tasks=len(asyncio.all_tasks()),
                )
            )
            await asyncio.sleep(SAMPLE_S)

    def _note(self, mexc: MexcExchange, witness: Witness, trader: Trader) -> None:
        report, metrics = self.report, mexc.get_performance_metrics()
        report.orders, report.cancels = trader.placed, trader.cancels
        report.unknown_outcomes = trader.errors["OrderOutcomeUnknown"]
        report.refusals = dict(trader.errors)
        report.fills = int(metrics["fills_counted"])
        report.books_compared, report.trades = witness.books_compared, witness.trades
        report.resyncs = int(metrics["orderbook_resyncs"])
        report.reconnects = int(metrics["stream_reconnects"])
        report.reconciliations = int(metrics["account_reconciliations"])
        report.listen_keys = mexc.private_streams.listen_key_metrics().created

    def _judge_memory(self) -> None:
        report, samples = self.report, self._samples
        if not samples:
            return
        report.rss_peak_kb = max(sample.rss_kb for sample in samples)
        settled = [sample for sample in samples if sample.at_s > samples[-1].at_s / 3]
        rss = growth_per_hour([(s.at_s, float(s.rss_kb)) for s in settled]) / 60
        report.rss_growth_kb_per_minute = round(rss, 1)
        new = growth_per_hour([(s.at_s, float(s.objects)) for s in settled]) / 60
        report.objects, report.new_objects_per_minute = samples[-1].objects, round(new, 1)
        report.most_tasks = max(sample.tasks for sample in samples)
        if report.minutes >= SHORTEST_JUDGED_MINUTES and new > MOST_NEW_OBJECTS_PER_MINUTE:
            report.broken.append(f"the connector holds {new:.0f} objects more every minute")


def _connector_objects() -> int:
    """Count what the collector knows of the connector's types."""
    return sum(
        name.startswith("mexc_connector.") and not name.startswith("mexc_connector.sim")
        for name in (type(thing).__module__ or "" for thing in gc.get_objects())
        if isinstance(name, str)
    )


def _resident_kb() -> int:
    """Read this process's memory; 0 where the system does not tell it."""
    if not STATM.exists():
        return 0
    return int(STATM.read_text().split()[1]) * PAGE_BYTES // 1024


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
    parser.add_argument("--link-hours", type=float, default=1.0)
    parser.add_argument("--symbols", type=int, default=8)
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
    )
    report = asyncio.run(Soak(asked).run())
    sys.stdout.write(report.text() + "\n")
    if arguments.json is not None:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    if report.broken:
        sys.stdout.write(
            f"see it again with: python -m tests.adversity.soak --minutes {report.minutes:g} "
            f"--seed {seed} --speed {report.speed:g} --symbols {report.symbols} "
            f"--link-hours {report.link_hours:g}\n"
        )
    return int(bool(report.broken))


if __name__ == "__main__":
    sys.exit(main())

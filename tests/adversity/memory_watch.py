"""Whether the connector's memory stays where it is while a session goes on for hours.

The simulator shares the process and remembers trades, orders, candles and every fault that struck:
what the whole process holds is told, not judged. Judged are the objects of the connector's own
types. `memory_run` has a process of its own for the connector.
"""

import asyncio
import gc
import os
import time
from collections import Counter
from pathlib import Path
from statistics import median

import msgspec

from mexc_connector import Trade
from tests.adversity.growth import growth_per_hour
from tests.adversity.soak_report import Report

SAMPLE_S = 5.0
SHORTEST_JUDGED_MINUTES = 4.0
MOST_NEW_OBJECTS_PER_MINUTE = 300.0
"""Over the last two thirds of a run."""
MOST_TRADES_A_MARKET = 2_500
"""A tape remembers 2,000: the first minutes fill it, so trades are not judged by their growth."""
MOST_TRADES_AT_ONCE = 13_000
"""For a market and a moment: what its tape remembers, holds back, and is just told by REST."""
STATM = Path("/proc/self/statm")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Sample(msgspec.Struct, frozen=True):
    """Memory at a moment; `objects` are of the connector's own types, public trades apart."""

    at_s: float
    rss_kb: int
    objects: int
    trades: int
    tasks: int


class MemoryWatch:
    """Samples until it is cancelled."""

    def __init__(self) -> None:
        self._samples: list[Sample] = []

    async def run(self) -> None:
        """Look every five seconds."""
        began = time.perf_counter()
        while True:
            objects, trades = _connector_objects()
            self._samples.append(
                Sample(
                    at_s=time.perf_counter() - began,
                    rss_kb=resident_kb(),
                    objects=objects,
                    trades=trades,
                    tasks=len(asyncio.all_tasks()),
                )
            )
            await asyncio.sleep(SAMPLE_S)

    def judge(self, report: Report) -> None:
        """Write down what was seen, and what is broken."""
        samples = self._samples
        if not samples:
            return
        began_s = samples[-1].at_s / 3
        settled = [sample for sample in samples if sample.at_s > began_s]
        report.rss_peak_kb = max(sample.rss_kb for sample in samples)
        rss = growth_per_hour([(s.at_s, float(s.rss_kb)) for s in settled]) / 60
        report.rss_growth_kb_per_minute = round(rss, 1)
        new = growth_per_hour([(s.at_s, float(s.objects)) for s in settled]) / 60
        report.objects, report.new_objects_per_minute = samples[-1].objects, round(new, 1)
        report.trades_remembered = round(median(sample.trades for sample in settled))
        report.trades_at_once = max(sample.trades for sample in samples)
        if report.trades_remembered > MOST_TRADES_A_MARKET * report.symbols:
            report.broken.append(f"{report.trades_remembered} public trades are remembered")
        if report.trades_at_once > MOST_TRADES_AT_ONCE * report.symbols:
            report.broken.append(f"{report.trades_at_once} public trades are held at once")
        report.most_tasks = max(sample.tasks for sample in samples)
        if report.minutes < SHORTEST_JUDGED_MINUTES:
            return
        if new > MOST_NEW_OBJECTS_PER_MINUTE:
            report.broken.append(f"the connector holds {new:.0f} objects more every minute")


def _connector_objects() -> tuple[int, int]:
    """Count what the collector knows of the connector's types: all but public trades, and these."""
    kinds = Counter(type(thing) for thing in gc.get_objects())
    trades = kinds.pop(Trade, 0)
    return sum(count for kind, count in kinds.items() if _is_ours(kind.__module__)), trades


def _is_ours(module: object) -> bool:
    if not isinstance(module, str):
        return False
    return module.startswith("mexc_connector.") and not module.startswith("mexc_connector.sim")


def resident_kb() -> int:
    """Read this process's memory; 0 where the system does not tell it."""
    if not STATM.exists():
        return 0
    return int(STATM.read_text().split()[1]) * PAGE_BYTES // 1024

"""One seed, one trace: same inputs, same faults, and a rule that is added harms no other."""

import aiohttp
import pytest

from mexc_connector.sim import SimLimits, SimOptions, Simulator
from mexc_connector.sim.faults import (
    AnyRule,
    CorruptFrames,
    DelayAnswer,
    DelayFrames,
    DropFrames,
    EndListenKeys,
    FaultPlan,
    FaultRecord,
    HaltSymbol,
    ReorderFrames,
    RepeatFrames,
    ServerError,
    TooMany,
    TruncateBody,
    TruncateFrames,
)
from tests.integration.sim.faults.rig import DEALS, DEPTH, START_MS, SYMBOL, connected

RULES: tuple[AnyRule, ...] = (
    DropFrames(name="lost", probability=0.1),
    CorruptFrames(name="spoilt", channels=("depth",), probability=0.2),
    DelayFrames(name="late", delay_ms=20, jitter_ms=80, probability=0.1),
    ReorderFrames(name="swapped", probability=0.1),
    RepeatFrames(name="twice", channels=("*@BTCUSDT",), probability=0.1, most=5),
    TruncateFrames(name="cut", channels=("deals",), probability=0.2),
    HaltSymbol(name="halted", symbols=(SYMBOL,), every_ms=700, for_ms=100, probability=0.5),
    EndListenKeys(name="keys", every_ms=300, probability=0.3),
    TooMany(name="limited", endpoints=("depth",), probability=0.3),
    ServerError(name="down", probability=0.3),
    TruncateBody(name="short", probability=0.5),
    DelayAnswer(name="slow", endpoints=("ping",), delay_ms=1, jitter_ms=1_000, probability=0.01),
)


async def run(plan: FaultPlan | None) -> tuple[tuple[FaultRecord, ...], list[bytes], list[bytes]]:
    """Run one script against a plan: trace, frames and replies."""
    options = SimOptions(
        symbols=(SYMBOL,),
        start_ms=START_MS,
        realtime=False,
        limits=SimLimits.lifted(),
        faults=plan,
    )
    replies: list[bytes] = []
    async with (
        Simulator(options) as simulator,
        aiohttp.ClientSession() as session,
        connected(simulator, DEPTH, DEALS) as client,
    ):
        for _ in range(20):
            await simulator.advance(200)
            for path in (f"depth?symbol={SYMBOL}&limit=5", "time"):
                async with session.get(f"{simulator.rest_url}/api/v3/{path}") as response:
                    replies.append(await response.read())
        return simulator.fault_trace, await client.pushed(), replies


async def test_the_same_seed_and_inputs_give_the_same_trace_and_bytes() -> None:
    first = await run(FaultPlan(seed=11, rules=RULES))
    again = await run(FaultPlan(seed=11, rules=RULES))
    assert first == again
    struck = {record.rule for record in first[0]}
    assert struck >= {rule.name for rule in RULES} - {"slow"}
    assert [record.number for record in first[0]] == list(range(1, len(first[0]) + 1))


async def test_another_seed_gives_another_trace() -> None:
    first, *_ = await run(FaultPlan(seed=11, rules=RULES))
    other, *_ = await run(FaultPlan(seed=12, rules=RULES))
    assert first != other


@pytest.mark.parametrize("removed", [0, 3, 9])
async def test_a_rule_taken_away_leaves_the_others_traces_alone(removed: int) -> None:
    # A halted market sends other frames, which are other inputs.
    rules = tuple(rule for rule in RULES if not isinstance(rule, HaltSymbol))
    everything, *_ = await run(FaultPlan(seed=5, rules=rules))
    fewer, *_ = await run(FaultPlan(seed=5, rules=(*rules[:removed], *rules[removed + 1 :])))
    name = rules[removed].name
    assert any(record.rule == name for record in everything)

    def without_numbers(records: tuple[FaultRecord, ...]) -> list[tuple[object, ...]]:
        return [
            (record.rule, record.exchange_ms, record.event, record.where, record.detail)
            for record in records
            if record.rule != name
        ]

    assert without_numbers(everything) == without_numbers(fewer)


async def test_rules_that_never_strike_change_no_byte() -> None:
    _, frames, replies = await run(None)
    quiet = await run(FaultPlan(rules=(DropFrames(probability=0), TooMany(probability=0))))
    assert quiet == ((), frames, replies)

"""A plan while it is on: its dice, when it began, and where it writes what it did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from mexc_connector.sim.faults.dice import Dice
from mexc_connector.sim.faults.plan import AnyRule, FaultPlan
from mexc_connector.sim.faults.rules import FaultRule
from mexc_connector.sim.faults.trace import FaultTrace
from mexc_connector.sim.market import Clock

RuleType = TypeVar("RuleType", bound=FaultRule)


class Timer:
    """When a rule with times of its own is due. Pure; times since the plan was switched on."""

    __slots__ = ("_every_ms", "_next_ms")

    def __init__(self, *, after_ms: int, every_ms: int | None) -> None:
        self._next_ms: int | None = after_ms
        self._every_ms = every_ms

    def due(self, elapsed_ms: int) -> Iterator[int]:
        """Yield the times that have come since the last call."""
        while self._next_ms is not None and self._next_ms <= elapsed_ms:
            due_ms = self._next_ms
            self._next_ms = None if self._every_ms is None else due_ms + self._every_ms
            yield due_ms


class RuleDice(Generic[RuleType]):
    """A rule of a known type and its dice."""

    __slots__ = ("dice", "rule")

    def __init__(self, rule: RuleType, dice: Dice) -> None:
        self.rule = rule
        self.dice = dice


class ActivePlan:
    """Dice in the plan's order, on the exchange's clock."""

    def __init__(self, plan: FaultPlan, *, clock: Clock, trace: FaultTrace) -> None:
        self.plan = plan
        self._clock = clock
        self._trace = trace
        self._started_ms = clock.now_ms
        self._dice: list[tuple[AnyRule, Dice]] = [
            (rule, Dice(rule, name=name, seed=plan.seed))
            for name, rule in zip(plan.rule_names(), plan.rules, strict=True)
        ]

    @property
    def elapsed_ms(self) -> int:
        """Exchange time since the plan was switched on."""
        return self._clock.now_ms - self._started_ms

    @property
    def exchange_ms(self) -> int:
        """The exchange's time."""
        return self._clock.now_ms

    def of(self, kind: type[RuleType]) -> list[RuleDice[RuleType]]:
        """Give the rules of a type, in the plan's order."""
        return [RuleDice(rule, dice) for rule, dice in self._dice if isinstance(rule, kind)]

    def is_hit(self, dice: Dice, *, where: str, detail: str = "") -> bool:
        """Count an event, say whether the rule hits it, and trace it if it does."""
        if not dice.is_hit(self.elapsed_ms):
            return False
        self.note(dice, where=where, detail=detail)
        return True

    def note(self, dice: Dice, *, where: str, detail: str = "") -> None:
        """Trace what a rule did."""
        self._trace.note(dice, self._clock.now_ms, where=where, detail=detail)

"""Whether a rule hits an event: its own counter, its own random stream. Pure."""

from __future__ import annotations

from random import Random

from mexc_connector.sim.faults.rules import FaultRule


class Dice:
    """One rule's luck. What it draws depends on the seed, its name and its own events alone."""

    __slots__ = ("_luck", "details", "hits", "name", "rule", "seen")

    def __init__(self, rule: FaultRule, *, name: str, seed: int) -> None:
        self.rule = rule
        self.name = name
        self._luck = Random(f"{seed}:{name}")
        self.details = Random(f"{seed}:{name}:details")
        """For what is drawn beyond yes and no: a place, a length."""
        self.seen = 0
        self.hits = 0

    def __repr__(self) -> str:
        return f"<Dice {self.name}: {self.hits} of {self.seen}>"

    def is_open(self, elapsed_ms: int) -> bool:
        """Say whether the rule's window is open so long after the plan was switched on."""
        rule = self.rule
        return rule.after_ms <= elapsed_ms and (rule.until_ms is None or elapsed_ms < rule.until_ms)

    @property
    def is_spent(self) -> bool:
        """Whether no later event can be hit."""
        rule = self.rule
        return self.hits == rule.most or (rule.last is not None and self.seen >= rule.last)

    def is_hit(self, elapsed_ms: int) -> bool:
        """Count an event and say whether the fault strikes it."""
        if not self.is_open(elapsed_ms):
            return False
        rule = self.rule
        self.seen += 1
        # Drawn for every event, so that `first`, `last` and `most` do not change which are hit.
        is_drawn = rule.probability >= 1 or self._luck.random() < rule.probability
        if not is_drawn or self.seen < rule.first or self.hits == rule.most:
            return False
        if rule.last is not None and self.seen > rule.last:
            return False
        self.hits += 1
        return True

"""Whether a rule hits: windows, numbers, probabilities, and that nobody else's draws matter."""

import pytest

from mexc_connector.sim.faults import DropFrames
from mexc_connector.sim.faults.dice import Dice


def hits(rule: DropFrames, *, events: int = 20, name: str = "drop", seed: int = 1) -> list[int]:
    """Give the numbers of the events that are hit."""
    dice = Dice(rule, name=name, seed=seed)
    return [number for number in range(1, events + 1) if dice.is_hit(0)]


def test_without_conditions_every_event_is_hit() -> None:
    assert hits(DropFrames(), events=3) == [1, 2, 3]


def test_the_5th_to_9th_event_are_hit_and_no_others() -> None:
    assert hits(DropFrames(first=5, last=9)) == [5, 6, 7, 8, 9]


def test_most_ends_a_rule_for_good() -> None:
    assert hits(DropFrames(first=3, most=2)) == [3, 4]


def test_a_probability_hits_its_share() -> None:
    assert 200 < len(hits(DropFrames(probability=0.25), events=1_000)) < 300
    assert hits(DropFrames(probability=0), events=1_000) == []


def test_the_same_seed_and_name_hit_the_same_events_and_another_seed_or_name_others() -> None:
    rule = DropFrames(probability=0.5)
    assert hits(rule, events=64) == hits(rule, events=64)
    assert hits(rule, events=64) != hits(rule, events=64, seed=2)
    assert hits(rule, events=64) != hits(rule, events=64, name="another")


def test_limits_choose_among_the_events_that_the_dice_chose() -> None:
    everything = hits(DropFrames(probability=0.3), events=100)
    limited = hits(DropFrames(probability=0.3, first=10, last=60, most=5), events=100)
    assert limited == [number for number in everything if 10 <= number <= 60][:5]


@pytest.mark.parametrize(("elapsed_ms", "is_hit"), [(99, False), (100, True), (199, True)])
def test_a_rule_acts_and_counts_within_its_window_only(elapsed_ms: int, is_hit: bool) -> None:
    dice = Dice(DropFrames(after_ms=100, until_ms=200), name="drop", seed=1)
    assert dice.is_hit(elapsed_ms) is is_hit
    assert dice.seen == int(is_hit)
    assert not dice.is_hit(200)


def test_a_dice_tells_its_luck() -> None:
    dice = Dice(DropFrames(first=2), name="lost depth", seed=1)
    dice.is_hit(0)
    dice.is_hit(0)
    assert repr(dice) == "<Dice lost depth: 1 of 2>"

"""What becomes of one frame, decided without a connection."""

from collections.abc import Sequence

from mexc_connector.sim.faults import (
    CloseConnection,
    CorruptFrames,
    CutFrame,
    DelayFrames,
    DropConnection,
    DropFrames,
    FaultRule,
    ReorderFrames,
    RepeatFrames,
    SlowDrip,
    StopSending,
    TruncateFrames,
)
from mexc_connector.sim.faults.dice import Dice
from mexc_connector.sim.faults.fates import Fate, decide

FRAME = bytes(range(100))


class Rig:
    """Rules of one channel, and what they noted."""

    def __init__(self, *rules: FaultRule, seed: int = 1) -> None:
        self.dice = [
            Dice(rule, name=f"{rule.kind} {index}", seed=seed) for index, rule in enumerate(rules)
        ]
        self.notes: list[tuple[str, str]] = []

    def decide(self, frame: bytes = FRAME) -> Fate:
        return decide(frame, self.dice, 0, lambda dice, text: self.notes.append((dice.name, text)))


def fate(*rules: FaultRule) -> Fate:
    return Rig(*rules).decide()


def test_a_frame_that_nobody_strikes_goes_as_it_is() -> None:
    assert fate() == Fate([FRAME])
    assert fate(DropFrames(first=2)) == Fate([FRAME])


def test_a_dropped_frame_is_nothing() -> None:
    assert fate(DropFrames()).payloads == []


def test_a_repeated_frame_comes_so_many_times_more() -> None:
    assert fate(RepeatFrames(copies=2)).payloads == [FRAME] * 3


def test_a_truncated_frame_keeps_its_beginning() -> None:
    assert fate(TruncateFrames(keep_bytes=7)).payloads == [FRAME[:7]]
    (drawn,) = fate(TruncateFrames()).payloads
    assert len(drawn) < 100
    assert FRAME.startswith(drawn)


def test_a_corrupted_frame_has_its_length_and_other_bytes() -> None:
    (corrupted,) = fate(CorruptFrames(byte_count=3)).payloads
    assert len(corrupted) == len(FRAME)
    assert 1 <= sum(new != old for new, old in zip(corrupted, FRAME, strict=True)) <= 3


def test_an_empty_frame_can_be_spoilt_too() -> None:
    rig = Rig(TruncateFrames(), CorruptFrames())
    assert rig.decide(b"").payloads == [b""]


def test_delays_add_up_and_jitter_is_drawn() -> None:
    assert fate(DelayFrames(delay_ms=10), DelayFrames(delay_ms=5)).delay_ms == 15
    rig = Rig(DelayFrames(delay_ms=10, jitter_ms=5))
    assert {rig.decide().delay_ms for _ in range(200)} == {10, 11, 12, 13, 14, 15}


def test_of_several_places_in_the_row_the_last_counts() -> None:
    both = fate(ReorderFrames(behind=3, longest_ms=10), ReorderFrames(behind=2))
    assert (both.behind, both.longest_ms) == (3, 1_000)


def test_the_first_rule_that_ends_the_connection_does() -> None:
    close, cut = CloseConnection(code=1001), CutFrame()
    assert fate(close, cut, DropConnection()).ends is close
    ended = fate(cut, close)
    assert ended.ends is cut
    assert 0 <= ended.cut_at < 1


def test_silences_and_drips_are_handed_on() -> None:
    silence, drip = StopSending(for_ms=5), SlowDrip(bytes_per_second=9)
    struck = fate(silence, drip)
    assert (struck.silences, struck.drips) == ([silence], [drip])


def test_rules_with_times_of_their_own_leave_frames_alone() -> None:
    assert fate(CloseConnection(every_ms=100)) == Fate([FRAME])


def test_spoiling_and_repeating_compose() -> None:
    assert fate(RepeatFrames(), TruncateFrames(keep_bytes=2)).payloads == [FRAME[:2]] * 2
    assert fate(DropFrames(), RepeatFrames()).payloads == []


def test_what_struck_is_noted_with_what_was_drawn() -> None:
    rig = Rig(DropFrames(), DelayFrames(delay_ms=4), TruncateFrames(keep_bytes=1))
    rig.decide()
    assert rig.notes == [("drop 0", ""), ("delay 1", "4 ms"), ("truncate 2", "1 of 100 bytes")]


def strikes(rules: Sequence[FaultRule], name: str) -> list[str]:
    """Give what one named rule drew over a hundred frames."""
    rig = Rig()
    rig.dice = [Dice(rule, name=rule.name, seed=3) for rule in rules]
    for _ in range(100):
        rig.decide()
    return [detail for noted, detail in rig.notes if noted == name]


def test_a_rule_that_is_added_changes_nobody_elses_draws() -> None:
    spoil = CorruptFrames(name="spoil", probability=0.3)
    lose = DropFrames(name="lose", probability=0.5)
    cut = TruncateFrames(name="cut", probability=0.5)
    alone = strikes([spoil], "spoil")
    assert len(alone) > 10
    assert strikes([lose, spoil, cut], "spoil") == alone

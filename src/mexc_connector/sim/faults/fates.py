"""What becomes of one frame: every rule decides about the frame as it was, in the plan's order.

No rule's decision depends on another's, so a rule that is added changes nobody's draws. What was
decided then adds up: payloads are lost, multiplied and spoilt in turn, delays sum, and the first
rule that ends the connection does. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from mexc_connector.sim.faults.dice import Dice
from mexc_connector.sim.faults.stream_rules import (
    CloseConnection,
    CorruptFrames,
    CutFrame,
    DelayFrames,
    DropConnection,
    DropFrames,
    PacedRule,
    ReorderFrames,
    RepeatFrames,
    SlowDrip,
    StopSending,
    TruncateFrames,
)

FrameRule = (
    DropFrames
    | RepeatFrames
    | ReorderFrames
    | DelayFrames
    | TruncateFrames
    | CorruptFrames
    | CutFrame
    | CloseConnection
    | DropConnection
    | StopSending
    | SlowDrip
)
"""The rules for which an event is a frame that is pushed."""
Ends = CutFrame | CloseConnection | DropConnection


@dataclass(slots=True)
class Fate:
    """What is done with a frame. Places within it are fractions of its length."""

    payloads: list[bytes]
    """What is sent in its place, in order."""
    delay_ms: int = 0
    behind: int = 0
    """Frames of the channel that go before it."""
    longest_ms: int = 0
    """How long it waits for them at most."""
    ends: Ends | None = None
    cut_at: float = 0.0
    silences: list[StopSending] = field(default_factory=list)
    drips: list[SlowDrip] = field(default_factory=list)


Note = Callable[[Dice, str], None]
"""Told of each rule that struck and what it drew."""


def decide(payload: bytes, dice: Sequence[Dice], elapsed_ms: int, note: Note) -> Fate:
    """Let each rule decide about a frame; the rules are those of its channel, in order."""
    fate = Fate([payload])
    for die in dice:
        rule = die.rule
        if isinstance(rule, PacedRule) and rule.every_ms is not None:
            continue
        if die.is_hit(elapsed_ms):
            note(die, strike(rule, fate, die.details, len(payload)))  # type: ignore[arg-type] # the caller sorted them
    return fate


def strike(rule: FrameRule, fate: Fate, details: Random, size: int) -> str:
    """Add what a rule does to a frame of `size` bytes to its fate; give what was drawn."""
    detail = ""
    match rule:
        case TruncateFrames() | CorruptFrames():
            detail = _spoil(rule, fate, details, size)
        case DropFrames():
            fate.payloads.clear()
        case RepeatFrames():
            fate.payloads = [copy for copy in fate.payloads for _ in range(rule.copies + 1)]
        case ReorderFrames():
            fate.behind = max(fate.behind, rule.behind)
            fate.longest_ms = max(fate.longest_ms, rule.longest_ms)
        case DelayFrames():
            delay_ms = rule.delay_ms + details.randint(0, rule.jitter_ms)
            fate.delay_ms += delay_ms
            detail = f"{delay_ms} ms"
        case StopSending():
            fate.silences.append(rule)
        case SlowDrip():
            fate.drips.append(rule)
        case CutFrame() | CloseConnection() | DropConnection():
            detail = _end(rule, fate, details)
    return detail


def _end(rule: Ends, fate: Fate, details: Random) -> str:
    cut_at = details.random() if isinstance(rule, CutFrame) else 0.0
    if fate.ends is None:
        fate.ends, fate.cut_at = rule, cut_at
    return f"at {cut_at:.3f} of its length" if isinstance(rule, CutFrame) else ""


def _spoil(rule: TruncateFrames | CorruptFrames, fate: Fate, details: Random, size: int) -> str:
    if isinstance(rule, TruncateFrames):
        keep = rule.keep_bytes
        if keep is None:
            keep = details.randrange(size) if size else 0
        fate.payloads = [payload[:keep] for payload in fate.payloads]
        return f"{keep} of {size} bytes"
    changes = [
        (details.randrange(max(size, 1)), details.randrange(1, 256)) for _ in range(rule.byte_count)
    ]
    fate.payloads = [_corrupted(payload, changes) for payload in fate.payloads]
    return ", ".join(f"byte {place} ^ {mask:#04x}" for place, mask in changes)


def _corrupted(payload: bytes, changes: Sequence[tuple[int, int]]) -> bytes:
    data = bytearray(payload)
    for place, mask in changes:
        if place < len(data):
            data[place] ^= mask
    return bytes(data)

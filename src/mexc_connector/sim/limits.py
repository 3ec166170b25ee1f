"""Request limits per address: firewall, weight window, ban. Pure: time is an argument."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

import msgspec

from mexc_connector.sim.options import SimLimits


class Verdict(Enum):
    """What becomes of a request before anybody looks at it."""

    PASS = auto()
    FIREWALL = auto()
    """HTTP 403 with a page, no Retry-After."""
    LIMITED = auto()
    """HTTP 429."""
    BANNED = auto()
    """HTTP 418."""


class Judgement(msgspec.Struct, frozen=True):
    """A verdict, and for LIMITED and BANNED the whole seconds until it ends."""

    verdict: Verdict
    retry_after_s: int = 0


_PASS = Judgement(Verdict.PASS)
_FIREWALL = Judgement(Verdict.FIREWALL)


class AddressLimiter:
    """What one address has used up. Times are in ms and never go back."""

    __slots__ = (
        "_banned_until_ms",
        "_blocked_until_ms",
        "_limits",
        "_refilled_ms",
        "_tokens",
        "_violations",
        "_weight",
        "_window",
    )

    def __init__(self, limits: SimLimits, now_ms: int) -> None:
        self._limits = limits
        self._tokens = float(limits.firewall_burst)
        self._refilled_ms = now_ms
        self._blocked_until_ms = now_ms
        self._banned_until_ms = now_ms
        self._window = -1
        self._weight = 0
        self._violations: deque[int] = deque()

    def judge(self, weight: int, now_ms: int) -> Judgement:
        """Count a request of this weight, or say why it does not pass."""
        if not self._passes_firewall(now_ms):
            return _FIREWALL
        if now_ms < self._banned_until_ms:
            return Judgement(Verdict.BANNED, _whole_seconds(self._banned_until_ms - now_ms))
        limits = self._limits
        window = now_ms // limits.weight_window_ms
        if window != self._window:
            self._window, self._weight = window, 0
        if self._weight + weight <= limits.weight_per_window:
            self._weight += weight
            return _PASS
        return self._violation(now_ms)

    def _passes_firewall(self, now_ms: int) -> bool:
        limits = self._limits
        if now_ms < self._blocked_until_ms:
            return False
        refill = (now_ms - self._refilled_ms) * limits.firewall_per_second / 1000
        self._tokens = min(float(limits.firewall_burst), self._tokens + refill)
        self._refilled_ms = now_ms
        if self._tokens < 1:
            self._blocked_until_ms = now_ms + limits.firewall_block_ms
            return False
        self._tokens -= 1
        return True

    def _violation(self, now_ms: int) -> Judgement:
        limits, violations = self._limits, self._violations
        violations.append(now_ms)
        while violations[0] <= now_ms - limits.violation_memory_ms:
            violations.popleft()
        if len(violations) > limits.violations_before_ban:
            violations.clear()
            self._banned_until_ms = now_ms + limits.ban_ms
            return Judgement(Verdict.BANNED, _whole_seconds(limits.ban_ms))
        window_end_ms = (self._window + 1) * limits.weight_window_ms
        return Judgement(Verdict.LIMITED, _whole_seconds(window_end_ms - now_ms))


def _whole_seconds(duration_ms: int) -> int:
    return max(1, -(-duration_ms // 1000))

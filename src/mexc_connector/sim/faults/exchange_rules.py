"""Faults of the exchange as a whole, by its own time.

An event comes at `after_ms` and, with `every_ms`, again and again until `until_ms`. What lasts ends
after `for_ms`, or else at `until_ms`, or else when the plan is switched off.
"""

from __future__ import annotations

from enum import Enum

from mexc_connector.sim.faults.rules import FaultRule, require

MOST_JUMP_MS = 10 * 365 * 86_400_000
"""Times on frames have 64 bits; a clock that left them would end the market."""
MAINTENANCE_CODES = (500, 501, 604, 801, 11444)


class TimedRule(FaultRule, frozen=True, kw_only=True):
    """Strikes at its own times."""

    every_ms: int | None = None

    def check(self) -> None:
        """Refuse a time between events that is none."""
        require(self.every_ms is None or self.every_ms >= 5, "every_ms must be at least 5")


class LastingRule(TimedRule, frozen=True, kw_only=True):
    """Strikes at its own times and stays for a while."""

    for_ms: int | None = None

    def check(self) -> None:
        """Refuse a stay of no length."""
        super().check()
        require(self.for_ms is None or self.for_ms >= 1, "for_ms must be at least 1")


class ClockJump(LastingRule, frozen=True, kw_only=True, tag_field="fault", tag="clock_jump"):
    """The gateways' clock is off by `jump_ms`; matching goes on by the old one.

    GET time tells the gateways' clock; signed requests are judged and frames stamped by it.
    """

    jump_ms: int

    def check(self) -> None:
        """Refuse a jump to the same time, and one out of all reason."""
        super().check()
        require(self.jump_ms != 0, "jump_ms must not be 0")
        require(abs(self.jump_ms) <= MOST_JUMP_MS, "jump_ms must lie within 10 years")


class Maintenance(LastingRule, frozen=True, kw_only=True, tag_field="fault", tag="maintenance"):
    """Every request is refused, streams are closed and their handshakes get HTTP 503."""

    code: int = 500
    """500 and 501 come with HTTP 500, the gateway's 604, 801 and 11444 with HTTP 400."""

    def check(self) -> None:
        """Refuse codes that do not mean maintenance."""
        super().check()
        require(
            self.code in MAINTENANCE_CODES,
            f"code must be one of {', '.join(map(str, MAINTENANCE_CODES))}",
        )


class Unreachable(LastingRule, frozen=True, kw_only=True, tag_field="fault", tag="unreachable"):
    """New TCP connections are refused, REST and streams alike; those that exist live on."""


class SymbolRule(LastingRule, frozen=True, kw_only=True):
    """Strikes at markets."""

    symbols: tuple[str, ...]

    def check(self) -> None:
        """Refuse an empty choice."""
        super().check()
        require(bool(self.symbols), "symbols must name at least one market")


class HaltSymbol(SymbolRule, frozen=True, kw_only=True, tag_field="fault", tag="halt"):
    """Trading in a market stops: status "2", new orders refused (30016); what is open stays."""


class DelistSymbol(SymbolRule, frozen=True, kw_only=True, tag_field="fault", tag="delist"):
    """A market vanishes: its orders are cancelled, its channels fall silent without a word."""


class KeyEnd(Enum):
    """What becomes of the connections of a listen key that ends."""

    SILENT = "silent"
    """They end without a close frame, as those of an expired key do."""
    CLOSE = "close"
    """They are closed with a close frame."""
    MUTE = "mute"
    """They stay open, and nothing is sent on them any more, PONGs included."""


class EndListenKeys(TimedRule, frozen=True, kw_only=True, tag_field="fault", tag="end_listen_keys"):
    """All listen keys are void at once; renewing one is refused with 730708."""

    how: KeyEnd = KeyEnd.SILENT


ExchangeRule = ClockJump | Maintenance | Unreachable | HaltSymbol | DelistSymbol | EndListenKeys

"""Degradation: which degraded modes hold, since when, and what that makes of a session."""

from collections.abc import Iterable, Mapping

from mexc_connector.common.health import (
    ActiveMode,
    DegradedEvent,
    DegradedMode,
    HealthVerdict,
    ModeChange,
)

# What leaves a session with an account unable to place an order.
_STOPS_TRADING = frozenset({DegradedMode.ORDER_REST_DOWN, DegradedMode.FIREWALLED})


class Degradation:
    """Remembers the modes that hold; whoever observes them says all of them each time."""

    def __init__(self) -> None:
        self.changes = 0
        self._active: dict[DegradedMode, ActiveMode] = {}

    @property
    def active(self) -> tuple[ActiveMode, ...]:
        """The modes that hold, in the order of `DegradedMode`."""
        return tuple(self._active[mode] for mode in DegradedMode if mode in self._active)

    def on_observed(
        self, found: Mapping[DegradedMode, str], time_ns: int
    ) -> tuple[DegradedEvent, ...]:
        """Take in every mode that holds now, with its reason; return what changed."""
        left = [mode for mode in self._active if mode not in found]
        events = [
            DegradedEvent(mode, ModeChange.LEFT, self._active.pop(mode).reason, time_ns)
            for mode in left
        ]
        for mode, reason in found.items():
            known = self._active.get(mode)
            if known is None:
                events.append(DegradedEvent(mode, ModeChange.ENTERED, reason, time_ns))
            if known is None or known.reason != reason:
                since_ns = time_ns if known is None else known.since_ns
                self._active[mode] = ActiveMode(mode, reason, since_ns)
        self.changes += len(events)
        return tuple(events)

    def __repr__(self) -> str:
        return f"<Degradation {', '.join(self._active) or 'none'}>"


def verdict_of(
    modes: Iterable[DegradedMode], *, has_account: bool, books: int, live_books: int
) -> HealthVerdict:
    """Return what a session in these modes is good for; `books` are kept, `live_books` readable."""
    held = frozenset(modes)
    is_blind = books > 0 and live_books == 0
    if is_blind or (has_account and held & _STOPS_TRADING):
        return HealthVerdict.DOWN
    return HealthVerdict.DEGRADED if held else HealthVerdict.HEALTHY

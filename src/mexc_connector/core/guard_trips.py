"""GuardTrips: which guards are tripped, and what has to be told and canceled because of it.

A trip is about one guard in one scope: a market for STALE_BOOK, everything for the others.

    no trip   cause         -> TRIPPED, or HALTED if the action is HALT
    TRIPPED   cause gone    -> no trip
    HALTED    reset         -> TRIPPED, and no trip once the cause is gone
    any       canceling     stays until what it had to cancel is gone, reset or not

Rule G1 of core/guards.py: a trip is told once and cancels once; a cause that lasts says no more.
"""

from collections.abc import Collection, Iterator

import msgspec

from mexc_connector.common.guards import Guard, GuardAction, GuardEvent, GuardState
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.guard_limits import Breach

_TRIPS = (GuardState.TRIPPED, GuardState.HALTED)


def must_cancel(event: GuardEvent) -> bool:
    """Whether open orders in the event's scope have to be canceled."""
    return event.state in _TRIPS and event.action is not GuardAction.REFUSE


class _Trip(msgspec.Struct):
    event: GuardEvent
    is_canceling: bool

    @property
    def holds(self) -> bool:
        """Whether it refuses orders although its cause may be gone."""
        return self.is_canceling or self.event.state is GuardState.HALTED


class GuardTrips:
    """The trips of one session, the oldest first."""

    def __init__(self) -> None:
        self.count = 0
        self._trips: dict[tuple[Guard, Symbol | None], _Trip] = {}
        self._events: list[GuardEvent] = []

    @property
    def events(self) -> tuple[GuardEvent, ...]:
        """The guards that are tripped or halted."""
        return tuple(trip.event for trip in self._trips.values())

    def take_events(self) -> list[GuardEvent]:
        """Return what has changed since the last time."""
        events, self._events = self._events, []
        return events

    def refusing(self, symbol: Symbol, *, always: Collection[Guard]) -> GuardEvent | None:
        """Return the oldest trip that refuses every order of a market; None if there is none.

        Those of the guards `always` do as long as they last, others while they hold.
        """
        for (guard, scope), trip in self._trips.items():
            if scope in (None, symbol) and (trip.holds or guard in always):
                return trip.event
        return None

    def of_guard(self, guard: Guard) -> Iterator[GuardEvent]:
        """Give the trips of one guard."""
        return (trip.event for (name, _), trip in self._trips.items() if name is guard)

    def note(
        self, guard: Guard, symbol: Symbol | None, breach: Breach | None, action: GuardAction
    ) -> None:
        """Trip a guard in one scope, or clear it, or neither (G1)."""
        trip = self._trips.get((guard, symbol))
        if trip is None and breach is not None:
            self._trip(guard, symbol, breach, action)
        elif trip is not None and breach is None and not trip.holds:
            del self._trips[guard, symbol]
            self._tell(trip.event, GuardState.CLEARED, "cleared")

    def on_canceled(self, event: GuardEvent, summary: str) -> None:
        """Note that what `event` had to cancel is gone; its cause is looked at next time."""
        trip = self._trips.get((event.guard, event.symbol))
        if trip is not None and trip.is_canceling:
            trip.is_canceling = False
            self._tell(event, GuardState.ORDERS_CANCELED, summary)

    def reset(self) -> None:
        """End all trips but those that still have something to cancel; these end after that."""
        for key, trip in tuple(self._trips.items()):
            trip.event = msgspec.structs.replace(trip.event, state=GuardState.TRIPPED)
            if not trip.is_canceling:
                del self._trips[key]
                self._tell(trip.event, GuardState.CLEARED, "reset")

    def _trip(
        self, guard: Guard, symbol: Symbol | None, breach: Breach, action: GuardAction
    ) -> None:
        event = GuardEvent(
            guard=guard,
            state=GuardState.HALTED if action is GuardAction.HALT else GuardState.TRIPPED,
            action=action,
            reason=breach.reason,
            symbol=symbol,
            value=breach.value,
            limit=breach.limit,
        )
        self.count += 1
        self._trips[guard, symbol] = _Trip(event, must_cancel(event))
        self._events.append(event)

    def _tell(self, event: GuardEvent, state: GuardState, reason: str) -> None:
        self._events.append(
            msgspec.structs.replace(event, state=state, reason=reason, value=None, limit=None)
        )

    def __repr__(self) -> str:
        names = ", ".join(f"{event.guard} {event.state}" for event in self.events)
        return f"<GuardTrips {names or 'none'}>"

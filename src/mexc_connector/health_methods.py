"""HealthMethods: how the open session is doing, for the facade."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from mexc_connector.common.health import DegradedEvent, SessionHealth
from mexc_connector.common.registration import Registration
from mexc_connector.common.watch import Watch
from mexc_connector.session_monitor import SessionMonitor


class HealthMethods(ABC):
    """Implements the methods about health for whoever can say which session is open."""

    @abstractmethod
    def _open_monitor(self) -> SessionMonitor:
        """Return the monitor of the open session. Raises `SessionClosed`."""

    @abstractmethod
    def health(self) -> SessionHealth:
        """Return one answer for the whole session, from memory: verdict, reasons, every part.

        Never raises: outside a session the verdict is `DOWN`. O(books).
        """

    def watch_degraded(self) -> Watch[DegradedEvent]:
        """Iterate over degraded modes as they begin and end; those that hold are in `health()`."""
        return self._open_monitor().watch()

    def on_degraded(self, callback: Callable[[DegradedEvent], object]) -> Registration:
        """Call `callback(event)` when a degraded mode begins or ends.

        Lost links are told at once, the rest within half a second.
        """
        return self._open_monitor().register(callback)

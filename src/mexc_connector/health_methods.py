"""HealthMethods: degraded modes of the open session, for the facade."""

from abc import abstractmethod
from collections.abc import Callable

from mexc_connector.common.health import DegradedEvent
from mexc_connector.common.registration import Registration
from mexc_connector.common.watch import Watch
from mexc_connector.interface import BaseExchangeInterface
from mexc_connector.session_monitor import SessionMonitor


class HealthMethods(BaseExchangeInterface):
    """Implements the events about health for whoever can say which session is open."""

    @abstractmethod
    def _open_monitor(self) -> SessionMonitor:
        """Return the monitor of the open session. Raises `SessionClosed`."""

    def watch_degraded(self) -> Watch[DegradedEvent]:
        """Iterate over degraded modes as they begin and end."""
        return self._open_monitor().watch()

    def on_degraded(self, callback: Callable[[DegradedEvent], object]) -> Registration:
        """Call `callback(event)` when a degraded mode begins or ends."""
        return self._open_monitor().register(callback)

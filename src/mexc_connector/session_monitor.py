"""SessionMonitor: watches a session for degraded modes and tells who wants to know."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from mexc_connector.common.clock import Clock
from mexc_connector.common.fan_out import FanOut
from mexc_connector.common.health import ActiveMode, DegradedEvent, DegradedMode, ModeChange
from mexc_connector.common.log_fields import log_fields
from mexc_connector.common.registration import Registration
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.common.watch import Watch
from mexc_connector.core.degradation import Degradation

_logger = logging.getLogger("mexc_connector.health")

LOOK_EVERY_S = 0.5
_QUEUE_SIZE = 1_000


class SessionMonitor:
    """Owns one task that looks every `LOOK_EVERY_S`; `look` may be called whenever else.

    `observe` returns every mode that holds at this moment, with its reason.
    """

    def __init__(self, observe: Callable[[], Mapping[DegradedMode, str]], *, clock: Clock) -> None:
        self._observe = observe
        self._clock = clock
        self._degradation = Degradation()
        self._events: FanOut[DegradedEvent] = FanOut("degraded modes", queue_size=_QUEUE_SIZE)
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    def start(self) -> None:
        """Begin to look; on the running loop."""
        self._task = asyncio.create_task(self._run(), name="mexc session monitor")

    def look(self, cause: object = None) -> None:
        """Look now. As a callback of the parts' own events it takes the event, for the log only."""
        if self._is_closed:  # the parts go on talking while they are taken down
            return
        connection = cause.connection_id if isinstance(cause, ConnectionEvent) else None
        events = self._degradation.on_observed(self._observe(), self._clock.time_ns())
        for event in events:
            is_entered = event.change is ModeChange.ENTERED
            level = logging.WARNING if is_entered else logging.INFO
            fields = log_fields(mode=event.mode, connection=connection)
            _logger.log(level, "%s %s: %s", event.mode, event.change, event.reason, extra=fields)
            self._events.push(event)

    @property
    def active(self) -> tuple[ActiveMode, ...]:
        """The modes that hold, as of now."""
        self.look()
        return self._degradation.active

    @property
    def changes(self) -> int:
        """How often a mode began or ended."""
        return self._degradation.changes

    def watch(self) -> Watch[DegradedEvent]:
        """Return an iterator over changes."""
        return self._events.watch()

    def register(self, callback: Callable[[DegradedEvent], object]) -> Registration:
        """Call `callback(event)` at each change."""
        return self._events.register(callback)

    async def close(self) -> None:
        """Stop. May be called twice."""
        self._is_closed = True
        task, self._task = self._task, None
        self._events.finish()
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))

    async def _run(self) -> None:
        while True:
            self.look()
            await self._clock.sleep(LOOK_EVERY_S)

    def __repr__(self) -> str:
        return f"<SessionMonitor {self._degradation!r}>"

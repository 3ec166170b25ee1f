"""ClockUpkeep: has the exchange's clock measured again and again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import MexcError

_logger = logging.getLogger("mexc_connector.rest")


class ClockUpkeep:
    """Calls `measure` at the start and then every `every_s` seconds, until `close`.

    What goes wrong is logged, and tried again at the next turn: a correction that is some minutes
    old is better than none.
    """

    def __init__(
        self, measure: Callable[[], Awaitable[object]], *, every_s: float, clock: Clock
    ) -> None:
        self._measure = measure
        self._every_s = every_s
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    async def start(self) -> None:
        """Measure once, and go on measuring unless it was closed meanwhile."""
        await self._measure_once()
        if self._is_closed:
            return
        self._task = asyncio.create_task(self._run(), name="mexc clock upkeep")

    async def close(self) -> None:
        """Stop. May be called twice."""
        self._is_closed = True
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(self._every_s)
            await self._measure_once()

    async def _measure_once(self) -> None:
        try:
            await self._measure()
        except MexcError as error:
            _logger.warning("the exchange's clock could not be measured: %s", error)

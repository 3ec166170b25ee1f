"""SessionLife: what one session has opened, and its end, which comes once."""

import asyncio
from contextlib import AsyncExitStack

from mexc_connector.common.errors import SessionClosed


class SessionLife:
    """Each session has one of its own, so that the end of one never takes another down.

    Whatever is opened goes on `closing` at once; `end` takes it down in reverse order.
    """

    def __init__(self) -> None:
        self.closing = AsyncExitStack()
        self._turn = asyncio.Lock()
        self._has_ended = False

    async def end(self) -> None:
        """Close everything; whoever asks meanwhile waits for it.

        What is opened later is closed by the next call.
        """
        self._has_ended = True
        async with self._turn:
            await self.closing.aclose()

    def require_going_on(self) -> None:
        """Raise `SessionClosed` after `end`: opening does not notice everywhere."""
        if self._has_ended:
            raise SessionClosed("the session was closed while it was starting")

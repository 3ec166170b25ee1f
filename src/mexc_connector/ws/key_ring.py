"""KeyRing: a listen key of its own for each link of a private client, while it has one."""

import asyncio
from collections.abc import Callable

from mexc_connector.common.account import ListenKey
from mexc_connector.common.clock import Clock
from mexc_connector.common.config import ListenKeyConfig
from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.errors import SessionClosed
from mexc_connector.common.stream_status import ConnectionEvent, ListenKeyMetrics
from mexc_connector.ws.counters import KeyCounters
from mexc_connector.ws.listen_keys import ListenKeyKeeper, ListenKeys

_NO_LINK = 0  # links are numbered from 1


class KeyRing:
    """Gives each link a keeper, and has the key closed when the link has ended.

    A keeper whose link is gone already serves the next link that asks: a key that was refused is
    closed before another one is made, because the exchange may answer with one that it gave before.
    `drop(link, reason)` has to drop a link's connection, `is_in_use(link)` says whether it goes on.
    """

    def __init__(
        self,
        keys: ListenKeys,
        *,
        url: str,
        config: ListenKeyConfig,
        clock: Clock,
        drop: Callable[[int, str], None],
        is_in_use: Callable[[int], bool],
    ) -> None:
        self._keys = keys
        self._url = url
        self._config = config
        self._clock = clock
        self._drop = drop
        self._is_in_use = is_in_use
        self._counters = KeyCounters()
        self._keepers: dict[int, ListenKeyKeeper] = {}
        self._retired: list[ListenKeyKeeper] = []
        self._is_closed = False

    async def prepare(self) -> None:
        """Make the key of the first link, so that what goes wrong is raised as it is."""
        await self._keeper_for(_NO_LINK).prepare()

    async def url(self, link: int) -> str:
        """Return the URL for a link's next connection, with a key that nothing speaks against.

        Raises `SessionClosed` and what making a key raises.
        """
        return await self._keeper_for(link).url()

    def on_event(self, event: ConnectionEvent) -> None:
        """Follow the links: the end of a connection means something for its key."""
        keeper = self._keepers.get(event.connection_id)
        if keeper is None:
            return
        keeper.on_event(event)
        if event.state is ConnectionState.CLOSED:
            del self._keepers[event.connection_id]
            keeper.retire()
            self._retired = [*(one for one in self._retired if one.is_busy), keeper]

    def on_granted(self, link: int) -> None:
        """All private channels are granted on a link: its key works."""
        if link in self._keepers:
            self._keepers[link].on_granted()

    def on_complaint(self, link: int, text: str) -> None:
        """Judge a refusal on a link, or a text that is no reply; it may be about its key."""
        if link in self._keepers:
            self._keepers[link].on_complaint(text)

    def metrics(self) -> ListenKeyMetrics:
        """Return the counters of all keys as they are now."""
        counters = self._counters
        return ListenKeyMetrics(
            created=counters.created,
            extended=counters.extended,
            extension_failures=counters.extension_failures,
            close_failures=counters.close_failures,
        )

    async def close(self, *, timeout_s: float) -> None:
        """Close every key at the exchange, all within `timeout_s`. Idempotent.

        One that cannot be closed in time is forgotten by the exchange an hour later.
        """
        self._is_closed = True
        keepers = (*self._keepers.values(), *(one for one in self._retired if one.is_busy))
        closings = [keeper.close(timeout_s=timeout_s) for keeper in keepers]
        await asyncio.gather(*closings)

    def _keeper_for(self, link: int) -> ListenKeyKeeper:
        if self._is_closed:
            raise SessionClosed("the private streams are closed")
        keeper = self._keepers.get(link)
        if keeper is None:
            free = next((one for one in self._keepers if not self._is_in_use(one)), None)
            keeper = self._new_keeper() if free is None else self._keepers.pop(free)
            self._keepers[link] = keeper
        return keeper

    def _new_keeper(self) -> ListenKeyKeeper:
        def reconnect(reason: str) -> None:
            for link, other in tuple(self._keepers.items()):
                if other is keeper:
                    self._drop(link, reason)

        keeper = ListenKeyKeeper(
            self._keys,
            url=self._url,
            config=self._config,
            clock=self._clock,
            reconnect=reconnect,
            is_shared=self._is_shared,
            counters=self._counters,
        )
        return keeper

    def _is_shared(self, key: ListenKey) -> bool:
        keepers = (*self._keepers.values(), *self._retired)
        return sum(keeper.holds(key) for keeper in keepers) > 1

    def __repr__(self) -> str:
        return f"<KeyRing {list(self._keepers.values())!r}>"

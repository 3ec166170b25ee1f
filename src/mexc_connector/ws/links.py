"""LinkSet: the links of a pool, from opening to the end of their farewells."""

import asyncio
from collections.abc import Callable

from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.health import LinkHealth
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.ws.connection import Link, LinkOwner
from mexc_connector.ws.copies import ChannelCopies, LinkCopyCounts
from mexc_connector.ws.link_settings import LinkSettings

# The worst first: a client is in the worst state of its links.
_SEVERITY = (
    ConnectionState.RECONNECTING,
    ConnectionState.CONNECTING,
    ConnectionState.IDLE,
    ConnectionState.OPEN,
)


class LinkSet:
    """Opens and ends links by number, and reports what happens on them. Owns their closing.

    `is_spare(number)` says of a link that nothing depends on it yet.
    """

    def __init__(
        self,
        owner: LinkOwner,
        settings: LinkSettings,
        *,
        on_event: Callable[[ConnectionEvent], None] | None,
        is_spare: Callable[[int], bool] = lambda _number: False,
    ) -> None:
        self._owner = owner
        self._settings = settings
        self._on_event = on_event
        self._is_spare = is_spare
        streams = settings.streams
        self._copies = (
            LinkCopyCounts(missed_after_s=streams.missed_after_s)
            if streams.redundancy > 1
            else None
        )
        self._links: dict[int, Link] = {}
        self._closing: dict[asyncio.Task[None], Link] = {}
        self._is_closed = False

    def get(self, number: int) -> Link | None:
        """Return a link that has not been ended."""
        return self._links.get(number)

    def open(self, number: int) -> None:
        """Start a new link."""
        link = self._links[number] = Link(number, self._owner, self._settings)
        link.start()

    def end(self, number: int) -> None:
        """Forget a link at once; its farewell goes on, bounded."""
        link = self._links.pop(number)
        if self._copies is not None:
            self._copies.forget(number)
        task = asyncio.get_running_loop().create_task(
            link.close(), name=f"mexc link {number} closing"
        )
        self._closing[task] = link
        task.add_done_callback(self._closing.pop)

    async def close(self) -> None:
        """End all links and wait for their farewells; a cancellation cuts these short."""
        self._is_closed = True
        for number in tuple(self._links):
            self.end(number)
        if not self._closing:
            return
        try:
            await asyncio.wait(self._closing)
        except asyncio.CancelledError:
            for link in self._closing.values():
                link.drop("closed")
            if self._closing:
                await asyncio.wait(self._closing)
            raise

    def new_copies(self) -> ChannelCopies | None:
        """Return what compares the copies of a new channel; None without redundant feeds."""
        return None if self._copies is None else self._copies.new_channel()

    def report(self, link: Link, reason: str) -> None:
        """Tell who listens what happened on a link."""
        if self._on_event is not None:
            self._on_event(
                ConnectionEvent(
                    connection_id=link.number,
                    state=link.state,
                    epoch=link.epoch,
                    reason=reason,
                    time_ns=self._settings.clock.time_ns(),
                )
            )

    def health(self) -> tuple[LinkHealth, ...]:
        """Return how each link is doing."""
        now = self._settings.clock.now()
        return tuple(
            LinkHealth(
                connection_id=link.number,
                state=link.state,
                epoch=link.epoch,
                last_frame_age_s=None
                if link.liveness is None
                else max(0.0, now - link.liveness.last_frame),
                copies=None if self._copies is None else self._copies.report(link.number),
            )
            for link in self._links.values()
        )

    @property
    def state(self) -> ConnectionState:
        """The worst state of all links but the spare; IDLE without links, CLOSED once closed."""
        if self._is_closed:
            return ConnectionState.CLOSED
        states = {link.state for number, link in self._links.items() if not self._is_spare(number)}
        return next((state for state in _SEVERITY if state in states), ConnectionState.IDLE)

    @property
    def open_count(self) -> int:
        """Links that are connected now."""
        return sum(link.state is ConnectionState.OPEN for link in self._links.values())

    def __len__(self) -> int:
        return len(self._links)

    def __repr__(self) -> str:
        return f"<LinkSet {self.state}: {self.open_count} of {len(self)} links open>"

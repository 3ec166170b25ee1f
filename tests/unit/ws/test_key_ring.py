"""A key for each link, against an exchange of keys that lives in memory."""

import asyncio

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import ListenKeyConfig
from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.errors import RequestTimeout, SessionClosed
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.ws.key_ring import KeyRing
from tests.integration.private_stream_rig import Keys


class Rig:
    def __init__(self) -> None:
        self.keys = Keys()
        self.links: set[int] = set()
        self.dropped: list[tuple[int, str]] = []
        self.ring = KeyRing(
            self.keys.bundle,
            url="ws://exchange/ws",
            config=ListenKeyConfig(),
            clock=Clock(),
            drop=lambda link, reason: self.dropped.append((link, reason)),
            is_in_use=lambda link: link in self.links,
        )

    async def connect(self, link: int) -> str:
        """Open a link; return the key that it got."""
        self.links.add(link)
        url = await self.ring.url(link)
        self.event(link, ConnectionState.OPEN)
        self.ring.on_granted(link)
        return url.partition("listenKey=")[2]

    def event(self, link: int, state: ConnectionState) -> None:
        self.ring.on_event(ConnectionEvent(link, state, link, "", 0))

    async def end(self, link: int) -> None:
        """End a link as a pool does: it is gone at once, and closed a little later."""
        self.links.discard(link)
        self.event(link, ConnectionState.CLOSED)
        for _ in range(5):
            await asyncio.sleep(0)

    async def close(self) -> None:
        await self.ring.close(timeout_s=1.0)


async def test_the_prepared_key_is_the_first_links() -> None:
    rig = Rig()
    await rig.ring.prepare()
    assert await rig.connect(1) == "s3cret1"
    await rig.close()
    await rig.close()
    assert rig.keys.log == ["create", "close s3cret1"]


async def test_a_successor_has_a_key_of_its_own_and_the_old_one_ends_with_its_link() -> None:
    rig = Rig()
    assert await rig.connect(1) == "s3cret1"
    assert await rig.connect(2) == "s3cret2"
    await rig.end(1)
    assert rig.keys.alive == ["s3cret2"]
    await rig.close()
    assert rig.keys.log == ["create", "create", "close s3cret1", "close s3cret2"]
    assert rig.ring.metrics().created == 2


async def test_a_refused_key_whose_link_is_gone_is_closed_before_another_one_is_made() -> None:
    rig = Rig()
    await rig.connect(1)
    rig.ring.on_complaint(1, "Blocked!")
    rig.links.discard(1)  # its farewell still goes on
    assert await rig.connect(2) == "s3cret2"
    await rig.end(1)
    assert rig.keys.log == ["create", "close s3cret1", "create"]
    await rig.close()


async def test_a_complaint_drops_the_link_that_it_came_by_and_no_other() -> None:
    rig = Rig()
    await rig.connect(1)
    await rig.connect(2)
    rig.ring.on_complaint(2, "Invalid listen key")
    rig.ring.on_complaint(3, "Invalid listen key")
    assert rig.dropped == [(2, "listen key refused")]
    await rig.close()


async def test_a_key_that_the_exchange_gave_twice_is_closed_with_the_last_link() -> None:
    rig = Rig()

    async def create() -> str:
        rig.keys.alive = ["s3cret"]
        return "s3cret"

    object.__setattr__(rig.ring._keys, "create", create)
    await rig.connect(1)
    await rig.connect(2)
    await rig.end(1)
    assert rig.keys.log == []
    await rig.close()
    assert rig.keys.log == ["close s3cret"]


async def test_a_link_that_ends_while_its_key_is_made_leaves_none() -> None:
    rig = Rig()
    gate = asyncio.Event()
    create = rig.keys.create

    async def slow() -> str:
        key = await create()
        await gate.wait()
        return key

    object.__setattr__(rig.ring._keys, "create", slow)
    connecting = asyncio.create_task(rig.connect(1))
    while not rig.keys.alive:
        await asyncio.sleep(0)
    connecting.cancel()
    await rig.end(1)
    assert rig.keys.alive == ["s3cret1"]
    gate.set()
    await rig.close()
    assert rig.keys.alive == []
    with pytest.raises(asyncio.CancelledError):
        await connecting


async def test_a_key_that_cannot_be_closed_is_counted_whenever_its_link_ended() -> None:
    rig = Rig()
    await rig.connect(1)
    await rig.connect(2)
    rig.keys.failures = [RequestTimeout("late"), RequestTimeout("late")]
    await rig.end(1)
    await rig.close()
    assert rig.ring.metrics().close_failures == 2


async def test_keys_that_have_ended_are_forgotten() -> None:
    rig = Rig()
    for link in range(1, 50):
        await rig.connect(link)
        await rig.end(link)
    assert len(rig.ring._retired) < 3
    assert len(rig.keys.alive) == 0
    assert "s3cret" not in repr(rig.ring)
    await rig.close()


async def test_a_closed_ring_gives_no_key() -> None:
    rig = Rig()
    await rig.close()
    with pytest.raises(SessionClosed):
        await rig.ring.url(1)
    assert rig.keys.log == []

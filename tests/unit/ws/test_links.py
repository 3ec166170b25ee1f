"""What a set of links says of its links; none of these ever gets its address."""

import asyncio

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import StreamConfig
from mexc_connector.common.enums import ConnectionState
from mexc_connector.core.pace import Pace
from mexc_connector.ws.link_settings import LinkSettings
from mexc_connector.ws.links import LinkSet


class Owner:
    """Hears nothing but changes of state, from links that never connect."""

    def on_link_state(self, link: object, reason: str) -> None:
        """Leave it at that."""


async def no_url() -> str:
    await asyncio.Event().wait()
    raise AssertionError


def links_of(redundancy: int) -> LinkSet:
    settings = LinkSettings(
        url=no_url,
        proxy=None,
        streams=StreamConfig(redundancy=redundancy),
        clock=Clock(),
        connects=Pace(1000.0),
        next_epoch=lambda: 1,
        jitter=lambda: 0.5,
    )
    return LinkSet(Owner(), settings, on_event=None)  # type: ignore[arg-type] # it hears no more


async def test_each_link_tells_its_own_copies_until_it_is_ended() -> None:
    links = links_of(2)
    for number in (1, 2):
        links.open(number)
    copies = links.new_copies()
    assert copies is not None
    for number in (1, 2):
        copies.on_joined(number)
    compared = [link.copies.compared for link in links.health() if link.copies is not None]
    assert compared == [0, 0]
    assert "1: " in repr(links._copies)
    links.end(1)
    assert "1: " not in repr(links._copies)
    assert [link.connection_id for link in links.health()] == [2]
    await links.close()
    assert links.state is ConnectionState.CLOSED


async def test_without_redundant_feeds_no_channel_compares_anything() -> None:
    links = links_of(1)
    links.open(1)
    assert links.new_copies() is None
    assert [link.copies for link in links.health()] == [None]
    await links.close()


async def test_a_cancelled_close_cuts_the_farewell_of_a_link_that_was_ended_before_short_too() -> (
    None
):
    links = links_of(1)
    links.open(1)
    link = links.get(1)
    assert link is not None
    is_cut, close = asyncio.Event(), link.close

    async def say_farewell() -> None:
        await is_cut.wait()
        await close()

    link.close = say_farewell  # type: ignore[method-assign]
    link.drop = lambda _reason: is_cut.set()  # type: ignore[method-assign]
    links.end(1)
    closing = asyncio.create_task(links.close())
    await asyncio.sleep(0)
    closing.cancel()
    async with asyncio.timeout(1.0):
        await asyncio.wait((closing,))
    assert closing.cancelled()


async def test_a_spare_link_says_nothing_of_the_state() -> None:
    links = links_of(1)
    links._is_spare = lambda number: number == 2
    links.open(2)
    await asyncio.sleep(0)
    assert links.state is ConnectionState.IDLE
    links.open(1)
    await asyncio.sleep(0)
    assert links.state is ConnectionState.CONNECTING
    await links.close()

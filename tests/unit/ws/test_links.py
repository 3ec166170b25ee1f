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

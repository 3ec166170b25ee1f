"""Closing a client, when whoever closes it is cancelled half way."""

import asyncio

import pytest

from mexc_connector.common.config import MexcConfig
from mexc_connector.rest.private import MexcPrivateSpotRest
from mexc_connector.rest.transport import HttpReply, HttpRequest
from tests.unit.rest.doubles import EPOCH_NS, FakeClock, FakeTransport, reply


class SlowToEnd(FakeTransport):
    """Answers the first questions for the time; the next one takes long, and long to give up."""

    async def send(self, request: HttpRequest) -> HttpReply:
        if "/time" not in request.url or len(self.sent("time")) < 2:
            return await super().send(request)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
        raise AssertionError


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[FakeTransport]:
    """The transports that clients make for themselves."""
    found: list[FakeTransport] = []

    def make(**_: object) -> FakeTransport:
        found.append(
            SlowToEnd(
                {
                    "time": reply({"serverTime": EPOCH_NS // 1_000_000}),
                    "mxDeduct/enable": reply({"data": {"mxDeductEnable": True}, "code": 0}),
                }
            )
        )
        return found[-1]

    monkeypatch.setattr("mexc_connector.rest.session.AiohttpTransport", make)
    return found


async def test_every_connection_is_closed_all_the_same(made: list[FakeTransport]) -> None:
    clock = FakeClock()
    client = MexcPrivateSpotRest("key", "secret", config=MexcConfig(), clock=clock)
    await client.get_mx_deduct()
    clock.moment += 1_000.0
    await client.get_mx_deduct()  # has the clock measured again meanwhile
    await asyncio.sleep(0)
    closing = asyncio.create_task(client.close())
    await asyncio.sleep(0.01)
    assert not closing.done()
    closing.cancel()
    await asyncio.wait([closing])
    assert closing.cancelled()
    assert [transport.closed for transport in made] == [1, 1]
    await asyncio.sleep(0.1)

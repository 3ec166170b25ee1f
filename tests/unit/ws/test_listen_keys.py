"""The keeper of a key against an exchange of keys that lives in memory; time is moved by hand."""

import asyncio
import logging

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import ListenKeyConfig
from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.errors import (
    AuthenticationError,
    BadRequest,
    ProtocolViolation,
    RequestTimeout,
    SessionClosed,
)
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.ws.counters import KeyCounters
from mexc_connector.ws.listen_keys import ListenKeyKeeper, ListenKeys

MINUTE = 60.0


class HandClock(Clock):
    def __init__(self) -> None:
        self.time_s = 0.0

    def now(self) -> float:
        return self.time_s


class Exchange:
    """Makes `s3cret1`, `s3cret2`, ...; answers what `failures` holds instead, once each."""

    def __init__(self) -> None:
        self.alive: list[str] = []
        self.log: list[str] = []
        self.failures: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def _answer(self, what: str) -> None:
        self.log.append(what)
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)

    async def create(self) -> str:
        await self._answer("create")
        self.alive.append(f"s3cret{self.log.count('create')}")
        return self.alive[-1]

    async def extend(self, key: str) -> None:
        await self._answer(f"extend {key}")

    async def close(self, key: str) -> None:
        await self._answer(f"close {key}")
        self.alive.remove(key)


class Rig:
    def __init__(self, url: str = "ws://exchange/ws") -> None:
        self.exchange = Exchange()
        self.clock = HandClock()
        self.reconnects: list[str] = []
        self.counters = KeyCounters()
        self.keeper = ListenKeyKeeper(
            ListenKeys(self.exchange.create, self.exchange.extend, self.exchange.close),
            url=url,
            config=ListenKeyConfig(),
            clock=self.clock,
            reconnect=self.reconnects.append,
            is_shared=lambda key: False,
            counters=self.counters,
        )

    async def connect(self, epoch: int) -> str:
        url = await self.keeper.url()
        self.link(ConnectionState.OPEN, epoch)
        self.keeper.on_granted()
        return url

    def link(self, state: ConnectionState, epoch: int) -> None:
        self.keeper.on_event(ConnectionEvent(1, state, epoch, "", 0))

    async def let_pass(self, seconds: float) -> None:
        """Move time, ring the alarm, and let what it starts come to an end."""
        self.clock.time_s += seconds
        self.keeper._on_alarm()
        for _ in range(10):
            await asyncio.sleep(0)

    async def close(self) -> None:
        await self.keeper.close(timeout_s=1.0)


async def test_a_key_is_made_used_and_closed() -> None:
    rig = Rig()
    await rig.keeper.prepare()
    assert await rig.connect(1) == "ws://exchange/ws?listenKey=s3cret1"
    await rig.close()
    await rig.close()
    assert rig.exchange.log == ["create", "close s3cret1"]
    assert rig.exchange.alive == []


async def test_a_url_with_a_query_keeps_it_and_the_key_is_quoted() -> None:
    rig = Rig("ws://exchange/ws?region=eu")
    assert await rig.keeper.url() == "ws://exchange/ws?region=eu&listenKey=s3cret1"
    await rig.close()


async def test_what_making_the_first_key_raises_is_raised_as_it_is() -> None:
    rig = Rig()
    rig.exchange.failures = [AuthenticationError("wrong secret", endpoint="POST", code=700002)]
    with pytest.raises(AuthenticationError):
        await rig.keeper.prepare()
    await rig.close()
    assert rig.exchange.log == ["create"]


async def test_an_empty_key_is_no_key() -> None:
    rig = Rig()

    async def nothing() -> str:
        return ""

    object.__setattr__(rig.keeper._keys, "create", nothing)
    with pytest.raises(ProtocolViolation):
        await rig.keeper.url()
    await rig.close()


async def test_the_key_is_extended_by_the_clock_and_counted() -> None:
    rig = Rig()
    await rig.connect(1)
    await rig.let_pass(29 * MINUTE)
    assert rig.exchange.log == ["create"]
    await rig.let_pass(MINUTE)
    await rig.let_pass(30 * MINUTE)
    assert rig.exchange.log == ["create", "extend s3cret1", "extend s3cret1"]
    assert rig.counters.extended == 2
    assert rig.reconnects == []
    await rig.close()


async def test_a_failed_extension_is_repeated_and_a_rejected_one_replaces_the_key() -> None:
    rig = Rig()
    await rig.connect(1)
    rig.exchange.failures = [
        RequestTimeout("late"),
        BadRequest("no such key", endpoint="PUT", code=730002),
    ]
    await rig.let_pass(30 * MINUTE)
    assert rig.reconnects == []
    await rig.let_pass(6.0)
    assert rig.reconnects == ["listen key lost"]
    rig.link(ConnectionState.RECONNECTING, 1)
    assert (await rig.connect(2)).endswith("s3cret2")
    assert rig.exchange.log == ["create", "extend s3cret1", "extend s3cret1", "create"]
    assert rig.counters.extension_failures == 2
    await rig.close()


async def test_a_key_that_is_lost_while_its_link_connects_costs_the_connection() -> None:
    rig = Rig()
    await rig.connect(1)
    rig.exchange.gate.clear()
    await rig.let_pass(30 * MINUTE)  # an extension is under way
    rig.exchange.gate.set()
    rig.link(ConnectionState.RECONNECTING, 1)
    await rig.keeper.url()
    rig.exchange.failures = [BadRequest("no such key", endpoint="PUT", code=730002)]
    await rig.let_pass(30 * MINUTE)
    assert rig.reconnects == ["listen key lost"]  # in vain: there is no connection to drop yet
    rig.link(ConnectionState.OPEN, 2)
    rig.link(ConnectionState.OPEN, 2)  # what else is told of the connection until it is gone
    assert rig.reconnects == ["listen key lost", "listen key lost while connecting"]
    rig.link(ConnectionState.RECONNECTING, 2)
    assert (await rig.connect(3)).endswith("s3cret2")
    assert len(rig.reconnects) == 2
    await rig.close()


async def test_an_extension_that_ends_in_a_bug_is_a_failed_one() -> None:
    rig = Rig()
    await rig.connect(1)
    rig.exchange.failures = [RuntimeError("a bug")]
    await rig.let_pass(30 * MINUTE)
    await rig.let_pass(6.0)
    assert rig.counters.extension_failures == 1
    assert rig.counters.extended == 1
    await rig.close()


async def test_a_key_that_cannot_be_extended_at_all_is_replaced_before_it_expires() -> None:
    rig = Rig()
    await rig.connect(1)
    rig.exchange.gate.clear()
    await rig.let_pass(30 * MINUTE)
    await rig.let_pass(29 * MINUTE)
    assert rig.reconnects == ["listen key about to expire"]
    rig.exchange.gate.set()
    await rig.close()


async def test_after_a_lost_connection_the_key_is_extended_before_it_is_used_again() -> None:
    rig = Rig()
    await rig.connect(1)
    rig.link(ConnectionState.RECONNECTING, 1)
    assert (await rig.connect(2)).endswith("s3cret1")
    assert rig.exchange.log == ["create", "extend s3cret1"]
    await rig.close()


async def test_a_complaint_costs_the_key_and_the_connection() -> None:
    rig = Rig()
    await rig.connect(1)
    rig.keeper.on_complaint("hello")
    assert rig.reconnects == []
    rig.keeper.on_complaint("Invalid listen key")
    rig.keeper.on_complaint("Invalid listen key")
    assert rig.reconnects == ["listen key refused"]
    rig.link(ConnectionState.RECONNECTING, 1)
    assert (await rig.connect(2)).endswith("s3cret2")
    assert rig.exchange.log == ["create", "close s3cret1", "create"]
    assert rig.exchange.alive == ["s3cret2"]
    await rig.close()


async def test_a_dial_that_fails_costs_the_key() -> None:
    rig = Rig()
    await rig.keeper.url()
    assert (await rig.keeper.url()).endswith("s3cret2")
    assert rig.exchange.alive == ["s3cret2"]
    await rig.close()


async def test_the_farewell_of_an_old_link_says_nothing_of_the_next_key() -> None:
    rig = Rig()
    await rig.connect(1)
    rig.keeper.on_complaint("Invalid listen key")
    await rig.keeper.url()
    rig.link(ConnectionState.CLOSED, 1)  # later than the next link asked for its key
    rig.link(ConnectionState.OPEN, 2)
    rig.keeper.on_granted()
    await rig.let_pass(30 * MINUTE)
    assert rig.exchange.log[-1] == "extend s3cret2"
    await rig.close()


async def test_a_key_that_cannot_be_closed_is_counted_and_forgotten() -> None:
    rig = Rig()
    await rig.connect(1)
    rig.exchange.failures = [RequestTimeout("late")]
    await rig.close()
    assert rig.counters.close_failures == 1


async def test_closing_waits_for_a_key_that_is_being_made_although_nobody_else_does() -> None:
    rig = Rig()
    rig.exchange.gate.clear()
    connecting = asyncio.create_task(rig.keeper.url())
    while not rig.exchange.log:
        await asyncio.sleep(0)
    connecting.cancel()
    closing = asyncio.create_task(rig.close())
    await asyncio.sleep(0)
    rig.exchange.gate.set()
    await closing
    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert rig.exchange.log == ["create", "close s3cret1"]
    assert rig.exchange.alive == []


async def test_closing_is_bounded_when_the_exchange_does_not_answer() -> None:
    rig = Rig()
    await rig.connect(1)
    rig.exchange.gate.clear()
    async with asyncio.timeout(5):
        await rig.keeper.close(timeout_s=0.01)
    assert rig.counters.close_failures == 1
    with pytest.raises(SessionClosed):
        await rig.keeper.url()


async def test_no_text_of_the_keeper_shows_a_key(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    with caplog.at_level(logging.DEBUG):
        await rig.connect(1)
        rig.exchange.failures = [
            BadRequest("bad key s3cret1", endpoint="PUT?listenKey=s3cret1", code=730002),
            BadRequest("bad key s3cret2", endpoint="DELETE?listenKey=s3cret2", code=730002),
        ]
        await rig.let_pass(30 * MINUTE)
        rig.link(ConnectionState.RECONNECTING, 1)
        rig.exchange.failures, later = rig.exchange.failures[:0], rig.exchange.failures
        await rig.connect(2)
        rig.exchange.failures = later
        shown = f"{rig.keeper!r} {rig.counters!r} {rig.keeper._keys!r} {rig.reconnects!r}"
        await rig.close()
    assert len(caplog.records) >= 3
    assert "***" in caplog.text
    assert "s3cret" not in caplog.text + shown + repr(rig.keeper)


async def test_who_waits_for_a_key_that_is_never_made_learns_that_the_client_closed() -> None:
    rig = Rig()
    rig.exchange.gate.clear()
    preparing = asyncio.ensure_future(rig.keeper.prepare())
    asking = asyncio.ensure_future(rig.keeper.url())
    while not rig.exchange.log:
        await asyncio.sleep(0)
    await rig.keeper.close(timeout_s=0.01)
    for waiting in (preparing, asking):
        with pytest.raises(SessionClosed):
            await waiting

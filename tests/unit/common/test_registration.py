import asyncio
import logging

import pytest

from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.errors import (
    ConnectionFailed,
    SessionClosed,
    SubscriptionRefused,
    UsageError,
)
from mexc_connector.common.registration import GuardedCallback, Registration
from mexc_connector.common.stream_status import ConnectionEvent
from tests.unit.trading.orders import order


class Stream:
    """Grants when `gate` is set, or raises `refusal`."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.gate = asyncio.Event()
        self.refusal = refusal
        self.released = 0
        self.withdrawn = 0

    async def acknowledged(self) -> None:
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.withdrawn += 1
            raise
        if self.refusal is not None:
            raise self.refusal

    def release(self) -> None:
        self.released += 1

    def register(self) -> Registration:
        return Registration(
            "trades",
            release=self.release,
            acknowledged=self.acknowledged,
        )


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_awaiting_returns_the_registration_once_it_is_acknowledged() -> None:
    stream = Stream()
    registration = stream.register()
    waiting = asyncio.ensure_future(registration._wait())
    await settle()
    assert not waiting.done()
    stream.gate.set()
    assert await waiting is registration
    assert await registration is registration
    assert not registration.is_closed
    registration.close()
    assert stream.released == 1


async def test_a_refusal_is_raised_to_who_awaits_and_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = Stream(SubscriptionRefused("trades", "Blocked!"))
    registration = stream.register()
    waiting = asyncio.ensure_future(registration._wait())
    await settle()
    stream.gate.set()
    with pytest.raises(SubscriptionRefused):
        await waiting
    assert registration.is_closed
    assert stream.released == 1
    assert caplog.records == []


async def test_a_refusal_that_nobody_awaits_is_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = Stream(SubscriptionRefused("trades", "Blocked!"))
    registration = stream.register()
    stream.gate.set()
    await settle()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert [getattr(record, "mexc", None) for record in caplog.records] == [{"stream": "trades"}]
    with pytest.raises(SubscriptionRefused):
        await registration


async def test_a_client_that_closes_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    stream = Stream(SessionClosed("closed"))
    registration = stream.register()
    stream.gate.set()
    await settle()
    assert caplog.records == []
    assert registration.is_closed


async def test_closing_withdraws_what_was_not_acknowledged_yet() -> None:
    stream = Stream()
    registration = stream.register()
    await settle()
    registration.close()
    registration.close()
    await settle()
    assert (stream.released, stream.withdrawn) == (1, 1)
    with pytest.raises(UsageError):
        await registration


async def test_closing_in_the_same_step_leaves_nothing_behind() -> None:
    stream = Stream()
    stream.register().close()
    await settle()
    assert (stream.released, stream.withdrawn) == (1, 0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_cancelling_who_awaits_keeps_the_registration() -> None:
    stream = Stream()
    registration = stream.register()
    waiting = asyncio.ensure_future(registration._wait())
    await settle()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    stream.gate.set()
    assert await registration is registration
    assert stream.released == 0


async def test_without_anything_to_grant_it_is_acknowledged_at_once() -> None:
    stream = Stream()
    registration = Registration("events", release=stream.release)
    assert await registration is registration
    assert repr(registration) == "<Registration events: registered>"
    registration.close()
    assert repr(registration) == "<Registration events: closed>"


def test_a_callback_that_raises_is_counted_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[None] = []

    def broken(event: int) -> None:
        raise ConnectionFailed(f"event {event}")

    guarded = GuardedCallback("trades", broken, on_failure=lambda: told.append(None))
    guarded(1)
    guarded(2)
    assert guarded.failures == len(told) == 2
    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info is not None


def test_the_line_about_a_failed_callback_says_what_the_event_was_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(event: object) -> None:
        raise ConnectionFailed(f"event {event}")

    for event in (order(), ConnectionEvent(3, ConnectionState.OPEN, 1, "granted", 5), ()):
        GuardedCallback("anything", broken)(event)
    assert [getattr(record, "mexc", None) for record in caplog.records] == [
        {
            "symbol": "BTC/USDT",
            "order_id": "X1",
            "client_order_id": "mine",
            "stream": "anything",
        },
        {"connection": 3, "stream": "anything"},
        {"stream": "anything"},
    ]


def test_a_callback_gets_its_events() -> None:
    got: list[int] = []
    guarded = GuardedCallback("trades", got.append)
    guarded(1)
    assert (got, guarded.failures) == ([1], 0)

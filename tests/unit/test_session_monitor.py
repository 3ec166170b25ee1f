import asyncio
import logging

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.health import DegradedEvent, DegradedMode, ModeChange
from mexc_connector.common.stream_status import ConnectionEvent
from mexc_connector.session_monitor import LOOK_EVERY_S, SessionMonitor

CUT = {DegradedMode.PRIVATE_STREAM_DOWN: "cut"}


class TickClock(Clock):
    """Looks come due one by one, when the test says so."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.due = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.due.acquire()


class Bench:
    def __init__(self) -> None:
        self.found: dict[DegradedMode, str] = {}
        self.clock = TickClock()
        self.monitor = SessionMonitor(lambda: self.found, clock=self.clock)
        self.events: list[DegradedEvent] = []
        self.monitor.register(self.events.append)

    async def tick(self) -> None:
        count = len(self.clock.slept)
        self.clock.due.release()
        async with asyncio.timeout(5):
            while len(self.clock.slept) == count:
                await asyncio.sleep(0)


async def test_it_looks_from_time_to_time_and_tells_changes_once() -> None:
    bench = Bench()
    bench.monitor.start()
    await bench.tick()
    bench.found = CUT
    assert bench.events == []
    await bench.tick()
    await bench.tick()
    assert [event.change for event in bench.events] == [ModeChange.ENTERED]
    bench.found = {}
    await bench.tick()
    assert [event.change for event in bench.events] == [ModeChange.ENTERED, ModeChange.LEFT]
    assert bench.monitor.changes == 2
    assert set(bench.clock.slept) == {LOOK_EVERY_S}
    await bench.monitor.close()
    await bench.monitor.close()


async def test_an_event_of_a_part_makes_it_look_at_once() -> None:
    bench = Bench()
    bench.found = CUT
    bench.monitor.look("any event")
    assert [event.mode for event in bench.events] == [DegradedMode.PRIVATE_STREAM_DOWN]


async def test_what_is_asked_for_is_of_now() -> None:
    bench = Bench()
    bench.found = CUT
    assert [active.reason for active in bench.monitor.active] == ["cut"]
    assert repr(bench.monitor) == "<SessionMonitor <Degradation PRIVATE_STREAM_DOWN>>"


async def test_what_parts_say_while_they_are_taken_down_is_no_degradation() -> None:
    bench = Bench()
    bench.monitor.start()
    await bench.monitor.close()
    bench.found = CUT
    bench.monitor.look()
    assert bench.events == []
    assert bench.monitor.active == ()


async def test_beginnings_are_logged_as_warnings_and_ends_as_information(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    with caplog.at_level(logging.INFO, logger="mexc_connector.health"):
        for found in (CUT, CUT, {}):
            bench.found = found
            bench.monitor.look()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "PRIVATE_STREAM_DOWN ENTERED: cut"),
        ("INFO", "PRIVATE_STREAM_DOWN LEFT: cut"),
    ]
    assert [getattr(record, "mexc", None) for record in caplog.records] == [
        {"mode": "PRIVATE_STREAM_DOWN"},
        {"mode": "PRIVATE_STREAM_DOWN"},
    ]


async def test_a_line_names_the_connection_whose_event_showed_the_mode(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    bench.found = CUT
    bench.monitor.look(ConnectionEvent(4, ConnectionState.RECONNECTING, 0, "cut", 1))
    (record,) = caplog.records
    assert getattr(record, "mexc", None) == {"mode": "PRIVATE_STREAM_DOWN", "connection": 4}


async def test_a_watch_ends_with_the_session() -> None:
    bench = Bench()

    async def read() -> list[DegradedMode]:
        return [event.mode async for event in bench.monitor.watch()]

    reading = asyncio.create_task(read())
    async with asyncio.timeout(5):
        while "1 watches" not in repr(bench.monitor._events):
            await asyncio.sleep(0)
    bench.found = CUT
    bench.monitor.look()
    await bench.monitor.close()
    assert await reading == [DegradedMode.PRIVATE_STREAM_DOWN]

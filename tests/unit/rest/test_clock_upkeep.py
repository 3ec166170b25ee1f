import asyncio
import logging

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import RequestTimeout
from mexc_connector.rest.clock_upkeep import ClockUpkeep


class Turns(Clock):
    """Each sleep is written down, and ends when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._turn = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self._turn.acquire()

    async def end_one(self) -> None:
        before = len(self.asked)
        self._turn.release()
        async with asyncio.timeout(5):
            while len(self.asked) == before:
                await asyncio.sleep(0)


async def test_the_clock_is_measured_before_start_returns_and_again_after_each_interval() -> None:
    clock, measured = Turns(), []

    async def measure() -> None:
        measured.append(len(clock.asked))

    upkeep = ClockUpkeep(measure, every_s=300.0, clock=clock)
    await upkeep.start()
    assert measured == [0]
    await asyncio.sleep(0)
    await clock.end_one()
    assert measured == [0, 1]
    assert clock.asked == [300.0, 300.0]
    await upkeep.close()
    await upkeep.close()


async def test_a_measurement_that_fails_is_logged_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, attempts = Turns(), []

    async def measure() -> None:
        attempts.append(1)
        raise RequestTimeout("no answer")

    upkeep = ClockUpkeep(measure, every_s=1.0, clock=clock)
    with caplog.at_level(logging.WARNING, logger="mexc_connector.rest"):
        await upkeep.start()
        await asyncio.sleep(0)
        await clock.end_one()
    assert len(attempts) == 2
    assert "could not be measured: no answer" in caplog.text
    await upkeep.close()


async def test_closing_what_was_never_started_is_fine() -> None:
    async def measure() -> None:
        raise AssertionError

    await ClockUpkeep(measure, every_s=1.0, clock=Clock()).close()


async def test_closing_while_the_first_measurement_is_made_ends_it() -> None:
    async def measure() -> None:
        await upkeep.close()

    upkeep = ClockUpkeep(measure, every_s=1.0, clock=Clock())
    others = asyncio.all_tasks()
    await upkeep.start()
    assert asyncio.all_tasks() == others

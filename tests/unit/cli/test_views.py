"""The views' timing, with a clock that is moved by whoever sleeps."""

import asyncio
from typing import cast

import pytest

from mexc_connector.cli.demo import _keep_measuring
from mexc_connector.cli.failure import CommandFailed
from mexc_connector.cli.feed import DemoFeed
from mexc_connector.cli.rates import SendDelays
from mexc_connector.cli.view_model import DemoFrame
from mexc_connector.cli.views import PlainView
from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import ConnectionFailed, OrderBookNotSynced
from mexc_connector.exchange import MexcExchange
from tests.unit.cli.frames import NOON_MS, demo_frame, market_frame


class MovedClock(Clock):
    def __init__(self, *, cost_s: float = 0.0) -> None:
        self.seconds = 0.0
        self.cost_s = cost_s

    def now(self) -> float:
        return self.seconds

    def time_ns(self) -> int:
        return NOON_MS * 1_000_000 + round(self.seconds * 1e9)

    async def sleep(self, seconds: float) -> None:
        self.seconds += max(seconds, 0)
        await asyncio.sleep(0)


class StillFeed:
    """Shows one market; each frame costs the clock's `cost_s`."""

    def __init__(self, clock: MovedClock) -> None:
        self._clock = clock

    def frame(self, *, levels: int) -> DemoFrame:
        self._clock.seconds += self._clock.cost_s
        return demo_frame(market_frame(levels=levels))


async def show(clock: MovedClock, *, seconds: float, failure: Exception | None = None) -> None:
    starting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if failure is None:
        starting.set_result(None)
    else:
        starting.set_exception(failure)
    feed = cast("DemoFeed", StillFeed(clock))
    await PlainView().show(feed, starting, clock=clock, seconds=seconds, check=lambda: None)


async def test_lines_come_once_a_second_until_the_time_is_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = MovedClock()
    await show(clock, seconds=3.5)
    times = [line[11:20] for line in capsys.readouterr().out.splitlines()]
    assert times == ["12:00:00Z", "12:00:01Z", "12:00:02Z", "12:00:03Z"]
    assert clock.now() == 3.5


async def test_what_a_line_costs_does_not_shift_the_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = MovedClock(cost_s=0.25)
    await show(clock, seconds=8)
    assert len(capsys.readouterr().out.splitlines()) == 8
    assert clock.now() == 8


async def test_a_start_that_fails_is_raised_before_any_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(OrderBookNotSynced):
        await show(MovedClock(), seconds=1, failure=OrderBookNotSynced("BTC/USDT", "late"))
    assert capsys.readouterr().out == ""


async def test_a_venue_that_is_gone_ends_the_view() -> None:
    def check() -> None:
        raise CommandFailed("gone")

    clock = MovedClock()
    starting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    starting.set_result(None)
    with pytest.raises(CommandFailed):
        await PlainView().show(
            cast("DemoFeed", StillFeed(clock)), starting, clock=clock, seconds=None, check=check
        )


async def test_the_clock_offset_is_measured_again_and_a_failure_keeps_the_last_one() -> None:
    answers: list[int | Exception] = [5, ConnectionFailed("down"), 9]
    seen: list[float] = []
    delays = SendDelays(clock_offset_ms=1)
    clock = MovedClock()

    class Rest:
        async def sync_clock(self) -> int:
            seen.append(delays.clock_offset_ms)
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

    class Exchange:
        public_rest = Rest()

    with pytest.raises(IndexError):
        await _keep_measuring(cast("MexcExchange", Exchange()), delays, clock)
    assert seen == [1, 5, 5, 9]
    assert clock.now() == 240

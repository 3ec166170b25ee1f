import asyncio

import pytest

from mexc_connector.common.errors import ConnectionFailed, SessionClosed
from mexc_connector.common.shared_read import JointWork, SharedRead
from tests.unit.rest.doubles import FakeClock


class Source:
    """A request that leaves when told, and lands when told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.may_land = asyncio.Event()
        self.sent: list[float] = []
        self.fails: Exception | None = None
        self.shared = SharedRead(self.fetch, clock=self.clock, name="test")

    async def fetch(self) -> tuple[int, float]:
        self.sent.append(self.clock.now())
        number, sent_at = len(self.sent), self.clock.now()
        await self.may_land.wait()
        if self.fails is not None:
            raise self.fails
        return number, sent_at


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_fifty_callers_at_once_share_one_request() -> None:
    source = Source()
    source.may_land.set()
    results = await asyncio.gather(*(source.shared.get() for _ in range(50)))
    assert results == [1] * 50
    assert (source.shared.calls, source.shared.requests) == (50, 1)


async def test_who_asks_after_the_request_left_gets_the_next_one_and_shares_it() -> None:
    source = Source()
    early = asyncio.create_task(source.shared.get())
    await turns()
    source.clock.moment += 0.5
    late = [asyncio.create_task(source.shared.get()) for _ in range(20)]
    await turns()
    assert len(source.sent) == 1
    source.may_land.set()
    assert await early == 1
    assert await asyncio.gather(*late) == [2] * 20
    assert len(source.sent) == 2


async def test_a_failure_reaches_everybody_and_is_not_kept() -> None:
    source = Source()
    source.fails = ConnectionFailed("reset")
    source.may_land.set()
    results = await asyncio.gather(*(source.shared.get() for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionFailed] * 3
    source.fails = None
    assert await source.shared.get() == 2


async def test_cancelling_one_caller_leaves_the_request_to_the_others() -> None:
    source = Source()
    first, second = (asyncio.create_task(source.shared.get()) for _ in range(2))
    await turns()
    first.cancel()
    await turns()
    source.may_land.set()
    assert await second == 1
    assert first.cancelled()


async def test_a_failure_that_nobody_waits_for_any_more_makes_no_noise() -> None:
    source = Source()
    source.fails = ConnectionFailed("reset")
    call = asyncio.create_task(source.shared.get())
    await turns()
    call.cancel()
    await turns()
    source.may_land.set()
    await source.shared.close()
    await source.shared.close()
    with pytest.raises(SessionClosed):
        await source.shared.get()


class Works:
    """Joint work under one key that takes a turn to be undone."""

    def __init__(self) -> None:
        self.joint: JointWork[str] = JointWork("test")
        self.may_end = asyncio.Event()
        self.log: list[str] = []

    def join(self) -> asyncio.Task[None]:
        return asyncio.create_task(self.joint.join("key", self._work))

    async def _work(self) -> None:
        self.log.append("begun")
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            await turns()
            self.log.append("undone")
            raise


async def test_joint_work_goes_on_for_as_long_as_anybody_wants_it() -> None:
    works = Works()
    first, second = works.join(), works.join()
    await turns()
    first.cancel()
    await turns()
    works.may_end.set()
    await second
    assert first.cancelled()
    assert works.log == ["begun"]


async def test_joint_work_that_nobody_wants_any_more_is_undone_before_it_begins_anew() -> None:
    works = Works()
    first = works.join()
    await turns()
    first.cancel()
    await asyncio.sleep(0)
    second = works.join()
    await turns(10)
    assert works.log == ["begun", "undone", "begun"]
    works.may_end.set()
    await second
    assert first.cancelled()

import asyncio

import pytest

from mexc_connector.common.errors import EventsLost, SessionClosed
from mexc_connector.trading.outlet import Outlet


def new_outlet(queue_size: int = 10) -> Outlet[int]:
    return Outlet("numbers", queue_size=queue_size)


async def test_every_consumer_gets_every_event() -> None:
    outlet = new_outlet()
    called: list[int] = []
    outlet.on(called.append)
    async with outlet.watch() as first, outlet.watch() as second:
        outlet.push(1)
        outlet.push(2)
        assert [await anext(first), await anext(first)] == [1, 2]
        assert [await anext(second), await anext(second)] == [1, 2]
    assert called == [1, 2]
    assert repr(outlet) == "<Outlet numbers: 0 watches>"


async def test_a_slow_consumer_is_told_what_it_lost() -> None:
    outlet = new_outlet(queue_size=1)
    async with outlet.watch() as watch:
        for number in range(3):
            outlet.push(number)
        assert await anext(watch) == 0
        with pytest.raises(EventsLost):
            await anext(watch)


async def test_a_callback_can_be_taken_back_and_its_errors_are_counted() -> None:
    outlet = new_outlet()

    def fail(_: int) -> None:
        raise ZeroDivisionError

    registration = outlet.on(fail)
    outlet.push(1)
    registration.close()
    outlet.push(2)
    assert outlet.callback_errors == 1


async def test_a_session_that_ends_ends_every_watch() -> None:
    outlet = new_outlet()
    watch = outlet.watch()
    pending = asyncio.create_task(anext(watch))
    await asyncio.sleep(0.001)
    outlet.finish()
    with pytest.raises(StopAsyncIteration):
        await pending
    with pytest.raises(SessionClosed):
        await anext(outlet.watch())

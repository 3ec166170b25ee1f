import asyncio

import pytest

from mexc_connector.common.errors import EventsLost, SessionClosed
from mexc_connector.common.fan_out import FanOut


def make(*, queue_size: int = 10, errors: list[None] | None = None) -> FanOut[int]:
    noted = [] if errors is None else errors
    return FanOut("numbers", queue_size=queue_size, on_callback_error=lambda: noted.append(None))


async def test_every_consumer_gets_every_event() -> None:
    fan_out = make()
    first, second = fan_out.watch(), fan_out.watch()
    called: list[int] = []
    fan_out.register(called.append)
    async with first, second:
        fan_out.push(1)
        fan_out.push(2)
        assert [await anext(first), await anext(first)] == [1, 2]
        assert [await anext(second), await anext(second)] == [1, 2]
    assert called == [1, 2]
    assert repr(fan_out) == "<FanOut numbers: 0 watches, 1 callbacks>"


async def test_a_consumer_that_is_too_slow_is_told_how_much_it_lost() -> None:
    fan_out = make(queue_size=2)
    async with fan_out.watch() as watch:
        for number in range(5):
            fan_out.push(number)
        assert [await anext(watch), await anext(watch)] == [0, 1]
        with pytest.raises(EventsLost) as caught:
            await anext(watch)
        assert caught.value.lost == 3
        fan_out.push(5)
        assert await anext(watch) == 5


async def test_a_callback_that_raises_is_counted_and_stays() -> None:
    errors: list[None] = []
    fan_out, called = make(errors=errors), []

    def broken(number: int) -> None:
        called.append(number)
        raise RuntimeError(number)

    registration = await fan_out.register(broken)
    fan_out.push(1)
    fan_out.push(2)
    assert called == [1, 2]
    assert len(errors) == fan_out.callback_errors == 2
    registration.close()
    fan_out.push(3)
    assert called == [1, 2]


async def test_a_callback_that_leaves_in_the_middle_disturbs_no_other() -> None:
    fan_out, called = make(), []
    registration = fan_out.register(lambda number: registration.close())
    fan_out.register(called.append)
    fan_out.push(1)
    fan_out.push(2)
    assert called == [1, 2]


async def test_the_end_ends_every_consumer_after_what_it_still_holds() -> None:
    fan_out = make()
    watch, unused = fan_out.watch(), fan_out.watch()
    async with watch:
        registration = fan_out.register(lambda _: None)
        fan_out.push(1)
        fan_out.finish()
        fan_out.push(2)
        assert [number async for number in watch] == [1]
    assert registration.is_closed
    with pytest.raises(SessionClosed):
        async with asyncio.timeout(5):
            await anext(unused)

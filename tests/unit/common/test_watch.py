import asyncio
import gc
from collections.abc import Callable

import pytest

from mexc_connector.common.errors import ConnectionFailed, EventsLost, UsageError
from mexc_connector.common.watch import Inlet, Release, Watch


class Producer:
    """A stream without an exchange: opens at once, unless `gate` holds it or `refusal` ends it."""

    def __init__(self) -> None:
        self.inlets: list[Inlet[int]] = []
        self.opened = 0
        self.returned = 0
        self.released = 0
        self.withdrawn = 0
        self.gate: asyncio.Event | None = None
        self.refusal: Exception | None = None

    async def open(self, inlet: Inlet[int]) -> Release:
        self.opened += 1
        self.inlets.append(inlet)
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.withdrawn += 1
            raise
        if self.refusal is not None:
            raise self.refusal
        self.returned += 1
        return self._release

    def _release(self) -> None:
        self.released += 1

    def push(self, *events: int) -> None:
        for event in events:
            for inlet in self.inlets:
                inlet.push(event)

    def queue(self, capacity: int = 10) -> Watch[int]:
        return Watch.of_queue("trades", self.open, capacity=capacity)

    def latest(self) -> Watch[int]:
        return Watch.of_latest("ticker", self.open)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def test_the_subscription_is_made_by_the_first_step() -> None:
    producer = Producer()
    watch = producer.queue()
    await asyncio.sleep(0)
    assert producer.opened == 0
    step = asyncio.ensure_future(anext(watch))
    await until(lambda: producer.opened == 1)
    producer.push(1)
    assert await step == 1
    await watch.aclose()


async def test_a_queue_hands_out_every_event_in_order() -> None:
    producer = Producer()
    async with producer.queue() as watch:
        producer.push(1, 2, 3)
        assert [await anext(watch) for _ in range(3)] == [1, 2, 3]
        assert (watch.lost, watch.skipped) == (0, 0)


async def test_an_overflow_delivers_what_was_queued_then_says_how_many_were_lost() -> None:
    producer = Producer()
    async with producer.queue(capacity=2) as watch:
        producer.push(1, 2, 3, 4)
        assert await anext(watch) == 1
        producer.push(5)  # there is room again, but behind a gap: it is lost as well
        assert await anext(watch) == 2
        with pytest.raises(EventsLost) as caught:
            await anext(watch)
        assert (caught.value.stream, caught.value.lost) == ("trades", 3)
        assert watch.lost == 3
        producer.push(6)
        assert await anext(watch) == 6


async def test_a_latest_state_watch_conflates_and_counts() -> None:
    producer = Producer()
    async with producer.latest() as watch:
        producer.push(1, 2, 3)
        assert await anext(watch) == 3
        assert (watch.skipped, watch.lost) == (2, 0)
        producer.push(4)
        assert await anext(watch) == 4
        assert watch.skipped == 2


async def test_watches_of_one_stream_are_independent() -> None:
    producer = Producer()
    async with producer.queue(capacity=1) as slow, producer.queue() as fast:
        producer.push(1, 2)
        assert [await anext(fast), await anext(fast)] == [1, 2]
        assert await anext(slow) == 1
        assert (slow.lost, fast.lost) == (1, 0)


async def test_a_refusal_is_raised_to_who_asked_once_and_then_it_is_over() -> None:
    producer = Producer()
    producer.refusal = ConnectionFailed("no")
    watch = producer.queue()
    with pytest.raises(ConnectionFailed):
        await anext(watch)
    with pytest.raises(StopAsyncIteration):
        await anext(watch)
    assert producer.opened == 1
    await watch.aclose()
    assert producer.released == 0


async def test_entering_raises_the_refusal() -> None:
    producer = Producer()
    producer.refusal = ConnectionFailed("no")
    with pytest.raises(ConnectionFailed):
        async with producer.queue():
            pytest.fail("entered")


async def test_a_failure_comes_after_what_was_queued_and_then_the_end() -> None:
    producer = Producer()
    async with producer.queue() as watch:
        producer.push(1)
        producer.inlets[0].fail(ConnectionFailed("gone"))
        producer.push(2)
        assert await anext(watch) == 1
        with pytest.raises(ConnectionFailed):
            await anext(watch)
        with pytest.raises(StopAsyncIteration):
            await anext(watch)


async def test_a_finished_stream_ends_the_loop() -> None:
    producer = Producer()
    async with producer.queue() as watch:
        producer.push(1, 2)
        producer.inlets[0].finish()
        producer.inlets[0].fail(ConnectionFailed("too late"))
        assert [event async for event in watch] == [1, 2]


async def test_a_step_that_waits_learns_of_the_end() -> None:
    producer = Producer()
    watch = producer.queue()
    step = asyncio.ensure_future(anext(watch, None))
    await until(lambda: producer.opened == 1)
    producer.inlets[0].finish()
    assert await step is None
    await watch.aclose()


async def test_cancelling_a_step_loses_no_event() -> None:
    producer = Producer()
    async with producer.queue() as watch:
        for event in range(20):
            step = asyncio.ensure_future(anext(watch))
            await asyncio.sleep(0)
            producer.push(event)
            step.cancel()
            try:
                got = await step
            except asyncio.CancelledError:
                got = await anext(watch)
            assert got == event


async def test_a_timed_out_step_does_not_stop_the_opening() -> None:
    producer = Producer()
    producer.gate = asyncio.Event()
    watch = producer.queue()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await anext(watch)
    assert (producer.opened, producer.withdrawn) == (1, 0)
    producer.gate.set()
    await until(lambda: producer.returned == 1)
    producer.push(1)
    assert await anext(watch) == 1
    await watch.aclose()
    assert (producer.released, producer.withdrawn) == (1, 0)


async def test_closing_gives_the_subscription_back_once() -> None:
    producer = Producer()
    watch = producer.queue()
    async with watch:
        producer.push(1)
    await watch.aclose()
    assert producer.released == 1
    assert [event async for event in watch] == []
    with pytest.raises(UsageError):
        async with watch:
            pytest.fail("entered")


async def test_closing_before_the_start_subscribes_to_nothing() -> None:
    producer = Producer()
    watch = producer.queue()
    await watch.aclose()
    assert [event async for event in watch] == []
    assert producer.opened == 0


async def test_closing_while_opening_withdraws_the_wish() -> None:
    producer = Producer()
    producer.gate = asyncio.Event()
    watch = producer.queue()
    step = asyncio.ensure_future(anext(watch, "end"))
    await until(lambda: producer.opened == 1)
    await watch.aclose()
    assert await step == "end"
    assert (producer.withdrawn, producer.released) == (1, 0)


async def test_a_grant_that_comes_after_closing_is_given_back() -> None:
    released: list[bool] = []
    gate = asyncio.Event()

    async def stubborn(inlet: Inlet[int]) -> Release:
        try:
            await gate.wait()
        except asyncio.CancelledError:
            inlet.push(1)  # ignored: the consumer has left
        return lambda: released.append(True)

    watch = Watch.of_queue("trades", stubborn, capacity=1)
    step = asyncio.ensure_future(anext(watch, "end"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await watch.aclose()
    assert await step == "end"
    assert released == [True]


async def test_cancelling_the_entry_withdraws_the_wish() -> None:
    producer = Producer()
    producer.gate = asyncio.Event()
    watch = producer.queue()
    entry = asyncio.ensure_future(watch.__aenter__())
    await until(lambda: producer.opened == 1)
    entry.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entry
    assert producer.withdrawn == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_breaking_out_of_a_loop_releases_the_subscription() -> None:
    producer = Producer()

    async def first() -> int:
        async for event in producer.queue():
            return event
        return -1

    task = asyncio.ensure_future(first())
    await until(lambda: producer.opened == 1)
    producer.push(7)
    assert await task == 7
    del task
    gc.collect()
    await until(lambda: producer.released == 1)


async def test_an_abandoned_watch_that_is_still_opening_is_withdrawn() -> None:
    producer = Producer()
    producer.gate = asyncio.Event()
    step = asyncio.ensure_future(anext(producer.queue()))
    await until(lambda: producer.opened == 1)
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    del step
    gc.collect()
    await until(lambda: producer.withdrawn == 1)


def test_a_watch_that_outlives_its_loop_is_collected_in_silence() -> None:
    producer = Producer()

    async def start() -> Watch[int]:
        watch = producer.queue()
        async with asyncio.timeout(5):
            step = asyncio.ensure_future(anext(watch))
            await until(lambda: producer.opened == 1)
            producer.push(1)
            await step
        return watch

    watch = asyncio.run(start())
    del watch
    gc.collect()
    assert producer.released == 0


async def test_two_tasks_cannot_share_one_watch() -> None:
    producer = Producer()
    async with producer.queue() as watch:
        step = asyncio.ensure_future(anext(watch))
        await asyncio.sleep(0)
        with pytest.raises(UsageError, match="one task"):
            await anext(watch)
        producer.push(1)
        assert await step == 1


async def test_reprs_show_the_counts() -> None:
    producer = Producer()
    watch = producer.latest()
    assert repr(watch) == "<Watch ticker: not started, skipped 0, lost 0>"
    async with watch:
        producer.push(1, 2)
        assert repr(watch) == "<Watch ticker: started, skipped 1, lost 0>"
        assert repr(producer.inlets[0]) == "<Inlet ticker: 1 waiting, skipped 1, lost 0>"
    assert "ended" in repr(producer.inlets[0])

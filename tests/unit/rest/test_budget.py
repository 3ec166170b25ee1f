import asyncio

import pytest

from mexc_connector.common.config import RateLimitConfig
from mexc_connector.common.errors import RateLimitError
from mexc_connector.core.rate_limit import RequestCost
from mexc_connector.core.request_line import Priority
from mexc_connector.rest.budget import RequestBudget
from tests.unit.rest.doubles import FakeClock

LIGHT, HEAVY = RequestCost(ip_weight=1), RequestCost(ip_weight=10)


def budget(clock: FakeClock, **limits: float) -> RequestBudget:
    values = {"ip_weight": 10, "requests_per_second": 1000, **limits}
    return RequestBudget(RateLimitConfig(**values), clock=clock)  # type: ignore[arg-type]


async def pass_through(queue: RequestBudget, cost: RequestCost, gone: list[str], name: str) -> None:
    async with queue.turn(cost, endpoint=name):
        gone.append(name)


async def test_a_heavy_call_is_not_starved_by_light_ones_that_come_later() -> None:
    queue, gone = budget(FakeClock()), []  # type: ignore[var-annotated]
    async with queue.turn(LIGHT, endpoint="first"):
        pass
    await asyncio.gather(
        pass_through(queue, HEAVY, gone, "heavy"),
        *(pass_through(queue, LIGHT, gone, f"light {n}") for n in range(5)),
    )
    assert gone[0] == "heavy"


async def test_the_turn_tells_how_long_it_took() -> None:
    clock = FakeClock()
    queue = budget(clock)
    async with queue.turn(HEAVY, endpoint="a") as waited_s:
        assert waited_s == 0
    async with queue.turn(HEAVY, endpoint="b") as waited_s:
        assert waited_s == 10.0


async def test_a_caller_cancelled_while_waiting_leaves_nothing_behind() -> None:
    class Frozen(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    queue = budget(Frozen())
    async with queue.turn(HEAVY, endpoint="a"):
        pass
    waiting = [
        asyncio.create_task(pass_through(queue, HEAVY, [], name)) for name in ("head", "behind")
    ]
    for _ in range(3):
        await asyncio.sleep(0)
    assert queue.expected_wait_s(LIGHT) == 30.0
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert queue.expected_wait_s(LIGHT) == 10.0
    assert queue.usage().ip_weight == 10


async def test_a_call_that_fails_still_counts() -> None:
    queue = budget(FakeClock())
    with pytest.raises(ZeroDivisionError):
        async with queue.turn(HEAVY, endpoint="a"):
            raise ZeroDivisionError
    assert queue.usage().ip_weight == 10


async def test_a_turn_that_would_come_too_late_is_refused_without_waiting() -> None:
    clock = FakeClock()
    queue = budget(clock, max_wait_s=5.0)
    async with queue.turn(HEAVY, endpoint="a"):
        pass
    with pytest.raises(RateLimitError, match="not sent") as caught:
        async with queue.turn(LIGHT, endpoint="GET /x"):
            pass
    assert caught.value.retry_after == 10.0
    assert caught.value.endpoint == "GET /x"
    assert clock.slept == []


async def test_a_long_pause_that_begins_while_waiting_lets_the_whole_line_go() -> None:
    class Pausing(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            queue.pause(10_000.0)

    queue = budget(Pausing(), max_wait_s=300.0)
    async with queue.turn(HEAVY, endpoint="a"):
        pass
    results = await asyncio.gather(
        *(pass_through(queue, LIGHT, [], str(n)) for n in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [RateLimitError] * 3


async def test_two_thousand_snapshots_take_as_long_as_the_weight_budget_says() -> None:
    clock = FakeClock()
    queue, gone = RequestBudget(RateLimitConfig(), clock=clock), []  # type: ignore[var-annotated]
    snapshot = RequestCost(ip_weight=3)
    await asyncio.gather(
        *(pass_through(queue, snapshot, gone, str(number)) for number in range(2_000))
    )
    assert gone == [str(number) for number in range(2_000)]
    assert clock.moment - 1000.0 == pytest.approx(194.0)  # 100 in each 10 s, 20 a second


async def test_the_repr_shows_the_line() -> None:
    shown = "<RequestBudget <RequestLine 0 cancel, 0 place, 0 read waiting, <RateLimiter"
    assert repr(budget(FakeClock())).startswith(shown)


async def test_cancels_overtake_placements_and_placements_overtake_reads() -> None:
    everybody_waits = asyncio.Event()

    class Held(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await everybody_waits.wait()
            await super().sleep(seconds)

    queue, gone = budget(Held(), requests_per_second=1, cancel_reserve=0), []  # type: ignore[var-annotated]
    order = RequestCost(orders=1)

    async def go(priority: Priority, name: str) -> None:
        async with queue.turn(order, endpoint=name, priority=priority):
            gone.append(name)

    await go(Priority.READ, "first")
    lanes = (Priority.READ, Priority.PLACE, Priority.CANCEL)
    calls = [asyncio.create_task(go(lane, lane.name.lower())) for lane in lanes]
    for _ in range(3):
        await asyncio.sleep(0)
    everybody_waits.set()
    await asyncio.gather(*calls)
    assert gone == ["first", "cancel", "place", "read"]
    usage = queue.lanes()
    assert [(lane.priority, lane.gone, lane.waiting) for lane in usage] == [
        (Priority.CANCEL, 1, 0),
        (Priority.PLACE, 1, 0),
        (Priority.READ, 2, 0),
    ]
    assert all(lane.waited_s > 0 for lane in usage)


async def test_a_cancel_goes_at_once_past_a_line_of_two_thousand_reads() -> None:
    class Frozen(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    queue = RequestBudget(RateLimitConfig(), clock=Frozen())
    queue.keep_room_for_trading()
    reads = [
        asyncio.create_task(pass_through(queue, RequestCost(ip_weight=3), [], str(number)))
        for number in range(2_000)
    ]
    for _ in range(100):
        await asyncio.sleep(0)
    assert queue.lanes()[Priority.READ].waiting > 1_900
    cost = RequestCost(ip_weight=1, account_weight=1, orders=1)
    for priority in (Priority.CANCEL, Priority.PLACE):
        async with queue.turn(cost, endpoint="DELETE", priority=priority) as waited_s:
            assert waited_s == 0
    for task in reads:
        task.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    assert queue.lanes()[Priority.READ].waiting == 0


def test_one_budget_serves_one_event_loop_after_another() -> None:
    queue = budget(FakeClock())

    async def crowd() -> None:
        await asyncio.gather(*(pass_through(queue, HEAVY, [], f"{n}") for n in range(4)))

    asyncio.run(crowd())
    asyncio.run(crowd())

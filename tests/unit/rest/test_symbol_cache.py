import asyncio
import gc

import pytest

from mexc_connector.common.errors import ConnectionFailed, SessionClosed
from mexc_connector.common.instrument import ExchangeInfo
from mexc_connector.common.symbols import SymbolMap
from mexc_connector.rest.symbol_cache import SymbolCache
from mexc_connector.rest.symbol_rules import SymbolTable
from tests.unit.rest.doubles import FakeClock


class Source:
    def __init__(self) -> None:
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    async def __call__(self) -> SymbolTable:
        self.calls += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return SymbolTable(ExchangeInfo(self.calls, ()), {}, SymbolMap([]), 0)


@pytest.fixture
def source() -> Source:
    return Source()


def cache(source: Source, clock: FakeClock | None = None) -> SymbolCache:
    return SymbolCache(source, clock=clock or FakeClock(), life_s=300.0)


async def test_fifty_callers_at_once_share_one_request(source: Source) -> None:
    shared = cache(source)
    tables = await asyncio.gather(*(shared.get() for _ in range(50)))
    assert source.calls == 1
    assert len({id(table) for table in tables}) == 1
    assert (shared.hits, shared.misses) == (49, 1)


async def test_the_copy_lives_as_long_as_it_is_told(source: Source) -> None:
    clock = FakeClock()
    shared = cache(source, clock)
    await shared.get()
    clock.moment += 300.0
    await shared.get()
    assert source.calls == 1
    clock.moment += 0.1
    await shared.get()
    assert source.calls == 2


async def test_a_caller_may_want_it_fresher(source: Source) -> None:
    clock = FakeClock()
    shared = cache(source, clock)
    await shared.get()
    clock.moment += 6.0
    await shared.get(max_age_s=5.0)
    assert source.calls == 2


async def test_what_the_exchange_contradicted_is_read_again(source: Source) -> None:
    shared = cache(source)
    await shared.get()
    shared.expire()
    await shared.get()
    assert source.calls == 2


async def test_cancelling_one_caller_leaves_the_request_to_the_others(source: Source) -> None:
    source.gate.clear()
    shared = cache(source)
    first, second = asyncio.create_task(shared.get()), asyncio.create_task(shared.get())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.gate.set()
    assert (await second).info.exchange_time_ms == 1
    assert first.cancelled()
    assert source.calls == 1


async def test_a_failure_reaches_every_caller_and_the_next_asks_anew(source: Source) -> None:
    source.error = ConnectionFailed("down")
    shared = cache(source)
    results = await asyncio.gather(*(shared.get() for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionFailed] * 3
    source.error = None
    await shared.get()
    assert source.calls == 2


async def test_a_failure_that_nobody_waits_for_makes_no_noise(source: Source) -> None:
    noise: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    source.gate.clear()
    source.error = ConnectionFailed("down")
    shared = cache(source)
    caller = asyncio.create_task(shared.get())
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    source.gate.set()
    await shared.close()
    gc.collect()  # "exception was never retrieved" is said when the task is collected
    assert noise == []


async def test_after_close_nothing_is_given_out(source: Source) -> None:
    shared = cache(source)
    await shared.get()
    await shared.close()
    await shared.close()
    with pytest.raises(SessionClosed):
        await shared.get()

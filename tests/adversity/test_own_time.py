"""The clock that verdicts go by stands still while the machine works for others."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from tests.adversity.own_time import OwnTime, own_time

MS = 1_000_000


class Machine:
    """What a process would see of a machine."""

    def __init__(self) -> None:
        self.real_ns = 5_000 * MS
        self.used_ns = 300 * MS

    def work(self, ms: int) -> None:
        self.real_ns += ms * MS
        self.used_ns += ms * MS

    def serve_others(self, ms: int) -> None:
        self.real_ns += ms * MS


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def own(machine: Machine) -> OwnTime:
    return OwnTime(real_ns=lambda: machine.real_ns, used_ns=lambda: machine.used_ns)


def test_it_begins_with_the_real_time_and_goes_on_with_work(machine: Machine, own: OwnTime) -> None:
    assert own.monotonic() == 5.0
    machine.work(20)
    assert own.monotonic_ns() == 5_020 * MS


def test_what_others_use_does_not_pass(machine: Machine, own: OwnTime) -> None:
    machine.work(20)
    machine.serve_others(700)
    machine.work(5)
    assert own.monotonic_ns() == 5_025 * MS


def test_sleep_passes_as_far_as_it_was_meant(machine: Machine, own: OwnTime) -> None:
    with own.sleeping(0.050):
        machine.serve_others(50)
    assert own.monotonic_ns() == 5_050 * MS
    with own.sleeping(0.050):
        machine.serve_others(800)
    assert own.monotonic_ns() == 5_101 * MS  # selectors round up to the millisecond
    with own.sleeping(0.050):
        machine.serve_others(10)  # something arrived
    assert own.monotonic_ns() == 5_111 * MS
    with own.sleeping(None):
        machine.serve_others(300)
    assert own.monotonic_ns() == 5_411 * MS


def test_dates_go_as_fast(machine: Machine, own: OwnTime) -> None:
    before = own.time_ns()
    machine.work(7)
    machine.serve_others(90)
    assert own.time_ns() - before == 7 * MS
    assert own.time() == pytest.approx(own.time_ns() / 1e9)


@pytest.fixture
def real_time() -> Iterator[None]:
    clocks = (time.monotonic, time.monotonic_ns, time.time, time.time_ns)
    yield
    assert (time.monotonic, time.monotonic_ns, time.time, time.time_ns) == clocks


@pytest.mark.usefixtures("real_time")
def test_a_loop_without_a_selector_keeps_real_time() -> None:
    clock = time.monotonic
    with own_time(asyncio.AbstractEventLoop()):
        assert time.monotonic is clock


@pytest.mark.usefixtures("real_time")
async def test_a_limit_does_not_run_out_while_the_process_gets_no_turn() -> None:
    loop = asyncio.get_running_loop()
    with own_time(loop):
        began = loop.time()
        async with asyncio.timeout(0.5):
            time.sleep(0.6)  # noqa: ASYNC251 - uses no CPU, as a process that waits for its turn
            await asyncio.sleep(0.05)
        assert 0.05 <= loop.time() - began < 0.5
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await asyncio.Event().wait()

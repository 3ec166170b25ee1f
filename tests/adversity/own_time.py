"""The time that a process has had: what others take of the machine meanwhile does not pass.

Limits of seconds are everywhere in a case: the connector's, the exchange's, and the case's own. On
a loaded machine they all run out although nothing stands still: the verdict would be of the load.
`time.perf_counter` goes on showing real time.
"""

import selectors
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol
from unittest.mock import patch

_ROUNDING_S = 0.001  # by so much a selector may sleep longer than it was asked to
_NS = 1_000_000_000


class _Selector(Protocol):
    select: Callable[[float | None], list[tuple[selectors.SelectorKey, int]]]


class OwnTime:
    """The CPU time that this process used, and the time that its event loop meant to sleep.

    It goes on from what the real clocks show, and never faster than they do.
    """

    def __init__(
        self,
        *,
        real_ns: Callable[[], int] = time.monotonic_ns,
        used_ns: Callable[[], int] = time.process_time_ns,
    ) -> None:
        self._real_ns = real_ns
        self._used_ns = used_ns
        self._began_ns = real_ns() - used_ns()
        self._date_ns = time.time_ns() - real_ns()
        self._slept_ns = 0

    def monotonic_ns(self) -> int:
        return self._began_ns + self._used_ns() + self._slept_ns

    def monotonic(self) -> float:
        return self.monotonic_ns() / _NS

    def time_ns(self) -> int:
        return self._date_ns + self.monotonic_ns()

    def time(self) -> float:
        return self.time_ns() / _NS

    @contextmanager
    def sleeping(self, most_s: float | None) -> Iterator[None]:
        """Count what the body sleeps, up to what it was asked to; None is for as long as it is."""
        idle_ns = self._real_ns() - self._used_ns()
        yield
        slept_ns = self._real_ns() - self._used_ns() - idle_ns
        if most_s is not None:
            slept_ns = min(slept_ns, round((max(0.0, most_s) + _ROUNDING_S) * _NS))
        self._slept_ns += max(0, slept_ns)


@contextmanager
def own_time(loop: AbstractEventLoop) -> Iterator[OwnTime]:
    """Let every clock of this process show its own time while `loop`, the running one, is used.

    A loop without a selector of Python's, such as uvloop, keeps real time.
    """
    selector: _Selector | None = getattr(loop, "_selector", None)
    own = OwnTime()
    if selector is None:
        yield own
        return
    wait = selector.select

    def select(timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        with own.sleeping(timeout):
            return wait(timeout)

    with (
        patch.object(selector, "select", select),
        patch.multiple(
            time,
            monotonic=own.monotonic,
            monotonic_ns=own.monotonic_ns,
            time=own.time,
            time_ns=own.time_ns,
        ),
    ):
        yield own

"""Ends a command's work in good order when SIGINT, SIGTERM or SIGHUP arrives."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


async def until_stopped(work: Coroutine[None, None, None]) -> None:
    """Run `work` to its end, or cancel it at the first signal and wait for it to clean up."""
    task = asyncio.ensure_future(work)
    with _signals_call(task.cancel) as arrived:
        try:
            await task
        except asyncio.CancelledError:
            if not arrived:
                raise


@contextmanager
def _signals_call(stop: Callable[[], object]) -> Iterator[list[int]]:
    """Call `stop` whenever a signal arrives; yields the list of those that did."""
    loop = asyncio.get_running_loop()
    arrived: list[int] = []

    def on_signal(number: int) -> None:
        arrived.append(number)
        stop()

    installed = []
    for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
        try:
            loop.add_signal_handler(number, on_signal, number)
        except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt
            continue
        installed.append(number)
    try:
        yield arrived
    finally:
        for number in installed:
            loop.remove_signal_handler(number)

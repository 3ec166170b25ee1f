"""How a session is shown: as plain lines, or as a picture that moves."""

import asyncio
import logging
import sys
from asyncio import Future
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from mexc_connector.cli.feed import DemoFeed
from mexc_connector.cli.number_text import duration_text
from mexc_connector.cli.plain import plain_line
from mexc_connector.common.clock import Clock

if TYPE_CHECKING:
    from rich.console import Console

FRAMES_PER_SECOND = 12


class View(Protocol):
    """Shows what a feed sees."""

    def announce(self, source: str) -> None:
        """Tell a person who waits that `source` is being connected to."""

    async def show(
        self,
        feed: DemoFeed,
        starting: Future[None],
        *,
        clock: Clock,
        seconds: float | None,
        check: Callable[[], None],
    ) -> None:
        """Show the feed for `seconds` after `starting` is done, or for ever.

        Raises what `starting` and `check` raise.
        """


class PlainView:
    """One line per market and second on standard output, from the moment all books are synced."""

    def announce(self, source: str) -> None:
        """Nothing: a log has no one who waits."""

    async def show(
        self,
        feed: DemoFeed,
        starting: Future[None],
        *,
        clock: Clock,
        seconds: float | None,
        check: Callable[[], None],
    ) -> None:
        """Print at 0, 1, 2, ... seconds; whatever a line costs does not shift the next."""
        await starting
        began_at = clock.now()
        elapsed_s = 0
        while seconds is None or elapsed_s < seconds:
            await clock.sleep(began_at + elapsed_s - clock.now())
            check()
            time_ms = clock.time_ns() // 1_000_000
            for market in feed.frame(levels=1).markets:
                sys.stdout.write(plain_line(market, time_ms=time_ms) + "\n")
            sys.stdout.flush()
            elapsed_s += 1
        await clock.sleep(began_at + seconds - clock.now())


class ScreenView:
    """The full view, on the terminal's alternate screen, which is given back in any case."""

    def __init__(self, console: "Console") -> None:
        self._console = console

    def announce(self, source: str) -> None:
        """Print one line, which the first picture covers."""
        self._console.print(f"Connecting to {source} ...", markup=False, highlight=False)

    async def show(
        self,
        feed: DemoFeed,
        starting: Future[None],
        *,
        clock: Clock,
        seconds: float | None,
        check: Callable[[], None],
    ) -> None:
        """Paint by a timer of its own: how much happens does not change how often."""
        try:
            with self._console.screen(), _no_log_lines():
                await self._paint(feed, starting, clock=clock, seconds=seconds, check=check)
        except asyncio.CancelledError:
            self._sum_up(feed)
            raise
        self._sum_up(feed)

    async def _paint(
        self,
        feed: DemoFeed,
        starting: Future[None],
        *,
        clock: Clock,
        seconds: float | None,
        check: Callable[[], None],
    ) -> None:
        from mexc_connector.cli.screen import LEVELS, Painter  # noqa: PLC0415 - needs rich

        painter = Painter(self._console)
        ends_at: float | None = None
        while ends_at is None or clock.now() < ends_at:
            check()
            if starting.done():
                starting.result()
                if ends_at is None and seconds is not None:
                    ends_at = clock.now() + seconds
            painter.paint(feed.frame(levels=LEVELS))
            await clock.sleep(1 / FRAMES_PER_SECOND)

    def _sum_up(self, feed: DemoFeed) -> None:
        frame = feed.frame(levels=1)
        names = ", ".join(market.name for market in frame.markets)
        links = frame.links
        self._console.print(
            f"{names} from {frame.source} for {duration_text(frame.age_s)}: "
            f"{links.updates} book updates, {links.resyncs} resyncs, "
            f"{links.reconnects} reconnects.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


@contextmanager
def _no_log_lines() -> Iterator[None]:
    """Keep warnings, which go to standard error by default, from being written into the picture."""
    root, silence = logging.getLogger(), logging.NullHandler()
    root.addHandler(silence)
    try:
        yield
    finally:
        root.removeHandler(silence)

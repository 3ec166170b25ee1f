"""The full view: frames as pictures, and a painter that writes only the lines that changed."""

from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions
from rich.control import Control
from rich.segment import Segment

from mexc_connector.cli.card import card
from mexc_connector.cli.cells import Line, between, fitted, span
from mexc_connector.cli.layout import SMALLEST_HEIGHT, SMALLEST_WIDTH, arrange
from mexc_connector.cli.number_text import duration_text, milliseconds_text
from mexc_connector.cli.palette import Palette, palette_for
from mexc_connector.cli.view_model import DemoFrame
from mexc_connector.common.enums import ConnectionState

LEVELS = 30
"""Levels a side that the tallest card shows."""

_HEADER_ROWS = 2


def picture(frame: DemoFrame, palette: Palette, *, width: int, height: int) -> list[Line]:
    """Return the frame as `height` lines of `width` cells."""
    rows = arrange(len(frame.markets), width=width, height=height - _HEADER_ROWS)
    shown = sum(len(row) for row in rows)
    lines = _header(frame, palette, width=width, hidden=len(frame.markets) - shown)
    for row in rows:
        cards = [
            card(
                frame.markets[tile.index],
                palette,
                width=max(tile.width, SMALLEST_WIDTH),
                height=max(tile.height, SMALLEST_HEIGHT),
            )
            for tile in row
        ]
        lines += [
            [segment for part in parts for segment in part] for parts in zip(*cards, strict=True)
        ]
    lines += [[] for _ in range(height - len(lines))]
    return [fitted(line, width) for line in lines[:height]]


def _header(frame: DemoFrame, palette: Palette, *, width: int, hidden: int) -> list[Line]:
    links = frame.links
    is_open = links.state is ConnectionState.OPEN
    state = [
        span(" ● " if is_open else " ○ ", palette.good if is_open else palette.warning),
        span(frame.source, palette.title),
        span(f"  {links.state}", palette.good if is_open else palette.warning),
        span(f"  links {links.open_links}/{links.links}", palette.dim),
    ]
    counts = [
        *_count("reconnects", links.reconnects, palette),
        *_count("resyncs", links.resyncs, palette),
        span(f"{duration_text(frame.age_s)} ", palette.title),
    ]
    flow = [
        span(f" {frame.frames_per_second:.0f} frames/s", palette.text),
        span(f"  {frame.updates_per_second:.0f} updates/s", palette.text),
        *_latency(frame, palette),
    ]
    note = f"{hidden} more need a larger window " if hidden else "Ctrl-C ends "
    return [
        between(state, counts, width, fill=" ", style=palette.text),
        between(flow, [span(note, palette.dim)], width, fill=" ", style=palette.text),
    ]


def _count(name: str, value: int, palette: Palette) -> Line:
    return [
        span(f"{name} ", palette.dim),
        span(f"{value}  ", palette.warning if value else palette.text),
    ]


def _latency(frame: DemoFrame, palette: Palette) -> Line:
    if frame.latency is None:
        return [span("  latency -", palette.dim)]
    return [
        span("  latency ", palette.dim),
        span(milliseconds_text(frame.latency.median_ms), palette.text),
        span("  p99 ", palette.dim),
        span(milliseconds_text(frame.latency.p99_ms), palette.text),
    ]


class Painter:
    """Paints frames over each other on a console that shows its alternate screen."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._palette = palette_for(console)
        self._size: tuple[int, int] = (0, 0)
        self._painted: list[Line] = []

    def paint(self, frame: DemoFrame) -> None:
        """Bring the terminal up to date; a new size of it is painted from scratch."""
        width, height = size = self._console.size
        lines = picture(frame, self._palette, width=width, height=height)
        segments: list[Segment] = []
        if size != self._size:
            self._size, self._painted = size, []
            segments.append(Control.clear().segment)
        for row, line in enumerate(lines):
            if row >= len(self._painted) or line != self._painted[row]:
                segments.append(Control.move_to(0, row).segment)
                segments += line
        self._painted = lines
        if segments:
            self._console.print(_Ready(segments), end="", crop=False)


class _Ready:
    """Segments that need no rendering."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self._segments = segments

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        yield from self._segments

"""Lines of terminal cells: lists of segments that are padded, cropped, joined and tinted."""

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

Line = list[Segment]

_EIGHTHS = " ▏▎▍▌▋▊▉"


def span(text: str, style: Style) -> Segment:
    """Return one piece of a line."""
    return Segment(text, style)


def fitted(line: Line, width: int) -> Line:
    """Return `line` cropped or padded with blanks to exactly `width` cells."""
    return Segment.adjust_line_length(line, width)


def fitted_text(text: str, width: int) -> str:
    """Return `text` cropped or padded to exactly `width` cells, wide characters counted as two."""
    return (
        text.ljust(width) if text.isascii() and len(text) <= width else set_cell_size(text, width)
    )


def between(left: Line, right: Line, width: int, *, fill: str, style: Style) -> Line:
    """Return `left` and `right` at the two ends of `width` cells; `left` gives way if need be."""
    gap = width - cells(left) - cells(right)
    if gap < 0:
        return [*fitted(left, max(width - cells(right), 0)), *right]
    return [*left, span(fill * gap, style), *right]


def tinted(line: Line, start: int, stop: int, tint: Style) -> Line:
    """Return `line`, all of narrow characters, with `tint` behind the cells from start to stop."""
    result: Line = []
    position = 0
    for text, style, _ in line:
        end = position + len(text)
        low, high = min(max(start, position), end), min(max(stop, start, position), end)
        pieces = (
            (text[: low - position], style),
            (text[low - position : high - position], (style or Style.null()) + tint),
            (text[high - position :], style),
        )
        result += [Segment(piece, look) for piece, look in pieces if piece]
        position = end
    return result


def block_bar(share: float, width: int) -> str:
    """Return a bar of `share` (0 to 1) of `width` cells, exact to an eighth of a cell."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(eighths, 8)
    bar = "█" * full + (_EIGHTHS[rest] if rest else "")
    return bar.ljust(width)


def cells(line: Line) -> int:
    """Return how many cells a line takes."""
    return sum(cell_len(segment.text) for segment in line)

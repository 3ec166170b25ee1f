"""Where the markets go on a terminal of any size. Pure."""

from math import ceil

import msgspec

SMALLEST_WIDTH = 38
"""Cells of a card in which both sides of a book can still be read."""

SMALLEST_HEIGHT = 6


class Tile(msgspec.Struct, frozen=True):
    """The place of one market: which one, and how many cells it gets."""

    index: int
    width: int
    height: int


def arrange(count: int, *, width: int, height: int) -> tuple[tuple[Tile, ...], ...]:
    """Return rows of tiles that fill `width` x `height` cells with up to `count` markets.

    As few rows as the width allows, equally long ones. Markets that do not fit are left out, the
    last first; one is shown even where there is no room for it.
    """
    if count <= 0:
        return ()
    most_columns = max(min(width // SMALLEST_WIDTH, count), 1)
    most_rows = max(height // SMALLEST_HEIGHT, 1)
    rows = min(ceil(count / most_columns), most_rows)
    shown = min(count, rows * most_columns)
    columns = ceil(shown / rows)
    starts = range(0, shown, columns)
    heights = _shares(height, len(starts))
    return tuple(
        tuple(
            Tile(index=start + place, width=share, height=row_height)
            for place, share in enumerate(_shares(width, min(columns, shown - start)))
        )
        for start, row_height in zip(starts, heights, strict=True)
    )


def _shares(total: int, parts: int) -> list[int]:
    """Split `total` into `parts` whole numbers that differ by one at most, the larger first."""
    share, rest = divmod(max(total, parts), parts)
    return [share + (place < rest) for place in range(parts)]

"""Pages of announcements of any size, although the exchange serves multiples of 5 up to 100."""

import msgspec

from mexc_connector.common.models import Announcement
from mexc_connector.rest import endpoints, market_data, wire
from mexc_connector.rest.session import RestSession

_SIZE_STEP = 5
_LARGEST_SIZE = 100


class PageCover(msgspec.Struct, frozen=True):
    """Which of the exchange's pages hold a page of ours.

    Ask for pages `first` to `last` of `size` rows, join them, drop `skip` rows in front.
    """

    size: int
    first: int
    last: int
    skip: int


def covering_pages(page: int, limit: int) -> PageCover:
    """Return the smallest page of the exchange that holds rows of ours, or the fewest large ones.

    `page` counts from 1; ours holds the rows from `(page - 1) * limit` to before `page * limit`.
    """
    start, end = (page - 1) * limit, page * limit
    size = next(
        (s for s in range(_SIZE_STEP, _LARGEST_SIZE, _SIZE_STEP) if start // s == (end - 1) // s),
        _LARGEST_SIZE,
    )
    return PageCover(
        size=size, first=start // size + 1, last=(end - 1) // size + 1, skip=start % size
    )


async def read_announcements(
    session: RestSession, *, language: str, page: int, limit: int
) -> list[Announcement]:
    """Read one page of `limit` announcements, from as many of the exchange's as it takes."""
    cover = covering_pages(page, limit)
    found: list[Announcement] = []
    for number in range(cover.first, cover.last + 1):
        answer = await session.read(
            endpoints.ANNOUNCEMENTS,
            [("language", language), ("page", number), ("limit", cover.size)],
        )
        reply = wire.decode(answer, wire.Announcements)
        rows = [row for part in reply.data or () for row in part.details or ()]
        found += [market_data.announcement(row) for row in rows]
        if len(rows) < cover.size:
            break
    return found[cover.skip : cover.skip + limit]

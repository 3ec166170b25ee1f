"""Reading book entries: through the pool, past it, and each built afresh.

The readers take the best five levels. One drops them at once, as a bot does that only looks; one
keeps the last entry; one keeps more than the pool holds, so that the pool has to build each one.
What an empty loop asks for is subtracted from the counted allocations. Python keeps a few freed
floats and tuples aside, whose reuse no counter sees; that favours building.
"""

import time
from collections import deque
from collections.abc import Callable

from benchmarks.contenders import Round
from benchmarks.contenders.depth_ours import live_sync
from benchmarks.contenders.native_library import built
from benchmarks.recording import read
from mexc_connector.common.models import OrderBookEntry
from mexc_connector.core.book_sync import BookSync

READS = 4_000
TOP = 5
MORE_THAN_POOLED = 1000

Reader = Callable[[], None]


def prepare(folder: str) -> Round:
    """Prepare the readers of one live book."""
    sync = live_sync(read(folder).before)
    readers = {
        "dropped": _from_the_side(sync),
        "one kept": _keeping(sync, 1),
        "all kept": _keeping(sync, MORE_THAN_POOLED),
        "built": _built(sync),
    }
    library = built("allocations")

    def allocations(read_all: Reader) -> int:
        library.allocations_start()
        try:
            read_all()
        finally:
            count = library.allocations_stop()
        return int(count)

    def play() -> dict[str, float]:
        figures = {}
        entries = READS * TOP
        idle = allocations(_read_nothing)
        for name, read_all in readers.items():
            started = time.process_time_ns()
            read_all()
            figures[f"{name} ns"] = (time.process_time_ns() - started) / entries
            figures[f"{name} allocations"] = (allocations(read_all) - idle) / entries
        return figures

    return play


def _read_nothing() -> None:
    for _ in range(READS):
        for _depth in range(TOP):
            pass


def _from_the_side(sync: BookSync) -> Reader:
    bids = sync.book.bids

    def read_all() -> None:
        for _ in range(READS):
            for depth in range(TOP):
                bids[depth]

    return read_all


def _keeping(sync: BookSync, entries: int) -> Reader:
    """Read while the last so many entries are kept: the pool may not touch those."""
    bids = sync.book.bids
    kept: deque[OrderBookEntry] = deque(maxlen=entries)

    def read_all() -> None:
        keep = kept.append
        for _ in range(READS):
            for depth in range(TOP):
                keep(bids[depth])

    return read_all


def _built(sync: BookSync) -> Reader:
    at, entry = sync.book.bid_levels.at, OrderBookEntry

    def read_all() -> None:
        for _ in range(READS):
            for depth in range(TOP):
                entry(*at(depth))

    return read_all

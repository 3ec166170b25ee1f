"""What stays allocated after many updates of one book, through the whole client and without it."""

import gc
import sys
from contextlib import AsyncExitStack

from benchmarks.contenders import WrongResult
from benchmarks.contenders.depth_ours import EPOCH, live_sync, require_followed
from benchmarks.contenders.receiving_ours import Receiving, receiving
from benchmarks.recording import Recording, read
from mexc_connector import core
from mexc_connector.core.book_head import FOLLOWED
from mexc_connector.core.book_sync import BookSync
from mexc_connector.proto.decode import book_diff, parse_push

PIECE = 10_000


class Round:
    """Play the recording once, to a book of its own and through a session; then it is used up."""

    def __init__(self, stack: AsyncExitStack, lane: Receiving, recording: Recording) -> None:
        self.close = stack.aclose
        self._lane = lane
        self._recording = recording

    async def __call__(self) -> dict[str, float]:
        """Return memory blocks per update that were not there before."""
        updates = len(self._recording.frames)
        alone = _survivors_of_a_book(self._recording)
        piece = min(PIECE, updates)
        # The first piece fills what is filled once: caches, buffers, free lists.
        await self._lane.play(f"burst {piece}", piece)
        before = _blocks()
        for _ in range(piece, updates, piece):
            await self._lane.play(f"burst {piece}", piece)
        through = _blocks() - before
        return {"alone": alone / updates, "through": through / max(updates - piece, 1)}


def _survivors_of_a_book(recording: Recording) -> int:
    sync = live_sync(recording.before)
    play = _play_compiled if core.IMPLEMENTATION == "compiled" else _play_reference
    before = _blocks()
    play(sync, recording.frames)
    survivors = _blocks() - before
    require_followed(sync, len(recording.frames), recording)
    return survivors


def _play_compiled(sync: BookSync, frames: list[bytes]) -> None:
    advance = sync.book.head.advance
    for frame in frames:
        if advance(frame, EPOCH, 0) != FOLLOWED:
            raise WrongResult("ours did not follow")


def _play_reference(sync: BookSync, frames: list[bytes]) -> None:
    for frame in frames:
        push = parse_push(frame)
        sync.on_diff(book_diff(push.publicAggreDepths, push.sendTime, 0), EPOCH)


def _blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()


async def prepare(folder: str) -> Round:
    """Open everything."""
    stack = AsyncExitStack()
    return Round(stack, await receiving(stack, folder), read(folder))

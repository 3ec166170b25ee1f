"""Frames on disk, the same for every contender. Standard library only, so that reading is cheap."""

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_LENGTH = struct.Struct("<I")

Levels = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Book:
    """A whole book, best price first on both sides."""

    version: int
    bids: Levels
    asks: Levels


@dataclass(frozen=True, slots=True)
class Recording:
    """Frames, and the exchange's book before the first and after the last one."""

    frames: list[bytes]
    before: Book
    after: Book


def read(folder: str) -> Recording:
    """Read a recording that `benchmarks.frames.record` made."""
    return Recording(
        frames=list(_split(Path(folder, "frames").read_bytes())),
        before=_read_book(Path(folder, "before.json")),
        after=_read_book(Path(folder, "after.json")),
    )


def joined(frames: Iterable[bytes]) -> bytes:
    """Lay frames end to end, each behind its length, four bytes with the lowest first."""
    return b"".join(_LENGTH.pack(len(frame)) + frame for frame in frames)


def _split(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        (size,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        yield data[at : at + size]
        at += size


def _read_book(path: Path) -> Book:
    reply = json.loads(path.read_bytes())
    sides = (
        [(float(price), float(size)) for price, size in reply[side]] for side in ("bids", "asks")
    )
    return Book(reply["lastUpdateId"], *sides)

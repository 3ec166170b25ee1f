"""The floor in C (`depth_floor.c`), built here with `cc -O2` and called once for all frames."""

import ctypes
import time
from collections.abc import Mapping
from functools import partial

from benchmarks.contenders import Round, WrongResult, require_book, round_over
from benchmarks.contenders.native_library import built
from benchmarks.recording import Book, Recording, joined

_SIGNATURES = {
    "floor_new": ([ctypes.c_int64], ctypes.c_void_p),
    "floor_free": ([ctypes.c_void_p], None),
    "floor_set": ([ctypes.c_void_p, ctypes.c_int, ctypes.c_double, ctypes.c_double], ctypes.c_int),
    "floor_play": ([ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t], ctypes.c_int),
    "floor_version": ([ctypes.c_void_p], ctypes.c_int64),
    "floor_count": ([ctypes.c_void_p, ctypes.c_int], ctypes.c_int),
    "floor_level": ([ctypes.c_void_p] + [ctypes.c_int] * 3, ctypes.c_double),
}


def prepare(folders: Mapping[str, str]) -> Round:
    """Build the library and prepare the batches."""
    return round_over(folders, partial(_play, _declared(built("depth_floor"))))


def _play(library: ctypes.PyDLL, recording: Recording) -> float:
    batch = joined(recording.frames)
    book = library.floor_new(recording.before.version)
    try:
        for is_bid, levels in ((1, recording.before.bids), (0, recording.before.asks)):
            for price, size in reversed(levels):
                library.floor_set(book, is_bid, price, size)
        started = time.process_time_ns()
        followed = library.floor_play(book, batch, len(batch))
        elapsed_ns = time.process_time_ns() - started
        if followed != len(recording.frames):
            raise WrongResult(f"C floor followed {followed} of {len(recording.frames)} frames")
        require_book("C floor", _state(library, book), recording.after)
    finally:
        library.floor_free(book)
    return elapsed_ns


def _declared(library: ctypes.PyDLL) -> ctypes.PyDLL:
    for name, (arguments, result) in _SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


def _state(library: ctypes.PyDLL, book: int) -> Book:
    sides = (
        [
            tuple(library.floor_level(book, is_bid, depth, part) for part in (0, 1))
            for depth in range(library.floor_count(book, is_bid))
        ]
        for is_bid in (1, 0)
    )
    return Book(library.floor_version(book), *sides)

"""What is compared: one module per contender, each run by `benchmarks.child` in its own process."""

from collections.abc import Callable, Mapping

from benchmarks.recording import Book, Recording, read

Round = Callable[[], dict[str, float]]


class ContenderMissing(Exception):
    """What a contender needs is not installed here."""


class WrongResult(Exception):
    """A contender did not do the work: its figure would mean nothing."""


def require_book(contender: str, found: Book, expected: Book) -> None:
    """Raise `WrongResult` unless the book is the exchange's, to the last bit."""
    for name in ("bids", "asks", "version"):
        if getattr(found, name) != getattr(expected, name):
            raise WrongResult(f"{contender}: the {name} are not the exchange's at the end")


def round_over(folders: Mapping[str, str], play: Callable[[Recording], float]) -> Round:
    """Return a round that plays every recording once: microseconds per frame, by name."""
    recordings = {name: read(folder) for name, folder in folders.items()}

    def play_all() -> dict[str, float]:
        return {
            name: play(recording) / len(recording.frames) / 1000
            for name, recording in recordings.items()
        }

    return play_all

"""Mutational fuzzing of the compiled hot path against the reference and `protobuf`.

    python -m tests.fuzz.native_frames --seconds 60 --seed 1
    python -m tests.fuzz.native_frames --frame 0a01...

One seed makes one sequence of frames and numbers. A disagreement ends the run with exit code 1, the
frame and the command that repeats it. `--last FILE` keeps the frame that is being judged, in hex,
for the one that ends the process.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random, SystemRandom

from tests.fuzz import frames, judge, number_texts
from tests.fuzz.recordings import RECORDED

_CORPUS_SIZE = 200
_NUMBERS = 100
_KEPT = 0.02
"""Share of bent frames that are bent again later."""


def sequence(seed: int) -> Iterator[bytes]:
    """Frames without end, a bent good one mostly, a good one now and then."""
    random = Random(seed)
    corpus = [*RECORDED.values(), *(frames.good_frame(random) for _ in range(_CORPUS_SIZE))]
    while True:
        fresh = frames.good_frame(random)
        yield fresh
        corpus[random.randrange(len(corpus))] = fresh
        for _ in range(8):
            bent = frames.bend(random, random.choice(corpus), corpus)
            if random.random() < _KEPT:
                corpus[random.randrange(len(corpus))] = bent
            yield bent


def run(
    *, seed: int, seconds: float, limit: int | None = None, last: Path | None = None
) -> Counter[str]:
    """Judge frames until the time or the number of frames is up; return what was counted.

    Raises `judge.Disagreement`, the frame being in its notes.
    """
    counts: Counter[str] = Counter()
    numbers = Random(seed)
    ends = time.monotonic() + seconds
    for frame in sequence(seed):
        if counts["frames"] == limit or (not counts["frames"] % 64 and time.monotonic() > ends):
            break
        counts["frames"] += 1
        if last is not None:
            last.write_text(frame.hex())
        try:
            taken = judge.check_frame(frame)
        except judge.Disagreement as error:
            error.add_note(f"python -m tests.fuzz.native_frames --frame {frame.hex()}")
            raise
        counts.update(body.name.lower() for body in taken)
        if not counts["frames"] % 16:
            judge.check_numbers(number_texts.readable(numbers, _NUMBERS))
            counts["numbers"] += _NUMBERS
    return counts


def main() -> int:
    """Run, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long (10)")
    parser.add_argument("--seed", type=int, default=None, help="one sequence (a random one)")
    parser.add_argument("--frame", type=bytes.fromhex, default=None, help="judge one frame, in hex")
    parser.add_argument("--last", type=Path, default=None, help="keep the frame at hand there")
    arguments = parser.parse_args()
    if arguments.frame is not None:
        taken = sorted(body.name.lower() for body in judge.check_frame(arguments.frame))
        sys.stdout.write(f"taken by {', '.join(taken) or 'nobody'}\n")
        return 0
    seed = SystemRandom().randrange(2**32) if arguments.seed is None else arguments.seed
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    try:
        counts = run(seed=seed, seconds=arguments.seconds, last=arguments.last)
    except judge.Disagreement as error:
        sys.stderr.write("\n".join((str(error), *getattr(error, "__notes__", ()), "")))
        return 1
    sys.stdout.write(", ".join(f"{name} {count}" for name, count in counts.most_common()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

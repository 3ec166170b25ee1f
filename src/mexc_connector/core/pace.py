"""Pace: evenly spaced turns, for opening links and for sending on one of them."""


class Pace:
    """At most `per_second` turns a second, each told how long to wait for its own.

    `now` is seconds of a monotonic clock. A turn is taken even if whoever asked gives up.
    """

    __slots__ = ("_next_turn", "_spacing_s")

    def __init__(self, per_second: float) -> None:
        self._spacing_s = 1.0 / per_second
        self._next_turn = float("-inf")

    def reserve(self, now: float) -> float:
        """Take the next turn; return the seconds to wait for it."""
        turn = max(now, self._next_turn)
        self._next_turn = turn + self._spacing_s
        return turn - now

    def __repr__(self) -> str:
        return f"<Pace every {self._spacing_s:g} s>"

"""CopyProof: whether the connections that are left bring all that one that is gone did not.

For streams of which every event counts, and whose events are told apart by keys but carry no
number that would show a gap. A connection keeps its order, and brings what happens from the time
when it joined. It is *in step* when everything that is yet to be brought will come over it:

    C1  The first one is in step. What happened before it is somebody else's business.
    C2  One that joins later is in step once it and another one that is in step have brought the
        same event: what was before that came over the other one, what is after it comes over both.
    C3  One of which something could not be read is not, until C2 holds for it again.
    C4  When nobody is in step any more, events *may be missing*: what the last one that was had
        under way, from before the others joined. Once that is told, who is left is in step.
    C5  One that joined a stream on which nothing was brought since may be counted as in step when
        what was under way has had time to arrive.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable

_REMEMBERED = 4096
"""Keys of each connection; some seconds of the busiest market."""

_Keys = OrderedDict[Hashable, None]


class CopyProof:
    """The connections of one stream, by number. Pure.

    `on_brought` need only be called while not `is_complete`: with several connections of which one
    is not in step.
    """

    def __init__(self) -> None:
        self._in_step: set[int] = set()
        self._unproven: dict[int, _Keys] = {}
        self._proven: _Keys = OrderedDict()
        self._untouched: set[int] = set()  # C5: nobody brought anything since they joined

    def on_joined(self, carrier: int) -> None:
        """Another connection brings the events too (C1, C2)."""
        if carrier in self._in_step:
            return
        if self._in_step:
            self._unproven[carrier] = OrderedDict()
            self._untouched.add(carrier)
        else:
            self._in_step.add(carrier)

    def on_left(self, carrier: int) -> bool:
        """A connection is gone; return whether events may be missing (C4).

        They may not if it was the last one: then whoever follows the stream learns that it ended.
        """
        self._unproven.pop(carrier, None)
        self._untouched.discard(carrier)
        self._in_step.discard(carrier)
        return self._is_missing()

    def on_missed(self, carrier: int) -> bool:
        """One of several did not say something; return whether it may be missing (C3, C4)."""
        if carrier in self._in_step:
            self._in_step.discard(carrier)
            self._unproven[carrier] = OrderedDict()
            self._proven.clear()  # some of it is its own, and may be repeated
        elif carrier in self._unproven:
            self._unproven[carrier].clear()
        self._untouched.discard(carrier)
        return self._is_missing()

    def on_brought(self, carrier: int, keys: Iterable[Hashable]) -> None:
        """One of several brought events (C2)."""
        if self.is_complete:
            return
        self._untouched.clear()
        for key in keys:
            if carrier in self._in_step:
                _remember(self._proven, key)
                for other in [one for one, tried in self._unproven.items() if key in tried]:
                    self._prove(other)
            elif key in self._proven:
                self._prove(carrier)
            elif carrier in self._unproven:
                _remember(self._unproven[carrier], key)

    @property
    def is_complete(self) -> bool:
        """Whether each one is in step."""
        return not self._unproven

    def settle(self, carrier: int) -> bool:
        """Return whether one may be left alone, now that there was time enough (C5)."""
        if carrier in self._untouched:
            self._prove(carrier)
        return carrier in self._in_step

    # Inside.

    def _prove(self, carrier: int) -> None:
        self._in_step.add(carrier)
        self._untouched.discard(carrier)
        del self._unproven[carrier]
        if self.is_complete:
            self._proven.clear()

    def _is_missing(self) -> bool:
        if self._in_step or not self._unproven:
            if self.is_complete:
                self._proven.clear()
            return False
        self._in_step.update(self._unproven)
        self._unproven.clear()
        self._untouched.clear()
        self._proven.clear()
        return True

    def __repr__(self) -> str:
        return f"<CopyProof {len(self._in_step)} in step, {len(self._unproven)} not>"


def _remember(keys: _Keys, key: Hashable) -> None:
    keys[key] = None
    if len(keys) > _REMEMBERED:
        keys.popitem(last=False)

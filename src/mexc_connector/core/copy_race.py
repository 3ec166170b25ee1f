"""CopyRace: which of the links that carry one channel brings each copy first, late, or never.

The links bring the same, so each is the measure of the others. What is compared is told apart by
its *key*: the version of a diff, quote or limit depth, the first trade id of a push of trades.

    the first copy of a key           -> a lap begins, of the links that take part by then
    all of them have brought it       -> the lap is counted
    a copy `patience_ns` after it,    -> the lap is counted; who has not brought its key, has
      of whatever key                    missed it
    a copy of a key that was counted  -> says nothing: repeated, or too late

A link that joins takes part `patience_ns` after the next copy that anybody brings: what was sent
before it joined, and is under way to others, is not expected of it. Of a link that left nothing is
expected. A lap of fewer than two links compares nothing. At most `capacity` laps are under way;
one more ends the oldest uncounted. Keys are remembered for at least four times `patience_ns`, or
until `capacity` later ones were counted.
"""

from collections import OrderedDict
from collections.abc import Hashable

from mexc_connector.common.health import LinkCopies
from mexc_connector.common.latency import LatencyHistogram

_REMEMBERED = 4
"""Keys are remembered for so many patiences: with the defaults 20 s, and a link whose PONGs are
farther behind is dropped."""


class LinkTally:
    """What was counted of one link, over all channels; `compared` is the sum of the others."""

    __slots__ = ("compared", "first", "lateness", "missed")

    def __init__(self) -> None:
        self.compared = 0
        self.first = 0
        self.missed = 0
        self.lateness = LatencyHistogram()

    def report(self) -> LinkCopies:
        """Return it as it is now."""
        return LinkCopies(
            compared=self.compared,
            first=self.first,
            late=self.compared - self.first - self.missed,
            missed=self.missed,
            late_median_ns=self.lateness.percentile_ns(50),
            late_p99_ns=self.lateness.percentile_ns(99),
            late_max_ns=self.lateness.max_ns,
        )

    def __repr__(self) -> str:
        return f"<LinkTally {self.missed} missed, {self.first} first of {self.compared}>"


class _Runner:
    """A link from joining the channel to leaving it. `begins_ns`: when it takes part."""

    __slots__ = ("begins_ns", "has_left", "tally")

    def __init__(self, tally: LinkTally) -> None:
        self.begins_ns: int | None = None
        self.has_left = False
        self.tally = tally


class _Lap:
    """One key. `late_ns` has who brought it, so much after the first copy; the winner with 0."""

    __slots__ = ("began_ns", "late_ns", "runners", "winner")

    def __init__(self, runners: tuple[_Runner, ...], winner: _Runner, began_ns: int) -> None:
        self.runners = runners
        self.winner = winner
        self.began_ns = began_ns
        self.late_ns = {winner: 0}

    def is_over(self) -> bool:
        for runner in self.runners:
            if runner not in self.late_ns and not runner.has_left:
                return False
        return True

    def count(self) -> None:
        running = [runner for runner in self.runners if not runner.has_left]
        if len(running) < 2:
            return
        for runner in running:
            tally = runner.tally
            tally.compared += 1
            if runner is self.winner:
                tally.first += 1
            elif runner in self.late_ns:
                tally.lateness.record(self.late_ns[runner])
            else:
                tally.missed += 1


class CopyRace:
    """The copies of one channel. Pure; times are nanoseconds of the clock that stamps frames."""

    def __init__(self, *, patience_ns: int, capacity: int = 2048) -> None:
        self._patience_ns = patience_ns
        self._capacity = capacity
        self._runners: dict[int, _Runner] = {}
        self._taking_part: tuple[_Runner, ...] = ()
        self._waiting: tuple[_Runner, ...] = ()
        self._laps: OrderedDict[Hashable, _Lap] = OrderedDict()
        self._counted: set[Hashable] = set()
        self._counted_before: set[Hashable] = set()
        # While time is between these two nothing is due but the copy at hand.
        self._calm_from_ns = 0
        self._calm_until_ns = 0
        self._turned_ns = 0

    def on_joined(self, link: int, tally: LinkTally) -> None:
        """A link carries the channel from now on; `tally` is what counts for it."""
        self.on_left(link)
        runner = self._runners[link] = _Runner(tally)
        self._waiting = (*self._waiting, runner)
        self._calm_until_ns = 0

    def on_left(self, link: int) -> None:
        """A link does not carry it any more."""
        runner = self._runners.pop(link, None)
        if runner is None:
            return
        runner.has_left = True
        self._waiting = tuple(other for other in self._waiting if other is not runner)
        self._taking_part = tuple(other for other in self._taking_part if other is not runner)

    def on_brought(self, link: int, key: Hashable, received_ns: int) -> None:
        """A link brought a copy. Saying so once more of the same copy changes nothing."""
        runner = self._runners.get(link)
        if runner is None:
            return
        if not self._calm_from_ns <= received_ns < self._calm_until_ns:
            self._pass_time(received_ns)
        lap = self._laps.get(key)
        if lap is None:
            if key not in self._counted and key not in self._counted_before:
                self._begin(key, runner, received_ns)
        elif runner not in lap.late_ns:
            lap.late_ns[runner] = received_ns - lap.began_ns
            if lap.is_over():
                del self._laps[key]
                self._remember(key)
                lap.count()

    # Inside.

    def _begin(self, key: Hashable, winner: _Runner, now_ns: int) -> None:
        if len(self._taking_part) < 2:
            self._remember(key)
            return
        self._laps[key] = _Lap(self._taking_part, winner, now_ns)
        self._calm_until_ns = min(self._calm_until_ns, now_ns + self._patience_ns)
        if len(self._laps) > self._capacity:
            self._remember(self._laps.popitem(last=False)[0])

    def _remember(self, key: Hashable) -> None:
        if len(self._counted) >= self._capacity:
            self._counted_before, self._counted = self._counted, set()
        self._counted.add(key)

    def _pass_time(self, now_ns: int) -> None:
        if now_ns < self._calm_from_ns:
            self._start_over(now_ns)
        self._let_in(now_ns)
        due_ns = [runner.begins_ns or 0 for runner in self._waiting]
        while self._laps:
            key, lap = next(iter(self._laps.items()))
            if now_ns - lap.began_ns < self._patience_ns:
                due_ns.append(lap.began_ns + self._patience_ns)
                break
            del self._laps[key]
            self._remember(key)
            lap.count()
        if now_ns - self._turned_ns >= _REMEMBERED * self._patience_ns:
            self._counted_before, self._counted = self._counted, set()
            self._turned_ns = now_ns
        self._calm_from_ns = now_ns - self._patience_ns
        self._calm_until_ns = min([*due_ns, self._turned_ns + _REMEMBERED * self._patience_ns])

    def _let_in(self, now_ns: int) -> None:
        for runner in self._waiting:
            if runner.begins_ns is None:
                runner.begins_ns = now_ns + self._patience_ns
            if runner.begins_ns <= now_ns:
                self._taking_part = (*self._taking_part, runner)
        self._waiting = tuple(one for one in self._waiting if one not in self._taking_part)

    def _start_over(self, now_ns: int) -> None:
        """The clock was set back: no lap that is under way can be measured by it."""
        self._counted.update(self._laps)
        self._laps.clear()
        self._turned_ns = now_ns
        self._taking_part = ()
        self._waiting = tuple(self._runners.values())
        for runner in self._waiting:
            runner.begins_ns = None

    def __len__(self) -> int:
        """Keys in memory, under way and remembered."""
        return len(self._laps) + len(self._counted) + len(self._counted_before)

    def __repr__(self) -> str:
        return f"<CopyRace {len(self._taking_part)} links, {len(self._laps)} laps under way>"

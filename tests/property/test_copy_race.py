"""The race of copies against a naive model that looks back on all that happened."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.core.copy_race import CopyRace, LinkTally

PATIENCE = 10
LINKS = 4


@dataclass(slots=True)
class Stay:
    """A link from joining to leaving, by the numbers of the events."""

    link: int
    joined: int
    left: int = 10**9
    begins_ns: int = 10**18

    def is_there(self, event: int) -> bool:
        return self.joined < event < self.left


@dataclass(slots=True)
class Copy:
    event: int
    stay: Stay
    key: int
    at_ns: int


@dataclass(slots=True)
class Expected:
    first: int = 0
    missed: int = 0
    late: list[int] = field(default_factory=list)


class History:
    """Everything that happened, in order."""

    def __init__(self) -> None:
        self.events = 0
        self.stays: list[Stay] = []
        self.copies: list[Copy] = []

    def join(self, link: int) -> None:
        self.stays.append(Stay(link, self.events))

    def leave(self, link: int) -> None:
        stay = self.present()[link]
        stay.left = self.events

    def bring(self, link: int, key: int, at_ns: int) -> None:
        present = self.present()
        for stay in present.values():
            stay.begins_ns = min(stay.begins_ns, at_ns + PATIENCE)
        self.copies.append(Copy(self.events, present[link], key, at_ns))

    def present(self) -> dict[int, Stay]:
        self.events += 1
        return {stay.link: stay for stay in self.stays if stay.is_there(self.events)}

    def expected(self) -> dict[int, Expected]:
        totals = {link: Expected() for link in range(LINKS)}
        for key in {copy.key for copy in self.copies}:
            self._judge(key, totals)
        return totals

    def _judge(self, key: int, totals: dict[int, Expected]) -> None:
        begin, *others = [copy for copy in self.copies if copy.key == key]
        expected_of = [
            stay
            for stay in self.stays
            if stay.is_there(begin.event) and stay.begins_ns <= begin.at_ns
        ]
        brought = {id(begin.stay): 0}
        ends_at: int | None = None
        for copy in others:
            if copy.at_ns >= begin.at_ns + PATIENCE:
                break
            if id(copy.stay) in brought:
                continue
            brought[id(copy.stay)] = copy.at_ns - begin.at_ns
            awaited = [stay for stay in expected_of if stay.is_there(copy.event)]
            if all(id(stay) in brought for stay in awaited):
                ends_at = copy.event
                break
        if ends_at is None:
            over = (c.event for c in self.copies if c.at_ns >= begin.at_ns + PATIENCE)
            ends_at = next(over, None)
        if ends_at is None:
            return
        compared = [stay for stay in expected_of if stay.is_there(ends_at)]
        for stay in compared if len(compared) > 1 else ():
            total = totals[stay.link]
            if stay is begin.stay:
                total.first += 1
            elif id(stay) in brought:
                total.late.append(brought[id(stay)])
            else:
                total.missed += 1


fates = st.one_of(st.integers(0, PATIENCE - 1), st.integers(0, 3 * PATIENCE), st.none())
pushes = st.tuples(
    st.integers(0, 8),  # how much after the push before it
    st.tuples(*[fates] * LINKS),  # how long each link takes; None loses it
    st.sampled_from([None] * 6 + list(range(LINKS))),  # who joins or leaves before it
)


@settings(max_examples=300, deadline=None)
@given(script=st.lists(pushes, max_size=40), links=st.integers(1, LINKS))
def test_first_late_and_missed_are_exactly_those_of_the_model(
    script: list[tuple[int, tuple[int | None, ...], int | None]], links: int
) -> None:
    happens: list[tuple[int, int, str, int, int]] = []  # time, order, what, link, key
    happens += [(0, order, "turn", link, 0) for order, link in enumerate(range(links))]
    now = 0
    for key, (gap, delays, turn) in enumerate(script):
        now += gap
        if turn is not None:
            happens.append((now, len(happens), "turn", turn, 0))
        happens += [
            (now + delay, len(happens) + link, "bring", link, key)
            for link, delay in enumerate(delays)
            if delay is not None
        ]
    race, history = CopyRace(patience_ns=PATIENCE), History()
    tallies = {link: LinkTally() for link in range(LINKS)}
    there: set[int] = set()
    for at_ns, _, what, link, key in sorted(happens):
        if what == "bring" and link in there:
            race.on_brought(link, key, at_ns)
            history.bring(link, key, at_ns)
        elif what == "turn" and link in there:
            there.discard(link)
            race.on_left(link)
            history.leave(link)
        elif what == "turn":
            there.add(link)
            race.on_joined(link, tallies[link])
            history.join(link)
    for link, expected in history.expected().items():
        report = tallies[link].report()
        assert (report.first, report.missed) == (expected.first, expected.missed)
        assert report.late == len(expected.late)
        assert report.compared == report.first + report.late + report.missed
        assert report.late_max_ns == max(expected.late, default=None)
        distribution = tallies[link].lateness.snapshot()
        assert (0 if distribution is None else distribution.total_ns) == sum(expected.late)

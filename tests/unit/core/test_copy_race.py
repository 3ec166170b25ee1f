"""Who brought which copy first, late or never; the times are milliseconds here."""

from mexc_connector.core.copy_race import CopyRace, LinkTally

MS = 1_000_000
PATIENCE = 100


class Track:
    """A race of which the links are named by letters, from the moment that two take part."""

    def __init__(self, links: str = "ab", *, capacity: int = 100) -> None:
        self.race = CopyRace(patience_ns=PATIENCE * MS, capacity=capacity)
        self.tallies = {link: LinkTally() for link in "abc"}
        for link in links:
            self.join(link)
        self.bring("a", "begin", at=0)
        self.start = PATIENCE

    def join(self, link: str) -> None:
        self.race.on_joined(ord(link), self.tallies[link])

    def leave(self, link: str) -> None:
        self.race.on_left(ord(link))

    def bring(self, link: str, key: object, *, at: int) -> None:
        self.race.on_brought(ord(link), key, (1_000_000 + at) * MS)

    def both(self, key: object, *, at: int, apart: int = 0) -> None:
        self.bring("a", key, at=at)
        self.bring("b", key, at=at + apart)

    def counts(self, link: str) -> tuple[int, int, int, int]:
        report = self.tallies[link].report()
        assert report.compared == report.first + report.late + report.missed
        return report.compared, report.first, report.late, report.missed


def test_the_first_wins_and_the_other_is_so_much_late() -> None:
    track = Track()
    track.both(1, at=100, apart=7)
    assert track.counts("a") == (1, 1, 0, 0)
    assert track.counts("b") == (1, 0, 1, 0)
    late = track.tallies["b"].report()
    assert late.late_median_ns == late.late_p99_ns == late.late_max_ns == 7 * MS
    assert track.tallies["a"].report().late_max_ns is None
    assert late.missed_share == 0.0


def test_what_does_not_come_in_time_is_missed_and_says_nothing_when_it_comes_at_last() -> None:
    track = Track()
    track.bring("a", 1, at=100)
    track.bring("a", 2, at=199)
    assert track.counts("b") == (0, 0, 0, 0)
    track.bring("a", 3, at=200)
    assert track.counts("b") == (1, 0, 0, 1)
    assert track.tallies["b"].report().missed_share == 1.0
    track.bring("b", 1, at=201)
    track.both(4, at=400)
    assert track.counts("a") == (4, 4, 0, 0)
    assert track.counts("b") == (4, 0, 1, 3)


def test_repeats_of_one_link_are_neither_copies_nor_new() -> None:
    track = Track()
    for at in (100, 101, 150):
        track.bring("a", 1, at=at)
    track.bring("b", 1, at=160)
    for at in (161, 300, 400):
        track.bring("a", 1, at=at)
    assert track.counts("a") == (1, 1, 0, 0)
    assert track.counts("b") == (1, 0, 1, 0)


def test_a_link_that_joins_is_expected_to_bring_only_what_comes_after_a_patience() -> None:
    track = Track()
    track.join("c")
    track.both(1, at=100)  # from here on
    track.both(2, at=199)
    track.both(3, at=200)
    track.bring("a", "end", at=400)
    assert track.counts("c") == (1, 0, 0, 1)
    assert track.counts("a") == (3, 3, 0, 0)


def test_who_does_not_take_part_yet_may_be_first_all_the_same() -> None:
    track = Track()
    track.join("c")
    track.bring("c", 1, at=100)
    track.both(1, at=105)
    assert track.counts("c") == (0, 0, 0, 0)
    assert track.counts("a") == track.counts("b") == (1, 0, 1, 0)


def test_of_a_link_that_left_nothing_is_expected_and_its_copies_do_not_count() -> None:
    track = Track("abc")
    track.bring("a", 1, at=100)
    track.leave("b")
    track.bring("b", 1, at=101)
    track.bring("c", 1, at=102)
    assert track.counts("b") == (0, 0, 0, 0)
    assert track.counts("a") == (1, 1, 0, 0)
    assert track.counts("c") == (1, 0, 1, 0)


def test_a_link_that_comes_back_is_another_one_with_the_same_count() -> None:
    track = Track()
    track.both(1, at=100, apart=1)
    track.bring("a", 2, at=102)
    track.leave("b")
    track.join("b")
    track.bring("b", 2, at=103)
    track.bring("a", 3, at=300)
    track.bring("b", 3, at=304)
    assert track.counts("a") == (2, 2, 0, 0)
    assert track.counts("b") == (2, 0, 2, 0)


def test_alone_nobody_is_compared() -> None:
    track = Track("a")
    for at in range(100, 1_000, 50):
        track.bring("a", at, at=at)
    assert track.counts("a") == (0, 0, 0, 0)
    track = Track()
    track.bring("a", 1, at=100)
    track.leave("b")
    track.bring("a", 2, at=300)
    assert track.counts("a") == (0, 0, 0, 0)


def test_more_laps_than_there_is_room_for_end_uncounted() -> None:
    track = Track(capacity=3)
    for key in range(5):
        track.bring("a", key, at=100 + key)
    for key in range(5):
        track.bring("b", key, at=110)
    track.bring("a", "end", at=400)
    assert track.counts("a") == (3, 3, 0, 0)
    assert track.counts("b") == (3, 0, 3, 0)


def test_memory_is_bounded_whatever_comes() -> None:
    track = Track(capacity=10)
    for key in range(1_000):
        track.bring("ab"[key % 2], key, at=100)
        assert len(track.race) <= 3 * 10 + 1


def test_keys_are_forgotten_in_the_end_and_may_come_again() -> None:
    track = Track()
    for lap in range(3):
        track.both(1, at=100 + lap * 10 * PATIENCE)
        track.both(2, at=100 + lap * 10 * PATIENCE + 5 * PATIENCE)
    assert track.counts("a") == (6, 6, 0, 0)
    assert len(track.race) <= 2


def test_a_clock_that_is_set_back_is_no_reason_to_blame_anybody() -> None:
    track = Track()
    track.both(1, at=10_000)
    track.bring("a", 2, at=10_001)
    track.bring("a", 3, at=500)
    track.bring("b", 2, at=501)
    track.bring("b", 3, at=502)
    assert track.counts("a") == (1, 1, 0, 0)
    track.both(4, at=500 + PATIENCE, apart=3)
    assert track.counts("b") == (2, 0, 2, 0)
    assert track.tallies["b"].report().late_max_ns == 3 * MS


def test_who_waited_for_a_turn_longer_than_the_winner_is_late_by_less_than_nothing() -> None:
    track = Track()
    track.both(1, at=100, apart=-2)
    assert track.tallies["b"].report().late_max_ns == -2 * MS


def test_a_link_that_never_joined_or_left_already_says_nothing() -> None:
    track = Track()
    track.bring("c", 1, at=100)
    track.leave("c")
    track.both(1, at=101)
    assert track.counts("a") == (1, 1, 0, 0)
    assert repr(track.race) == "<CopyRace 2 links, 0 laps under way>"
    assert repr(track.tallies["a"]) == "<LinkTally 0 missed, 1 first of 1>"

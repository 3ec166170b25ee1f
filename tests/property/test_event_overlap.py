"""One stream from a connection and its successor: each event once, whichever brought it."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.core.event_overlap import EventOverlap

WINDOW_S = 5.0

seeds = st.integers(min_value=0, max_value=2**32)
lengths = st.integers(min_value=0, max_value=60)


class World:
    """An exchange that pushes events to two connections, each with a queue of its own.

    What happens before the successor joins is named apart; later events repeat few names.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.overlap: EventOverlap[str] = EventOverlap(window_s=WINDOW_S, limit=1000)
        self.now = 0.0
        self.happened: list[str] = []
        self.handed: list[str] = []
        self.old: list[str] = []
        self.new: list[str] = []
        self.by_old: list[str] = []
        self.by_new: list[str] = []
        self.has_joined = False
        self.leads = False

    def happen(self) -> None:
        name = self.random.choice("abc") if self.has_joined else f"before {len(self.happened)}"
        self.happened.append(name)
        if not self.leads:
            self.old.append(name)
        if self.has_joined:
            self.new.append(name)

    def deliver_old(self) -> None:
        if self.old:
            name = self.old.pop(0)
            self.by_old.append(name)
            if self.overlap.on_leader(name, self.now):
                self.handed.append(name)

    def deliver_new(self) -> None:
        if not self.new:
            return
        name = self.new.pop(0)
        self.by_new.append(name)
        if not self.leads:
            self.overlap.on_successor(name, name)
        elif self.overlap.on_leader(name, self.now):
            self.handed.append(name)

    def join(self) -> None:
        self.has_joined = True
        self.overlap.join(self.now)

    def hand_over(self) -> None:
        self.handed += self.overlap.hand_over(self.now)
        self.old.clear()
        self.leads = True

    def run(self, steps: int, *actions: str) -> None:
        for _ in range(steps):
            self.now += self.random.random() * WINDOW_S / 200
            getattr(self, self.random.choice(actions))()

    def lose_old(self) -> None:
        if self.old:
            self.old.pop(self.random.randrange(len(self.old)))

    def lose_new(self) -> None:
        if self.new:
            self.new.pop(self.random.randrange(len(self.new)))

    def drain_old(self) -> None:
        while self.old:
            self.deliver_old()

    def drain_new(self) -> None:
        while self.new:
            self.deliver_new()


@given(seeds, lengths, lengths, lengths)
def test_whatever_the_interleaving_each_event_comes_once_and_in_order(
    seed: int, before: int, during: int, after: int
) -> None:
    world = World(seed)
    world.run(before, "happen", "deliver_old")
    world.join()
    world.run(during, "happen", "deliver_old", "deliver_new")
    while any(name.startswith("before") for name in world.old):
        world.deliver_old()
    world.hand_over()
    world.run(after, "happen", "deliver_new")
    world.drain_new()
    assert world.handed == world.happened


@given(seeds, lengths, lengths, lengths)
def test_an_event_that_either_connection_loses_comes_once_by_the_other(
    seed: int, before: int, during: int, after: int
) -> None:
    world = World(seed)
    world.run(before, "happen", "deliver_old")
    world.join()
    world.run(during, "happen", "deliver_old", "deliver_new", "lose_old", "lose_new")
    world.hand_over()
    world.run(after, "happen", "deliver_new", "lose_new")
    world.drain_new()
    old, new = Counter(world.by_old), Counter(world.by_new)
    assert Counter(world.handed) == old | new  # of each name the larger count
    assert world.handed[: len(world.by_old)] == world.by_old


@given(seeds, lengths, lengths)
def test_a_leader_that_is_proven_and_lost_has_brought_all_that_only_it_could(
    seed: int, before: int, during: int
) -> None:
    world = World(seed)
    world.run(before, "happen", "deliver_old")
    world.join()
    world.run(during, "happen", "deliver_old", "deliver_new")
    is_proven = world.overlap.is_proven
    world.hand_over()
    world.drain_new()
    if is_proven:
        assert world.handed == world.happened


@given(seeds, lengths, lengths)
def test_a_successor_that_leaves_changes_nothing(seed: int, before: int, during: int) -> None:
    world = World(seed)
    world.run(before, "happen", "deliver_old")
    world.join()
    world.run(during, "happen", "deliver_old", "deliver_new")
    world.overlap.leave()
    world.drain_old()
    assert world.handed == world.happened


@given(seeds, st.lists(lengths, min_size=2, max_size=5))
def test_one_successor_after_the_other_takes_over(seed: int, steps: list[int]) -> None:
    world = World(seed)
    names = iter(range(10_000))
    for count in steps:
        world.join()
        earlier = set(world.old)
        queues = (world.old, world.new)
        for _ in range(count):
            world.now += WINDOW_S / 200
            if world.random.random() < 0.4:
                name = f"event {next(names)}"
                world.happened.append(name)
                for queue in queues:
                    queue.append(name)
            else:
                world.random.choice((world.deliver_old, world.deliver_new))()
        while earlier.intersection(world.old):
            world.deliver_old()
        world.hand_over()
        world.leads = False
        world.old, world.new = world.new, []
    world.drain_old()
    assert world.handed == world.happened

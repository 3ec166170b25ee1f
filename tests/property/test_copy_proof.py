"""Several connections, each cut at any time: what none of them brought is always told."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.core.copy_proof import CopyProof


class World:
    """An exchange that pushes events to connections, each with a queue of its own.

    What is told to be missing is asked for elsewhere, and no concern any more.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.proof = CopyProof()
        self.queues: dict[int, list[int]] = {}
        self.next_carrier = 1
        self.happened = 0
        self.wanted: set[int] = set()
        self.told = 0

    def join(self) -> None:
        if len(self.queues) < 3:
            self.queues[self.next_carrier] = []
            self.proof.on_joined(self.next_carrier)
            self.next_carrier += 1

    def happen(self) -> None:
        if self.queues:
            self.wanted.add(self.happened)
        for queue in self.queues.values():
            queue.append(self.happened)
        self.happened += 1

    def deliver(self) -> None:
        carrier = self._any()
        if carrier and self.queues[carrier]:
            count = self.random.randint(1, 3)
            events, rest = self.queues[carrier][:count], self.queues[carrier][count:]
            self.queues[carrier] = rest
            if len(self.queues) > 1:  # alone it takes the short way
                self.proof.on_brought(carrier, events)
            self.wanted.difference_update(events)

    def garble(self) -> None:
        carrier = self._any()
        if carrier and self.queues[carrier]:
            self.queues[carrier].pop(0)
            self._hear(len(self.queues) == 1 or self.proof.on_missed(carrier))

    def cut(self) -> None:
        if carrier := self._any():
            del self.queues[carrier]
            is_missing = self.proof.on_left(carrier)
            assert not (is_missing and not self.queues)
            self._hear(is_missing or not self.queues)

    def _any(self) -> int:
        return self.random.choice([*self.queues, 0])

    def _hear(self, is_missing: bool) -> None:
        if is_missing:
            self.told += 1
            self.wanted.clear()


@settings(max_examples=400, deadline=None)
@given(
    seed=st.integers(min_value=0, max_value=2**32), length=st.integers(min_value=0, max_value=150)
)
def test_what_no_connection_brought_is_told(seed: int, length: int) -> None:
    world = World(seed)
    steps = (world.happen,) * 5 + (world.deliver,) * 7 + (world.join,) * 2 + (world.garble,)
    for _ in range(length):
        world.random.choice((*steps, world.cut))()
    for carrier, queue in world.queues.items():
        world.wanted.difference_update(queue)
        assert carrier
    assert world.wanted == set()


def test_copies_of_one_event_are_proof_whoever_brings_it_first() -> None:
    for first, second in ((1, 2), (2, 1)):
        proof = CopyProof()
        proof.on_joined(1)
        proof.on_joined(2)
        assert not proof.is_complete
        proof.on_brought(first, ["a"])
        proof.on_brought(second, ["a"])
        assert proof.is_complete
        assert not proof.on_left(1)
        assert not proof.on_left(2)


def test_without_proof_the_end_of_the_one_in_step_is_told_once() -> None:
    proof = CopyProof()
    for carrier in (1, 2, 3):
        proof.on_joined(carrier)
    proof.on_brought(1, ["a"])
    proof.on_brought(2, ["b"])
    assert proof.on_left(1)
    assert not proof.on_left(2)


def test_a_frame_that_neither_can_read_is_told() -> None:
    proof = CopyProof()
    proof.on_joined(1)
    proof.on_joined(2)
    proof.on_brought(1, ["a"])
    proof.on_brought(2, ["a"])
    assert not proof.on_missed(1)
    assert proof.on_missed(2)


def test_silence_since_it_joined_is_proof_enough_once_there_was_time() -> None:
    proof = CopyProof()
    proof.on_joined(1)
    proof.on_joined(2)
    assert proof.settle(2)
    proof.on_joined(3)
    proof.on_brought(1, ["a"])
    assert not proof.settle(3)
    proof.on_brought(3, ["a"])
    assert proof.settle(3)
    assert not proof.settle(9)


def test_one_that_is_in_step_and_joins_once_more_has_nothing_to_prove() -> None:
    proof = CopyProof()
    proof.on_joined(1)
    proof.on_joined(1)
    assert proof.is_complete


def test_what_is_remembered_is_bounded() -> None:
    proof = CopyProof()
    proof.on_joined(1)
    proof.on_joined(2)
    for event in range(10_000):
        proof.on_brought(1, [event])
        proof.on_brought(2, [-1 - event])
    proof.on_brought(2, [0])
    assert "1 in step, 1 not" in repr(proof), "an event of long ago proves nothing"

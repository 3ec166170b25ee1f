"""A book from several links through router, channel and follower: with the lane as without it."""

from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.common.enums import BookState
from mexc_connector.common.models import OrderBookEntry, OrderBookSnapshot
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.implementation import OrderBookEntryPool
from mexc_connector.ws.book_follower import BookFollower
from mexc_connector.ws.channel import Channel
from mexc_connector.ws.router import FrameRouter
from tests.fuzz.wire import CHANNEL, SEND_TIME, Body, content, integer, level

pytest.importorskip("mexc_connector.native._hot")
judge = pytest.importorskip("tests.fuzz.judge")

NAME = "depth"
CATCH_UP_NS = 50
BEGIN = 100
LINKS = {number: SimpleNamespace(number=number, epoch=number + 10) for number in (1, 2, 3)}
STEPS = ["push"] * 4 + ["deliver"] * 12
STEPS += ["lose", "repeat", "bend", "undecodable", "join", "leave", "answer", "wait"]


class Follower(BookFollower):
    """One that leaves it to the test to answer requests."""

    def carry_out(self, action: BookAction) -> None:
        super().carry_out(action & ~BookAction.FETCH_SNAPSHOT)


class Line:
    """A router with one channel on up to three links, and the book that it leads to."""

    def __init__(self, *, has_lane: bool) -> None:
        self.now_ns = 1_000
        self.seen: list[object] = []
        book = LiveOrderBook(judge.SYMBOL, time_ns=lambda: self.now_ns, pool=OrderBookEntryPool(4))
        self.follower = Follower(
            judge.SYMBOL,
            BookSync(book, held_diffs=20, catch_up_ns=CATCH_UP_NS),
            fetch=None,
            recycle=self.seen.append,
            report=self.seen.append,
        )
        self.advanced = 0
        if has_lane:
            self.follower.lane = self._counting(self.follower.lane)
        else:
            self.follower.lane = None
        self.channel = Channel(NAME, on_sink_error=self.seen.append)
        self.channel.hold(self.follower, None)
        self.router = FrameRouter(
            on_unclaimed=lambda number, name: self.seen.append((number, name)),
            report=lambda link, reason: self.seen.append(reason),
        )

    def _counting(self, lane):
        assert lane is not None

        def counting(frame: bytes, epoch: int, received_ns: int) -> bool:
            is_taken = lane(frame, epoch, received_ns)
            self.advanced += is_taken
            return is_taken

        return counting

    def answer(self, version: int) -> None:
        sync = self.follower.sync
        snapshot = OrderBookSnapshot(
            symbol=judge.SYMBOL,
            bids=tuple(OrderBookEntry(float(price), 1.0) for price in range(10, 0, -1)),
            asks=tuple(OrderBookEntry(float(price), 1.0) for price in range(11, 21)),
            version=version,
            exchange_time_ms=None,
            received_ns=self.now_ns,
        )
        self.follower.carry_out(sync.on_snapshot(snapshot, sync.request, self.now_ns))

    def picture(self) -> list[object]:
        sync, book, carriers = self.follower.sync, self.follower.book, self.follower._carriers
        counts = carriers.copies, sync.counts
        links = [carriers.is_in_step(number) for number in LINKS]
        lanes = [carriers.takes_lane(number) for number in LINKS]
        texts = [repr(part) for part in (book, sync, carriers, counts, self.seen)]
        return [*texts, sync.state, links, lanes, sync.audit_due_ns, *judge.picture(book.head)]


def frame_of(version: int, span: int, size: str) -> bytes:
    body = content(2, level(str(1 + version % 9), size)) + content(4, str(version))
    head = content(CHANNEL, NAME) + integer(SEND_TIME, 1_790_281_246_000)
    return head + content(Body.DEPTH, body + content(5, str(version + span)))


class World:
    """What the exchange sends, and what of it is under way to each link; the same for all lines."""

    def __init__(self, seed: int, *lines: Line) -> None:
        self.random = Random(seed)
        self.lines = lines
        self.version = BEGIN
        self.queues: dict[int, list[bytes]] = {}
        self.sent: list[bytes] = [frame_of(BEGIN, 0, "1")]
        self.join()

    def join(self) -> None:
        free = [number for number in LINKS if number not in self.queues]
        if free:
            self.queues[free[0]] = []
            for line in self.lines:
                line.router.grant(LINKS[free[0]], line.channel)

    def leave(self, number: int) -> None:
        if len(self.queues) > 1:
            del self.queues[number]
            for line in self.lines:
                line.router.lose(LINKS[number], "cut")

    def route(self, number: int, frame: bytes) -> None:
        for line in self.lines:
            line.router.route(LINKS[number], frame, line.now_ns)

    def push(self) -> None:
        span = self.random.choice((0, 0, 1, 3))
        frame = frame_of(self.version + 1, span, self.random.choice(("1", "2.5", "0")))
        self.version += span + 1
        self.sent.append(frame)
        for queue in self.queues.values():
            queue.append(frame)

    def deliver(self, number: int, *, is_bent: bool) -> None:
        if not self.queues[number]:
            return
        frame = bytearray(self.queues[number].pop(0))
        if is_bent:
            frame[self.random.randrange(len(frame))] ^= 1 << self.random.randrange(8)
        self.route(number, bytes(frame))

    def answer(self) -> None:
        version = self.random.randint(BEGIN, self.version)
        for line in self.lines:
            line.answer(version)

    def step(self, name: str) -> None:
        for line in self.lines:
            line.now_ns += 2 * CATCH_UP_NS if name == "wait" else 1
        number = self.random.choice(sorted(self.queues))
        deeds = {
            "push": self.push,
            "join": self.join,
            "leave": lambda: self.leave(number),
            "answer": self.answer,
            "repeat": lambda: self.route(number, self.random.choice(self.sent)),
            "undecodable": lambda: self.route(number, b"\xff\xff"),
            "deliver": lambda: self.deliver(number, is_bent=False),
            "bend": lambda: self.deliver(number, is_bent=True),
            "lose": lambda: self.queues[number] and self.queues[number].pop(0),
        }
        deeds.get(name, lambda: None)()


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(STEPS), max_size=120))
def test_copies_lead_to_the_same_book_counts_and_carriers(seed: int, steps: list[str]) -> None:
    with_lane, without = Line(has_lane=True), Line(has_lane=False)
    world = World(seed, with_lane, without)
    for step in ["join", "answer", *steps]:
        world.step(step)
        assert with_lane.picture() == without.picture()


def live_world() -> tuple[World, Line]:
    line = Line(has_lane=True)
    world = World(1, line)
    for step in ("join", "answer", "push"):
        world.step(step)
    frame = world.sent[-1]
    for number in (1, 2):
        world.route(number, frame)
    assert line.follower.sync.state is BookState.LIVE
    line.advanced = 0
    return world, line


def test_in_step_neither_the_first_copy_nor_the_second_is_parsed() -> None:
    world, line = live_world()
    copies = line.follower._carriers.copies
    for _ in range(10):
        world.push()
        for number in world.random.sample((1, 2), 2):
            world.route(number, world.sent[-1])
    assert line.advanced == 20
    assert line.follower._carriers.copies == copies + 10
    assert line.follower.book.version == world.version


def test_while_one_is_ahead_no_frame_goes_past_the_carriers() -> None:
    world, line = live_world()
    lost, ahead = [(world.push(), world.sent[-1])[1] for _ in range(2)]
    world.route(2, ahead)
    world.route(1, world.sent[-3])  # a copy
    assert line.advanced == 0
    assert line.follower.book.version < world.version
    world.route(1, lost)
    assert line.advanced == 0
    assert line.follower.book.version == world.version
    world.route(1, ahead)
    assert line.advanced == 1


def test_a_carrier_that_could_not_be_read_is_back_in_step_with_its_next_copy() -> None:
    world, line = live_world()
    world.route(2, b"\xff\xff")
    assert not line.follower.takes_lane(2)
    world.push()
    for number in (1, 2):
        world.route(number, world.sent[-1])
    assert line.follower.takes_lane(2)
    assert line.advanced == 1, "its own copy came back to the carriers"

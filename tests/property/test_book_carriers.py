"""One book from several connections: the first copy of a version counts, no gap is hidden."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.common.enums import BookState, UnsyncReason
from mexc_connector.common.models import BookDiff, OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction
from mexc_connector.core.book_carriers import BookCarriers
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.implementation import OrderBookEntryPool
from tests.property.naive_exchange import FullBook, NaiveExchange, Push

SYMBOL = Symbol(AssetName("BTC"), AssetName("USDT"))
MILLISECOND = 1_000_000
CATCH_UP_MS = 50
EPOCH = 1

HONEST = ["change"] * 5 + ["push"] * 6 + ["deliver"] * 12 + ["join", "leave_settled", "answer"]
HOSTILE = [*HONEST, "lose", "undecodable", "leave", "repeat", "wait", "answer_stale", "swap"]


class World:
    """An exchange, up to three connections that carry its diffs, and the book."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.exchange = NaiveExchange(self.random)
        self.now = 0
        self.queues: dict[int, list[Push]] = {}
        self.last_carrier = 0
        self.delivered: list[Push] = []
        self.requests: list[tuple[int, FullBook]] = []
        self.book = LiveOrderBook(SYMBOL, time_ns=lambda: self.now, pool=OrderBookEntryPool(8))
        self.sync = BookSync(self.book, held_diffs=50)
        self.carriers = BookCarriers(self.sync, catch_up_ns=CATCH_UP_MS * MILLISECOND)
        self.join()

    def join(self) -> None:
        if len(self.queues) == 3:
            return
        self.last_carrier += 1
        is_first = not self.queues
        self.queues[self.last_carrier] = []
        self.carriers.on_joined(self.last_carrier)
        if is_first:
            self.carry_out(self.sync.on_subscribed(EPOCH))

    def leave(self, carrier: int) -> None:
        if len(self.queues) > 1:
            del self.queues[carrier]
            self.carry_out(self.carriers.on_left(carrier))

    def carry_out(self, action: BookAction) -> None:
        if BookAction.FETCH_SNAPSHOT in action:
            self.requests.append((self.sync.request, self.exchange.full_book()))

    def give(self, push: Push, carrier: int) -> None:
        levels = list(push.bids.items()), list(push.asks.items())
        diff = BookDiff(push.first, push.last, *levels, None, self.now)
        has_lane = self.carriers.takes_lane(carrier) and self.book.head.epoch == EPOCH
        if has_lane and self.is_next(diff):
            self.book.apply(diff)  # as the compiled step does, past the carriers
            self.carry_out(self.sync.on_advanced())
        elif not (has_lane and self.is_old(diff) and self.carriers.on_old()):
            self.carry_out(self.carriers.on_diff(diff, carrier))

    def is_next(self, diff: BookDiff) -> bool:
        return diff.from_version <= self.book.head.version + 1 <= diff.to_version

    def is_old(self, diff: BookDiff) -> bool:
        return diff.from_version <= diff.to_version <= self.book.head.version

    def answer(self, full: FullBook, request: int) -> None:
        snapshot = OrderBookSnapshot(
            symbol=SYMBOL,
            bids=tuple(OrderBookEntry(*level) for level in sorted(full.bids.items(), reverse=True)),
            asks=tuple(OrderBookEntry(*level) for level in sorted(full.asks.items())),
            version=full.version,
            exchange_time_ms=None,
            received_ns=self.now,
        )
        self.carry_out(self.sync.on_snapshot(snapshot, request, self.now))

    def settled(self) -> list[int]:
        """Carriers that may stay alone: what the others have under way is known to have arrived."""
        return [one for one in self.queues if self.carriers.settle(one)]

    def step(self, name: str) -> None:  # noqa: C901, PLR0912 - one branch per kind of event
        self.now += MILLISECOND
        carrier = self.random.choice(sorted(self.queues))
        queue = self.queues[carrier]
        if name == "change":
            self.exchange.change()
        elif name == "push" and (push := self.exchange.push()):
            for one in self.queues.values():
                one.append(push)
        elif name == "deliver" and queue:
            self.delivered.append(queue[0])
            self.give(queue.pop(0), carrier)
        elif name == "join":
            self.join()
        elif name == "leave":
            self.leave(carrier)
        elif name == "leave_settled":
            for one in sorted(self.queues):  # who goes may be the one that is ahead
                rest = [other for other in self.queues if other != one]
                if rest and any(self.carriers.is_in_step(other) for other in rest):
                    self.leave(one)
                    break
        elif name == "lose" and queue:
            queue.pop(0)
        elif name == "undecodable" and queue:
            queue.pop(0)
            self.carry_out(self.carriers.on_undecodable(carrier))
        elif name == "repeat" and self.delivered:
            self.give(self.random.choice(self.delivered), carrier)
        elif name == "swap" and len(queue) > 1:
            queue[0], queue[1] = queue[1], queue[0]
        elif name == "wait":
            self.now += 2 * CATCH_UP_MS * MILLISECOND
        elif name.startswith("answer") and self.requests:
            request, asked = self.requests.pop()
            now = self.exchange.full_book()
            stale = self.random.choice(list(self.exchange.history.values()))
            self.answer(
                stale if name == "answer_stale" else self.random.choice((asked, now)), request
            )

    def check(self) -> None:
        if self.sync.state is BookState.LIVE:
            truth = self.exchange.history[self.exchange.era, self.book.version]
            assert {e.price: e.size for e in self.book.bids} == truth.bids
            assert {e.price: e.size for e in self.book.asks} == truth.asks


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(HOSTILE), max_size=150))
def test_a_live_book_is_the_exchange_book_whatever_the_carriers_do(
    seed: int, steps: list[str]
) -> None:
    world = World(seed)
    for step in steps:
        world.step(step)
        world.check()


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(HONEST), max_size=200))
def test_links_that_come_and_go_in_step_never_cost_the_book(seed: int, steps: list[str]) -> None:
    world = World(seed)
    world.step("answer")
    for step in steps:
        world.step(step)
        world.check()
        # A carrier far ahead of a slow one counts as a gap in the end; here nobody is that slow.
        world.now -= MILLISECOND
        assert world.book.is_synced
    for carrier, queue in world.queues.items():
        while queue:
            world.give(queue.pop(0), carrier)
    world.exchange.push()
    assert not world.sync.counts.unsynced
    versions = [push.last for push in world.delivered]
    assert world.book.version >= max(versions, default=0)


def live_pair() -> World:
    world = World(3)
    world.step("answer")
    world.join()
    assert world.book.is_synced
    return world


def pushed(world: World) -> None:
    version = world.exchange.version
    while world.exchange.version == version:
        world.step("change")
    world.step("push")


def test_what_runs_ahead_is_held_until_the_other_has_come_so_far() -> None:
    world = live_pair()
    slow, fast = world.queues.values()
    pushed(world)
    fast.clear()  # from before it was granted
    pushed(world)
    world.give(fast.pop(0), 2)
    assert not world.carriers.is_in_step(2)
    assert not world.carriers.settle(2)
    assert world.book.version == 100
    world.give(slow.pop(0), 1)
    assert world.carriers.is_in_step(2)
    assert world.book.version == world.exchange.version


def test_a_link_that_is_always_behind_does_not_cost_the_book_its_sync() -> None:
    world = live_pair()
    slow, fast = world.queues.values()
    pushed(world)
    fast.clear()  # from before it was granted
    for _ in range(5):
        pushed(world)
    for _ in range(4 * CATCH_UP_MS):
        pushed(world)
        world.give(fast.pop(0), 2)
        world.give(slow.pop(0), 1)
    assert not world.sync.counts.unsynced
    assert world.carriers.is_in_step(2)


def test_a_carrier_that_stopped_cannot_hold_the_book_back_for_long() -> None:
    world = live_pair()
    _, fast = world.queues.values()
    pushed(world)
    fast.clear()
    pushed(world)
    world.give(fast.pop(0), 2)
    pushed(world)
    world.now += 2 * CATCH_UP_MS * MILLISECOND
    world.give(fast.pop(0), 2)
    assert world.sync.counts.unsynced == {UnsyncReason.GAP: 1}


def test_a_diff_that_both_lack_is_a_gap() -> None:
    world = live_pair()
    pushed(world)
    for queue in world.queues.values():
        queue.clear()
    pushed(world)
    world.give(world.queues[1].pop(0), 1)
    assert world.sync.counts.unsynced == {UnsyncReason.GAP: 1}


def test_a_frame_that_one_could_not_say_is_said_by_the_other() -> None:
    world = live_pair()
    pushed(world)
    for carrier in (1, 2):
        world.give(world.queues[carrier].pop(0), carrier)
    assert world.carriers.is_in_step(2)
    assert world.carriers.on_undecodable(2) is BookAction.NONE
    assert world.book.is_synced
    world.carry_out(world.carriers.on_undecodable(1))
    assert world.sync.counts.unsynced == {UnsyncReason.UNDECODABLE: 1}


def test_a_successor_that_never_spoke_is_enough_for_a_quiet_book_and_for_no_other() -> None:
    world = live_pair()
    assert not world.carriers.is_in_step(2)
    assert world.carriers.settle(2)
    world.leave(1)
    assert world.book.is_synced
    world.join()
    pushed(world)
    world.give(world.queues[2].pop(0), 2)
    assert not world.carriers.settle(3)
    world.leave(2)
    assert world.sync.counts.unsynced == {UnsyncReason.LINK_LOST: 1}
    world.step("answer")
    assert world.book.is_synced


def test_an_old_diff_is_a_copy_only_while_there_is_another_carrier() -> None:
    world = live_pair()
    assert world.carriers.on_old()
    world.leave(2)
    assert not world.carriers.on_old()
    assert world.carriers.copies == 1


def test_copies_are_counted_and_ask_for_no_audit() -> None:
    world = live_pair()
    pushed(world)
    push = world.queues[1][0]
    world.give(push, 1)
    world.give(push, 2)
    assert world.carriers.copies == 1
    assert world.sync.audit_due_ns is not None
    assert world.sync.audit_due_ns > world.now
    assert "2, 2 in step" in repr(world.carriers)

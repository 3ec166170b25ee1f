"""A live book is the exchange's book at its version, whatever happens to the messages."""

from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mexc_connector.common.enums import BookState, UnsyncReason
from mexc_connector.common.models import BookDiff, BookTicker, OrderBookEntry, OrderBookSnapshot
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.book import LiveOrderBook
from mexc_connector.core.book_actions import BookAction
from mexc_connector.core.book_sync import BookSync
from mexc_connector.core.implementation import OrderBookEntryPool
from tests.property.naive_exchange import FullBook, NaiveExchange, Push

SYMBOL = Symbol(AssetName("BTC"), AssetName("USDT"))
MILLISECOND = 1_000_000

STEPS = (
    ["change"] * 6
    + ["push"] * 8
    + ["deliver"] * 10
    + ["deliver_late", "repeat", "lose", "swap", "deliver_old_link"]
    + ["answer"] * 6
    + ["send", "send", "answer_fails", "answer_stale", "wait", "wait_long"]
    + ["ticker"] * 3
    + ["undecodable", "reconnect", "reconnect_counting_anew"]
)


class World:
    """The exchange, a hostile link, and the state machine under test."""

    def __init__(self, seed: int, limit: int) -> None:
        self.random = Random(seed)
        self.exchange = NaiveExchange(self.random)
        self.limit = limit
        self.now = 0
        self.epoch = 0
        self.queue: list[Push] = []
        self.delivered: list[Push] = []
        self.late: list[tuple[Push, int]] = []
        self.requests: list[tuple[int, FullBook]] = []
        pool = OrderBookEntryPool(8)
        self.book = LiveOrderBook(SYMBOL, time_ns=lambda: self.now, pool=pool)
        self.sync = BookSync(
            self.book,
            held_diffs=3,
            quiet_ns=500 * MILLISECOND,
            catch_up_ns=100 * MILLISECOND,
            audit_every_ns=100 * MILLISECOND,
        )
        self.carry_out(self.sync.on_subscribed(self.epoch))

    def carry_out(self, action: BookAction) -> None:
        if BookAction.FETCH_SNAPSHOT in action:
            # The exchange makes the snapshot somewhere between this moment and the answer.
            self.requests.append((self.sync.request, self.exchange.full_book()))
        if BookAction.RECYCLE_LINK in action:
            self.reconnect()

    def give(self, push: Push, epoch: int) -> None:
        diff = BookDiff(
            push.first, push.last, list(push.bids.items()), list(push.asks.items()), None, self.now
        )
        self.carry_out(self.sync.on_diff(diff, epoch))

    def reconnect(self) -> None:
        self.late += [(push, self.epoch) for push in self.queue]
        self.queue.clear()
        self.delivered.clear()
        self.carry_out(self.sync.on_link_lost(self.epoch))
        assert not self.book.is_synced
        self.epoch += 1
        self.exchange.push()
        self.carry_out(self.sync.on_subscribed(self.epoch))

    def answer(self, request: int, full: FullBook) -> None:
        bids = sorted(full.bids.items(), reverse=True)
        asks = sorted(full.asks.items())
        snapshot = OrderBookSnapshot(
            symbol=SYMBOL,
            bids=tuple(OrderBookEntry(*level) for level in bids[: self.limit]),
            asks=tuple(OrderBookEntry(*level) for level in asks[: self.limit]),
            version=full.version,
            exchange_time_ms=None,
            received_ns=self.now,
            bid_horizon=bids[self.limit - 1][0] if len(bids) >= self.limit else None,
            ask_horizon=asks[self.limit - 1][0] if len(asks) >= self.limit else None,
        )
        self.carry_out(self.sync.on_snapshot(snapshot, request, self.now))

    def step(self, name: str) -> None:  # noqa: C901, PLR0912 - one branch per kind of event
        self.now += MILLISECOND
        if name == "change":
            self.exchange.change()
        elif name == "push":
            if push := self.exchange.push():
                self.queue.append(push)
        elif name == "deliver" and self.queue:
            push = self.queue.pop(0)
            self.delivered.append(push)
            self.give(push, self.epoch)
        elif name == "deliver_late" and len(self.queue) > 1:
            self.give(self.queue.pop(1), self.epoch)
        elif name == "repeat" and self.delivered:
            self.give(self.random.choice(self.delivered), self.epoch)
        elif name == "lose" and self.queue:
            self.queue.pop(0)
        elif name == "swap" and len(self.queue) > 1:
            self.queue[0], self.queue[1] = self.queue[1], self.queue[0]
        elif name == "deliver_old_link" and self.late:
            self.give(*self.late.pop(0))
        elif name == "answer" and self.requests:
            request, asked = self.requests.pop(self.random.randrange(len(self.requests)))
            self.answer(request, self.random.choice((asked, self.exchange.full_book())))
        elif name == "send" and self.requests:
            self.sync.on_request_sent(self.requests[-1][0])
        elif name == "answer_stale" and self.requests:
            request, full = self.requests.pop()
            era = [book for book in self.exchange.history.values() if book.era == full.era]
            self.answer(request, self.random.choice(era))
        elif name == "answer_fails" and self.requests:
            self.carry_out(self.sync.on_snapshot_failed(self.requests.pop(0)[0]))
        elif name == "ticker":
            self.ticker()
        elif name in ("wait", "wait_long"):
            self.now += (150 if name == "wait" else 600) * MILLISECOND
            self.carry_out(self.sync.on_audit(self.now))
            self.carry_out(self.sync.on_tick(self.now))
        elif name == "undecodable" and self.queue:
            self.queue.pop(0)
            self.carry_out(self.sync.on_undecodable(self.epoch))
        elif name == "reconnect":
            self.reconnect()
        elif name == "reconnect_counting_anew":
            self.exchange.restart_counter()
            self.reconnect()

    def ticker(self) -> None:
        """Show the top of the present or of a recent version."""
        era = [book for book in self.exchange.history.values() if book.era == self.exchange.era]
        full = self.random.choice(era[-4:])
        bid, ask = max(full.bids, default=None), min(full.asks, default=None)
        quote = BookTicker(
            symbol=SYMBOL,
            bid_price=bid,
            bid_size=None if bid is None else full.bids[bid],
            ask_price=ask,
            ask_size=None if ask is None else full.asks[ask],
            version=full.version,
        )
        self.carry_out(self.sync.on_ticker(quote))

    def check(self) -> None:
        assert not self.sync.integrity.take_found(), "an honest exchange was contradicted"
        assert self.book.is_synced is (self.sync.state is BookState.LIVE)
        if not self.book.is_synced:
            return
        truth = self.exchange.history.get((self.exchange.era, self.book.version))
        assert truth is not None, "a version that this life of the exchange never had"
        for view, horizon, levels, sign in (
            (self.book.bids, self.book.bid_horizon, truth.bids, -1),
            (self.book.asks, self.book.ask_horizon, truth.asks, 1),
        ):
            known = sorted(
                (p for p in levels if horizon is None or sign * p <= sign * horizon),
                key=lambda price: sign * price,
            )
            assert [(e.price, e.size) for e in view] == [(p, levels[p]) for p in known]


@settings(max_examples=400, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    limit=st.sampled_from([2, 4, 50]),
    steps=st.lists(st.sampled_from(STEPS), max_size=120),
)
@example(seed=1, limit=50, steps=["change", "push", "deliver"] * 3 + ["answer"])
def test_a_live_book_is_the_exchange_book_at_its_version(
    seed: int, limit: int, steps: list[str]
) -> None:
    world = World(seed, limit)
    for step in steps:
        world.step(step)
        world.check()


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(STEPS), max_size=60))
def test_a_link_that_behaves_again_brings_every_book_back(seed: int, steps: list[str]) -> None:
    world = World(seed, 50)
    for step in steps:
        world.step(step)
    for _ in range(6):
        for step in ("change", "push", "deliver", "deliver", "answer", "answer", "wait_long"):
            world.step(step)
            world.check()
        while world.queue:
            world.step("deliver")
        while world.requests:
            world.step("answer")
        world.check()
    assert world.book.is_synced
    assert world.book.version == world.exchange.version


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(
        st.sampled_from(["change"] * 4 + ["push", "push", "deliver", "deliver", "answer"]),
        min_size=20,
        max_size=120,
    ),
)
def test_an_honest_link_never_loses_the_book_once_it_is_live(seed: int, steps: list[str]) -> None:
    world = World(seed, 50)
    was_live = False
    for step in steps:
        world.step(step)
        world.check()
        assert world.book.is_synced or not was_live  # the snapshot may lie inside a push's range
        was_live = world.book.is_synced
    assert not world.sync.counts.unsynced


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 5))
def test_a_subscription_that_died_in_silence_is_found_by_the_audit(seed: int, changes: int) -> None:
    world = World(seed, 50)
    world.step("answer")
    assert world.book.is_synced
    while world.exchange.version < 100 + changes:
        world.step("change")
    world.exchange.push()  # and it never arrives
    world.step("wait_long")  # quiet for too long: ask REST
    world.step("answer")  # REST is ahead; the stream may still catch up
    assert world.book.is_synced
    world.step("wait")  # it did not
    assert world.epoch == 1
    assert not world.book.is_synced
    assert world.sync.counts.unsynced == {UnsyncReason.STALE: 1}


def test_the_hostile_steps_reach_every_way_of_losing_a_book() -> None:
    seen: set[UnsyncReason] = set()
    for seed in range(300):
        random = Random(seed)
        world = World(seed, random.choice([2, 4, 50]))
        for _ in range(120):
            world.step(random.choice(STEPS))
            world.check()
        seen |= set(world.sync.counts.unsynced)
    assert seen >= {
        UnsyncReason.GAP,
        UnsyncReason.UNDECODABLE,
        UnsyncReason.BEYOND_HORIZON,
        UnsyncReason.LINK_LOST,
        UnsyncReason.STALE,
    }

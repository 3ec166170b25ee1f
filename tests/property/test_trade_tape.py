"""What is handed out plus the gaps that are declared cover the exchange's tape; no trade twice."""

from collections import Counter
from random import Random

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mexc_connector.common.enums import Side
from mexc_connector.common.models import Trade, TradeId
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.common.trade_gap import TradeGap
from mexc_connector.core.stream_filters import RepeatFilter
from mexc_connector.core.tape_actions import TapeStep
from mexc_connector.core.tape_ledger import key_of
from mexc_connector.core.trade_tape import TradeTape

BTC = Symbol(AssetName("BTC"), AssetName("USDT"))
MILLISECOND = 1_000_000

STEPS = (
    ["trade"] * 8
    + ["push"] * 5
    + ["deliver"] * 8
    + ["repeat", "undecodable", "cut", "cut"]
    + ["reconnect"] * 3
    + ["answer"] * 5
    + ["fail", "wait", "wait"]
)


class World:
    """An exchange with a tape, a link that misbehaves, and the tape under test."""

    def __init__(self, seed: int, *, asked: int, wait_ms: int = 50) -> None:
        self.random = Random(seed)
        self.asked = asked
        self.now = 0
        self.time_ms = 1000
        self.tape: list[Trade] = []
        self.unpushed: list[Trade] = []
        self.queue: list[list[Trade]] = []
        self.delivered: list[list[Trade]] = []
        self.is_linked = True
        self.requests: list[tuple[int, list[Trade]]] = []
        self.handed: list[Trade] = []
        self.gaps: list[TradeGap] = []
        self.repeats = RepeatFilter(10_000)
        self.sut = TradeTape(
            BTC,
            wait_ns=wait_ms * MILLISECOND,
            retry_ns=4 * MILLISECOND,
            held_trades=40,
            can_backfill=True,
        )
        self.sut.on_subscribed(0)

    def carry_out(self, step: TapeStep) -> None:
        self.handed += step.trades
        if step.request is not None:
            self.requests.append((step.request, self.recent()))
        if step.gap is not None:
            self.gaps.append(step.gap)

    def recent(self) -> list[Trade]:
        rows = [msgspec.structs.replace(trade, trade_id=None) for trade in self.tape]
        return rows[::-1][: self.asked]

    def give(self, frame: list[Trade]) -> None:
        fresh = [trade for trade in frame if self.repeats.is_new(trade.trade_id)]
        self.carry_out(self.sut.on_trades(fresh, self.now))

    def trade(self) -> None:
        self.time_ms += self.random.choice((0, 0, 1, 1, 2, 5))
        trade = Trade(
            symbol=BTC,
            price=self.random.choice((1.0, 2.0)),
            amount=1.0,
            side=Side.BUY,
            exchange_time_ms=self.time_ms,
            trade_id=TradeId(str(len(self.tape))),
        )
        self.tape.append(trade)
        if self.is_linked:
            self.unpushed.append(trade)

    def step(self, name: str) -> None:  # noqa: C901 - one branch per kind of event
        self.now += MILLISECOND
        if name == "trade":
            self.trade()
        elif name == "push" and self.unpushed:
            self.queue.append(self.unpushed)
            self.unpushed = []
        elif name == "deliver" and self.queue:
            self.delivered.append(self.queue.pop(0))
            self.give(self.delivered[-1])
        elif name == "repeat" and self.delivered:
            self.give(self.random.choice(self.delivered))
        elif name == "undecodable" and self.queue:
            self.queue.pop(0)
            self.carry_out(self.sut.on_missed(self.now))
        elif name == "cut" and self.is_linked:
            self.is_linked = False
            self.unpushed, self.queue = [], []
            self.carry_out(self.sut.on_link_lost())
        elif name == "reconnect" and not self.is_linked:
            self.is_linked = True
            self.carry_out(self.sut.on_subscribed(self.now))
        elif name == "answer" and self.requests:
            request, early = self.requests.pop(0)
            rows = self.random.choice((early, self.recent()))
            self.carry_out(self.sut.on_rest_trades(rows, request, self.now))
        elif name == "fail" and self.requests:
            self.carry_out(self.sut.on_rest_failed(self.requests.pop(0)[0], self.now))
        elif name == "wait":
            self.now += 10 * MILLISECOND
        if self.sut.due_ns is not None and self.now >= self.sut.due_ns:
            self.carry_out(self.sut.on_tick(self.now))

    def settle(self) -> None:
        """Behave until the tape is whole."""
        for _ in range(80):
            for name in ("reconnect", "trade", "push", "deliver", "deliver", "answer", "wait"):
                self.step(name)
        while self.queue or self.unpushed:
            self.step("push")
            self.step("deliver")

    def check_no_trade_twice(self) -> None:
        surplus = Counter(map(key_of, self.handed)) - Counter(map(key_of, self.tape))
        assert not surplus
        ids = Counter(trade.trade_id for trade in self.handed if trade.trade_id is not None)
        assert all(number == 1 for number in ids.values())

    def check_covered(self) -> None:
        missing = Counter(map(key_of, self.tape)) - Counter(map(key_of, self.handed))
        for key in missing:
            assert any(
                (gap.from_ms is None or gap.from_ms <= key[0])
                and (gap.to_ms is None or key[0] <= gap.to_ms)
                for gap in self.gaps
                if not gap.is_closed
            ), f"{key} is missing and no open gap says so: {self.gaps}"


@settings(max_examples=500, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    asked=st.sampled_from([4, 20, 1000]),
    steps=st.lists(st.sampled_from(STEPS), max_size=150),
)
@example(seed=1, asked=1000, steps=["trade", "push", "deliver", "cut", "trade", "reconnect"])
def test_what_is_handed_out_and_the_open_gaps_cover_the_tape(
    seed: int, asked: int, steps: list[str]
) -> None:
    world = World(seed, asked=asked)
    for step in steps:
        world.step(step)
        world.check_no_trade_twice()
    world.settle()
    world.check_no_trade_twice()
    assert world.sut.is_whole
    world.check_covered()


@settings(max_examples=250, deadline=None)
@given(seed=st.integers(0, 2**32), asked=st.sampled_from([20, 1000]), count=st.integers(50, 300))
def test_a_long_bad_day_leaves_no_trade_twice_and_none_missing_unsaid(
    seed: int, asked: int, count: int
) -> None:
    world = World(seed, asked=asked)
    for _ in range(count):
        world.step(world.random.choice(STEPS))
        world.check_no_trade_twice()
    world.settle()
    world.check_no_trade_twice()
    world.check_covered()


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), missed=st.integers(0, 30))
def test_a_break_that_rest_can_bridge_is_closed_in_the_order_of_the_tape(
    seed: int, missed: int
) -> None:
    world = World(seed, asked=1000, wait_ms=1000)
    for _ in range(3):
        world.step("trade")
        world.time_ms += 1
    for name in ("push", "deliver", "cut", *["trade"] * missed, "reconnect"):
        world.step(name)
    world.settle()
    assert [gap.is_closed for gap in world.gaps] == [True]
    assert [key_of(trade) for trade in world.handed] == [
        key_of(trade) for trade in sorted(world.handed, key=lambda t: t.exchange_time_ms)
    ]
    assert Counter(map(key_of, world.handed)) == Counter(map(key_of, world.tape))

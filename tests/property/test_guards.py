"""Guards under any history: what they let pass and what they have canceled."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.common.guard_config import (
    DeadManSwitch,
    GuardConfig,
    LostAccountGuard,
    OrderRateGuard,
    PriceBandGuard,
    StaleBookGuard,
)
from mexc_connector.common.guards import Guard, GuardAction, GuardEvent, GuardState
from mexc_connector.core.guard_limits import BookReading, ProposedOrder
from mexc_connector.core.guard_trips import must_cancel
from mexc_connector.core.guards import Guards, Stage
from tests.unit.trading.orders import BTC, ETH

STEPS = st.tuples(
    st.sampled_from(
        ["order", "bad order", "time", "beat", "lost", "back", "old book", "canceled", "reset"]
    ),
    st.sampled_from([BTC, ETH]),
    st.sampled_from([0.0, 0.1, 0.4, 1.0, 3.0]),
)
ACTIONS = st.sampled_from(GuardAction)


class History:
    """Plays steps to the guards, and remembers what a plain reader would conclude."""

    def __init__(self, action: GuardAction) -> None:
        self.now = 0.0
        self.guards = Guards(
            GuardConfig(
                stale_book=StaleBookGuard(max_age_s=5.0, action=action),
                lost_account=LostAccountGuard(max_s=1.0, action=action),
                dead_man=DeadManSwitch(timeout_s=4.0, action=action),
                price_band=PriceBandGuard(max_distance=0.1, action=action),
                order_rate=OrderRateGuard(per_second=3, action=action),
            ),
            started_at=0.0,
        )
        self.ages = {BTC: 0.0, ETH: 0.0}
        self.lost_at: float | None = None
        self.beat_at = 0.0
        self.passed: list[float] = []
        self.owed: list[GuardEvent] = []
        self.open_trips: Counter[tuple[Guard, object]] = Counter()

    def play(self, step: tuple[str, object, float]) -> None:
        what, symbol, pause = step
        self.now += pause
        guards, now = self.guards, self.now
        if what in ("order", "bad order"):
            self._order(symbol, 100.0 if what == "order" else 200.0)
        elif what == "beat":
            guards.on_heartbeat(now)
            self.beat_at = now
        elif what in ("lost", "back"):
            guards.on_account(is_current=what == "back", now=now)
            if what == "back":
                self.lost_at = None
            elif self.lost_at is None:
                self.lost_at = now
        elif what == "old book":
            self.ages[symbol] = 9.0 - self.ages[symbol]  # type: ignore[index]
        elif what == "canceled" and self.owed:
            guards.on_canceled(self.owed.pop(0), "gone")
        elif what == "reset":
            guards.reset(now)
            self.beat_at = now
        else:
            guards.on_time(now, {s: BookReading(True, age) for s, age in self.ages.items()})
        self._read()

    def _order(self, symbol: object, price: float) -> None:
        age = self.ages[symbol]  # type: ignore[index]
        order = ProposedOrder(
            symbol=symbol,  # type: ignore[arg-type]
            price=price,
            reference_price=100.0,
            book=BookReading(True, age),
        )
        if self.guards.judge(order, self.now, Stage.PLACED) is None:
            assert price == 100.0
            assert age <= 5.0
            assert self.now - self.beat_at < 4.0
            assert self.lost_at is None or self.now - self.lost_at < 1.0
            assert sum(at > self.now - 1.0 for at in self.passed) < 3
            assert not any(event.symbol in (None, symbol) for event in self.owed)
            self.passed.append(self.now)

    def _read(self) -> None:
        for event in self.guards.take_events():
            key = (event.guard, event.symbol)
            if event.state in (GuardState.TRIPPED, GuardState.HALTED):
                self.open_trips[key] += 1
                assert self.open_trips[key] == 1  # G1
                if must_cancel(event):
                    self.owed.append(event)
            elif event.state is GuardState.CLEARED:
                self.open_trips[key] -= 1
                assert self.open_trips[key] == 0
                assert not any((owed.guard, owed.symbol) == key for owed in self.owed)
        tripped = {(event.guard, event.symbol) for event in self.guards.tripped}
        assert tripped == {key for key, count in self.open_trips.items() if count}


@given(action=ACTIONS, steps=st.lists(STEPS, max_size=60))
def test_no_order_passes_a_guard_whose_cause_is_there_and_each_trip_cancels_once(
    action: GuardAction, steps: list[tuple[str, object, float]]
) -> None:
    history = History(action)
    for step in steps:
        history.play(step)
    assert (action is GuardAction.REFUSE) <= (not history.owed)

"""Random lives of orders, told out of order, again and again, by two channels and by REST.

The model knows the truth of each order from its script alone; it shares nothing with the tracker
but the models. Whatever was told so far, the tracker may not go beyond it or back; once all is
told, the tracker holds the truth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from mexc_connector.common.enums import OrderStatus
from mexc_connector.common.orders import ClientOrderId, Fill, Order
from mexc_connector.core.order_events import Contradiction, FillCounted, OrderChanged
from mexc_connector.core.order_tracker import OrderTracker
from tests.unit.trading.orders import fill, intent, order

AMOUNT = 10
DONE = {
    OrderStatus.FILLED,
    OrderStatus.CANCELED,
    OrderStatus.PARTIALLY_CANCELED,
}


@dataclass(frozen=True)
class Life:
    """An order's script: what is traded, one piece after the other, and whether it is canceled."""

    number: int
    pieces: tuple[int, ...]
    is_canceled: bool
    is_ours: bool

    @property
    def order_id(self) -> str:
        return f"X{self.number}"

    @property
    def client_order_id(self) -> str | None:
        return f"mine{self.number}" if self.is_ours else None

    @property
    def filled(self) -> int:
        return sum(self.pieces)

    @property
    def end(self) -> OrderStatus:
        if self.filled == AMOUNT:
            return OrderStatus.FILLED
        if not self.is_canceled:
            return OrderStatus.PARTIALLY_FILLED if self.pieces else OrderStatus.NEW
        return OrderStatus.PARTIALLY_CANCELED if self.pieces else OrderStatus.CANCELED

    def _report(self, status: OrderStatus, filled: int, moment: int) -> Order:
        return order(
            status,
            filled=str(filled),
            order_id=self.order_id,
            client_order_id=self.client_order_id,
            updated_ms=moment,
        )

    def reports(self) -> list[Order]:
        told = [self._report(OrderStatus.PENDING_NEW, 0, 0), self._report(OrderStatus.NEW, 0, 1)]
        filled = 0
        for moment, piece in enumerate(self.pieces, start=2):
            filled += piece
            is_full = filled == AMOUNT
            status = OrderStatus.FILLED if is_full else OrderStatus.PARTIALLY_FILLED
            told.append(self._report(status, filled, moment))
        told.append(self._report(self.end, self.filled, 50))
        return told

    def fills(self) -> list[Fill]:
        return [
            fill(
                f"T{self.number}-{place}",
                str(piece),
                order_id=self.order_id,
                client_order_id=self.client_order_id,
            )
            for place, piece in enumerate(self.pieces)
        ]


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    made = []
    for number in range(draw(st.integers(1, 4))):
        pieces: list[int] = []
        for piece in draw(st.lists(st.integers(1, AMOUNT), max_size=5)):
            if sum(pieces) + piece <= AMOUNT:
                pieces.append(piece)
        made.append(Life(number, tuple(pieces), draw(st.booleans()), draw(st.booleans())))
    return made


@st.composite
def tellings(draw: st.DrawFn) -> tuple[list[Life], list[Order | Fill | str]]:
    """All that there is to tell, shuffled; some of it again; lost answers in between."""
    script = draw(lives())
    once: list[Order | Fill | str] = []
    for life in script:
        once += life.reports()
        once += life.fills()
        if life.is_ours:
            once.append(str(life.client_order_id))
    again = draw(st.lists(st.sampled_from(once), max_size=20))
    return script, draw(st.permutations(once + again))


def tell(tracker: OrderTracker, told: Order | Fill | str) -> Iterable[object]:
    if isinstance(told, Order):
        return tracker.on_order(told)
    if isinstance(told, Fill):
        return tracker.on_fill(told)
    return tracker.on_outcome_unknown(ClientOrderId(told))


@settings(max_examples=300, deadline=None)
@given(telling=tellings())
def test_the_truth_does_not_depend_on_how_it_is_told(
    telling: tuple[list[Life], list[Order | Fill | str]],
) -> None:
    script, told = telling
    tracker = OrderTracker(completed_limit=10)
    for life in script:
        if life.is_ours:
            tracker.on_intent(intent(str(life.client_order_id)))
    truth = {life.order_id: life for life in script}
    counted: list[str] = []
    seen: dict[int, Order] = {}
    for words in told:
        for event in tell(tracker, words):
            assert not isinstance(event, Contradiction), event
            if isinstance(event, FillCounted):
                counted.append(event.fill.trade_id)
            elif isinstance(event, OrderChanged):
                check_step(seen.get(event.key), event.order, truth)
                seen[event.key] = event.order
    assert sorted(counted) == sorted(f.trade_id for life in script for f in life.fills())
    check_end(tracker, script)


def check_step(before: Order | None, after: Order, truth: dict[str, Life]) -> None:
    """Nothing goes back, and nothing goes beyond what truly happened."""
    if before is not None:
        assert after.exact.amount_filled >= before.exact.amount_filled
        assert not (before.is_done and not after.is_done)
    if after.order_id is not None:
        life = truth[after.order_id]
        assert after.exact.amount_filled <= life.filled
        assert not after.is_done or life.end in DONE


def check_end(tracker: OrderTracker, script: list[Life]) -> None:
    for life in script:
        record = tracker.find(order_id=order(order_id=life.order_id).order_id)
        assert record is not None
        assert record.order.status is life.end
        assert record.order.exact.amount_filled == life.filled
        assert record.order.exact.quote_amount_filled == Decimal(life.filled) * 100
        assert {f.trade_id for f in record.fills.values()} == {f.trade_id for f in life.fills()}
    still_open = {life.order_id for life in script if life.end not in DONE}
    assert {known.order_id for known in tracker.open_orders} == still_open
    assert tracker.missing_fills == ()


@settings(max_examples=100, deadline=None)
@given(telling=tellings(), limit=st.integers(0, 2))
def test_memory_is_bounded_and_no_fill_is_told_twice(
    telling: tuple[list[Life], list[Order | Fill | str]], limit: int
) -> None:
    """Forgetting finished orders may bring them back as adopted ones, but never a fill again."""
    _, told = telling
    tracker = OrderTracker(completed_limit=limit)
    counted: list[str] = []
    for words in told:
        if isinstance(words, str):
            continue
        events = tell(tracker, words)
        counted += [event.fill.trade_id for event in events if isinstance(event, FillCounted)]
        assert tracker.completed_count <= limit
    assert len(counted) == len(set(counted))

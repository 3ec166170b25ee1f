"""The matching book against an oracle that keeps one flat list of orders."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from mexc_connector.sim.matching import MatchingBook, Order, OrderKind, Side


@dataclass
class Resting:
    number: int
    is_bid: bool
    price: int
    lots: int


class Oracle:
    """Price-time priority at its plainest: search the list, oldest first, for the best price."""

    def __init__(self) -> None:
        self.resting: list[Resting] = []

    def best_against(self, is_bid: bool, limit: int | None) -> Resting | None:
        best = None
        for order in self.resting:
            if order.is_bid == is_bid:
                continue
            if limit is not None and (order.price > limit if is_bid else order.price < limit):
                continue
            if best is None or (order.price < best.price if is_bid else order.price > best.price):
                best = order
        return best

    def place(self, number: int, is_bid: bool, price: int, lots: int, kind: OrderKind) -> list:
        limit = None if kind is OrderKind.MARKET else price
        if kind is OrderKind.LIMIT_MAKER and self.best_against(is_bid, limit):
            return []
        before = [Resting(o.number, o.is_bid, o.price, o.lots) for o in self.resting]
        fills = []
        while lots and (maker := self.best_against(is_bid, limit)):
            taken = min(lots, maker.lots)
            fills.append((maker.number, maker.price, taken))
            maker.lots -= taken
            lots -= taken
            if not maker.lots:
                self.resting.remove(maker)
        if kind is OrderKind.FILL_OR_KILL and lots:
            self.resting = before
            return []
        if lots and kind in (OrderKind.LIMIT, OrderKind.LIMIT_MAKER):
            self.resting.append(Resting(number, is_bid, price, lots))
        return fills

    def cancel(self, number: int) -> bool:
        kept = [order for order in self.resting if order.number != number]
        found = len(kept) < len(self.resting)
        self.resting = kept
        return found

    def levels(self, is_bid: bool) -> list[tuple[int, int]]:
        totals: dict[int, int] = {}
        for order in self.resting:
            if order.is_bid == is_bid:
                totals[order.price] = totals.get(order.price, 0) + order.lots
        return sorted(totals.items(), reverse=is_bid)


placements = st.tuples(
    st.booleans(), st.integers(1, 12), st.integers(1, 9), st.sampled_from(list(OrderKind))
)
cancels = st.integers(0, 40)


@given(actions=st.lists(placements | cancels, max_size=60))
def test_every_fill_and_level_is_the_oracles(
    actions: list[tuple[bool, int, int, OrderKind] | int],
) -> None:
    book, oracle = MatchingBook(0), Oracle()
    for number, action in enumerate(actions):
        if isinstance(action, int):
            assert (book.cancel(action) is not None) == oracle.cancel(action)
        else:
            is_bid, price, lots, kind = action
            side = Side.BUY if is_bid else Side.SELL
            fills = book.submit(Order(number, 1, side, price, lots), kind)
            assert [(f.maker.order_id, f.price, f.lots) for f in fills] == oracle.place(
                number, is_bid, price, lots, kind
            )
        assert list(book.bids.best_first()) == oracle.levels(is_bid=True)
        assert list(book.asks.best_first()) == oracle.levels(is_bid=False)
        assert set(book.orders) == {order.number for order in oracle.resting}
        bid, ask = book.bids.best, book.asks.best
        assert bid is None or ask is None or bid < ask


@given(actions=st.lists(placements | cancels, max_size=60))
def test_each_version_changes_one_level(
    actions: list[tuple[bool, int, int, OrderKind] | int],
) -> None:
    book = MatchingBook(100, remembered_changes=10_000)
    for number, action in enumerate(actions):
        if isinstance(action, int):
            book.cancel(action)
        else:
            is_bid, price, lots, kind = action
            book.submit(Order(number, 1, Side.BUY if is_bid else Side.SELL, price, lots), kind)
    assert book.version == 100 + len(book.changes)
    assert book.past is not None
    assert [change.key for change in book.past] == book.changes

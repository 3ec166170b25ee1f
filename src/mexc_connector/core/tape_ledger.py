"""TapeLedger: which trades of a tape were handed out, told apart as far as REST can.

REST gives public trades without an id (`id` is null), so two trades are the same if time, price,
amount and side are: a key. Several trades may share one; what counts then is how many.
"""

from collections import Counter, deque
from collections.abc import Iterable

from mexc_connector.common.enums import Side
from mexc_connector.common.models import Trade

TradeKey = tuple[int, float, float, Side]


def key_of(trade: Trade) -> TradeKey:
    """Return what the stream and REST both say of a trade."""
    return trade.exchange_time_ms, trade.price, trade.amount, trade.side


class TapeLedger:
    """The last `capacity` trades handed out, and which of them the stream still owes us.

    A trade that REST gave may come over the stream as well: it is owed until then.
    """

    __slots__ = ("_given", "_owed", "_owed_order", "newest_ms")

    def __init__(self, capacity: int) -> None:
        self._given: deque[Trade] = deque(maxlen=capacity)
        self._owed: Counter[TradeKey] = Counter()
        self._owed_order: deque[TradeKey] = deque(maxlen=capacity)
        self.newest_ms: int | None = None

    def note(self, trades: Iterable[Trade]) -> None:
        """Remember trades that are being handed out."""
        self._given.extend(trades)
        if self._given:
            last_ms = self._given[-1].exchange_time_ms
            self.newest_ms = last_ms if self.newest_ms is None else max(self.newest_ms, last_ms)

    def owe(self, trade: Trade) -> None:
        """Expect the stream to repeat a trade that REST gave."""
        order = self._owed_order
        if len(order) == order.maxlen:
            self._forget(order[0])
        order.append(key_of(trade))
        self._owed[order[-1]] += 1

    def is_owed(self, trade: Trade) -> bool:
        """Whether a trade of the stream was given by REST before; settles the debt."""
        if not self._owed:
            return False
        key = key_of(trade)
        if not self._owed[key]:
            return False
        self._forget(key)
        self._owed_order.remove(key)
        return True

    @property
    def has_debts(self) -> bool:
        """Whether any trade of the stream may be one that REST gave before."""
        return bool(self._owed_order)

    def given_since(self, from_ms: int) -> Counter[TradeKey]:
        """Count what was handed out from this time on, as far as memory goes."""
        return Counter(key_of(trade) for trade in self._given if trade.exchange_time_ms >= from_ms)

    def streamed_since(self, from_ms: int) -> Counter[TradeKey]:
        """Count the same without what only REST has given so far."""
        return self.given_since(from_ms) - self._owed

    def forgive(self, until_ms: int) -> None:
        """Expect no repeats of trades up to this time any more: the stream has gone past it.

        A debt that cannot be settled would have every later trade looked up: 2 us each instead of
        1 from `TradeTape.on_trades` (2026-11-20).
        """
        kept = [key for key in self._owed_order if key[0] > until_ms]
        self._owed_order = deque(kept, maxlen=self._owed_order.maxlen)
        self._owed = Counter(kept)

    def _forget(self, key: TradeKey) -> None:
        self._owed[key] -= 1
        if self._owed[key] <= 0:
            del self._owed[key]

    def __repr__(self) -> str:
        return f"<TapeLedger {len(self._given)} given, {len(self._owed_order)} owed>"

"""Guards: whether an order may be sent, and when what is open has to go.

Rules, cited in the code and in the tests:

- G1  A trip is told once, and cancels once (`guard_trips`): a cause that lasts says no more.
- G2  The session's guards (STALE_BOOK, LOST_ACCOUNT, BLOCKED_LOOP, DEAD_MAN) are looked at as time
      passes and again with every order: no order slips through between two looks.
- G3  The order guards judge one order. Their trip lasts until they let another one pass, so a bot
      that repeats a bad order causes one cancellation, not a storm.
- G4  What is not known does not pass: no book, no reference price, no value.
- G5  An order that waited is judged again when it leaves, by everything that time can change. Its
      place among the open orders and in the rate it has already.
- G6  Cancels are not asked about, ever.

No clock in here: `now` is seconds of any monotonic clock. After every call the caller owes
`take_events()` to those who listen, and a cancellation for every one that `must_cancel`.
"""

from collections import deque
from collections.abc import Mapping
from enum import Enum, auto, unique
from math import isfinite

from mexc_connector.common.guard_config import DeadManSwitch, GuardConfig, GuardOptions
from mexc_connector.common.guards import Guard, GuardAction, GuardEvent, GuardTripped
from mexc_connector.common.symbols import Symbol
from mexc_connector.core.guard_limits import (
    BookReading,
    Breach,
    ProposedOrder,
    judged_book,
    judged_open_orders,
    judged_price,
    judged_value,
)
from mexc_connector.core.guard_trips import GuardTrips

_SECOND_S, _MINUTE_S = 1.0, 60.0
_OF_SESSION = (Guard.LOST_ACCOUNT, Guard.BLOCKED_LOOP, Guard.DEAD_MAN)


@unique
class Stage(Enum):
    """When an order is judged: before an old one goes for it, when placed, when it leaves."""

    FORESEEN = auto()
    PLACED = auto()
    LEAVING = auto()


class Guards:
    """The guards of one session. `started_at`: the dead-man switch counts from there."""

    def __init__(self, config: GuardConfig, *, started_at: float) -> None:
        self.refusals = 0
        self._trips = GuardTrips()
        self._config = config
        self._dead_man = config.dead_man
        self._last_heartbeat = started_at
        self._due_at: float | None = None
        self._lag_s = 0.0
        self._lagged_at: float | None = None
        self._lost_at: float | None = None
        self._placed: deque[float] = deque()

    @property
    def tripped(self) -> tuple[GuardEvent, ...]:
        """The guards that are tripped or halted, the oldest first."""
        return self._trips.events

    @property
    def trip_count(self) -> int:
        """How often any guard tripped."""
        return self._trips.count

    def take_events(self) -> list[GuardEvent]:
        """Return what has changed since the last time."""
        return self._trips.take_events()

    # What happens.

    def arm(self, switch: DeadManSwitch | None, now: float) -> None:
        """Set or, by None, end the dead-man switch; it counts from now."""
        self._dead_man = switch
        self._last_heartbeat = now
        self._look_at_heartbeat(now)

    def on_heartbeat(self, now: float) -> None:
        """Note that the bot lives. One that comes too late trips the switch first (G2)."""
        self._look_at_heartbeat(now)
        self._last_heartbeat = now
        self._look_at_heartbeat(now)

    def on_account(self, *, is_current: bool, now: float) -> None:
        """Note whether orders and balances in memory are true."""
        if is_current:
            self._lost_at = None
        elif self._lost_at is None:
            self._lost_at = now

    def on_tick(self, now: float, *, next_at: float) -> None:
        """Note that the loop came round, and when it should come again."""
        self._look_at_loop(now)
        self._due_at = next_at

    def on_time(self, now: float, books: Mapping[Symbol, BookReading]) -> None:
        """Look at everything that is not about one order."""
        self._look_at_loop(now)
        self._look_at_heartbeat(now)
        self._look_at_account(now)
        for symbol, book in books.items():
            self._look_at_book(symbol, book)
        for event in tuple(self._trips.of_guard(Guard.STALE_BOOK)):
            if event.symbol not in books:  # the market is given up
                self._note(Guard.STALE_BOOK, event.symbol, None)

    def on_canceled(self, event: GuardEvent, summary: str) -> None:
        """Note that what `event` had to cancel is gone; the cause is looked at next time."""
        self._trips.on_canceled(event, summary)

    def reset(self, now: float) -> None:
        """Let orders pass again. A cause that is still there trips again, and cancels again.

        What is still being canceled goes on, and refuses until it is done.
        """
        self._last_heartbeat, self._lagged_at = now, None
        self._trips.reset()

    # Orders.

    def judge(self, order: ProposedOrder, now: float, stage: Stage) -> GuardTripped | None:
        """Return why the order must not be sent, or None. PLACED counts it in the rate."""
        refusal = self._refusal(order, now, stage)
        if refusal is not None:
            self.refusals += 1
        elif stage is Stage.PLACED and self._config.order_rate is not None:
            self._placed.append(now)
        return refusal

    def _refusal(self, order: ProposedOrder, now: float, stage: Stage) -> GuardTripped | None:
        self._look_at_loop(now)
        self._look_at_heartbeat(now)
        self._look_at_account(now)
        event = self._trips.refusing(order.symbol, always=_OF_SESSION)
        if event is not None:
            return GuardTripped(event.guard, event.reason, value=event.value, limit=event.limit)
        if self._config.stale_book is not None:
            if order.book is not None:
                self._look_at_book(order.symbol, order.book)
            breach = judged_book(self._config.stale_book, order.book)
            if breach is not None:
                return breach.error(Guard.STALE_BOOK)
        for guard, breach in self._order_breaches(order, now, stage):
            if breach is not None or stage is Stage.PLACED:
                self._note(guard, None, breach)
            if breach is not None:
                return breach.error(guard)
        return None

    def _order_breaches(
        self, order: ProposedOrder, now: float, stage: Stage
    ) -> list[tuple[Guard, Breach | None]]:
        found: list[tuple[Guard, Breach | None]] = []
        config = self._config
        if config.price_band is not None:
            found.append((Guard.PRICE_BAND, judged_price(config.price_band, order)))
        if stage is Stage.LEAVING:  # G5
            return found
        if config.order_value is not None:
            found.append((Guard.ORDER_VALUE, judged_value(config.order_value, order)))
        if config.open_orders is not None:
            found.append((Guard.OPEN_ORDERS, judged_open_orders(config.open_orders, order)))
        if config.order_rate is not None:
            found.append((Guard.ORDER_RATE, self._judged_rate(now)))
        return found

    def _judged_rate(self, now: float) -> Breach | None:
        guard = self._config.order_rate
        assert guard is not None  # noqa: S101 - asked by who has looked
        while self._placed and self._placed[0] <= now - _MINUTE_S:
            self._placed.popleft()
        in_second = sum(at > now - _SECOND_S for at in self._placed)
        for count, most, span in (
            (in_second, guard.per_second, "second"),
            (len(self._placed), guard.per_minute, "minute"),
        ):
            if most is not None and count >= most:
                return Breach(f"{count} orders in the last {span}, {most} allowed", count, most)
        return None

    # Causes.

    def _look_at_loop(self, now: float) -> None:
        guard = self._config.blocked_loop
        if guard is None:
            return
        lag_s = 0.0 if self._due_at is None else now - self._due_at
        if lag_s > guard.max_lag_s:
            self._lag_s, self._lagged_at = lag_s, now
        breach = None
        if self._lagged_at is not None and now - self._lagged_at < guard.calm_s:
            reason = f"the event loop was {self._lag_s:.3f} s late"
            breach = Breach(reason, self._lag_s, guard.max_lag_s)
        self._note(Guard.BLOCKED_LOOP, None, breach)

    def _look_at_heartbeat(self, now: float) -> None:
        switch, silent_s = self._dead_man, now - self._last_heartbeat
        breach = None
        if switch is not None and silent_s >= switch.timeout_s:
            breach = Breach(f"no heartbeat for {silent_s:.3f} s", silent_s, switch.timeout_s)
        self._note(Guard.DEAD_MAN, None, breach)

    def _look_at_account(self, now: float) -> None:
        guard = self._config.lost_account
        if guard is None:
            return
        lost_s = None if self._lost_at is None else now - self._lost_at
        breach = None
        if lost_s is not None and lost_s >= guard.max_s:
            breach = Breach(f"the account was not current for {lost_s:.3f} s", lost_s, guard.max_s)
        self._note(Guard.LOST_ACCOUNT, None, breach)

    def _look_at_book(self, symbol: Symbol, book: BookReading) -> None:
        guard = self._config.stale_book
        if guard is None:
            return
        breach = None
        # Before the first snapshot there is nothing that could have gone stale: orders are
        # refused, and what is open from before is left alone.
        if book.age_s > guard.max_age_s and isfinite(book.age_s):
            breach = judged_book(guard, book)
        self._note(Guard.STALE_BOOK, symbol, breach)

    def _note(self, guard: Guard, symbol: Symbol | None, breach: Breach | None) -> None:
        self._trips.note(guard, symbol, breach, self._action_of(guard))

    def _action_of(self, guard: Guard) -> GuardAction:
        options = self._dead_man if guard is Guard.DEAD_MAN else _options(self._config)[guard]
        return GuardAction.REFUSE if options is None else options.action

    def __repr__(self) -> str:
        return f"<Guards {self._trips!r}>"


def _options(config: GuardConfig) -> dict[Guard, GuardOptions | None]:
    return {
        Guard.STALE_BOOK: config.stale_book,
        Guard.LOST_ACCOUNT: config.lost_account,
        Guard.BLOCKED_LOOP: config.blocked_loop,
        Guard.PRICE_BAND: config.price_band,
        Guard.ORDER_VALUE: config.order_value,
        Guard.OPEN_ORDERS: config.open_orders,
        Guard.ORDER_RATE: config.order_rate,
    }

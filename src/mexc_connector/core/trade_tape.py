"""TradeTape: the public trades of one market, each once, and complete or declared incomplete.

The stream numbers no frames, so a tape is whole as long as its connection is and every frame can
be read. What breaks it, and how it is mended:

    WHOLE  --on_link_lost, on_missed-->   BROKEN   trades that come now are held back
    BROKEN --on_subscribed-->             BROKEN   ask REST for the recent trades
    BROKEN --on_rest_trades, both ends--> WHOLE    hand out what was missed, then what was held
    BROKEN --on_tick, too late-->         WHOLE    hand out what was held; the gap stays open

T1. Identity. REST gives no ids: key and count tell trades apart (`tape_ledger`).
T2. Begin. REST has to reach back to before the millisecond of the last trade handed out, and to
    show the trades of that millisecond; then its later ones are all that was missed.
T3. End. REST has to show the first trade of the stream after the break, and either later ones or
    to have been asked after those of its millisecond came: lost ones like them might be mistaken
    for them. Until one has come, what REST gives is handed out at once; the gap stays unconfirmed.
T4. The millisecond of that first trade may hold others that REST shows and the stream did not
    bring: they were missed if the stream has gone on to a later one, and ambiguous otherwise.
T5. A trade that REST gave and the stream brings later is a repeat.
T6. New trades are held back for a bounded time and in a bounded number. Then they are handed out,
    and the gap is declared open.

Times called `now_ns` are nanoseconds of one clock; `on_...` return what the shell owes.
"""

from collections import Counter
from collections.abc import Sequence

from mexc_connector.common.models import Trade
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.trade_gap import TapeBreak, TapeDoubt, TradeGap
from mexc_connector.core.tape_actions import TapeStep
from mexc_connector.core.tape_ledger import TapeLedger, TradeKey, key_of

_REMEMBERED_TRADES = 2000
"""Twice what REST gives at most, so that its answers never reach past the memory."""

_MOST_FAILURES = 6
"""Requests in vain until the next trade of the stream gives a reason to ask again."""

_HOPELESS = (TapeDoubt.NO_REFERENCE, TapeDoubt.NO_BACKFILL)


_NOTHING = TapeStep()


class TradeTape:
    """Keeps one tape. Pure: no clock, no socket, no await.

    `wait_ns`, `retry_ns` and `held_trades` are those of `TapeConfig`;
    `can_backfill` says whether REST may be asked at all.
    """

    def __init__(
        self,
        symbol: Symbol,
        *,
        wait_ns: int,
        retry_ns: int,
        held_trades: int,
        can_backfill: bool,
    ) -> None:
        self.symbol = symbol
        self.repeated = 0
        self._wait_ns = wait_ns
        self._retry_ns = retry_ns
        self._held_trades = held_trades
        self._can_backfill = can_backfill
        self._ledger = TapeLedger(_REMEMBERED_TRADES)
        self._is_linked = False
        self._cause: TapeBreak | None = None
        self._from_ms: int | None = None  # of the gap, as it is reported
        self._start_ms = 0  # from here on it is counted what was handed out
        self._join_ms = 0  # where the next answer has to join on (T2)
        self._doubt: TapeDoubt | None = None
        self._late_doubt = TapeDoubt.NOT_CONFIRMED
        self._backfilled = 0
        self._held: list[Trade] = []
        self._resume = 0  # index of the first held trade after the last break
        self._request = 0
        self._is_asking = False
        self._held_when_asked = 0
        self._failures = 0
        self._ask_at_ns: int | None = None
        self._give_up_ns: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing, as far as the stream tells."""
        return self._cause is None

    @property
    def due_ns(self) -> int | None:
        """When `on_tick` has to be called; None while nothing is waited for."""
        times = [at for at in (self._ask_at_ns, self._give_up_ns) if at is not None]
        return min(times, default=None)

    # The stream.

    def on_subscribed(self, now_ns: int) -> TapeStep:
        """The channel was granted: what happens from now on will come."""
        self._is_linked = True
        return _NOTHING if self.is_whole else self._ask(now_ns)

    def on_link_lost(self) -> TapeStep:
        """The connection is gone, and with it whatever happens until the next grant."""
        self._is_linked = False
        self._request += 1
        self._is_asking = False
        self._ask_at_ns = None
        self._break(TapeBreak.LINK_LOST)
        return _NOTHING

    def on_missed(self, now_ns: int) -> TapeStep:
        """A frame of the connection could not be read."""
        if not self._is_linked:
            return _NOTHING
        self._break(TapeBreak.UNDECODABLE)
        return self._ask(now_ns)

    def on_trades(self, trades: Sequence[Trade], now_ns: int) -> TapeStep:
        """Take trades of the stream, each a new one by its id."""
        if self._cause is None:
            if self._ledger.has_debts:
                trades = self._without_repeats(trades)
            self._ledger.note(trades)
            return TapeStep(trades)
        if not trades:
            return _NOTHING
        self._held.extend(trades)
        if len(self._held) > self._held_trades:
            return self._give_up(TapeDoubt.OVERFLOW)
        if self._give_up_ns is None:
            self._give_up_ns = now_ns + self._wait_ns
        return self._ask(now_ns)

    # REST.

    def on_rest_trades(self, answer: Sequence[Trade], request: int, now_ns: int) -> TapeStep:
        """Take the recent trades, newest first, as REST gives them."""
        if request != self._request or not self._is_asking:
            return _NOTHING
        self._is_asking = False
        rest = list(reversed(answer))
        rest.sort(key=_time_of)
        newest_ms = rest[-1].exchange_time_ms if rest else -1
        if newest_ms < self._join_ms:
            return self._ask_later(now_ns)  # REST lags behind what is known already
        shown = Counter(key_of(t) for t in rest if t.exchange_time_ms >= self._start_ms)
        given = self._ledger.given_since(self._start_ms)
        doubt = self._doubt or self._doubt_of_begin(rest, shown, given)
        resumed = self._held[self._resume :]
        if not resumed:  # T3: no end to prove yet
            self._doubt, self._join_ms, self._failures = doubt, newest_ms, 0
            return TapeStep(self._merged(rest, shown - given, until_ms=newest_ms))
        until_ms = min(map(_time_of, resumed))
        first = Counter(key_of(t) for t in resumed if t.exchange_time_ms == until_ms)
        if newest_ms <= until_ms and not (self._has_asked_after(until_ms) and first <= shown):
            return self._ask_later(now_ns)
        if not first <= shown:
            doubt = doubt or TapeDoubt.DISAGREES
        elif until_ms == max(map(_time_of, resumed)):
            told = self._ledger.streamed_since(self._start_ms) + Counter(map(key_of, self._held))
            if any(time_ms == until_ms for time_ms, *_ in shown - told):  # T4
                self._late_doubt = TapeDoubt.AMBIGUOUS
                return _NOTHING
        trades = self._merged(rest, shown - given, until_ms=until_ms)
        self._ledger.forgive(until_ms)  # the stream is past it
        return self._end(trades, to_ms=until_ms, doubt=doubt)

    def on_rest_failed(self, request: int, now_ns: int) -> TapeStep:
        """The request gave no trades; ask again, each time after a longer pause."""
        if request != self._request or not self._is_asking:
            return _NOTHING
        self._is_asking = False
        return self._ask_later(now_ns)

    # Time.

    def on_tick(self, now_ns: int) -> TapeStep:
        """Ask again, or stop holding trades back."""
        if self._give_up_ns is not None and now_ns >= self._give_up_ns:
            return self._give_up(self._late_doubt)
        if self._ask_at_ns is not None and now_ns >= self._ask_at_ns:
            self._ask_at_ns = None
            return self._ask(now_ns)
        return _NOTHING

    # Inside.

    def _break(self, cause: TapeBreak) -> None:
        """Begin a gap, or extend the one that is there: what was held so far lies within it."""
        self._resume = len(self._held)
        if self._cause is not None:
            return
        self._cause = cause
        self._from_ms = self._ledger.newest_ms
        self._start_ms = self._join_ms = self._from_ms or 0
        self._backfilled = self._failures = 0
        self._late_doubt = TapeDoubt.NOT_CONFIRMED
        self._doubt = None
        if not self._can_backfill:
            self._doubt = TapeDoubt.NO_BACKFILL
        elif self._from_ms is None:
            self._doubt = TapeDoubt.NO_REFERENCE

    def _ask(self, now_ns: int) -> TapeStep:
        if self._doubt in _HOPELESS:
            return self._give_up(self._doubt)
        is_pausing = self._ask_at_ns is not None and now_ns < self._ask_at_ns
        if self._is_asking or is_pausing or not self._is_linked:
            return _NOTHING
        self._request += 1
        self._is_asking = True
        self._held_when_asked = len(self._held)
        self._ask_at_ns = None
        return TapeStep(request=self._request)

    def _ask_later(self, now_ns: int) -> TapeStep:
        self._failures = min(self._failures + 1, _MOST_FAILURES)
        if self._failures < _MOST_FAILURES or self._held:
            self._ask_at_ns = now_ns + (self._retry_ns << (self._failures - 1))
        return _NOTHING

    def _doubt_of_begin(
        self, rest: list[Trade], shown: Counter[TradeKey], given: Counter[TradeKey]
    ) -> TapeDoubt | None:
        """T2: say why the answer does not join on to what was handed out, if so."""
        if rest[0].exchange_time_ms >= self._join_ms:
            return TapeDoubt.TOO_LONG
        last = Counter({key: n for key, n in given.items() if key[0] == self._join_ms})
        return None if last <= shown else TapeDoubt.DISAGREES

    def _has_asked_after(self, until_ms: int) -> bool:
        """T3: had all held trades up to then come when REST was asked."""
        asked = max(self._held_when_asked, self._resume)
        return all(trade.exchange_time_ms > until_ms for trade in self._held[asked:])

    def _merged(
        self, rest: list[Trade], needed: Counter[TradeKey], *, until_ms: int
    ) -> list[Trade]:
        """Return what was missed until then and what was held, in the order of time (T1, T5)."""
        held = []
        for trade in self._held:
            if needed[key_of(trade)] > 0:
                needed[key_of(trade)] -= 1
                held.append(trade)
            elif self._ledger.is_owed(trade):
                self.repeated += 1
            else:
                held.append(trade)
        missed = []
        for trade in rest:
            if needed[key_of(trade)] > 0 and trade.exchange_time_ms <= until_ms:
                needed[key_of(trade)] -= 1
                self._ledger.owe(trade)
                missed.append(trade)
        self._backfilled += len(missed)
        self._held = []
        self._resume = 0
        self._give_up_ns = None
        merged = sorted(missed + held, key=_time_of)
        self._ledger.note(merged)
        return merged

    def _give_up(self, doubt: TapeDoubt | None) -> TapeStep:
        """T6: hand out what was held, and say that something may be missing."""
        resumed = self._held[self._resume :]
        to_ms = min(map(_time_of, resumed), default=None)
        trades = self._merged([], Counter(), until_ms=0)
        return self._end(trades, to_ms=to_ms, doubt=self._doubt or doubt)

    def _end(self, trades: list[Trade], *, to_ms: int | None, doubt: TapeDoubt | None) -> TapeStep:
        assert self._cause is not None  # noqa: S101 - only a broken tape can be mended
        gap = TradeGap(self.symbol, self._from_ms, to_ms, self._backfilled, self._cause, doubt)
        self._cause = None
        self._request += 1
        self._is_asking = False
        self._ask_at_ns = self._give_up_ns = None
        if not self._is_linked:
            self._break(TapeBreak.LINK_LOST)
        return TapeStep(trades, gap=gap)

    def _without_repeats(self, trades: Sequence[Trade]) -> Sequence[Trade]:
        """T5: what the stream brings of what REST gave before."""
        fresh = [trade for trade in trades if not self._ledger.is_owed(trade)]
        self.repeated += len(trades) - len(fresh)
        return fresh

    def __repr__(self) -> str:
        state = "whole" if self.is_whole else f"broken by {self._cause}, {len(self._held)} held"
        return f"<TradeTape {self.symbol} {state}>"


def _time_of(trade: Trade) -> int:
    return trade.exchange_time_ms

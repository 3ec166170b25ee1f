"""TradeStage: the shell around one market's `TradeTape`.

[hot] `on_events` stands between the translator of trades and their consumers.

It asks REST when the tape says so, one request at a time, and sets one timer. What it may not do
itself arrives as arguments.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mexc_connector.common.clock import Clock
from mexc_connector.common.errors import MexcError
from mexc_connector.common.fan_out import FanOut
from mexc_connector.common.health import TapeHealth, TapeState
from mexc_connector.common.log_fields import log_about, log_fields
from mexc_connector.common.models import Trade
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.tape_config import TapeConfig
from mexc_connector.common.trade_gap import TapeDoubt, TapeMetrics, TradeGap
from mexc_connector.core.tape_actions import TapeStep
from mexc_connector.core.trade_tape import TradeTape
from mexc_connector.ws.alarm import Alarm

_logger = logging.getLogger("mexc_connector.trades")

_NS = 1_000_000_000

_QUEUE = 1000

RecentTrades = Callable[[Symbol, int], Awaitable[Sequence[Trade]]]
"""Reads so many of the last trades over REST, newest first; raises `MexcError`."""


class TapeDesk:
    """What the tapes of one client share: where they ask, whom they tell, what is counted.

    `gaps` hands out every break once it is over. `fetch` is None until somebody gives one: without
    it gaps are declared, never filled. `stages` are those that are open.
    """

    def __init__(self, *, config: TapeConfig, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.gaps: FanOut[TradeGap] = FanOut("trade gaps", queue_size=_QUEUE)
        self.fetch: RecentTrades | None = None
        self.stages: dict[Symbol, TradeStage] = {}
        self.gaps_closed = 0
        self.gaps_open = 0
        self.backfilled = 0
        self.repeated = 0
        self.requests = 0
        self.failures = 0

    def report(self, gap: TradeGap) -> None:
        """Count a gap and tell it."""
        self.gaps_closed += gap.is_closed
        self.gaps_open += not gap.is_closed
        self.backfilled += gap.backfilled
        fields = log_fields(symbol=gap.symbol)
        if gap.is_closed:
            text = "%s: gap closed, %d trades backfilled"
            _logger.info(text, gap.symbol, gap.backfilled, extra=fields)
        else:
            _logger.warning("%s: trades may be missing: %s", gap.symbol, gap.doubt, extra=fields)
        self.gaps.push(gap)

    def health(self) -> tuple[TapeHealth, ...]:
        """Return how each tape stands that somebody follows."""
        return tuple(stage.health() for stage in self.stages.values())

    def metrics(self) -> TapeMetrics:
        """Return the counters as they are now."""
        return TapeMetrics(
            gaps_closed=self.gaps_closed,
            gaps_open=self.gaps_open,
            backfilled=self.backfilled,
            repeated=self.repeated,
            requests=self.requests,
            failures=self.failures,
        )


@dataclass(slots=True)
class _Record:
    """What became of the breaks of one tape; the fields are those of `TapeHealth`."""

    gaps: int = 0
    gaps_open: int = 0
    backfilled: int = 0
    last_doubt: TapeDoubt | None = None
    last_open_ns: int | None = None

    def note(self, gap: TradeGap, time_ns: int) -> None:
        """Count a break that is over."""
        self.gaps += 1
        self.backfilled += gap.backfilled
        if not gap.is_closed:
            self.gaps_open += 1
            self.last_doubt = gap.doubt
            self.last_open_ns = time_ns


class TradeStage:
    """Stands between a channel's trades and its consumers: an `EventStage`.

    `emit` hands trades to the consumers outside of `on_events`.
    """

    def __init__(
        self, symbol: Symbol, desk: TapeDesk, emit: Callable[[Sequence[Trade]], None]
    ) -> None:
        config = desk.config
        self._desk = desk
        self._emit = emit
        self._fetch = desk.fetch if config.backfill else None
        self._clock = desk.clock
        self._alarm = Alarm(desk.clock)
        self._asking: asyncio.Task[None] | None = None
        self._is_closed = False
        self._repeated = 0
        self._record = _Record()
        self._log = log_about(_logger, symbol=symbol)
        self.tape = TradeTape(
            symbol,
            wait_ns=int(config.wait_s * _NS),
            retry_ns=int(config.retry_s * _NS),
            held_trades=config.held_trades,
            can_backfill=self._fetch is not None,
        )
        desk.stages[symbol] = self

    def on_events(self, events: Sequence[Trade]) -> Sequence[Trade]:
        """Return what may be handed out now."""
        tape = self.tape
        step = tape.on_trades(events, self._now_ns())
        if not tape.is_whole or step.gap is not None or tape.repeated != self._repeated:
            self._carry_out(step)
        return step.trades

    def on_subscribed(self) -> None:
        """The channel was granted on a new connection."""
        self._hand_out(self.tape.on_subscribed(self._now_ns()))

    def on_missed(self) -> None:
        """Trades may have been in a frame that could not be read."""
        self._hand_out(self.tape.on_missed(self._now_ns()))

    def on_link_lost(self) -> None:
        """The connection is gone."""
        self._hand_out(self.tape.on_link_lost())

    def close(self) -> None:
        """Stop asking; the consumers have left. Idempotent."""
        self._is_closed = True
        self._alarm.cancel()
        if self._asking is not None:
            self._asking.cancel()
        if self._desk.stages.get(self.tape.symbol) is self:
            del self._desk.stages[self.tape.symbol]

    def health(self) -> TapeHealth:
        """Return whether the tape is whole, and what became of its breaks."""
        record, state = self._record, self._state()
        return TapeHealth(
            symbol=str(self.tape.symbol),
            is_complete=state is TapeState.WHOLE and not record.gaps_open,
            state=state,
            gaps=record.gaps,
            gaps_open=record.gaps_open,
            backfilled=record.backfilled,
            last_doubt=record.last_doubt,
            last_open_ns=record.last_open_ns,
        )

    # Inside.

    def _hand_out(self, step: TapeStep) -> None:
        self._carry_out(step)
        if step.trades and not self._is_closed:
            self._emit(step.trades)

    def _carry_out(self, step: TapeStep) -> None:
        if self._is_closed:
            return
        self._desk.repeated += self.tape.repeated - self._repeated
        self._repeated = self.tape.repeated
        is_over = step.gap is not None or step.request is not None
        if is_over and self._asking is not None:
            self._asking.cancel()  # it may still stand in line for the rate budget
        if step.gap is not None:
            self._record.note(step.gap, self._clock.time_ns())
            self._desk.report(step.gap)
        if step.request is not None:
            self._asking = asyncio.get_running_loop().create_task(
                self._ask(step.request), name=f"mexc trades {self.tape.symbol}"
            )
        due_ns = self.tape.due_ns
        self._alarm.set(None if due_ns is None else due_ns / _NS, self._on_alarm)

    def _on_alarm(self) -> None:
        self._hand_out(self.tape.on_tick(self._now_ns()))

    def _state(self) -> TapeState:
        if self.tape.is_whole:
            return TapeState.WHOLE
        is_asking = self._asking is not None and not self._asking.done()
        is_due = self.tape.due_ns is not None
        return TapeState.MENDING if is_asking or is_due else TapeState.WAITING

    def _now_ns(self) -> int:
        return int(self._clock.now() * _NS)

    async def _ask(self, request: int) -> None:
        desk, symbol = self._desk, self.tape.symbol
        desk.requests += 1
        try:
            assert self._fetch is not None  # noqa: S101 - a tape that cannot ask does not
            trades = await self._fetch(symbol, desk.config.asked_trades)
        except MexcError as error:
            self._log.info("%s: no recent trades: %s", symbol, error)
            desk.failures += 1
            step = self.tape.on_rest_failed(request, self._now_ns())
        except Exception:  # a bug must not hold trades back for longer than they may be
            self._log.exception("%s: no recent trades", symbol)
            desk.failures += 1
            step = self.tape.on_rest_failed(request, self._now_ns())
        else:
            step = self.tape.on_rest_trades(trades, request, self._now_ns())
        if self._asking is asyncio.current_task():
            self._asking = None
        self._hand_out(step)

    def __repr__(self) -> str:
        return f"<TradeStage {self.tape!r}>"

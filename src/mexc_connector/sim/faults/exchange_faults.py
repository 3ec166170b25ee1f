"""What happens to the exchange as a whole, by its own time: maintenance, halts, leaps of a clock.

What lasts is a set of rules that are under way; whenever that set changes, what it adds up to is
carried out anew, so overlapping rules end when the last of them does.
"""

from __future__ import annotations

from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.faults.active import ActivePlan, RuleDice, Timer
from mexc_connector.sim.faults.exchange_rules import (
    ClockJump,
    DelistSymbol,
    EndListenKeys,
    HaltSymbol,
    KeyEnd,
    LastingRule,
    Maintenance,
    TimedRule,
    Unreachable,
)
from mexc_connector.sim.faults.rest_faults import RestFaults
from mexc_connector.sim.faults.stream_faults import StreamFaults
from mexc_connector.sim.frames import CLOSE_NORMAL
from mexc_connector.sim.private_streams import PrivateStreams
from mexc_connector.sim.trading_desk import TradingDesk
from mexc_connector.sim.ws_server import StreamServer

NEVER_MS = 2**62


class ExchangeFaults:
    """The exchange rules of one plan."""

    def __init__(
        self,
        active: ActivePlan,
        exchange: Exchange,
        desk: TradingDesk,
        private_streams: PrivateStreams,
        server: StreamServer,
        *,
        streams: StreamFaults,
        rest: RestFaults,
    ) -> None:
        self._active = active
        self._exchange = exchange
        self._desk = desk
        self._private_streams = private_streams
        self._server = server
        self._streams = streams
        self._rest = rest
        self._timed = [
            (item, Timer(after_ms=item.rule.after_ms, every_ms=item.rule.every_ms))
            for item in active.of(TimedRule)
        ]
        self._under_way: dict[str, tuple[TimedRule, int]] = {}
        """Lasting rules by name, and when they end."""
        self._jumps: dict[str, int] = {}
        self.is_unreachable = False

    def strike_by_time(self) -> None:
        """Carry out what has come due."""
        if not self._timed:
            return
        elapsed_ms = self._active.elapsed_ms
        changes = [self._begin(item, timer, elapsed_ms) for item, timer in self._timed]
        over = [name for name, (_, ends_ms) in self._under_way.items() if ends_ms <= elapsed_ms]
        for name in over:
            del self._under_way[name]
            self._jumps.pop(name, None)
        if over or any(changes):
            self._carry_out()

    def end(self) -> None:
        """Undo what lasts; the plan is switched off."""
        self._under_way.clear()
        self._jumps.clear()
        self._carry_out()

    def _begin(self, item: RuleDice[TimedRule], timer: Timer, elapsed_ms: int) -> bool:
        """Let a rule strike as often as it is due; say whether something that lasts began."""
        rule, dice, has_begun = item.rule, item.dice, False
        for due_ms in timer.due(elapsed_ms):
            if not dice.is_hit(due_ms):
                continue
            self._active.note(dice, where="exchange", detail=_detail(rule))
            if isinstance(rule, EndListenKeys):
                self._end_listen_keys(rule.how)
            elif isinstance(rule, LastingRule):
                has_begun = True
                ends_ms = NEVER_MS if rule.for_ms is None else due_ms + rule.for_ms
                if rule.until_ms is not None:
                    ends_ms = min(ends_ms, rule.until_ms)
                self._under_way[dice.name] = (rule, ends_ms)
                if isinstance(rule, ClockJump):
                    self._jumps[dice.name] = self._jumps.get(dice.name, 0) + rule.jump_ms
        return has_begun

    def _carry_out(self) -> None:
        rules = [rule for rule, _ in self._under_way.values()]
        self._exchange.clock.offset_ms = sum(self._jumps.values())
        self.is_unreachable = any(isinstance(rule, Unreachable) for rule in rules)
        codes = [rule.code for rule in rules if isinstance(rule, Maintenance)]
        if codes and self._rest.maintenance_code is None:
            self._server.close_all()
        self._rest.maintenance_code = codes[0] if codes else None
        self._streams.is_closed = bool(codes)
        self._set_offline(
            halted={
                name for rule in rules if isinstance(rule, HaltSymbol) for name in rule.symbols
            },
            delisted={
                name for rule in rules if isinstance(rule, DelistSymbol) for name in rule.symbols
            },
        )

    def _set_offline(self, *, halted: set[str], delisted: set[str]) -> None:
        if not halted and not delisted and not self._exchange.offline:
            return
        for account in self._desk.accounts:
            for order in tuple(account.open_orders.values()):
                if order.symbol in delisted:
                    self._desk.cancel(order)
        self._exchange.set_offline(halted=halted, delisted=delisted)
        self._streams.delisted = frozenset(delisted)

    def _end_listen_keys(self, how: KeyEnd) -> None:
        for connection in self._private_streams.void_keys():
            match how:
                case KeyEnd.SILENT:
                    connection.drop()
                case KeyEnd.CLOSE:
                    connection.close(CLOSE_NORMAL)
                case KeyEnd.MUTE:
                    self._streams.mute(connection)


def _detail(rule: TimedRule) -> str:
    match rule:
        case ClockJump():
            return f"{rule.jump_ms:+} ms"
        case HaltSymbol() | DelistSymbol():
            return ", ".join(rule.symbols)
        case EndListenKeys():
            return rule.how.value
        case Maintenance():
            return str(rule.code)
    return ""

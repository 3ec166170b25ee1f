"""Streams while faults are on: every frame and every answer goes by a line of faults.

Fed by the seams of `sim.taps`; `pump` is called after each step of the exchange and writes what has
come due. All writing is done here, the deciding in `fates`, the waiting in `line`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aiohttp import web

from mexc_connector.sim.channels import parse_channel
from mexc_connector.sim.connection import Connection
from mexc_connector.sim.faults.active import ActivePlan, Timer
from mexc_connector.sim.faults.dice import Dice
from mexc_connector.sim.faults.fates import Ends, Fate, decide, strike
from mexc_connector.sim.faults.handshakes import Handshakes, Verdict
from mexc_connector.sim.faults.line import ANSWERS, Line
from mexc_connector.sim.faults.rules import Ending
from mexc_connector.sim.faults.selection import selects_channel
from mexc_connector.sim.faults.stream_rules import (
    ChannelRule,
    CloseConnection,
    CutFrame,
    Extent,
    LimitLife,
    PacedRule,
    RefusalAnswer,
    RefuseSubscriptions,
)
from mexc_connector.sim.frames import BINARY, websocket_frame
from mexc_connector.sim.http_pages import gateway_answer

POLL_S = 0.01


class StreamFaults:
    """The stream rules of one plan, on every connection. `clock` is the server's own, in ms."""

    def __init__(self, active: ActivePlan, *, clock: Callable[[], int], queue_limit: int) -> None:
        self._active = active
        self._clock = clock
        self._queue_limit = queue_limit
        self._handshakes = Handshakes(active)
        self._frame_dice = [
            item
            for item in active.of(ChannelRule)
            if not isinstance(item.rule, RefuseSubscriptions)
        ]
        self._paced = [
            (item, Timer(after_ms=item.rule.after_ms, every_ms=item.rule.every_ms))
            for item in active.of(PacedRule)
            if item.rule.every_ms is not None
        ]
        self._lives = active.of(LimitLife)
        self._aged: set[tuple[str, Connection]] = set()
        self._dice_of: dict[str, list[tuple[ChannelRule, Dice]]] = {}
        self._lines: dict[Connection, Line] = {}
        self.delisted: frozenset[str] = frozenset()
        self.is_closed = False
        """Whether handshakes are refused for maintenance."""

    def push(self, connection: Connection, channel: str, payload: bytes) -> None:
        """Let the rules decide about a message that fell due."""
        if not connection.is_open or self._is_gone(channel):
            return
        where = f"connection {connection.number} {channel}"

        def note(dice: Dice, detail: str) -> None:
            self._active.note(dice, where=where, detail=detail)

        number = connection.number
        dice = [die for rule, die in self._dice_for(channel) if rule.is_about(number)]
        fate = decide(payload, dice, self._active.elapsed_ms, note)
        line, now_ms = self._line(connection), self._clock()
        self._narrow(line, fate, (channel,), now_ms)
        frames = [websocket_frame(BINARY, payload) for payload in fate.payloads]
        if fate.ends is not None:
            self._end(connection, fate.ends, frames, fate.cut_at)
            return
        line.put(
            channel,
            frames,
            now_ms,
            delay_ms=fate.delay_ms,
            behind=fate.behind,
            longest_ms=fate.longest_ms,
        )

    def answer(self, connection: Connection, frame: bytes) -> None:
        """Send a control reply, unless the connection is silent."""
        self._line(connection).put(ANSWERS, [frame], self._clock())
        self._write(connection)

    def refuse_upgrade(self, request: web.Request) -> web.Response | None:
        """Give the answer to a handshake that is refused, None to go on."""
        refusal = self._handshakes.refuse_upgrade(request)
        return gateway_answer(503) if self.is_closed and refusal is None else refusal

    def refuses_listen_key(self, connection: Connection) -> bool:
        """Say whether a connection's listen key is to be called invalid."""
        return self._handshakes.refuses_listen_key(connection)

    def swallows_pong(self, connection: Connection) -> bool:
        """Say whether a PING gets no answer."""
        return self._handshakes.swallows_pong(connection)

    def judge(self, connection: Connection, channels: Sequence[str]) -> Verdict:
        """Judge a subscription request; a channel that is asked for anew may speak again."""
        refusals = self._handshakes.judge(connection, channels)
        line, now_ms = self._line(connection), self._clock()
        for channel in channels:
            if refusals.get(channel) is RefusalAnswer.ACCEPTED:
                line.silence(now_ms, channel=channel, for_ms=None)
            elif channel not in connection.topics:
                line.speak(channel)
        gone = frozenset(channel for channel in channels if self._is_gone(channel))
        return Verdict(refusals, gone=gone)

    def mute(self, connection: Connection) -> None:
        """Send nothing on a connection any more."""
        self._line(connection).silence(self._clock(), channel=None, for_ms=None)

    async def leave_hanging(self, connection: Connection) -> None:
        """Wait while a connection is silent and its client has not hung up."""
        line = self._line(connection)
        # No transport tells when it closes, hence the polling.
        while line.is_mute(self._clock()) and connection.is_open:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)

    def forget(self, connection: Connection) -> None:
        """Let go of a connection that ended."""
        self._lines.pop(connection, None)
        self._aged = {pair for pair in self._aged if pair[1] is not connection}

    def strike_by_time(self, connections: Sequence[Connection]) -> None:
        """Carry out what has come due by time; `connections` are all, oldest first."""
        elapsed_ms = self._active.elapsed_ms
        for item, timer in self._paced:
            for due_ms in timer.due(elapsed_ms):
                for connection in connections:
                    self._strike(item.rule, item.dice, connection, due_ms)
        for life in self._lives:
            for connection in connections:
                self._end_life(life.rule, life.dice, connection)

    def pump(self) -> None:
        """Write what has come due on any line."""
        for connection in tuple(self._lines):
            self._write(connection)

    def release(self) -> None:
        """Write everything that waits; the plan is switched off."""
        for connection, line in self._lines.items():
            connection.hold(line.take_all())
            connection.flush(self._clock(), queue_limit=self._queue_limit)
            line.unmute()
        self._lines.clear()

    def _strike(self, rule: PacedRule, dice: Dice, connection: Connection, due_ms: int) -> None:
        if not rule.is_about(connection.number):
            return
        channels = [name for name in connection.topics if selects_channel(rule.channels, name)]
        if not channels or not connection.is_open or not dice.is_hit(due_ms):
            return
        fate = Fate([])
        detail = strike(rule, fate, dice.details, 0)  # type: ignore[arg-type] # all paced rules are
        self._active.note(dice, where=f"connection {connection.number}", detail=detail)
        self._narrow(self._line(connection), fate, channels, self._clock())
        if fate.ends is not None:
            self._end(connection, fate.ends, [], 0.0)

    def _end_life(self, rule: LimitLife, dice: Dice, connection: Connection) -> None:
        age_ms = self._active.exchange_ms - connection.opened_exchange_ms
        is_private = connection.listen_key is not None
        if (
            age_ms < rule.life_ms
            or (dice.name, connection) in self._aged
            or not rule.connections.includes(is_private=is_private)
        ):
            return
        self._aged.add((dice.name, connection))
        if self._active.is_hit(dice, where=f"connection {connection.number}"):
            self._write(connection)
            if rule.code is None:
                connection.drop()
            else:
                connection.close(rule.code)

    def _narrow(self, line: Line, fate: Fate, channels: Sequence[str], now_ms: int) -> None:
        for silence in fate.silences:
            if silence.extent is Extent.CONNECTION:
                line.silence(now_ms, channel=None, for_ms=silence.for_ms)
                continue
            for channel in channels:
                line.silence(now_ms, channel=channel, for_ms=silence.for_ms)
        for drip in fate.drips:
            line.drip(now_ms, bytes_per_second=drip.bytes_per_second, for_ms=drip.for_ms)

    def _end(
        self, connection: Connection, rule: Ends, frames: Sequence[bytes], cut_at: float
    ) -> None:
        if isinstance(rule, CutFrame) and frames:
            frame = frames[0]
            # At least a byte of it, and never all of it.
            self._line(connection).put(
                ANSWERS, [frame[: 1 + int(cut_at * (len(frame) - 1))]], self._clock()
            )
        self._write(connection)
        if isinstance(rule, CloseConnection):
            connection.close(rule.code, rule.reason)
        elif rule.ending is Ending.RESET:
            connection.reset()
        else:
            connection.drop()

    def _write(self, connection: Connection) -> None:
        line = self._line(connection)
        data = line.take(self._clock())
        if data:
            connection.hold(data)
            connection.flush(self._clock(), queue_limit=self._queue_limit)
        if line.held_bytes > self._queue_limit:
            connection.reset()

    def _line(self, connection: Connection) -> Line:
        line = self._lines.get(connection)
        if line is None:
            line = self._lines[connection] = Line(self._clock())
        return line

    def _dice_for(self, channel: str) -> list[tuple[ChannelRule, Dice]]:
        dice = self._dice_of.get(channel)
        if dice is None:
            dice = self._dice_of[channel] = [
                (item.rule, item.dice)
                for item in self._frame_dice
                if selects_channel(item.rule.channels, channel)
            ]
        return dice

    def _is_gone(self, name: str) -> bool:
        if not self.delisted:
            return False
        channel = parse_channel(name)
        return channel is not None and channel.symbol in self.delisted

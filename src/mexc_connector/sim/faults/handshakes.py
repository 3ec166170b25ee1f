"""The control side of streams under faults: handshakes, listen keys, subscriptions, PONGs."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from mexc_connector.sim import control
from mexc_connector.sim.connection import Connection, reset
from mexc_connector.sim.faults.active import ActivePlan
from mexc_connector.sim.faults.selection import selects_channel
from mexc_connector.sim.faults.stream_rules import (
    RefusalAnswer,
    RefuseConnections,
    RefuseListenKeys,
    RefuseSubscriptions,
    SwallowPongs,
    UpgradeAnswer,
)
from mexc_connector.sim.http_pages import firewall_answer, gateway_answer

UNNAMED = (RefusalAnswer.EMPTY, RefusalAnswer.EMPTY_BRACKETS)


class Verdict:
    """What faults make of one subscription request: a refusal for some of its channels."""

    def __init__(self, refusals: dict[str, RefusalAnswer], *, gone: frozenset[str]) -> None:
        self._refusals = refusals
        self._gone = gone
        answers = refusals.values()
        self._blocks_all = RefusalAnswer.SILENT in answers or RefusalAnswer.UNREADABLE in answers

    def blocks(self, channel: str) -> bool:
        """Say whether a channel is not to be subscribed."""
        if self._blocks_all or channel in self._gone:
            return True
        answer = self._refusals.get(channel)
        return answer is not None and answer is not RefusalAnswer.ACCEPTED

    def text(self, accepted: Sequence[str], refused: Sequence[str]) -> str | None:
        """Give the `msg` of the reply, None for no reply."""
        answers = self._refusals.values()
        if RefusalAnswer.SILENT in answers:
            return None
        if RefusalAnswer.UNREADABLE in answers:
            return control.UNREADABLE
        named = [channel for channel in refused if self._refusals.get(channel) not in UNNAMED]
        if not accepted and not named and RefusalAnswer.EMPTY in answers:
            return ""
        return control.subscription_text(accepted, named)


class Handshakes:
    """Decides what clients ask for on streams."""

    def __init__(self, active: ActivePlan) -> None:
        self._active = active
        self._connections = active.of(RefuseConnections)
        self._listen_keys = active.of(RefuseListenKeys)
        self._subscriptions = active.of(RefuseSubscriptions)
        self._pongs = active.of(SwallowPongs)

    def refuse_upgrade(self, request: web.Request) -> web.Response | None:
        """Give the answer to a handshake that is refused, None to go on."""
        is_private = "listenKey" in request.query
        where = f"{'private' if is_private else 'public'} handshake"
        answers = [
            item.rule.answer
            for item in self._connections
            if item.rule.connections.includes(is_private=is_private)
            and self._active.is_hit(item.dice, where=where, detail=item.rule.answer.value)
        ]
        if not answers:
            return None
        if answers[0] is UpgradeAnswer.FORBIDDEN:
            return firewall_answer(request.path)
        if answers[0] is UpgradeAnswer.RESET and request.transport is not None:
            reset(request.transport)
        return gateway_answer(503)

    def refuses_listen_key(self, connection: Connection) -> bool:
        """Say whether a connection's listen key is to be called invalid."""
        where = f"connection {connection.number}"
        # A list, so that every rule counts the event.
        hits = [self._active.is_hit(item.dice, where=where) for item in self._listen_keys]
        return any(hits)

    def swallows_pong(self, connection: Connection) -> bool:
        """Say whether a PING gets no answer."""
        is_private = connection.listen_key is not None
        where = f"connection {connection.number}"
        hits = [
            self._active.is_hit(item.dice, where=where)
            for item in self._pongs
            if item.rule.connections.includes(is_private=is_private)
        ]
        return any(hits)

    def judge(self, connection: Connection, channels: Sequence[str]) -> dict[str, RefusalAnswer]:
        """Give the refusals of a subscription request; the first rule that hits a channel rules."""
        refusals: dict[str, RefusalAnswer] = {}
        for channel in channels:
            for item in self._subscriptions:
                if not item.rule.is_about(connection.number):
                    continue
                answer, where = item.rule.answer, f"connection {connection.number} {channel}"
                if selects_channel(item.rule.channels, channel) and self._active.is_hit(
                    item.dice, where=where, detail=answer.value
                ):
                    refusals.setdefault(channel, answer)
        return refusals

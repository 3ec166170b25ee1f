"""REST while faults are on: what happens before a request is executed, and to its answer after.

Every rule decides about every request to its endpoints, in the plan's order. Of those that stand in
for an answer the first rules; delays sum; what spoils an answer does so in turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec
from aiohttp import web

from mexc_connector.sim.endpoints import EndpointName
from mexc_connector.sim.exchange import Exchange
from mexc_connector.sim.faults.active import ActivePlan
from mexc_connector.sim.faults.answers import (
    body_of,
    limit_answer,
    maintenance_answer,
    server_error,
    stale_depth,
    with_body,
)
from mexc_connector.sim.faults.memory import ReplyMemory
from mexc_connector.sim.faults.rest_rules import (
    Banned,
    BodyCut,
    DelayAnswer,
    EndpointRule,
    Firewall,
    LoseAnswer,
    Moment,
    RepeatReply,
    ServerError,
    StaleSnapshot,
    TooMany,
    TruncateBody,
    WrongContentType,
)
from mexc_connector.sim.faults.selection import selects_endpoint
from mexc_connector.sim.http_pages import firewall_answer
from mexc_connector.sim.queries import row_limit
from mexc_connector.sim.rest_replies import Depth
from mexc_connector.sim.rest_server import json_answer
from mexc_connector.sim.taps import Execute

POLL_S = 0.002


class Strike(msgspec.Struct, frozen=True):
    """A rule that hit a request, and what it drew: between 0 and 1."""

    rule: EndpointRule
    drawn: float

    @property
    def delay_ms(self) -> int:
        """How long a delayed answer is delayed."""
        if not isinstance(self.rule, DelayAnswer):
            return 0
        return self.rule.delay_ms + int(self.drawn * (self.rule.jitter_ms + 1))

    @property
    def detail(self) -> str:
        """What the trace says about it."""
        match self.rule:
            case DelayAnswer():
                return f"{self.delay_ms} ms, {self.rule.moment.value} execution"
            case ServerError():
                return f"{self.rule.status} {self.rule.moment.value} execution"
            case LoseAnswer():
                return f"{self.rule.moment.value} execution"
            case TruncateBody():
                return f"{self.rule.cut.value}, at {self.drawn:.3f} of its length"
        return ""


class RestFaults:
    """The REST rules of one plan. `clock` is the server's own, in ms."""

    def __init__(self, active: ActivePlan, exchange: Exchange, *, clock: Callable[[], int]) -> None:
        self._active = active
        self._exchange = exchange
        self._clock = clock
        self._rules = active.of(EndpointRule)
        self._memory = ReplyMemory() if active.of(RepeatReply) else None
        self.maintenance_code: int | None = None
        """What every request is refused with, if it is."""
        self.is_over = False
        """Whether the plan was switched off: then nobody waits any more."""

    async def answer(
        self, request: web.Request, endpoint: EndpointName, execute: Execute
    ) -> web.StreamResponse:
        """Answer a request."""
        if self.maintenance_code is not None:
            return maintenance_answer(self.maintenance_code)
        strikes = self._strikes(endpoint)
        await self._wait(strikes, Moment.BEFORE)
        for strike in strikes:
            instead = _instead(strike.rule, request)
            if instead is not None:
                return instead
        answer = await execute()
        if self._memory is not None:
            answer = await self._repeated(self._memory, request, answer, strikes)
        for strike in sorted(strikes, key=_spoils_form):
            answer = self._spoilt(strike, request, answer)
        await self._wait(strikes, Moment.AFTER)
        return await _deliver(request, answer, strikes)

    def _strikes(self, endpoint: EndpointName) -> list[Strike]:
        """Let every rule decide and draw, at once: what follows may wait for other requests."""
        strikes = []
        for item in self._rules:
            rule, dice = item.rule, item.dice
            if (
                endpoint.method in rule.methods
                and selects_endpoint(rule.endpoints, endpoint)
                and dice.is_hit(self._active.elapsed_ms)
            ):
                strike = Strike(rule, dice.details.random())
                self._active.note(dice, where=str(endpoint), detail=strike.detail)
                strikes.append(strike)
        return strikes

    async def _wait(self, strikes: list[Strike], moment: Moment) -> None:
        delay_ms = sum(
            strike.delay_ms
            for strike in strikes
            if isinstance(strike.rule, DelayAnswer) and strike.rule.moment is moment
        )
        due_ms = self._clock() + delay_ms
        # The clock may be one that a test moves, which wakes nobody: hence the polling.
        while delay_ms and self._clock() < due_ms and not self.is_over:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)

    async def _repeated(
        self,
        memory: ReplyMemory,
        request: web.Request,
        answer: web.Response,
        strikes: list[Strike],
    ) -> web.Response:
        question = await memory.question(request)
        earlier = memory.last(question)
        if answer.status != 200:
            return answer
        memory.keep(question, body_of(answer))
        is_struck = any(isinstance(strike.rule, RepeatReply) for strike in strikes)
        return with_body(answer, earlier) if is_struck and earlier is not None else answer

    def _spoilt(self, strike: Strike, request: web.Request, answer: web.Response) -> web.Response:
        match strike.rule:
            case ServerError(status=status):
                return server_error(status)
            case StaleSnapshot(behind=behind):
                return self._stale(request, answer, behind)
            case WrongContentType(content_type=content_type):
                answer.content_type = content_type
            case TruncateBody(cut=BodyCut.WHOLE):
                body = body_of(answer)
                return with_body(answer, body[: int(strike.drawn * len(body))])
        return answer

    def _stale(self, request: web.Request, answer: web.Response, behind: int) -> web.Response:
        market = self._exchange.market(request.query.get("symbol", ""))
        if market is None or answer.status != 200:
            return answer
        depth = msgspec.json.decode(body_of(answer), type=Depth)
        levels = row_limit(request.query, usual=100, most=self._exchange.snapshot_levels)
        return json_answer(200, stale_depth(market, depth, behind=behind, levels=levels))


def _spoils_form(strike: Strike) -> bool:
    """Say whether nothing can be read any more behind a fault: it comes after the others."""
    return not isinstance(strike.rule, StaleSnapshot)


def _instead(rule: EndpointRule, request: web.Request) -> web.Response | None:
    """Give what is answered in place of an execution, None to execute."""
    match rule:
        case TooMany():
            return limit_answer(429, rule.retry_after_s)
        case Banned():
            return limit_answer(418, rule.retry_after_s)
        case Firewall():
            return firewall_answer(request.path)
        case ServerError(moment=Moment.BEFORE):
            return server_error(rule.status)
        case LoseAnswer(moment=Moment.BEFORE):
            return _lost(request)
    return None


def _lost(request: web.Request) -> web.Response:
    """End the connection; what is answered goes nowhere."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _deliver(
    request: web.Request, answer: web.Response, strikes: list[Strike]
) -> web.StreamResponse:
    """Send an answer, or as much of it as gets through."""
    for strike in strikes:
        match strike.rule:
            case LoseAnswer():
                return _lost(request)
            case TruncateBody(cut=BodyCut.BROKEN):
                return await _broken(request, answer, strike.drawn)
    return answer


async def _broken(request: web.Request, answer: web.Response, kept: float) -> web.StreamResponse:
    body = body_of(answer)
    part = web.StreamResponse(status=answer.status)
    part.content_type, part.content_length = answer.content_type, len(body)
    part.force_close()
    with suppress(ConnectionError):  # the client may have left, or another rule ended it
        await part.prepare(request)
        await part.write(body[: int(kept * len(body))])
    if request.transport is not None:
        request.transport.close()
    return part

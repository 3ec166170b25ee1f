"""The endpoint below `/sim/` that shows, switches and traces faults while the exchange runs."""

from __future__ import annotations

import msgspec
from aiohttp import web

from mexc_connector.sim.faults.plan import FaultPlan
from mexc_connector.sim.faults.rules import FaultError
from mexc_connector.sim.faults.switch import FaultSwitch
from mexc_connector.sim.faults.trace import FaultRecord

FAULTS_PATH = "/sim/faults"
TRACE_PATH = "/sim/faults/trace"


class _Problem(msgspec.Struct, frozen=True):
    error: str


class _Trace(msgspec.Struct, frozen=True):
    exchange_ms: int
    records: tuple[FaultRecord, ...]


class FaultAdmin:
    """GET, PUT and DELETE a plan; GET the trace, `?after=NUMBER` for what is new."""

    def __init__(self, switch: FaultSwitch) -> None:
        self._switch = switch

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Put the endpoint on the port."""
        router.add_get(FAULTS_PATH, self._show)
        router.add_put(FAULTS_PATH, self._turn_on)
        router.add_delete(FAULTS_PATH, self._turn_off)
        router.add_get(TRACE_PATH, self._trace)

    async def _show(self, request: web.Request) -> web.Response:
        del request
        return _json(200, self._switch.plan)

    async def _turn_on(self, request: web.Request) -> web.Response:
        try:
            self._switch.turn_on(FaultPlan.from_json(await request.read()))
        except FaultError as error:
            return _json(400, _Problem(str(error)))
        return _json(200, self._switch.plan)

    async def _turn_off(self, request: web.Request) -> web.Response:
        del request
        self._switch.turn_off()
        return _json(200, None)

    async def _trace(self, request: web.Request) -> web.Response:
        text = request.query.get("after", "0")
        if not (text.isascii() and text.isdecimal()) or len(text) > 18:
            return _json(400, _Problem("after must be a whole number."))
        trace = _Trace(self._switch.exchange_ms, self._switch.trace.records(int(text)))
        return _json(200, trace)


def _json(status: int, body: object) -> web.Response:
    return web.Response(
        status=status, body=msgspec.json.encode(body), content_type="application/json"
    )

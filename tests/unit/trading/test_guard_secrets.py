"""What the exchange answers to a guard may repeat secrets: no line and no event shows them."""

import asyncio
import traceback
from urllib.parse import urlsplit

import pytest

from mexc_connector.common.config import MexcConfig, RateLimitConfig
from mexc_connector.common.credentials import Credentials
from mexc_connector.common.guard_config import DeadManSwitch, GuardConfig
from mexc_connector.common.guards import GuardEvent, GuardState
from mexc_connector.common.symbols import Symbol
from mexc_connector.common.trading_reports import CancelAllReport
from mexc_connector.rest import endpoints
from mexc_connector.rest.session import RestSession
from mexc_connector.rest.transport import HttpReply, HttpRequest
from mexc_connector.trading.guard_desk import GuardDesk
from mexc_connector.trading.guard_readings import GuardReadings
from tests.unit.rest.doubles import EPOCH_NS, FakeClock, FakeTransport, reply

KEY, SECRET = "mx0vglGuardsTest01", "0f8b5b1c54b14ac7a7a94e1d6f0a2b33"


class StillClock(FakeClock):
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class Exchange:
    """Refuses the first cancellation, and repeats in its answer all that it was sent."""

    def __init__(self) -> None:
        self.secrets = [KEY, SECRET]

    def cancel(self, request: HttpRequest) -> HttpReply:
        if len(self.secrets) > 2:
            return reply([])
        query = urlsplit(request.url).query
        self.secrets.append(query.rpartition("=")[2])
        return reply(
            {"code": 700004, "msg": f"{request.headers['X-MEXC-APIKEY']} of {query}"}, status=400
        )


async def test_an_answer_that_repeats_the_key_is_masked_in_the_line_and_the_events_of_a_guard(
    caplog: pytest.LogCaptureFixture,
) -> None:
    exchange, clock = Exchange(), StillClock()
    time = reply({"serverTime": EPOCH_NS // 1_000_000})
    session = RestSession(
        MexcConfig(limits=RateLimitConfig.lifted()),
        transport=FakeTransport({"time": time, "order/all": exchange.cancel}),
        clock=clock,
        credentials=Credentials(KEY, SECRET),
    )

    async def cancel_all(_: Symbol | None) -> CancelAllReport:
        await session.command(endpoints.CANCEL_ALL_ORDERS, ())
        return CancelAllReport((), ())

    config = GuardConfig(dead_man=DeadManSwitch(timeout_s=5.0))
    desk = GuardDesk(
        config,
        GuardReadings(config, books=dict, last_price=lambda _: None, open_orders=int),
        cancel_all=cancel_all,
        is_account_current=lambda: True,
        clock=clock,
        queue_size=10,
    )
    told: list[GuardEvent] = []
    desk.events.register(told.append)
    desk.start()
    clock.moment += 6.0
    async with asyncio.timeout(5):
        while not any(event.state is GuardState.ORDERS_CANCELED for event in told):
            await asyncio.sleep(0)
    await desk.close()
    assert desk.cancel_failures == 1
    (line,) = (record for record in caplog.records if "not canceled yet" in record.message)
    assert "***" in line.message
    causes = [record.exc_info[1] for record in caplog.records if record.exc_info]
    shown = [line.message, repr(told), *map(repr, caplog.records)]
    shown += ["".join(traceback.format_exception(error)) for error in causes]
    for secret in exchange.secrets:
        assert secret not in "".join(shown)

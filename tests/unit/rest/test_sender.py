import asyncio
import logging

import pytest

from mexc_connector.common.config import MexcConfig, RateLimitConfig, RestConfig
from mexc_connector.common.errors import (
    ConnectionFailed,
    ExchangeUnavailable,
    FirewallBlocked,
    MexcError,
    RateLimitError,
    RequestTimeout,
    SessionClosed,
)
from mexc_connector.rest import endpoints
from mexc_connector.rest.budget import RequestBudget
from mexc_connector.rest.endpoints import EndpointGroup
from mexc_connector.rest.metrics import GroupMetrics
from mexc_connector.rest.sender import Sender
from tests.unit.rest.doubles import FakeClock, FakeTransport, reply

HTML = b"<html>denied</html>"
TOO_MANY = {"code": 429, "msg": "Too many requests"}


class Bench:
    """A sender with everything around it made by hand."""

    def __init__(self, *answers: object, retries: int = 3, **limits: float) -> None:
        self.config = MexcConfig(
            rest_url="http://exchange/",
            limits=RateLimitConfig(**limits),  # type: ignore[arg-type]
            market_data=RestConfig(timeout_s=10.0, retries=retries),
        )
        self.clock = FakeClock()
        self.budget = RequestBudget(self.config.limits, clock=self.clock)
        self.transport = FakeTransport({"klines": list(answers)})
        self.sender = self.make_sender()

    def make_sender(self) -> Sender:
        return Sender(
            self.config,
            transport=self.transport,
            budget=self.budget,
            clock=self.clock,
            jitter=lambda: 0.0,
        )

    async def read(self) -> bytes:
        return (await self.sender.read(endpoints.KLINES)).body

    @property
    def counted(self) -> GroupMetrics:
        return next(g for g in self.sender.metrics() if g.group is EndpointGroup.MARKET_DATA)


async def test_a_success_is_returned_with_the_times_around_it() -> None:
    bench = Bench(reply([1]))
    answer = await bench.sender.read(endpoints.KLINES, [("symbol", "BTCUSDT"), ("limit", 5)])
    assert answer.body == b"[1]"
    assert answer.endpoint == "GET /api/v3/klines"
    assert answer.sent_at <= answer.received_at
    (request,) = bench.transport.requests
    assert request.url == "http://exchange/api/v3/klines?symbol=BTCUSDT&limit=5"
    assert request.timeout_s == 10.0


@pytest.mark.parametrize(
    "failure",
    [
        RequestTimeout("late"),
        ConnectionFailed("reset"),
        reply(HTML, status=502),
        reply({"code": 500, "msg": "internal"}, status=500),
        reply({"code": 20002, "msg": "internal"}, status=400),
    ],
)
async def test_reads_are_repeated_with_growing_pauses(failure: object) -> None:
    bench = Bench(failure, failure, failure, reply([]))
    assert await bench.read() == b"[]"
    assert bench.clock.slept == [0.25, 0.5, 1.0]
    assert (bench.counted.requests, bench.counted.retries) == (4, 3)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (RequestTimeout("late"), RequestTimeout),
        (ConnectionFailed("reset"), ConnectionFailed),
        (reply(HTML, status=502), ExchangeUnavailable),
    ],
)
async def test_after_the_last_retry_the_failure_is_raised(
    failure: object, error: type[MexcError]
) -> None:
    bench = Bench(failure, retries=2)
    with pytest.raises(error):
        await bench.read()
    assert bench.counted.requests == 3


@pytest.mark.parametrize(
    "refusal",
    [
        reply({"code": -1121, "msg": "Invalid symbol."}, status=400),
        reply({"code": 700002, "msg": "Signature"}, status=400),
        reply({"code": 12345, "msg": "new"}, status=400),
        reply({"code": -2013, "msg": "Order does not exist."}, status=400),
        reply(b"", status=401),
        reply(b"nothing here", status=404),
        reply({"code": 500, "msg": "Under maintenance"}, status=503),
    ],
)
async def test_what_cannot_change_is_not_asked_again(refusal: object) -> None:
    bench = Bench(refusal)
    with pytest.raises(MexcError):
        await bench.read()
    assert bench.counted.requests == 1
    assert bench.counted.refused == 1


async def test_429_waits_as_long_as_it_says_and_then_asks_again() -> None:
    bench = Bench(reply(TOO_MANY, status=429, headers={"retry-after": "7"}), reply([]))
    assert await bench.read() == b"[]"
    assert bench.clock.moment - 1000.0 == pytest.approx(7.0)
    assert bench.counted.rate_limited == 1


async def test_a_stated_wait_holds_back_everybody_on_the_same_budget() -> None:
    bench = Bench(reply(TOO_MANY, status=429, headers={"retry-after": "7"}), retries=0)
    with pytest.raises(RateLimitError) as caught:
        await bench.read()
    assert caught.value.retry_after == 7.0
    other = bench.make_sender()
    bench.transport.routes["ping"] = reply({})
    await other.read(endpoints.PING)
    assert bench.clock.moment - 1000.0 == pytest.approx(7.0)


async def test_a_wait_beyond_the_limit_is_raised_not_slept() -> None:
    bench = Bench(
        reply(TOO_MANY, status=418, headers={"retry-after": "7200"}), reply([]), max_wait_s=300.0
    )
    with pytest.raises(RateLimitError) as caught:
        await bench.read()
    assert caught.value.retry_after == 7200.0
    assert bench.clock.slept == []
    with pytest.raises(RateLimitError, match="not sent"):
        await bench.read()
    assert len(bench.transport.requests) == 1


async def test_refusals_in_a_row_without_a_stated_wait_pause_longer_each_time() -> None:
    bench = Bench(*[reply(TOO_MANY, status=429)] * 3, reply([]), default_retry_after_s=10.0)
    await bench.read()
    assert bench.clock.moment - 1000.0 == pytest.approx(10.0 + 20.0 + 40.0)


async def test_a_burst_that_is_refused_at_once_counts_as_one_refusal() -> None:
    bench = Bench(reply(TOO_MANY, status=429), retries=0, default_retry_after_s=10.0)
    bench.transport.blocked = asyncio.Event()
    reads = [asyncio.create_task(bench.read()) for _ in range(10)]
    for _ in range(3):
        await asyncio.sleep(0)
    bench.transport.blocked.set()
    results = await asyncio.gather(*reads, return_exceptions=True)
    assert {type(result) for result in results} == {RateLimitError}
    assert bench.budget.paused_s == 10.0


async def test_the_firewall_is_raised_at_once_and_everything_pauses() -> None:
    bench = Bench(reply(HTML, status=403), reply([]), firewall_pause_s=90.0)
    with pytest.raises(FirewallBlocked):
        await bench.read()
    assert len(bench.transport.requests) == 1
    assert bench.budget.paused_s == 90.0
    await bench.read()
    assert bench.clock.moment - 1000.0 == pytest.approx(90.0)


async def test_every_attempt_is_paid_from_the_budget() -> None:
    bench = Bench(reply(b"", status=500), reply(b"", status=500), reply([]))
    await bench.read()
    assert bench.budget.usage().ip_weight == 3


async def test_waiting_for_budget_is_counted() -> None:
    bench = Bench(reply([]), requests_per_second=1)
    await bench.read()
    await bench.read()
    assert bench.counted.waited_s == pytest.approx(1.0)


async def test_close_ends_calls_that_wait_and_calls_under_way() -> None:
    class Frozen(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    bench = Bench(reply([]), requests_per_second=1)
    bench.clock = Frozen()
    bench.budget = RequestBudget(bench.config.limits, clock=bench.clock)
    bench.sender = bench.make_sender()
    bench.transport.blocked = asyncio.Event()
    calls = [asyncio.create_task(bench.read()) for _ in range(3)]
    for _ in range(3):
        await asyncio.sleep(0)
    bench.sender.close()
    bench.sender.close()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [SessionClosed] * 3
    assert len(bench.transport.requests) == 1
    with pytest.raises(SessionClosed):
        await bench.read()


async def test_cancelling_a_call_is_a_cancellation_and_nothing_else() -> None:
    bench = Bench(reply([]))
    bench.transport.blocked = asyncio.Event()
    call = asyncio.create_task(bench.read())
    for _ in range(3):
        await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert repr(bench.sender) == "<Sender http://exchange, 0 calls under way>"


async def test_a_timeout_that_a_transport_forgot_to_translate_is_not_called_a_close() -> None:
    def leak(_: object) -> None:
        raise TimeoutError("leaked")

    with pytest.raises(TimeoutError, match="leaked"):
        await Bench(leak).read()


async def test_logs_name_the_endpoint_and_never_the_query(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="mexc_connector.rest")
    bench = Bench(ConnectionFailed("reset"), reply([]))
    await bench.sender.read(endpoints.KLINES, [("symbol", "BTCUSDT"), ("signature", "hush")])
    assert "GET /api/v3/klines" in caplog.text
    assert "hush" not in caplog.text
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}

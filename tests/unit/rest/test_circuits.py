"""The circuit breaker as whoever sends requests meets it."""

import asyncio
import logging

import pytest

from mexc_connector.common.circuit import CircuitConfig, CircuitOpen, CircuitReport, CircuitState
from mexc_connector.common.config import MexcConfig, RateLimitConfig, RestConfig
from mexc_connector.common.credentials import Credentials
from mexc_connector.common.errors import (
    ConnectionFailed,
    ExchangeAPIError,
    ExchangeUnavailable,
    MexcError,
    OrderOutcomeUnknown,
    RateLimitError,
    RequestTimeout,
    TransportError,
)
from mexc_connector.rest import endpoints
from mexc_connector.rest.answer import OrderReference
from mexc_connector.rest.endpoints import Endpoint, EndpointGroup
from mexc_connector.rest.session import RestSession
from mexc_connector.rest.transport import HttpReply, HttpRequest
from tests.unit.rest.doubles import EPOCH_NS, FakeClock, FakeTransport, reply

FAILURES = (
    RequestTimeout("late"),
    ConnectionFailed("reset"),
    reply(b"<html></html>", status=502),
    reply({"code": 500, "msg": "maintenance"}, status=503),
    reply({"code": 20002, "msg": "internal"}, status=400),
)
NO_FAILURES = (
    reply({"code": 429, "msg": "Too many requests"}, status=429),
    reply({"code": 429, "msg": "Banned"}, status=418),
    reply(b"<html>denied</html>", status=403),
    reply({"code": 700004, "msg": "bad"}, status=400),
    reply({"code": 10072, "msg": "Api key info invalid"}, status=401),
)
TIME = reply({"serverTime": EPOCH_NS // 1_000_000})
ORDER = OrderReference(client_order_id="mine")


class Bench:
    """A REST session on a scripted network; three failures in a row open a circuit."""

    def __init__(self, *, is_enabled: bool = True, retries: int = 0, **routes: object) -> None:
        self.clock = FakeClock()
        self.transport = FakeTransport({"time": TIME, **routes})
        self.session = RestSession(
            MexcConfig(
                market_data=RestConfig(timeout_s=10.0, retries=retries),
                market_data_fast=RestConfig(timeout_s=4.0, retries=retries),
                account=RestConfig(timeout_s=8.0, retries=retries, auth=True),
                circuit=CircuitConfig(
                    is_enabled=is_enabled, failures_in_a_row=3, pause_base_s=2.0, pause_max_s=8.0
                ),
                limits=RateLimitConfig.lifted(),
            ),
            transport=self.transport,
            clock=self.clock,
            credentials=Credentials("key", "secret"),
        )

    async def fails(self, endpoint: Endpoint, times: int = 3) -> MexcError:
        error: MexcError | None = None
        for _ in range(times):
            with pytest.raises(MexcError) as raised:
                await self.send(endpoint)
            error = raised.value
        assert error is not None
        return error

    async def send(self, endpoint: Endpoint) -> object:
        if endpoint.is_command:
            return await self.session.command(endpoint, (), about=ORDER)
        return await self.session.read(endpoint)

    def circuit(self, group: EndpointGroup) -> CircuitReport:
        metrics = self.session.metrics(
            cache_hits=0, cache_misses=0, unlisted_rows=0, unreadable_rows=0
        )
        return next(report for report in metrics.circuits if report.group == group)


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
async def test_after_failures_in_a_row_reads_fail_at_once_and_cost_nothing(failure: object) -> None:
    bench = Bench(klines=failure)
    await bench.fails(endpoints.KLINES)
    sent, used = len(bench.transport.requests), bench.session.budget.usage()
    with pytest.raises(CircuitOpen) as raised:
        await bench.send(endpoints.KLINES)
    assert len(bench.transport.requests) == sent
    assert bench.session.budget.usage() == used
    error = raised.value
    assert (error.group, error.is_sent) == ("market_data", False)
    assert error.open_s >= 0
    assert 0 < error.probe_in_s <= 2.0
    assert "GET /api/v3/klines: not sent, market_data does not answer since 0.0 s" in str(error)
    assert "probe is in 2.0 s" in str(error)
    assert isinstance(error, TransportError)


@pytest.mark.parametrize("answer", NO_FAILURES, ids=repr)
async def test_limits_and_refusals_open_nothing(answer: object) -> None:
    bench = Bench(klines=answer)
    for _ in range(30):
        bench.clock.moment += 100_000
        with pytest.raises(ExchangeAPIError):
            await bench.send(endpoints.KLINES)
    assert bench.circuit(EndpointGroup.MARKET_DATA).state is CircuitState.CLOSED


async def test_the_groups_are_apart() -> None:
    bench = Bench(klines=FAILURES[0], depth=reply({}), account=reply({}))
    await bench.fails(endpoints.KLINES)
    await bench.send(endpoints.DEPTH)
    await bench.send(endpoints.ACCOUNT)
    states = {group: bench.circuit(group).state for group in EndpointGroup}
    assert states.pop(EndpointGroup.MARKET_DATA) is CircuitState.OPEN
    assert set(states.values()) == {CircuitState.CLOSED}


async def test_a_probe_that_is_answered_opens_the_way_for_all() -> None:
    bench = Bench(klines=[*([RequestTimeout("late")] * 3), reply([])])
    await bench.fails(endpoints.KLINES)
    bench.clock.moment += 2.0
    await bench.send(endpoints.KLINES)
    await bench.send(endpoints.KLINES)
    assert bench.circuit(EndpointGroup.MARKET_DATA).state is CircuitState.CLOSED


async def test_one_probe_goes_at_a_time() -> None:
    bench = Bench(klines=[*([RequestTimeout("late")] * 3), reply([])])
    await bench.fails(endpoints.KLINES)
    bench.clock.moment += 2.0
    bench.transport.blocked = asyncio.Event()
    probe = asyncio.create_task(bench.send(endpoints.KLINES))
    await asyncio.sleep(0)
    with pytest.raises(CircuitOpen, match="probe is under way"):
        await bench.send(endpoints.KLINES)
    bench.transport.blocked.set()
    await probe


async def test_a_cancelled_probe_gives_its_turn_back() -> None:
    bench = Bench(klines=[*([RequestTimeout("late")] * 3), reply([])])
    await bench.fails(endpoints.KLINES)
    bench.clock.moment += 2.0
    bench.transport.blocked = asyncio.Event()
    probe = asyncio.create_task(bench.send(endpoints.KLINES))
    await asyncio.sleep(0)
    probe.cancel()
    await asyncio.wait([probe])
    bench.transport.blocked.set()
    await bench.send(endpoints.KLINES)


async def test_a_read_does_not_repeat_itself_against_an_open_circuit() -> None:
    bench = Bench(klines=RequestTimeout("late"), retries=9)
    with pytest.raises(CircuitOpen, match="late"):
        await bench.send(endpoints.KLINES)
    assert len(bench.transport.sent("klines")) == 3


async def test_a_placement_is_refused_before_anything_is_sent_so_nothing_is_unknown() -> None:
    bench = Bench(order=RequestTimeout("late"))
    assert isinstance(await bench.fails(endpoints.PLACE_ORDER), OrderOutcomeUnknown)
    with pytest.raises(CircuitOpen) as raised:
        await bench.send(endpoints.PLACE_ORDER)
    assert not raised.value.is_sent
    assert len(bench.transport.sent("order")) == 3


@pytest.mark.parametrize(
    "endpoint",
    [endpoints.CANCEL_ORDER, endpoints.CANCEL_OPEN_ORDERS, endpoints.CANCEL_ALL_ORDERS],
    ids=lambda endpoint: endpoint.label,
)
async def test_a_cancel_is_always_sent_and_its_answer_lets_placements_go_again(
    endpoint: Endpoint,
) -> None:
    path = endpoint.path.removeprefix("/api/v3/")
    answers = [*([RequestTimeout("late")] * 6), reply({})]
    bench = Bench(**{path: answers})
    await bench.fails(endpoint, times=6)
    assert bench.circuit(EndpointGroup.ORDER).state is CircuitState.OPEN
    await bench.send(endpoint)
    assert bench.circuit(EndpointGroup.ORDER).state is CircuitState.CLOSED
    assert bench.circuit(EndpointGroup.ORDER).held_back == 0


@pytest.mark.parametrize(
    "endpoint",
    [endpoints.ORDER, endpoints.OPEN_ORDERS, endpoints.MY_TRADES],
    ids=lambda endpoint: endpoint.label,
)
async def test_what_settles_an_order_is_always_sent(endpoint: Endpoint) -> None:
    path = endpoint.path.removeprefix("/api/v3/")
    bench = Bench(account=RequestTimeout("late"), **{path: reply([])})
    await bench.fails(endpoints.ACCOUNT)
    assert isinstance(await bench.fails(endpoints.ACCOUNT, times=1), CircuitOpen)
    await bench.send(endpoint)


async def test_a_cancel_needs_neither_market_data_nor_the_exchanges_time() -> None:
    bench = Bench(order=reply({}), time=RequestTimeout("late"), depth=RequestTimeout("late"))
    await bench.fails(endpoints.DEPTH)
    await bench.send(endpoints.CANCEL_ORDER)  # goes by this machine's clock
    with pytest.raises(RequestTimeout):
        await bench.send(endpoints.PLACE_ORDER)
    assert len(bench.transport.sent("order")) == 1


async def test_a_cancel_waits_little_for_a_clock_that_does_not_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mexc_connector.rest.session._VITAL_CLOCK_WAIT_S", 0.01)
    never = asyncio.Event()

    async def send(request: HttpRequest) -> HttpReply:
        if request.url.endswith("/time"):
            await never.wait()
        return reply({})

    bench = Bench()
    monkeypatch.setattr(bench.transport, "send", send)
    cancels = (bench.send(endpoints.CANCEL_ORDER) for _ in range(5))
    async with asyncio.timeout(5):
        assert len(await asyncio.gather(*cancels)) == 5


async def test_who_stands_in_line_when_the_circuit_opens_is_not_sent() -> None:
    bench = Bench(klines=RequestTimeout("late"))
    bench.session.budget.pause(5.0)
    waiting = [asyncio.create_task(bench.send(endpoints.KLINES)) for _ in range(6)]
    await asyncio.wait(waiting)
    errors = [task.exception() for task in waiting]
    assert sum(isinstance(error, CircuitOpen) for error in errors) == 3
    assert len(bench.transport.sent("klines")) == 3
    assert bench.session.budget.usage().requests == 3 + len(bench.transport.sent("time"))


async def test_switched_off_everything_is_sent() -> None:
    bench = Bench(is_enabled=False, klines=reply(b"", status=500))
    assert isinstance(await bench.fails(endpoints.KLINES, times=40), ExchangeUnavailable)
    assert len(bench.transport.sent("klines")) == 40


async def test_a_probe_that_meets_a_limit_leaves_the_circuit_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(klines=[*([RequestTimeout("late")] * 3), NO_FAILURES[0], reply([])])
    with caplog.at_level(logging.INFO, logger="mexc_connector.rest"):
        await bench.fails(endpoints.KLINES)
        bench.clock.moment += 2.0
        with pytest.raises(RateLimitError):
            await bench.send(endpoints.KLINES)
        assert bench.circuit(EndpointGroup.MARKET_DATA).state is CircuitState.OPEN
        await bench.send(endpoints.KLINES)
    assert [record.getMessage() for record in caplog.records] == [
        "market_data requests fail, none are sent for now: late",
        "market_data requests are answered again",
    ]
    assert [getattr(record, "mexc", None) for record in caplog.records] == [
        {"request": 3, "endpoint": "GET /api/v3/klines"},
        {"request": 5, "endpoint": "GET /api/v3/klines"},
    ]


async def test_the_line_about_an_opened_circuit_names_the_order_whose_request_opened_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(order=RequestTimeout("late"))
    await bench.fails(endpoints.PLACE_ORDER)
    (record,) = (record for record in caplog.records if "requests fail" in record.message)
    assert getattr(record, "mexc", None) == {
        "request": 5,
        "endpoint": "POST /api/v3/order",
        "client_order_id": "mine",
    }

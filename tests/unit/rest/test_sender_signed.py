"""Signed reads and commands: what leaves, how often, and what is certain afterwards."""

import asyncio
import logging
from urllib.parse import urlsplit

import pytest

from mexc_connector.common.config import MexcConfig, RateLimitConfig, RestConfig
from mexc_connector.common.credentials import Credentials
from mexc_connector.common.errors import (
    AuthenticationError,
    BadRequest,
    ConfigError,
    ConnectionFailed,
    ExchangeUnavailable,
    InsufficientFunds,
    MexcError,
    OrderOutcomeUnknown,
    RateLimitError,
    RequestTimeout,
    SessionClosed,
    TransportError,
    UnknownOrder,
)
from mexc_connector.common.orders import ClientOrderId, OrderId
from mexc_connector.core.signing import SigningKey
from mexc_connector.rest import endpoints
from mexc_connector.rest.answer import OrderReference
from mexc_connector.rest.session import RestSession
from mexc_connector.rest.transport import HttpReply, HttpRequest
from tests.unit.rest.doubles import EPOCH_NS, FakeClock, FakeTransport, query, reply

KEY, SECRET = "mx0aBYs33eIilxBWC5", "45d0b3c26f2644f19bfb98b07741b2f5"
ABOUT = OrderReference(client_order_id=ClientOrderId("mine-1"))
EARLY = {"code": 700003, "msg": "Timestamp for this request is outside of the recvWindow."}
NOW_MS = EPOCH_NS // 1_000_000


class Bench:
    """A session over a scripted network; `answers` are those of `POST order` and `GET order`."""

    def __init__(self, *answers: object, ahead_ms: int = 0, **limits: float) -> None:
        self.ahead_ms = ahead_ms
        self.clock = FakeClock()
        self.transport = FakeTransport({"order": list(answers), "time": self.time})
        config = MexcConfig(rest_url="http://exchange", limits=RateLimitConfig(**limits))  # type: ignore[arg-type]
        self.session = RestSession(
            config,
            transport=self.transport,
            clock=self.clock,
            credentials=Credentials(KEY, SECRET),
        )

    def time(self, _: HttpRequest) -> HttpReply:
        return reply({"serverTime": self.clock.time_ns() // 1_000_000 + self.ahead_ms})

    async def command(self, about: OrderReference | None = ABOUT) -> bytes:
        parameters = [("symbol", "BTCUSDT"), ("price", "1")]
        return (await self.session.command(endpoints.PLACE_ORDER, parameters, about=about)).body

    async def read(self) -> bytes:
        return (await self.session.read(endpoints.ORDER, [("symbol", "BTCUSDT")])).body

    @property
    def orders(self) -> list[HttpRequest]:
        return [request for request in self.transport.requests if "order" in request.endpoint]


async def test_what_leaves_is_signed_dated_and_addressed_with_an_empty_body() -> None:
    bench = Bench(reply({}), ahead_ms=7_000)
    await bench.command()
    (request,) = bench.orders
    assert request.headers == {"Content-Type": "application/json", "X-MEXC-APIKEY": KEY}
    assert request.is_command
    assert request.timeout_s == 6.0
    text, _, signature = urlsplit(request.url).query.rpartition("&signature=")
    assert signature == SigningKey(SECRET).signature_of(text)
    assert text == f"symbol=BTCUSDT&price=1&recvWindow=5000&timestamp={NOW_MS + 7_000 - 200}"


async def test_reads_carry_the_same_and_public_requests_none_of_it() -> None:
    bench = Bench(reply({}))
    await bench.read()
    (request,) = bench.orders
    assert request.headers["X-MEXC-APIKEY"] == KEY
    assert not request.is_command
    assert {"recvWindow", "timestamp", "signature"} < set(query(request))
    for public in bench.transport.requests[:2]:
        assert (public.endpoint, public.headers) == ("GET /api/v3/time", {})
        assert "signature" not in public.url


async def test_what_is_signed_is_the_exchanges_rule_whatever_the_configuration_says() -> None:
    transport = FakeTransport({"order": reply({}), "time": reply({"serverTime": NOW_MS})})
    turned = MexcConfig(
        order=RestConfig(timeout_s=6.0), market_data_fast=RestConfig(timeout_s=4.0, auth=True)
    )
    session = RestSession(
        turned, transport=transport, clock=FakeClock(), credentials=Credentials(KEY, SECRET)
    )
    await session.command(endpoints.PLACE_ORDER, (), about=ABOUT)
    signed = {request.endpoint: "signature" in query(request) for request in transport.requests}
    assert signed == {"GET /api/v3/time": False, "POST /api/v3/order": True}


async def test_the_signature_is_made_after_the_wait_for_budget() -> None:
    bench = Bench(reply({}), requests_per_second=1, cancel_reserve=0)
    await bench.command()
    await bench.command()
    first, second = (int(query(request)["timestamp"]) for request in bench.orders)
    assert second - first == 1_000
    assert query(bench.orders[0])["signature"] not in bench.orders[1].url


async def test_every_attempt_of_a_read_is_dated_and_signed_anew() -> None:
    bench = Bench(ConnectionFailed("reset"), reply({}))
    await bench.read()
    first, second = map(query, bench.orders)
    assert int(second["timestamp"]) > int(first["timestamp"])
    assert second["signature"] != first["signature"]


@pytest.mark.parametrize("is_read", [True, False])
async def test_an_objection_to_the_time_is_met_once_by_measuring_the_clock(is_read: bool) -> None:
    bench = Bench(reply(EARLY, status=400), reply({"orderId": 1}))
    bench.transport.routes["time"] = [reply({"serverTime": NOW_MS})] * 2 + [
        reply({"serverTime": NOW_MS + 90_000})
    ]
    await (bench.read() if is_read else bench.command())
    first, second = (int(query(request)["timestamp"]) for request in bench.orders)
    assert second - first == 90_000


@pytest.mark.parametrize("is_read", [True, False])
async def test_a_second_objection_is_reported_with_both_clocks(is_read: bool) -> None:
    bench = Bench(reply(EARLY, status=400), ahead_ms=1_000)
    with pytest.raises(AuthenticationError) as caught:
        await (bench.read() if is_read else bench.command())
    assert len(bench.orders) == 2
    assert caught.value.code == 700003
    assert f"by this machine's clock it is {NOW_MS}, by the exchange's {NOW_MS + 1_000}" in str(
        caught.value
    )


async def test_an_objection_stands_when_the_clock_cannot_be_measured() -> None:
    bench = Bench(reply(EARLY, status=400), reply({}))
    good = reply({"serverTime": NOW_MS})
    bench.transport.routes["time"] = [good, good, ConnectionFailed("reset")]
    with pytest.raises(AuthenticationError, match="outside of the recvWindow"):
        await bench.command()
    assert len(bench.orders) == 1


async def test_without_the_exchanges_time_nothing_signed_leaves() -> None:
    bench = Bench(reply({}))
    bench.transport.routes["time"] = ConnectionFailed("no route", is_sent=False)
    with pytest.raises(ConnectionFailed):
        await bench.command()
    assert bench.orders == []


async def test_fifty_first_requests_measure_the_clock_together() -> None:
    bench = Bench(reply({}))
    await asyncio.gather(*(bench.read() for _ in range(50)))
    assert len(bench.transport.sent("time")) == 2


async def test_an_old_measurement_is_renewed_beside_the_request() -> None:
    bench = Bench(reply({}))
    await bench.read()
    bench.clock.moment += 301.0
    await bench.read()
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(bench.transport.sent("time")) == 3
    await bench.read()
    assert len(bench.transport.sent("time")) == 3
    await bench.session.close()


@pytest.mark.parametrize(
    "lost",
    [
        RequestTimeout("late"),
        ConnectionFailed("reset"),
        reply(b"<html>bad gateway</html>", status=502),
        reply({"code": 500, "msg": "internal"}, status=500),
        reply({"code": 30005, "msg": "Oversold"}, status=503),
        reply({"code": 20002, "msg": "internal"}, status=400),
        reply({"code": 603, "msg": "repeated request"}, status=400),
        reply({"code": 424242, "msg": "never heard of"}, status=400),
        reply(b"<html>slow down</html>", status=429),
        ZeroDivisionError("a transport's own bug"),
    ],
)
async def test_a_lost_answer_leaves_the_outcome_open_and_nothing_is_sent_again(
    lost: object,
) -> None:
    def answer(_: HttpRequest) -> HttpReply:
        if isinstance(lost, Exception):
            raise lost
        assert isinstance(lost, HttpReply)
        return lost

    bench = Bench(answer)
    with pytest.raises(OrderOutcomeUnknown, match="client order id mine-1") as caught:
        await bench.command()
    assert caught.value.client_order_id == "mine-1"
    assert caught.value.__cause__ is not None
    assert len(bench.orders) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply({"code": 30004, "msg": "Insufficient position"}, status=400), InsufficientFunds),
        (reply({"code": 429, "msg": "Too many"}, status=429), RateLimitError),
        (reply({"code": -2011, "msg": "Unknown order sent."}, status=400), UnknownOrder),
        (reply({"code": 700002, "msg": "Signature"}, status=400), AuthenticationError),
        (reply(b"", status=401), AuthenticationError),
        (reply(b"<html>", status=403), RateLimitError),
        (reply(b"nothing here", status=404), BadRequest),
        (ConnectionFailed("refused", is_sent=False), ConnectionFailed),
        (RequestTimeout("no connection", is_sent=False), RequestTimeout),
    ],
)
async def test_what_is_certain_is_raised_as_it_is_and_not_sent_again(
    answer: object, error: type[MexcError]
) -> None:
    bench = Bench(answer)
    with pytest.raises(error) as caught:
        await bench.command()
    assert not isinstance(caught.value, OrderOutcomeUnknown)
    assert len(bench.orders) == 1


async def test_commands_about_no_order_raise_what_happened_and_are_sent_once() -> None:
    for lost, error in (
        (ConnectionFailed("reset"), TransportError),
        (reply(b"", status=502), ExchangeUnavailable),
    ):
        bench = Bench(lost)
        with pytest.raises(error):
            await bench.command(about=None)
        assert len(bench.orders) == 1


def test_the_error_names_what_the_command_named() -> None:
    assert "client order id a" in str(OrderReference(None, ClientOrderId("a")).outcome_unknown())
    assert "for order id 7" in str(OrderReference(OrderId("7")).outcome_unknown())
    assert "several orders" in str(OrderReference().outcome_unknown())


async def test_closing_leaves_the_outcome_of_what_has_left_open_and_of_what_waits_certain() -> None:
    class Frozen(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    bench = Bench(reply({}), requests_per_second=3, cancel_reserve=0)
    await bench.session.sync_clock(samples=1)
    bench.session.budget._clock = Frozen()
    bench.transport.blocked = asyncio.Event()
    calls = [asyncio.create_task(bench.command()) for _ in range(4)]
    for _ in range(5):
        await asyncio.sleep(0)
    await bench.session.close()
    results = await asyncio.gather(*calls, return_exceptions=True)
    left, waiting = results[: len(bench.orders)], results[len(bench.orders) :]
    assert left
    assert waiting
    assert {type(result) for result in left} == {OrderOutcomeUnknown}
    assert {type(result) for result in waiting} == {SessionClosed}
    with pytest.raises(SessionClosed):
        await bench.command()


async def test_without_keys_signed_endpoints_are_refused_before_anything_leaves() -> None:
    transport = FakeTransport({"time": reply({"serverTime": NOW_MS})})
    session = RestSession(MexcConfig(), transport=transport, clock=FakeClock())
    with pytest.raises(ConfigError, match="GET /api/v3/account needs an API key"):
        await session.read(endpoints.ACCOUNT)
    assert {request.endpoint for request in transport.requests} == {"GET /api/v3/time"}


async def test_no_secret_is_in_a_log_an_error_or_a_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []

    def echo(request: HttpRequest) -> HttpReply:
        shown.append(repr(request))
        return reply({"code": 700002, "msg": f"no: {request.url} {KEY} {SECRET}"}, status=400)

    bench = Bench(echo)
    for call in (bench.read, bench.command):
        with pytest.raises(AuthenticationError) as caught:
            await call()
        error = caught.value
        shown += [str(error), repr(error), error.body, error.message, repr(vars(error))]
        shown += [repr(frame.frame.f_locals) for frame in caught.traceback if frame.lineno]
    bench.transport.routes["order"] = ConnectionFailed("reset")
    with pytest.raises(OrderOutcomeUnknown) as lost:
        await bench.command()
    shown += [repr(lost.value), repr(lost.value.__cause__), repr(bench.session), caplog.text]
    shown += [repr(bench.session._sender._signer), repr(bench.session._sender.metrics())]
    signatures = [query(request)["signature"] for request in bench.orders]
    ours = "\n".join(text for text in shown if "bench" not in text)
    for secret in (KEY, SECRET, *signatures):
        assert secret not in ours
    assert "***" in ours

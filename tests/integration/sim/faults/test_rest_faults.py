"""Faults of REST requests, seen by a plain HTTP client."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from mexc_connector.sim import Simulator
from mexc_connector.sim.faults import (
    AnyRule,
    Banned,
    BodyCut,
    DelayAnswer,
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
from tests.integration.sim.faults.rig import OTHER, SYMBOL, change_book, plan
from tests.integration.sim.private_client import PrivateClient
from tests.integration.sim.test_private_rest import LIMIT


@dataclass(slots=True)
class Reply:
    status: int
    content_type: str
    retry_after: str | None
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Browser:
    """Asks the public endpoints."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self._url = f"{simulator.rest_url}/api/v3/"
        self._session = session

    async def get(self, path: str, **query: str) -> Reply:
        timeout = aiohttp.ClientTimeout(total=5)
        async with self._session.get(self._url + path, params=query, timeout=timeout) as answer:
            return Reply(
                answer.status,
                answer.content_type,
                answer.headers.get("Retry-After"),
                await answer.read(),
            )

    async def depth(self, symbol: str = SYMBOL) -> Reply:
        return await self.get("depth", symbol=symbol)


@pytest.fixture
async def browser(simulator: Simulator) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession() as session:
        yield Browser(simulator, session)


async def orders_of(trader: PrivateClient) -> int:
    return len(await trader.body("GET", "openOrders", symbol=SYMBOL))


@pytest.mark.parametrize(
    ("rule", "status", "retry_after"),
    [
        (TooMany(retry_after_s=7), 429, "7"),
        (TooMany(retry_after_s=None), 429, None),
        (Banned(retry_after_s=120), 418, "120"),
        (Banned(retry_after_s=None), 418, None),
    ],
)
async def test_a_limit_answers_with_and_without_retry_after(
    simulator: Simulator, browser: Browser, rule: AnyRule, status: int, retry_after: str | None
) -> None:
    simulator.set_faults(plan(rule))
    reply = await browser.depth()
    assert (reply.status, reply.retry_after) == (status, retry_after)
    assert reply.json["code"] == status


async def test_the_firewall_answers_with_its_page(simulator: Simulator, browser: Browser) -> None:
    simulator.set_faults(plan(Firewall()))
    reply = await browser.get("ping")
    assert (reply.status, reply.content_type) == (403, "text/html")
    assert b"Access Denied" in reply.body


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(("moment", "placed"), [(Moment.BEFORE, 0), (Moment.AFTER, 1)])
async def test_a_server_error_comes_before_or_after_the_execution(
    simulator: Simulator, status: int, moment: Moment, placed: int
) -> None:
    rule = ServerError(status=status, moment=moment, endpoints=("POST order",))
    simulator.set_faults(plan(rule))
    async with PrivateClient(simulator) as trader, aiohttp.ClientSession() as session:
        url = f"{simulator.rest_url}/api/v3/order?"
        query = "&".join(f"{name}={value}" for name, value in LIMIT.items())
        text = f"{query}&timestamp={simulator.now_ms}"
        headers = {"X-MEXC-APIKEY": trader.api_key, "Content-Type": "application/json"}
        signed = f"{url}{text}&signature={trader.sign(text)}"
        async with session.post(signed, headers=headers) as answer:
            assert answer.status == status
            is_page = status in (502, 504)
            assert answer.content_type == ("text/html" if is_page else "application/json")
        assert await orders_of(trader) == placed


@pytest.mark.parametrize(("moment", "placed"), [(Moment.BEFORE, 0), (Moment.AFTER, 1)])
async def test_the_answer_is_lost_before_or_after_the_execution(
    simulator: Simulator, moment: Moment, placed: int
) -> None:
    simulator.set_faults(plan(LoseAnswer(moment=moment, endpoints=("commands",))))
    async with PrivateClient(simulator) as trader:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await trader.call("POST", "order", **LIMIT)
        assert await orders_of(trader) == placed
    assert [record.where for record in simulator.fault_trace] == ["POST order"]


@pytest.mark.parametrize(("moment", "placed"), [(Moment.BEFORE, 0), (Moment.AFTER, 1)])
async def test_an_answer_is_late(simulator: Simulator, moment: Moment, placed: int) -> None:
    rule = DelayAnswer(delay_ms=10_000, moment=moment, endpoints=("POST order",))
    simulator.set_faults(plan(rule))
    async with PrivateClient(simulator) as trader:
        asked = asyncio.create_task(trader.call("POST", "order", recvWindow=60_000, **LIMIT))
        async with asyncio.timeout(5):
            while not simulator.fault_trace:
                await asyncio.sleep(0.002)
        assert await orders_of(trader) == placed
        await simulator.advance(9_900)
        assert not asked.done()
        await simulator.advance(100)
        async with asyncio.timeout(5):
            status, _ = await asked
        assert status == 200
        assert await orders_of(trader) == 1


async def test_switching_off_lets_late_answers_go(simulator: Simulator, browser: Browser) -> None:
    simulator.set_faults(plan(DelayAnswer(delay_ms=10**9)))
    asked = asyncio.create_task(browser.get("ping"))
    async with asyncio.timeout(5):
        while not simulator.fault_trace:
            await asyncio.sleep(0.002)
        simulator.set_faults(None)
        assert (await asked).status == 200


async def test_a_right_body_has_a_wrong_type(simulator: Simulator, browser: Browser) -> None:
    right = await browser.depth()
    simulator.set_faults(plan(WrongContentType(content_type="text/plain")))
    wrong = await browser.depth()
    assert (wrong.content_type, wrong.body) == ("text/plain", right.body)


async def test_a_body_ends_too_early_inside_a_whole_answer(
    simulator: Simulator, browser: Browser
) -> None:
    right = await browser.depth()
    simulator.set_faults(plan(TruncateBody()))
    short = await browser.depth()
    assert (short.status, short.content_type) == (200, "application/json")
    assert right.body.startswith(short.body)
    assert len(short.body) < len(right.body)


async def test_a_body_breaks_off_with_the_connection(
    simulator: Simulator, browser: Browser
) -> None:
    simulator.set_faults(plan(TruncateBody(cut=BodyCut.BROKEN)))
    with pytest.raises(aiohttp.ClientPayloadError):
        await browser.depth()


async def test_a_snapshot_is_older_than_the_stream(simulator: Simulator, browser: Browser) -> None:
    simulator.set_faults(plan(StaleSnapshot(behind=3)))
    old, *_ = await change_book(simulator, 4)
    reply = (await browser.depth()).json
    assert reply["lastUpdateId"] == old
    assert reply["bids"] == [["100.00", "1.00000000"]]
    simulator.set_faults(None)
    assert (await browser.depth()).json["bids"] == [["100.00", "4.00000000"]]


async def test_a_snapshot_that_is_cut_short_as_well_is_an_old_one(
    simulator: Simulator, browser: Browser
) -> None:
    simulator.set_faults(plan(TruncateBody(), StaleSnapshot(behind=3)))
    await change_book(simulator, 4)
    reply = await browser.depth()
    assert reply.status == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Invalid"):
        json.loads(reply.body)


async def test_a_snapshot_is_no_older_than_what_is_remembered(
    simulator: Simulator, browser: Browser
) -> None:
    await change_book(simulator, 2)
    simulator.set_faults(plan(StaleSnapshot(behind=1_000)))
    version = simulator.market(SYMBOL).version
    assert (await browser.depth()).json["lastUpdateId"] == version
    await change_book(simulator, 2)
    assert (await browser.depth()).json["lastUpdateId"] == version


async def test_an_earlier_reply_to_the_same_question_comes_again(
    simulator: Simulator, browser: Browser
) -> None:
    simulator.set_faults(plan(RepeatReply(endpoints=("depth",), first=2)))
    first = await browser.depth()
    await change_book(simulator, 1)
    assert (await browser.depth("MXUSDT")).body != first.body
    assert (await browser.depth()).body == first.body
    assert (await browser.depth()).json["lastUpdateId"] == simulator.market(SYMBOL).version


async def test_an_earlier_reply_is_for_the_same_key_and_for_what_was_allowed(
    simulator: Simulator,
) -> None:
    simulator.set_faults(plan(RepeatReply()))
    async with (
        PrivateClient(simulator) as trader,
        PrivateClient(simulator, api_key=OTHER.api_key, secret=OTHER.secret_key) as other,
    ):
        before = await trader.body("GET", "account")
        await trader.body("POST", "order", **LIMIT)
        assert await other.body("GET", "account") != before
        assert await trader.body("GET", "account") == before
        assert await trader.code("GET", "account", signature="") == 700002


async def test_the_5th_request_is_struck_and_its_method_counts(
    simulator: Simulator, browser: Browser
) -> None:
    rule = TooMany(endpoints=("depth", "ping"), methods=("GET",), first=5, last=5)
    simulator.set_faults(plan(rule))
    statuses = [(await browser.get("ping")).status for _ in range(4)]
    statuses += [(await browser.get("time")).status, (await browser.depth()).status]
    assert statuses == [200, 200, 200, 200, 200, 429]
    assert simulator.requests_by_path["/api/v3/depth"] == 1


async def test_of_two_refusals_the_plans_first_is_told(
    simulator: Simulator, browser: Browser
) -> None:
    simulator.set_faults(plan(Banned(), TooMany(), WrongContentType()))
    assert (await browser.get("ping")).status == 418
    assert [record.rule for record in simulator.fault_trace] == [
        "http_418",
        "http_429",
        "wrong_content_type",
    ]

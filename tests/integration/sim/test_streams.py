"""Subscriptions and pushed frames over real sockets, by plain aiohttp and websockets clients."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
import websockets

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.sim import SimLimits, SimOptions, Simulator

START_MS = 1_790_281_200_000
DEPTH = "spot@public.aggre.depth.v3.api.pb@100ms@{}"
DEALS = "spot@public.aggre.deals.v3.api.pb@100ms@{}"
REASON = "  Reason\uff1a Blocked! "


class Listener:
    """One raw connection that tells control texts from pushed frames."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[PushDataV3ApiWrapper] = []

    async def ask(self, method: str, *params: str, **more: int) -> dict[str, Any]:
        await self.socket.send_json({"method": method, "params": list(params), **more})
        return await self.text()

    async def text(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            while True:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    reply: dict[str, Any] = json.loads(message.data)
                    return reply
                self._keep(message)

    async def frames_until(self, count: int) -> list[PushDataV3ApiWrapper]:
        async with asyncio.timeout(5):
            while len(self.frames) < count:
                self._keep(await self.socket.receive())
        return self.frames

    def _keep(self, message: aiohttp.WSMessage) -> None:
        assert message.type is aiohttp.WSMsgType.BINARY, message
        self.frames.append(PushDataV3ApiWrapper.FromString(message.data))


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    options = SimOptions(
        symbols=("BTCUSDT", "ETHUSDT", "龙虾USDT"),
        start_ms=START_MS,
        realtime=False,
        book_history=100_000,
    )
    async with Simulator(options) as running:
        yield running


@pytest.fixture
async def listener(simulator: Simulator) -> AsyncIterator[Listener]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(simulator.ws_url) as socket,
    ):
        yield Listener(socket)


async def test_one_accepted_channel_is_echoed(listener: Listener) -> None:
    name = DEPTH.format("BTCUSDT")
    assert await listener.ask("SUBSCRIPTION", name) == {"id": 0, "code": 0, "msg": name}


async def test_several_accepted_channels_are_joined_by_commas(listener: Listener) -> None:
    names = [DEPTH.format("BTCUSDT"), DEALS.format("BTCUSDT"), DEPTH.format("龙虾USDT")]
    reply = await listener.ask("SUBSCRIPTION", *names, id=12)
    assert (reply["id"], reply["code"]) == (12, 0)
    assert sorted(reply["msg"].split(",")) == sorted(names)


async def test_the_order_in_an_acknowledgement_is_arbitrary(listener: Listener) -> None:
    names = [
        f"spot@public.kline.v3.api.pb@BTCUSDT@{interval}"
        for interval in ("Min1", "Min5", "Min15", "Min30", "Min60", "Hour4", "Hour8", "Day1")
    ]
    reply = await listener.ask("SUBSCRIPTION", *names)
    assert set(reply["msg"].split(",")) == set(names)
    assert reply["msg"] != ",".join(names)


async def test_a_refused_channel_is_named_after_the_accepted_ones(listener: Listener) -> None:
    good, bad = DEPTH.format("BTCUSDT"), DEPTH.format("NOPEUSDT")
    reply = await listener.ask("SUBSCRIPTION", good, bad)
    assert reply["msg"] == (
        f"Subscribed successful! [{good}]. Not Subscribed successfully! [{bad}].{REASON}"
    )


@pytest.mark.parametrize(
    "name",
    [
        DEPTH.format("NOPEUSDT"),
        DEPTH.format("btcusdt"),
        "spot@public.increase.depth.v3.api.pb@BTCUSDT",
        "spot@public.miniTicker.v3.api.pb@BTCUSDT",
        "spot@public.limit.depth.v3.api.pb@BTCUSDT@50",
        "spot@private.orders.v3.api.pb",
        "nonsense",
    ],
)
async def test_everything_blocked_gets_the_same_answer(listener: Listener, name: str) -> None:
    reply = await listener.ask("SUBSCRIPTION", name)
    assert reply == {
        "id": 0,
        "code": 0,
        "msg": f"Not Subscribed successfully! [{name}].{REASON}",
    }


async def test_a_subscription_twice_is_refused(listener: Listener) -> None:
    name = DEPTH.format("BTCUSDT")
    reply = await listener.ask("SUBSCRIPTION", name, name)
    assert reply["msg"].startswith(f"Subscribed successful! [{name}]. Not Subscribed")
    assert "Blocked!" in (await listener.ask("SUBSCRIPTION", name))["msg"]


async def test_the_31st_subscription_is_refused_even_after_an_unsubscription(
    simulator: Simulator, listener: Listener
) -> None:
    zones = ["24H", *(f"UTC+{hour}" for hour in range(13)), *(f"UTC-{h}" for h in (3, 4, 5, 6))]
    names = [
        f"spot@public.miniTicker.v3.api.pb@{symbol}@{zone}"
        for symbol in ("BTCUSDT", "ETHUSDT")
        for zone in zones
    ]
    reply = await listener.ask("SUBSCRIPTION", *names[:32])
    accepted, _, refused = reply["msg"].partition("]. Not Subscribed successfully! [")
    assert len(accepted.split(",")) == 30
    assert len(refused.split(",")) == 2
    assert len(simulator.connections[0].topics) == 30
    assert (await listener.ask("UNSUBSCRIPTION", names[0]))["msg"] == names[0]
    assert "Blocked!" in (await listener.ask("SUBSCRIPTION", names[33]))["msg"]


async def test_unsubscribing_frees_a_slot_where_the_option_says_so() -> None:
    limits = SimLimits(subscriptions_per_connection=1, unsubscribing_frees_a_slot=True)
    options = SimOptions(realtime=False, limits=limits)
    async with (
        Simulator(options) as simulator,
        aiohttp.ClientSession() as session,
        session.ws_connect(simulator.ws_url) as socket,
    ):
        listener = Listener(socket)
        await listener.ask("SUBSCRIPTION", DEPTH.format("BTCUSDT"))
        await listener.ask("UNSUBSCRIPTION", DEPTH.format("BTCUSDT"))
        reply = await listener.ask("SUBSCRIPTION", DEALS.format("BTCUSDT"))
        assert reply["msg"] == DEALS.format("BTCUSDT")


async def test_a_subscription_to_nothing_is_degenerate(listener: Listener) -> None:
    reply = await listener.ask("SUBSCRIPTION")
    assert reply["msg"] == "Not Subscribed successfully! []."


async def test_unsubscribing_stops_the_frames(simulator: Simulator, listener: Listener) -> None:
    name = DEPTH.format("BTCUSDT")
    await listener.ask("SUBSCRIPTION", name)
    await simulator.advance(1_000)
    assert await listener.ask("UNSUBSCRIPTION", name, id=3) == {"id": 3, "code": 0, "msg": name}
    heard = len(listener.frames)
    assert heard > 0
    await simulator.advance(1_000)
    assert await listener.ask("PING") == {"id": 0, "code": 0, "msg": "PONG"}
    assert len(listener.frames) == heard
    assert (await listener.ask("UNSUBSCRIPTION", name))["msg"] == ""


@pytest.mark.parametrize("text", ["hello", "{", '{"method":"LOGIN"}', "[]"])
async def test_text_that_is_no_request_is_answered_and_harms_nobody(
    listener: Listener, text: str
) -> None:
    await listener.socket.send_str(text)
    assert (await listener.text())["code"] == 0
    await listener.socket.send_bytes(b"\x00\x01")
    assert (await listener.text())["code"] == 0
    assert (await listener.ask("ping", id=5)) == {"id": 5, "code": 0, "msg": "PONG"}


async def test_protocol_pings_are_answered_and_deflate_is_declined(simulator: Simulator) -> None:
    url = f"{simulator.ws_url}?listenKey=abc"
    async with websockets.connect(url, compression="deflate") as socket:
        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        pong = await socket.ping(b"payload")
        async with asyncio.timeout(5):
            await pong
        assert simulator.connections[0].listen_key == "abc"


async def test_wrappers_carry_the_fields_that_the_exchange_sends(
    simulator: Simulator, listener: Listener
) -> None:
    names = [
        "spot@public.aggre.bookTicker.v3.api.pb@100ms@BTCUSDT",
        "spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDT",
        "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT",
        "spot@public.bookTicker.batch.v3.api.pb@BTCUSDT",
        "spot@public.kline.v3.api.pb@BTCUSDT@Min60",
        "spot@public.limit.depth.v3.api.pb@BTCUSDT@20",
        "spot@public.miniTicker.v3.api.pb@BTCUSDT@UTC+8",
        "spot@public.miniTickers.v3.api.pb@24H",
    ]
    await listener.ask("SUBSCRIPTION", *names)
    await simulator.advance(3_000)
    await listener.ask("PING")
    by_channel = {frame.channel: frame for frame in listener.frames}
    assert sorted(by_channel) == names
    for name, frame in by_channel.items():
        is_kline, is_board = "kline" in name, "miniTickers" in name
        assert frame.HasField("symbol") != is_board
        assert frame.HasField("sendTime") != is_kline
        assert frame.HasField("createTime") == is_kline
        assert frame.HasField("symbolId") == is_kline
    kline = by_channel[names[4]].publicSpotKline
    assert kline.windowEnd - kline.windowStart == 3600
    assert kline.windowStart * 1000 <= START_MS < kline.windowEnd * 1000
    limit = by_channel[names[5]].publicLimitDepths
    assert (len(limit.asks), len(limit.bids)) == (20, 20)
    assert all(len(level.price.partition(".")[2]) == 2 for level in limit.bids)
    deal = by_channel[names[1]].publicAggreDeals.deals[0]
    first, second = deal.tradeId.split("_")
    assert int(second.removesuffix("X0")) == int(first.removesuffix("X0")) + 1
    board = by_channel[names[7]].publicMiniTickers.items
    assert [item.symbol for item in board] == ["BTCUSDT", "ETHUSDT", "龙虾USDT"]


async def test_book_tickers_repeat_every_interval_even_unchanged() -> None:
    options = SimOptions(symbols=("BTCUSDT",), agents=0, realtime=False, start_ms=START_MS)
    async with (
        Simulator(options) as simulator,
        aiohttp.ClientSession() as session,
        session.ws_connect(simulator.ws_url) as socket,
    ):
        listener, market = Listener(socket), simulator.market("BTCUSDT")
        await listener.ask("SUBSCRIPTION", "spot@public.aggre.bookTicker.v3.api.pb@10ms@BTCUSDT")
        market.place("BUY", "84270", "0.006387")
        await simulator.advance(100)
        frames = await listener.frames_until(10)
        assert [frame.sendTime - START_MS for frame in frames] == list(range(10, 110, 10))
        ticker = frames[-1].publicAggreBookTicker
        assert (ticker.bidPrice, ticker.bidQuantity) == ("84270", "0.006387")
        assert (ticker.askPrice, ticker.askQuantity) == ("", "")
        assert ticker.version == str(market.version)
        assert ticker.lastOrderCreateTime == START_MS


async def test_a_quiet_market_sends_no_diffs_and_a_deleted_level_is_zero() -> None:
    options = SimOptions(symbols=("BTCUSDT",), agents=0, realtime=False)
    async with (
        Simulator(options) as simulator,
        aiohttp.ClientSession() as session,
        session.ws_connect(simulator.ws_url) as socket,
    ):
        listener, market = Listener(socket), simulator.market("BTCUSDT")
        await listener.ask("SUBSCRIPTION", DEPTH.format("BTCUSDT"))
        before = market.version
        order = market.place("BUY", "100.50", "3")
        await simulator.advance(500)
        market.cancel(order.order_id)
        await simulator.advance(500)
        first, second = await listener.frames_until(2)
        added, deleted = first.publicAggreDepths, second.publicAggreDepths
        assert [(level.price, level.quantity) for level in added.bids] == [("100.5", "3")]
        assert [(level.price, level.quantity) for level in deleted.bids] == [("100.5", "0")]
        assert added.fromVersion == added.toVersion == str(before + 1)
        assert deleted.fromVersion == deleted.toVersion == str(before + 2)
        assert not added.asks
        await listener.ask("PING")
        assert len(listener.frames) == 2


@pytest.mark.parametrize(("speed", "pause_ms"), [("100ms", 350), ("10ms", 355)])
async def test_a_snapshot_falls_inside_a_range_and_the_book_follows_from_it(
    simulator: Simulator, listener: Listener, speed: str, pause_ms: int
) -> None:
    market = simulator.market("BTCUSDT")
    await listener.ask("SUBSCRIPTION", f"spot@public.aggre.depth.v3.api.pb@{speed}@BTCUSDT")
    await simulator.advance(pause_ms)  # to between two pushes
    market.place("BUY", "1000", "1")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{simulator.rest_url}/api/v3/depth?symbol=BTCUSDT&limit=5000") as response,
    ):
        snapshot = await response.json()
    market.place("BUY", "1001", "1")
    await simulator.advance(2_400 - pause_ms)
    await listener.ask("PING")
    last = snapshot["lastUpdateId"]
    bids = {Decimal(price): Decimal(quantity) for price, quantity in snapshot["bids"]}
    asks = {Decimal(price): Decimal(quantity) for price, quantity in snapshot["asks"]}
    ranges = [
        (int(frame.publicAggreDepths.fromVersion), int(frame.publicAggreDepths.toVersion))
        for frame in listener.frames
    ]
    assert any(first <= last < final for first, final in ranges)
    for (_, final), (first, _) in itertools.pairwise(ranges):
        assert first == final + 1
    for frame, (_, final) in zip(listener.frames, ranges, strict=True):
        if final <= last:
            continue
        body, last = frame.publicAggreDepths, final
        for side, levels in ((bids, body.bids), (asks, body.asks)):
            for level in levels:
                side.pop(Decimal(level.price), None)
                if Decimal(level.quantity):
                    side[Decimal(level.price)] = Decimal(level.quantity)
        then = market.book_at(last)
        assert bids == dict(then.bids)
        assert asks == dict(then.asks)
    assert last == market.version


async def test_frames_go_to_every_listener_of_a_channel(simulator: Simulator) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(simulator.ws_url) for _ in range(3)]
        listeners = [Listener(socket) for socket in sockets]
        for listener in listeners:
            await listener.ask("SUBSCRIPTION", DEPTH.format("BTCUSDT"))
        await simulator.advance(1_000)
        heard = []
        for listener in listeners:
            await listener.ask("PING")
            heard.append([frame.SerializeToString() for frame in listener.frames])
        assert heard[0]
        assert heard[0] == heard[1] == heard[2]
        for socket in sockets:
            await socket.close()

"""`MexcPrivateSpotRest` over a scripted network. Replies are as the reference shows them."""

import asyncio
import json
import logging
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mexc_connector.common.account import KycStatus, ListenKey, SelfTradeGroupId
from mexc_connector.common.config import MexcConfig, RateLimitConfig
from mexc_connector.common.enums import (
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from mexc_connector.common.errors import (
    BadRequest,
    ConfigError,
    ConnectionFailed,
    InvalidSymbol,
    OrderOutcomeUnknown,
    OrderRefused,
    OrderRuleViolated,
    ProtocolViolation,
    SessionClosed,
    UnknownOrder,
    UnknownSymbol,
    UsageError,
)
from mexc_connector.common.orders import ClientOrderId, OrderId
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.order_request import OrderRequest
from mexc_connector.rest.private import MexcPrivateSpotRest
from mexc_connector.rest.public import MexcPublicSpotRest
from mexc_connector.rest.transport import HttpReply, HttpRequest
from tests.unit.rest.doubles import (
    EPOCH_NS,
    FakeClock,
    FakeTransport,
    exchange_info,
    query,
    reply,
    symbol_row,
)

RECORDED = Path(__file__).parents[2] / "recorded"
BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))
ETH_USDT = Symbol(AssetName("ETH"), AssetName("USDT"))
KEY, SECRET = "mx0-key-of-the-tests", "secret-of-the-tests"
NOW_MS = EPOCH_NS // 1_000_000
MINE = ClientOrderId("mine-1")
LISTEN_KEY = ListenKey("pqia91ma19a5s61cv6a81va65sdf19v8")
ACK = {
    "symbol": "BTCUSDT",
    "orderId": "C02__342252993005723644225",
    "orderListId": -1,
    "price": "50000",
    "origQty": "0.001",
    "type": "LIMIT",
    "side": "BUY",
    "stpMode": "",
    "transactTime": 1745852205223,
}
ORDER = {
    "symbol": "BTCUSDT",
    "orderId": "133734823834147272",
    "orderListId": "-1",
    "clientOrderId": None,
    "price": "30000",
    "origQty": "0.0002",
    "executedQty": "0",
    "cummulativeQuoteQty": "0",
    "status": "CANCELED",
    "timeInForce": None,
    "type": "LIMIT",
    "side": "BUY",
    "stopPrice": None,
    "icebergQty": None,
    "time": 1647667102000,
    "updateTime": 1647708567000,
    "isWorking": True,
    "origQuoteOrderQty": "6",
}
FILL = {
    "symbol": "BTCUSDT",
    "id": "fad2af9e942049b6adbda1a271f990c6",
    "orderId": "bb41e5663e124046bd9497a3f5692f39",
    "orderListId": -1,
    "price": "4.00000100",
    "qty": "12.00000000",
    "quoteQty": "48.000012",
    "commission": "0.0012345678901234567",
    "commissionAsset": "MX",
    "time": 1499865549000,
    "isBuyer": True,
    "isMaker": False,
    "isBestMatch": True,
    "isSelfTrade": True,
    "clientOrderId": None,
}


class Bench:
    def __init__(self, **routes: object) -> None:
        self.clock = FakeClock()
        names = {name.replace("__", "/"): answer for name, answer in routes.items()}
        self.transport = FakeTransport(
            {
                "time": reply({"serverTime": NOW_MS}),
                "exchangeInfo": exchange_info(symbol_row(), symbol_row("ETH")),
                "symbol/offline": reply({"data": []}),
                **names,
            }
        )
        self.client = MexcPrivateSpotRest(
            KEY,
            SECRET,
            config=MexcConfig(rest_url="http://exchange", limits=RateLimitConfig.lifted()),
            transport=self.transport,
            clock=self.clock,
        )

    def asked(self, name: str) -> list[dict[str, str]]:
        """The parameters of requests for an endpoint, without what signs them."""
        signing = {"recvWindow", "timestamp", "signature"}
        return [
            {key: value for key, value in sent.items() if key not in signing}
            for sent in self.transport.sent(name)
        ]

    async def place(self, **changes: object) -> object:
        asked = {"side": Side.BUY, "amount": 0.001, "price": 50_000, "client_order_id": MINE}
        return await self.client.place_order(BTC_USDT, **(asked | changes))  # type: ignore[arg-type]


async def test_an_acknowledged_order_is_pending_with_its_ids_and_no_fills() -> None:
    bench = Bench(order=reply(ACK))
    order = await bench.client.place_order(
        BTC_USDT, side=Side.BUY, amount="0.00100", price=50_000.0, client_order_id=MINE
    )
    assert order.status is OrderStatus.PENDING_NEW
    assert (order.order_id, order.client_order_id) == ("C02__342252993005723644225", MINE)
    assert (order.amount, order.price, order.amount_filled) == (0.001, 50_000.0, 0.0)
    assert order.created_ms == 1745852205223
    assert bench.asked("order") == [
        {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "quantity": "0.001",
            "price": "50000",
            "newClientOrderId": "mine-1",
        }
    ]


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        (
            {"time_in_force": TimeInForce.POST_ONLY},
            {"type": "LIMIT_MAKER", "quantity": "0.001", "price": "50000"},
        ),
        (
            {"order_type": OrderType.MARKET, "price": None, "amount": None, "quote_amount": 1e2},
            {"type": "MARKET", "quoteOrderQty": "100"},
        ),
        (
            {"order_type": OrderType.MARKET, "price": None, "side": Side.SELL},
            {"type": "MARKET", "side": "SELL", "quantity": "0.001"},
        ),
        (
            {"amount": "1e-5", "price": "1E+6"},
            {"type": "LIMIT", "quantity": "0.00001", "price": "1000000"},
        ),
        (
            {"self_trade_prevention": SelfTradePrevention.CANCEL_MAKER},
            {"type": "LIMIT", "quantity": "0.001", "price": "50000", "stpMode": "cancel_maker"},
        ),
    ],
)
async def test_orders_of_every_kind_are_written_in_plain_notation(
    changes: dict[str, object], sent: dict[str, str]
) -> None:
    bench = Bench(order=reply(ACK))
    await bench.place(**changes)
    common = {"symbol": "BTCUSDT", "side": "BUY", "newClientOrderId": "mine-1"}
    assert bench.asked("order") == [common | sent]


async def test_an_order_without_an_id_gets_a_new_one_each_time() -> None:
    bench = Bench(order=reply(ACK))
    ids = {
        (await bench.client.place_order(BTC_USDT, side=Side.BUY, amount=1, price=1)).client_order_id
        for _ in range(5)
    }
    assert len(ids) == 5
    assert {sent["newClientOrderId"] for sent in bench.asked("order")} == ids


async def test_an_order_that_breaks_a_rule_is_not_sent() -> None:
    bench = Bench(order=reply(ACK))
    for changes, rule in (
        ({"price": "50000.001"}, "tick_size"),
        ({"amount": float("nan")}, "amount"),
        ({"amount": "0.00000001"}, "min_amount"),
        ({"client_order_id": "no blanks"}, "client_order_id"),
    ):
        with pytest.raises(OrderRefused) as caught:
            await bench.place(**changes)
        assert caught.value.rule == rule
    assert bench.asked("order") == []


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"<html>hello</html>"),
        reply({}),
        reply(ACK | {"orderId": ""}),
        reply(ACK | {"orderId": None}),
        reply(ACK | {"symbol": "ETHUSDT"}),
        reply([ACK]),
        ConnectionFailed("reset"),
    ],
)
async def test_a_success_that_cannot_be_read_leaves_the_outcome_open(answer: object) -> None:
    bench = Bench(order=answer)
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await bench.place()
    assert caught.value.client_order_id == MINE
    assert isinstance(caught.value.__cause__, ProtocolViolation | ConnectionFailed)
    assert len(bench.asked("order")) == 1


async def test_the_recorded_acknowledgement_of_a_market_order_is_read() -> None:
    recorded = json.loads((RECORDED / "rest_replies.json").read_text(encoding="utf-8"))
    ack = next(entry["reply"] for entry in recorded if "market buy" in entry["what"])
    bench = Bench(
        exchangeInfo=exchange_info(symbol_row("ATLAS", quotePrecision=6)), order=reply(ack)
    )
    atlas = Symbol(AssetName("ATLAS"), AssetName("USDT"))
    order = await bench.client.place_order(
        atlas, side=Side.BUY, order_type=OrderType.MARKET, amount=1000
    )
    assert order.order_id == "C02__474424498318368768043"
    assert order.price is None
    assert order.created_ms == 1728893850646


async def test_a_market_that_the_exchange_denies_is_read_again() -> None:
    bench = Bench(order=reply({"code": 30014, "msg": "invalid symbol"}, status=400))
    for _ in range(2):
        with pytest.raises(InvalidSymbol):
            await bench.place()
    assert len(bench.transport.sent("exchangeInfo")) == 2


async def test_a_test_order_goes_where_nothing_is_placed() -> None:
    bench = Bench(order__test=reply({}))
    request = OrderRequest(side=Side.SELL, amount=1, price=1)
    await bench.client.test_order(BTC_USDT, request)
    assert bench.asked("order/test")[0]["side"] == "SELL"


def batch(count: int = 3) -> list[OrderRequest]:
    return [
        OrderRequest(side=Side.BUY, amount=1, price=number + 1, client_order_id=f"b-{number}")
        for number in range(count)
    ]


async def test_each_order_of_a_batch_has_its_own_result() -> None:
    bench = Bench(
        batchOrders=reply(
            [
                {"symbol": "BTCUSDT", "orderId": "1196315350023612316", "newClientOrderId": "b-0"},
                {"newClientOrderId": "b-1", "msg": "minimum:0.5USDT", "code": 30002},
                {"msg": "internal", "code": 20002},
            ]
        )
    )
    placed, refused, lost = await bench.client.place_orders(BTC_USDT, batch())
    assert getattr(placed, "order_id", None) == "1196315350023612316"
    assert getattr(placed, "client_order_id", None) == "b-0"
    assert isinstance(refused, OrderRuleViolated)
    assert refused.code == 30002
    assert isinstance(lost, OrderOutcomeUnknown)
    assert lost.client_order_id == "b-2"
    (sent,) = bench.asked("batchOrders")
    assert json.loads(sent["batchOrders"])[2] == {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "quantity": "1",
        "price": "3",
        "newClientOrderId": "b-2",
    }
    (url,) = [urlsplit(r.url).query for r in bench.transport.requests if "batch" in r.url]
    assert url.startswith("batchOrders=%5B%7B%22symbol%22%3A%22BTCUSDT%22%2C")


@pytest.mark.parametrize(
    "answer",
    [
        ConnectionFailed("reset"),
        reply(b"", status=502),
        reply([]),
        reply({}),
        reply([{"newClientOrderId": "b-2", "orderId": "1"}] * 3),
        reply([{}] * 3),
    ],
)
async def test_a_batch_whose_answer_is_lost_is_open_for_every_order(answer: object) -> None:
    bench = Bench(batchOrders=answer)
    results = await bench.client.place_orders(BTC_USDT, batch())
    open_ids = [r.client_order_id for r in results if isinstance(r, OrderOutcomeUnknown)]
    assert open_ids[:2] == ["b-0", "b-1"]
    assert all(isinstance(r, OrderOutcomeUnknown) and r.__cause__ for r in results[:2])
    assert len(bench.asked("batchOrders")) == 1


async def test_a_batch_is_refused_as_a_whole_before_anything_is_sent() -> None:
    bench = Bench(batchOrders=reply([]))
    with pytest.raises(OrderRefused, match="comes twice"):
        await bench.client.place_orders(BTC_USDT, [batch()[0], batch()[0]])
    with pytest.raises(OrderRefused, match="tick_size"):
        await bench.client.place_orders(
            BTC_USDT, [*batch(), OrderRequest(side=Side.BUY, amount=1, price="0.001")]
        )
    for count in (0, 21):
        with pytest.raises(UsageError, match="1 to 20"):
            await bench.client.place_orders(BTC_USDT, batch(count))
    assert bench.asked("batchOrders") == []


@pytest.mark.parametrize("by_ours", [True, False])
async def test_a_cancel_names_one_order_and_returns_what_the_reply_says(by_ours: bool) -> None:
    short = {key: ORDER[key] for key in ("symbol", "orderId", "price", "origQty", "type", "side")}
    bench = Bench(order=reply(short))
    named = {"client_order_id": MINE} if by_ours else {"order_id": OrderId("133734823834147272")}
    order = await bench.client.cancel_order(BTC_USDT, **named)  # type: ignore[arg-type]
    assert order.status is OrderStatus.UNKNOWN
    assert order.order_id == "133734823834147272"
    assert order.client_order_id == (MINE if by_ours else None)
    name = "origClientOrderId" if by_ours else "orderId"
    (sent,) = bench.asked("order")
    assert sent == {"symbol": "BTCUSDT", name: next(iter(named.values()))}
    assert bench.transport.requests[-1].method == "DELETE"


async def test_the_id_of_a_cancelled_order_is_not_the_one_of_its_cancel() -> None:
    full = ORDER | {"origClientOrderId": "mine-1", "clientOrderId": "cancelMyOrder1"}
    bench = Bench(order=reply(full | {"status": "NEW"}))
    order = await bench.client.cancel_order(BTC_USDT, order_id=OrderId("133734823834147272"))
    assert (order.client_order_id, order.status) == ("mine-1", OrderStatus.NEW)


async def test_a_cancel_of_a_finished_order_says_so() -> None:
    bench = Bench(order=reply({"code": -2011, "msg": "Unknown order sent."}, status=400))
    with pytest.raises(UnknownOrder):
        await bench.client.cancel_order(BTC_USDT, order_id=OrderId("1"))


@pytest.mark.parametrize("answer", [ConnectionFailed("reset"), reply(ORDER | {"orderId": "7"})])
async def test_a_cancel_without_a_readable_answer_is_open(answer: object) -> None:
    bench = Bench(order=answer)
    with pytest.raises(OrderOutcomeUnknown) as caught:
        await bench.client.cancel_order(BTC_USDT, order_id=OrderId("8"))
    assert (caught.value.order_id, caught.value.client_order_id) == ("8", None)


async def test_an_order_is_named_by_one_id() -> None:
    bench = Bench(order=reply(ORDER))
    for named in ({}, {"order_id": "1", "client_order_id": "a"}, {"order_id": ""}):
        for call in (bench.client.cancel_order, bench.client.get_order):
            with pytest.raises(UsageError, match="one of them"):
                await call(BTC_USDT, **named)  # type: ignore[arg-type]
    assert bench.asked("order") == []


async def test_all_orders_of_some_markets_are_cancelled_at_once() -> None:
    rows = [ORDER, ORDER | {"symbol": "ETHUSDT", "orderId": "9"}]
    bench = Bench(openOrders=reply(rows), order__all=reply({"code": 200, "msg": "success"}))
    orders = await bench.client.cancel_open_orders(BTC_USDT, ETH_USDT)
    assert [order.symbol for order in orders] == [BTC_USDT, ETH_USDT]
    assert bench.asked("openOrders") == [{"symbol": "BTCUSDT,ETHUSDT"}]
    await bench.client.cancel_all_orders()
    for symbols in ([], [BTC_USDT] * 6):
        with pytest.raises(UsageError, match="1 to 5"):
            await bench.client.cancel_open_orders(*symbols)
    bench.transport.routes["openOrders"] = reply([ORDER | {"symbol": "MXUSDT"}])
    with pytest.raises(OrderOutcomeUnknown, match="several orders"):
        await bench.client.cancel_open_orders(BTC_USDT)


async def test_an_order_is_read_to_the_last_digit() -> None:
    partly = ORDER | {
        "status": "PARTIALLY_CANCELED",
        "price": "0.183503",
        "origQty": "1000000000000.000000000000000001",
        "executedQty": "32.69",
        "cummulativeQuoteQty": "5.72522853",
    }
    bench = Bench(order=reply(partly))
    order = await bench.client.get_order(BTC_USDT, client_order_id=MINE)
    assert order.is_done
    assert order.exact.amount == Decimal("1000000000000.000000000000000001")
    assert order.average_price == pytest.approx(0.175137, abs=1e-6)
    assert order.quote_amount is None  # a limit order's value, not what it was sized by
    assert (order.created_ms, order.updated_ms) == (1647667102000, 1647708567000)
    assert order.client_order_id == MINE


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"type": "MARKET", "price": "3", "origQty": "0"}, (OrderType.MARKET, None, None, 6.0)),
        (
            {"type": "MARKET", "price": "3", "origQuoteOrderQty": None},
            (OrderType.MARKET, None, 0.0002, None),
        ),
        ({"type": "LIMIT_ORDER"}, (OrderType.LIMIT, 30_000.0, 0.0002, None)),
        (
            {"type": "STOP_MARKET_ORDER", "price": "0", "origQuoteOrderQty": "0"},
            (OrderType.MARKET, None, 0.0002, None),
        ),
        ({"type": "NEVER_SEEN"}, (OrderType.LIMIT, 30_000.0, 0.0002, None)),
        ({"origQty": None, "Qty": "0.0002"}, (OrderType.LIMIT, 30_000.0, 0.0002, None)),
        ({"origQty": None, "origOty": 0.0002}, (OrderType.LIMIT, 30_000.0, 0.0002, None)),
    ],
)
async def test_types_and_field_names_that_drift_are_read(
    row: dict[str, object], expected: tuple[object, ...]
) -> None:
    bench = Bench(order=reply(ORDER | row))
    order = await bench.client.get_order(BTC_USDT, order_id=OrderId("133734823834147272"))
    assert (order.order_type, order.price, order.amount, order.quote_amount) == expected


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ("NEW", OrderStatus.NEW),
        ("PARTIALLY_FILLED", OrderStatus.PARTIALLY_FILLED),
        ("FILLED", OrderStatus.FILLED),
        ("EXPIRED", OrderStatus.CANCELED),
        ("PENDING_CANCEL", OrderStatus.UNKNOWN),
        (None, OrderStatus.UNKNOWN),
    ],
)
async def test_a_status_that_is_not_known_is_unknown(status: object, read: OrderStatus) -> None:
    bench = Bench(order=reply(ORDER | {"status": status}))
    order = await bench.client.get_order(BTC_USDT, order_id=OrderId("133734823834147272"))
    assert order.status is read


@pytest.mark.parametrize(
    "change",
    [
        {"executedQty": "-1"},
        {"executedQty": "NaN"},
        {"executedQty": "1e999"},
        {"cumulativeQuoteQty": "1", "cummulativeQuoteQty": "2"},
        {"Qty": "5"},
        {"side": "HOLD"},
        {"symbol": "ETHUSDT"},
        {"orderId": "other"},
        {"clientOrderId": "another"},
    ],
)
async def test_an_order_that_cannot_be_is_a_violation_that_keeps_the_body(
    change: dict[str, object],
) -> None:
    bench = Bench(order=reply(ORDER | change))
    named: dict[str, object] = {"order_id": "133734823834147272"}
    if "clientOrderId" in change:
        named = {"client_order_id": MINE}
    with pytest.raises(ProtocolViolation, match="GET /api/v3/order") as caught:
        await bench.client.get_order(BTC_USDT, **named)  # type: ignore[arg-type]
    assert "133734823834147272" in str(caught.value.body) or "orderId" in change


async def test_open_orders_of_all_markets_leave_out_what_is_not_listed() -> None:
    rows = [ORDER | {"status": "NEW"}, ORDER | {"symbol": "GONEUSDT", "orderId": "9"}]
    bench = Bench(openOrders=reply(rows))
    orders = await bench.client.get_open_orders()
    assert [order.symbol for order in orders] == [BTC_USDT]
    assert bench.client.metrics().unlisted_rows == 1
    bench.transport.routes["openOrders"] = reply(rows[:1])
    assert len(await bench.client.get_open_orders(BTC_USDT)) == 1
    assert bench.asked("openOrders") == [{}, {"symbol": "BTCUSDT"}]


async def test_orders_of_a_market_that_is_gone_are_told_and_asked_for() -> None:
    bench = Bench(openOrders=reply([ORDER | {"status": "NEW"}]), order=reply(ORDER))
    await bench.client.get_open_orders()
    bench.transport.routes["exchangeInfo"] = exchange_info(symbol_row("ETH"))
    bench.clock.moment += 100_000.0
    with pytest.raises(UnknownSymbol):
        await bench.place()
    assert [order.symbol for order in await bench.client.get_open_orders()] == [BTC_USDT]
    found = await bench.client.get_order(BTC_USDT, order_id=OrderId("133734823834147272"))
    assert found.status is OrderStatus.CANCELED


async def test_past_orders_are_asked_for_with_an_explicit_window() -> None:
    rows = [ORDER | {"orderId": str(number), "time": number} for number in (1, 3, 2)]
    bench = Bench(allOrders=reply(rows))
    orders = await bench.client.get_all_orders(BTC_USDT, limit=2)
    assert [order.order_id for order in orders] == ["3", "2"]
    (sent,) = bench.asked("allOrders")
    assert sent["limit"] == "1000"
    assert int(sent["endTime"]) - int(sent["startTime"]) == 7 * 86_400_000
    with pytest.raises(UsageError):
        await bench.client.get_all_orders(BTC_USDT, start_ms=5, end_ms=4)
    with pytest.raises(UsageError, match="before what the exchange keeps"):
        await bench.client.get_all_orders(BTC_USDT, end_ms=4)


async def test_fills_are_read_with_their_fees_to_the_last_digit() -> None:
    bench = Bench(myTrades=reply([FILL, FILL]))
    (fill,) = await bench.client.get_my_trades(BTC_USDT, start_ms=1_500, end_ms=9_000)
    assert fill.exact.fee == Decimal("0.0012345678901234567")
    assert (fill.fee_asset, fill.side, fill.is_maker) == ("MX", Side.BUY, False)
    assert (fill.price, fill.amount, fill.quote_amount) == (4.000001, 12.0, 48.000012)
    assert fill.client_order_id is None
    (sent,) = bench.asked("myTrades")
    assert sent == {"symbol": "BTCUSDT", "startTime": "1000", "endTime": "9000", "limit": "1000"}


async def test_the_recorded_fill_is_read() -> None:
    recorded = json.loads((RECORDED / "rest_replies.json").read_text(encoding="utf-8"))
    rows = next(entry["reply"] for entry in recorded if entry["what"] == "user trade")
    bench = Bench(exchangeInfo=exchange_info(symbol_row("ATLAS")), myTrades=reply(rows))
    atlas = Symbol(AssetName("ATLAS"), AssetName("USDT"))
    (fill,) = await bench.client.get_my_trades(
        atlas, order_id=OrderId("C02__385413065019117569043")
    )
    assert (fill.side, fill.exact.amount, fill.fee) == (Side.SELL, Decimal(1220), 0.0)
    assert fill.exchange_time_ms == 1707671871000


async def test_a_smaller_limit_is_tried_when_the_exchange_dislikes_ours_and_is_remembered() -> None:
    def old_rules(request: HttpRequest) -> HttpReply:
        if int(query(request)["limit"]) > 100:
            return reply({"code": 33333, "msg": "param error"}, status=400)
        return reply([FILL])

    bench = Bench(myTrades=old_rules)
    for _ in range(2):
        assert len(await bench.client.get_my_trades(BTC_USDT)) == 1
    assert [sent["limit"] for sent in bench.asked("myTrades")] == ["1000", "100", "100"]
    bench.transport.routes["myTrades"] = reply({"code": 33333, "msg": "other"}, status=400)
    with pytest.raises(BadRequest, match="other"):
        await bench.client.get_my_trades(BTC_USDT)


async def test_a_reply_that_was_cut_at_the_old_limit_without_a_word_is_split() -> None:
    rows = [FILL | {"id": str(number), "time": number * 1_000} for number in range(150)]

    def silently_cut(request: HttpRequest) -> HttpReply:
        start, end = int(query(request)["startTime"]), int(query(request)["endTime"])
        inside = [row for row in rows if start <= int(str(row["time"])) <= end]
        return reply(inside[::-1][:100])

    bench = Bench(myTrades=silently_cut)
    fills = await bench.client.get_my_trades(BTC_USDT, start_ms=0, end_ms=200_000)
    assert [fill.trade_id for fill in fills] == [str(number) for number in reversed(range(150))]


async def test_fills_of_another_order_are_a_violation() -> None:
    bench = Bench(myTrades=reply([FILL]))
    with pytest.raises(ProtocolViolation, match="a fill of order bb41"):
        await bench.client.get_my_trades(BTC_USDT, order_id=OrderId("1"))


ACCOUNT = {
    "makerCommission": None,
    "canTrade": True,
    "canWithdraw": True,
    "canDeposit": True,
    "updateTime": None,
    "accountType": "SPOT",
    "balances": [
        {"asset": "NBNTEST", "free": "1111078.000000000000000001", "locked": "33"},
        {"asset": "MAIN", "free": "1020000", "locked": "0", "available": "1020000"},
    ],
    "permissions": ["SPOT"],
}


async def test_balances_are_exact_and_missing_ones_zero() -> None:
    bench = Bench(account=reply(ACCOUNT))
    account = await bench.client.get_account()
    assert account.can_trade
    assert account.requested_ms == account.received_ms == NOW_MS
    held = await bench.client.get_asset_balance(AssetName("NBNTEST"))
    assert held.exact.free == Decimal("1111078.000000000000000001")
    assert held.locked == 33.0
    assert (await bench.client.get_asset_balance(AssetName("BTC"))).total == 0.0
    assert await bench.client.get_account_balance() == account.balances
    assert await bench.client.get_account_balances() == account.balances


async def test_fifty_balance_reads_at_once_make_one_request() -> None:
    bench = Bench(account=reply(ACCOUNT))
    reads = [bench.client.get_asset_balance(AssetName("MAIN")) for _ in range(50)]
    assert {balance.free for balance in await asyncio.gather(*reads)} == {1020000.0}
    assert len(bench.transport.sent("account")) == 1
    metrics = bench.client.metrics()
    assert (metrics.cache_hits, metrics.cache_misses) == (49, 1)


async def test_what_belongs_to_the_account_is_typed() -> None:
    bench = Bench(
        tradeFee=reply(
            b'{"data":{"makerCommission":0E-18,"takerCommission":0.000500000000000000001,'
            b'"rpiMakerCommission":0},"code":0,"msg":"success"}'
        ),
        mxDeduct__enable=reply({"data": {"mxDeductEnable": True}, "code": 0}),
        kyc__status=reply({"status": "3"}),
        uid=reply({"uid": 209302839}),
        selfSymbols=reply({"code": 200, "data": ["SNTUSDT"], "msg": None}),
    )
    client = bench.client
    fee = await client.get_trade_fee(BTC_USDT)
    assert (fee.maker, fee.taker) == (0, Decimal("0.000500000000000000001"))
    assert await client.get_mx_deduct() is True
    assert await client.set_mx_deduct(enabled=False) is True
    assert bench.asked("mxDeduct/enable") == [{}, {"mxDeductEnable": "false"}]
    assert await client.get_kyc_status() is KycStatus.ADVANCED
    assert await client.get_uid() == "209302839"
    assert await client.get_self_symbols() == ["SNTUSDT"]
    bench.transport.routes["kyc/status"] = reply({"status": 9})
    assert await client.get_kyc_status() is KycStatus.UNKNOWN


async def test_the_key_tells_its_rights_and_how_long_it_lives() -> None:
    told = {
        "note": "n",
        "accessKey": KEY,
        "createTime": "2026-09-14T18:53:36.000+00:00",
        "permissions": "SPOT_ACCOUNT_READ,SPOT_DEAL_WRITE",
        "remainingValidity": 6,
        "ipWhiteList": "",
        "status": "VALID",
    }
    bench = Bench(apiKeyInfo=reply(told))
    info = await bench.client.get_api_key_info()
    assert info.permissions == {"SPOT_ACCOUNT_READ", "SPOT_DEAL_WRITE"}
    assert (info.remaining_days, info.expires_soon, info.is_valid) == (6, True, True)
    assert info.ip_white_list == ()
    assert KEY not in repr(info)
    assert bench.asked("apiKeyInfo") == [{"accessKey": KEY}]
    for days, remaining, valid in ((-999, None, True), (0, 0, False), (80, 80, True)):
        bench.transport.routes["apiKeyInfo"] = reply(told | {"remainingValidity": days})
        info = await bench.client.get_api_key_info()
        assert (info.remaining_days, info.is_valid) == (remaining, valid)
        assert info.expires_soon is (days == 0)


async def test_assets_tell_both_names_of_their_chains_and_their_smallest_part() -> None:
    network = {
        "coin": "EOS",
        "network": "BEP20(BSC)",
        "netWork": "BSC",
        "depositEnable": True,
        "withdrawEnable": False,
        "minConfirm": 10,
        "withdrawFee": "0.000100000000000000",
        "withdrawMin": "0.001",
        "withdrawMax": "10000",
        "withdrawIntegerMultiple": "0.000001",
        "sameAddress": False,
        "contract": "",
    }
    rows = [
        {
            "coin": "EOS",
            "Name": "Eos",
            "networkList": [
                network,
                network | {"withdrawIntegerMultiple": "18", "netWork": None},
                network | {"withdrawIntegerMultiple": None, "sameAddress": None},
            ],
        }
    ]
    bench = Bench(capital__config__getall=reply(rows))
    (currency,) = await bench.client.get_currencies()
    first, second, third = currency.networks
    assert (currency.asset, currency.name) == ("EOS", "Eos")
    assert (first.network, first.long_name) == ("BSC", "BEP20(BSC)")
    assert (first.withdraw_step, second.withdraw_step, third.withdraw_step) == (
        Decimal("0.000001"),
        Decimal("1E-18"),
        None,
    )
    assert second.network is None
    assert first.withdraw_fee == Decimal("0.0001")


@pytest.mark.parametrize("count", [9223372036854775808, "-9223372036854775808", "1E+40", 101])
async def test_a_smallest_part_of_absurdly_many_decimals_breaks_the_form(count: int | str) -> None:
    network = {"coin": "EOS", "network": "EOS", "withdrawIntegerMultiple": count}
    bench = Bench(capital__config__getall=reply([{"coin": "EOS", "networkList": [network]}]))
    with pytest.raises(ProtocolViolation, match="withdrawIntegerMultiple"):
        await bench.client.get_currencies()


GROUP = {
    "tradeGroupName": "g",
    "tradeGroupId": 7,
    "tradeGroupUid": "1, 2",
    "createTime": 1,
    "updateTime": 2,
}


async def test_self_trade_groups_are_made_filled_listed_and_dissolved() -> None:
    bench = Bench(
        strategy__group=reply({"data": GROUP, "code": 200}),
        strategy__group__uid=reply({"data": GROUP | {"tradeGroupId": "7"}, "code": 200}),
    )
    groups = bench.client.self_trade_groups
    made = await groups.create("g")
    assert (made.group_id, made.uids) == ("7", ("1", "2"))
    assert await groups.add_uids(made.group_id, ["1", "2"]) == made
    bench.transport.routes["strategy/group"] = reply({"data": [GROUP], "code": 200})
    assert await groups.list("g") == [made]
    bench.transport.routes["strategy/group"] = reply({"data": True, "code": 200})
    bench.transport.routes["strategy/group/uid"] = reply({"data": True, "code": 200})
    await groups.remove_uids(made.group_id, ["1"])
    await groups.delete(made.group_id)
    methods = [r.method for r in bench.transport.requests if "strategy" in r.url]
    assert methods == ["POST", "POST", "GET", "DELETE", "DELETE"]
    assert bench.asked("strategy/group/uid")[0] == {"tradeGroupId": "7", "uid": "1,2"}
    for uids in ("12", []):
        with pytest.raises(UsageError, match="uids"):
            await groups.add_uids(SelfTradeGroupId("7"), uids)


async def test_listen_keys_are_made_listed_extended_and_closed() -> None:
    bench = Bench(userDataStream=reply({"listenKey": LISTEN_KEY}))
    client = bench.client
    key = await client.create_listen_key()
    assert key == LISTEN_KEY
    assert await client.extend_listen_key(key) == key
    await client.close_listen_key(key)
    bench.transport.routes["userDataStream"] = reply(
        {"listenKey": [LISTEN_KEY], "total": 200, "available": 199}
    )
    keys = await client.list_listen_keys()
    assert (keys.keys, keys.available) == ((LISTEN_KEY,), 199)
    assert LISTEN_KEY not in repr(keys)
    methods = [r.method for r in bench.transport.requests if "userDataStream" in r.url]
    assert methods == ["POST", "PUT", "DELETE", "GET"]


async def test_no_listen_key_gets_into_errors_or_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(request: HttpRequest) -> HttpReply:
        return reply({"code": 22222, "msg": f"{LISTEN_KEY} is gone"}, status=400)

    for answer in (
        echo,
        reply(b'{"listenKey": 7, "was": "' + LISTEN_KEY.encode() + b'"}'),
        reply({"listenKey": "", "was": LISTEN_KEY}),
    ):
        bench = Bench(userDataStream=answer)
        with pytest.raises(Exception, match="userDataStream") as caught:
            await bench.client.extend_listen_key(LISTEN_KEY)
        error = caught.value
        shown = f"{error} {error!r} {vars(error)} {error.__cause__} {error.__context__!r}"
        assert LISTEN_KEY not in shown + caplog.text


async def test_no_key_gets_into_a_repr_and_none_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    for shown in (repr(bench.client), str(bench.client), repr(bench.client.metrics())):
        assert KEY not in shown
        assert SECRET not in shown
    monkeypatch.delenv("MEXC_API_KEY", raising=False)
    monkeypatch.delenv("MEXC_API_SECRET", raising=False)
    with pytest.raises(ConfigError, match="MEXC_API_KEY"):
        MexcPrivateSpotRest()
    with pytest.raises(ConfigError, match="needs its secret"):
        MexcPrivateSpotRest(KEY)
    monkeypatch.setenv("MEXC_API_KEY", KEY)
    monkeypatch.setenv("MEXC_API_SECRET", SECRET)
    async with MexcPrivateSpotRest() as client:
        assert KEY not in repr(client)


async def test_a_public_client_lends_its_rules_and_budget_and_stays_open() -> None:
    transport = FakeTransport(
        {
            "exchangeInfo": exchange_info(),
            "time": reply({"serverTime": NOW_MS}),
            "order": reply(ACK),
            "ping": reply({}),
        }
    )
    config = MexcConfig(rest_url="http://lent")
    public = MexcPublicSpotRest(config, transport=transport, clock=FakeClock())
    await public.get_symbol_map()
    async with MexcPrivateSpotRest(
        KEY, SECRET, public=public, transport=transport, clock=FakeClock()
    ) as client:
        await client.place_order(BTC_USDT, side=Side.BUY, amount=1, price=1)
        assert client.metrics().budget.orders_limit == public.metrics().budget.orders_limit
    assert len(transport.sent("exchangeInfo")) == 1
    assert transport.requests[-1].url.startswith("http://lent/")
    assert public.metrics().lanes[1].gone == 1
    await public.ping()
    with pytest.raises(SessionClosed):
        await client.get_account()
    await client.close()


async def test_an_unlisted_market_is_refused_before_anything_signed_leaves() -> None:
    bench = Bench(order=reply(ACK))
    with pytest.raises(UsageError, match="lists no market NOPE/USDT"):
        await bench.client.get_order(
            Symbol(AssetName("NOPE"), AssetName("USDT")), order_id=OrderId("1")
        )
    assert bench.asked("order") == []

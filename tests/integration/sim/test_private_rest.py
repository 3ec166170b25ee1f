"""Every private endpoint over a real socket."""

from typing import Any
from urllib.parse import urlencode

import aiohttp

from mexc_connector.sim import SimLimits, SimOptions, Simulator
from tests.integration.sim.private_client import PrivateClient

LIMIT: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "quantity": "0.5",
    "price": "100.1",
}


async def test_an_order_from_its_acknowledgement_to_its_end(
    exchange: Simulator, rich: PrivateClient
) -> None:
    ack = await rich.body("POST", "order", **LIMIT, newClientOrderId="mine-1")
    order_id = ack.pop("orderId")
    assert order_id.startswith("C02__")
    assert ack == {
        "symbol": "BTCUSDT",
        "orderListId": -1,
        "price": "100.1",
        "origQty": "0.5",
        "type": "LIMIT",
        "side": "BUY",
        "stpMode": "",
        "transactTime": exchange.now_ms,
    }
    shown = await rich.body("GET", "order", symbol="BTCUSDT", origClientOrderId="mine-1")
    expected = {
        "symbol": "BTCUSDT",
        "orderId": order_id,
        "orderListId": -1,
        "clientOrderId": "mine-1",
        "price": "100.1",
        "origQty": "0.5",
        "executedQty": "0",
        "cummulativeQuoteQty": "0",
        "status": "NEW",
        "timeInForce": None,
        "type": "LIMIT",
        "side": "BUY",
        "stopPrice": None,
        "icebergQty": None,
        "time": exchange.now_ms,
        "updateTime": None,
        "isWorking": True,
        "origQuoteOrderQty": "50.05",
        "stpMode": "",
    }
    assert shown == expected
    assert await rich.body("GET", "openOrders", symbol="BTCUSDT") == [expected]
    await exchange.advance(100)
    exchange.market("BTCUSDT").place("SELL", "100.1", "0.2")
    gone = await rich.body("DELETE", "order", symbol="BTCUSDT", orderId=order_id)
    assert gone["status"] == "PARTIALLY_FILLED", "the state before the cancel"
    assert (gone["origClientOrderId"], gone["clientOrderId"]) == ("mine-1", None)
    assert gone["cummulativeQuoteQty"] == "20.02"
    done = await rich.body("GET", "order", symbol="BTCUSDT", orderId=order_id)
    assert (done["status"], done["executedQty"]) == ("PARTIALLY_CANCELED", "0.2")
    assert done["updateTime"] == exchange.now_ms
    assert await rich.body("GET", "openOrders") == []


async def test_market_acknowledgements_say_nothing(
    exchange: Simulator, rich: PrivateClient
) -> None:
    exchange.market("BTCUSDT").place("SELL", "100", "1")
    exchange.market("BTCUSDT").place("SELL", "101", "1")
    fields = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "150"}
    ack = await rich.body("POST", "order", **fields)
    assert (ack["price"], ack["origQty"]) == ("0", "0")
    shown = await rich.body("GET", "order", symbol="BTCUSDT", orderId=ack["orderId"])
    assert (shown["status"], shown["price"], shown["clientOrderId"]) == ("FILLED", "101", None)
    assert shown["origQuoteOrderQty"] == "150"
    assert shown["origQty"] == shown["executedQty"] == "1.4950495"


async def test_own_trades_are_newest_first_and_stamped_to_the_second(
    exchange: Simulator, rich: PrivateClient
) -> None:
    market = exchange.market("BTCUSDT")
    for price in ("100", "100.3"):
        market.place("SELL", price, "0.5")
        await rich.body("POST", "order", **(LIMIT | {"price": price}))
        await exchange.advance(1_000)
    newest, oldest = await rich.body("GET", "myTrades", symbol="BTCUSDT")
    assert (newest["price"], oldest["price"]) == ("100.3", "100")
    assert newest["time"] % 1_000 == 0
    assert set(newest) == {
        "symbol",
        "id",
        "orderId",
        "orderListId",
        "price",
        "qty",
        "quoteQty",
        "commission",
        "commissionAsset",
        "time",
        "isBuyer",
        "isMaker",
        "isBestMatch",
        "isSelfTrade",
        "clientOrderId",
    }
    assert (newest["commission"], newest["commissionAsset"]) == ("0.00025", "BTC")
    asked = {"symbol": "BTCUSDT", "orderId": oldest["orderId"]}
    assert await rich.body("GET", "myTrades", **asked) == [oldest]
    window = {"symbol": "BTCUSDT", "startTime": newest["time"] + 999}
    assert await rich.body("GET", "myTrades", **window) == [newest]
    assert await rich.body("GET", "myTrades", symbol="BTCUSDT", limit=1) == [newest]
    assert await rich.body("GET", "myTrades", symbol="MXUSDT") == []


async def test_ten_own_trades_come_unless_more_are_asked_for(
    exchange: Simulator, rich: PrivateClient
) -> None:
    await rich.body("POST", "order", **(LIMIT | {"quantity": "12"}))
    for _ in range(12):
        exchange.market("BTCUSDT").place("SELL", "100.1", "1")
    assert len(await rich.body("GET", "myTrades", symbol="BTCUSDT")) == 10
    assert len(await rich.body("GET", "myTrades", symbol="BTCUSDT", limit=1000)) == 12


async def test_a_batch_takes_and_refuses_each_order_for_itself(rich: PrivateClient) -> None:
    batch = (
        '[{"type":"LIMIT","price":"100","quantity":"0.1","symbol":"BTCUSDT","side":"BUY",'
        '"newClientOrderId":"a"},'
        '{"type":"LIMIT","price":"100","quantity":"0.001","symbol":"BTCUSDT","side":"BUY",'
        '"newClientOrderId":"b"},'
        '{"type":"LIMIT_ORDER","price":"100","quantity":"0.2","symbol":"BTCUSDT","side":"BUY"}]'
    )
    first, second, third = await rich.body("POST", "batchOrders", batchOrders=batch)
    assert (first["newClientOrderId"], first["orderListId"]) == ("a", -1)
    assert second == {
        "msg": "The minimum transaction volume cannot be less than:1USDT",
        "code": 30002,
        "newClientOrderId": "b",
    }
    assert set(third) == {"symbol", "orderId", "orderListId"}
    for bad in (
        "[]",
        "{}",
        "[{'symbol':'BTCUSDT'}]",
        batch.replace('"100"', "100"),
        batch.replace('"symbol":"BTCUSDT","side":"BUY"}]', '"symbol":"MXUSDT","side":"BUY"}]'),
        "[" + ",".join(['{"symbol":"BTCUSDT"}'] * 21) + "]",
    ):
        assert await rich.code("POST", "batchOrders", batchOrders=bad) == 700004


async def test_cancelling_many(rich: PrivateClient) -> None:
    for symbol in ("BTCUSDT", "MXUSDT", "BTCUSDT", "龙虾USDT"):
        await rich.body("POST", "order", **(LIMIT | {"symbol": symbol, "quantity": "1"}))
    listed = await rich.body("GET", "openOrders", symbol="MXUSDT,龙虾USDT")
    assert [order["symbol"] for order in listed] == ["龙虾USDT", "MXUSDT"], "newest first"
    gone = await rich.body("DELETE", "openOrders", symbol="BTCUSDT,MXUSDT")
    assert [order["status"] for order in gone] == ["NEW"] * 3
    assert await rich.body("DELETE", "openOrders", symbol="BTCUSDT") == []
    reply = await rich.body("DELETE", "order/all")
    assert (reply["code"], reply["msg"], len(reply)) == (200, "success", 3)
    assert await rich.body("GET", "openOrders") == []
    assert await rich.code("GET", "openOrders", symbol=",".join(["BTCUSDT"] * 6)) == 700004


async def test_orders_that_are_not_there(rich: PrivateClient, poor: PrivateClient) -> None:
    ack = await rich.body("POST", "order", **LIMIT)
    named = {"symbol": "BTCUSDT", "orderId": ack["orderId"]}
    assert await poor.code("GET", "order", **named) == -2013
    assert await poor.code("DELETE", "order", **named) == -2011
    assert await rich.code("DELETE", "order", **(named | {"symbol": "MXUSDT"})) == -2011
    assert await rich.code("GET", "order", symbol="BTCUSDT") == 700004
    await rich.body("DELETE", "order", **named)
    status, body = await rich.call("DELETE", "order", **named)
    assert (status, body) == (400, {"msg": "Unknown order sent.", "code": -2011, "_extend": None})


async def test_all_orders_look_back_a_day_and_at_most_a_week(
    exchange: Simulator, rich: PrivateClient
) -> None:
    day_ms = 86_400_000
    first = (await rich.body("POST", "order", **LIMIT))["orderId"]
    exchange._started.exchange.clock.now_ms += 2 * day_ms
    second = (await rich.body("POST", "order", **LIMIT))["orderId"]
    named = {"symbol": "BTCUSDT"}
    assert [o["orderId"] for o in await rich.body("GET", "allOrders", **named)] == [second]
    since = named | {"startTime": 1}
    found = await rich.body("GET", "allOrders", **since)
    assert [order["orderId"] for order in found] == [second, first]
    assert len(await rich.body("GET", "allOrders", **since, limit=1)) == 1
    exchange._started.exchange.clock.now_ms += 6 * day_ms
    assert [o["orderId"] for o in await rich.body("GET", "allOrders", **since)] == [second]
    assert await rich.code("GET", "order", **named, orderId=first) == -2013
    assert len(await rich.body("GET", "openOrders")) == 2, "an open order stays listed"


async def test_a_test_order_is_checked_and_not_placed(rich: PrivateClient) -> None:
    assert await rich.body("POST", "order/test", **LIMIT) == {}
    assert await rich.code("POST", "order/test", **(LIMIT | {"price": "100.001"})) == 400
    assert await rich.body("GET", "openOrders") == []


async def test_account_endpoints(exchange: Simulator, poor: PrivateClient) -> None:
    await poor.body("POST", "order", **LIMIT)
    account = await poor.body("GET", "account")
    assert account["balances"] == [
        {"asset": "USDT", "free": "949.95", "locked": "50.05", "available": "949.95"},
        {"asset": "BTC", "free": "1", "locked": "0", "available": "1"},
    ]
    assert (account["updateTime"], account["makerCommission"]) == (None, None)
    assert account["canTrade"] is True
    fee = await poor.body("GET", "tradeFee", symbol="BTCUSDT")
    assert fee["data"] == {"makerCommission": 0, "takerCommission": 0.0005}
    enabled = await poor.body("POST", "mxDeduct/enable", mxDeductEnable="true")
    assert enabled == await poor.body("GET", "mxDeduct/enable")
    assert enabled["data"] == {"mxDeductEnable": True}
    assert await poor.body("GET", "kyc/status") == {"status": "3"}
    uid = (await poor.body("GET", "uid"))["uid"]
    assert uid == exchange.account("mx0poor0001").uid
    assert "龙虾USDT" in (await poor.body("GET", "selfSymbols"))["data"]
    coins = await poor.body("GET", "capital/config/getall")
    assert {coin["coin"] for coin in coins} == {"USDT", "BTC", "MX", "龙虾"}
    assert {"network", "netWork", "withdrawFee"} <= set(coins[0]["networkList"][0])


async def test_keys_tell_and_change_their_settings(poor: PrivateClient) -> None:
    told = await poor.body("GET", "apiKeyInfo", accessKey="mx0poor0001")
    assert told["remainingValidity"] == -999
    assert told["createTime"] == "2026-09-24T20:20:37.000+00:00"
    assert (told["status"], told["ipWhiteList"]) == ("VALID", "")
    fields = {"apiKey": "mx0poor0001", "ipWhiteList": "10.1.1.1", "note": "bound"}
    changed = await poor.body("POST", "apiKeyInfo", **fields)
    assert changed == {"note": "bound", "apikey": "mx0poor0001", "ipWhiteList": "10.1.1.1"}
    assert await poor.code("GET", "uid") == 700006


async def test_rights_of_a_key(exchange: Simulator) -> None:
    async with PrivateClient(exchange, api_key="mx0reader01", secret="reader") as reader:
        await reader.body("GET", "account")
        assert await reader.code("POST", "order", **LIMIT) == 700007
    async with PrivateClient(exchange, api_key="mx0narrow01", secret="narrow") as narrow:
        assert (await narrow.body("GET", "selfSymbols"))["data"] == ["MXUSDT"]
        assert await narrow.code("POST", "order", **LIMIT) == 30020


async def test_groups_of_self_trade_prevention(
    exchange: Simulator, rich: PrivateClient, poor: PrivateClient
) -> None:
    assert await rich.code("POST", "order", **LIMIT, stpMode="cancel_maker") == 730002
    group = (await rich.body("POST", "strategy/group", tradeGroupName="ours"))["data"]
    uids = ",".join(exchange.account(client.api_key).uid for client in (rich, poor))
    named = {"tradeGroupId": group["tradeGroupId"], "uid": uids}
    added = await rich.body("POST", "strategy/group/uid", **named)
    assert (added["code"], added["data"]["tradeGroupUid"]) == (200, uids)
    listed = await rich.body("GET", "strategy/group", tradeGroupName="ours")
    assert listed["data"] == [added["data"]]
    resting = await poor.body("POST", "order", **(LIMIT | {"side": "SELL"}))
    await rich.body("POST", "order", **LIMIT, stpMode="cancel_both")
    shown = await poor.body("GET", "order", symbol="BTCUSDT", orderId=resting["orderId"])
    assert (shown["status"], shown["cancelReason"]) == ("CANCELED", "stp_cancel")
    gone = await rich.body("DELETE", "strategy/group/uid", **named)
    assert gone["data"] is True
    dropped = await rich.body("DELETE", "strategy/group", tradeGroupId=group["tradeGroupId"])
    assert dropped["data"] is True
    assert (await rich.body("GET", "strategy/group"))["data"] == []


async def test_habits_of_clients_that_work_against_the_real_exchange(
    exchange: Simulator, rich: PrivateClient
) -> None:
    text = urlencode(LIMIT | {"recvWindow": 5000, "timestamp": exchange.now_ms})
    signed = f"{text}&signature={rich.sign(text)}"
    assert (await rich.send("POST", "order", signed))[0] == 200
    assert (await rich.send("POST", "order", "", signed))[0] == 200, "form body, JSON type"
    query, body = text.split("&quantity")
    whole = f"{query}quantity{body}"
    split = f"quantity{body}&signature={rich.sign(whole)}"
    assert (await rich.send("POST", "order", query, split))[0] == 200, "split, no & between"
    lower = text + "&symbols=%e9%be%99"
    assert (await rich.send("POST", "order", f"{lower}&signature={rich.sign(lower)}"))[0] == 200
    bad = signed[:-1] + ("0" if signed[-1] != "0" else "1")
    status, error = await rich.send("POST", "order", bad)
    assert (status, error) == (
        400,
        {"code": 700002, "msg": "Signature for this request is not valid."},
    )
    assert len(await rich.body("GET", "openOrders")) == 4


async def test_a_clock_off_by_minutes_is_refused_and_time_tells_the_exchanges(
    exchange: Simulator, rich: PrivateClient
) -> None:
    text = f"timestamp={exchange.now_ms - 120_000}"
    status, body = await rich.send("GET", "account", f"{text}&signature={rich.sign(text)}")
    assert (status, body["code"]) == (400, 700003)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{exchange.rest_url}/api/v3/time") as response,
    ):
        text = f"timestamp={(await response.json())['serverTime']}"
    assert (await rich.send("GET", "account", f"{text}&signature={rich.sign(text)}"))[0] == 200


async def test_a_thirteenth_order_in_a_second_is_one_too_many() -> None:
    options = SimOptions(symbols=("BTCUSDT",), agents=0, realtime=False, start_ms=1_790_281_237_000)
    async with Simulator(options) as simulator, PrivateClient(simulator) as client:
        statuses = [(await client.call("POST", "order", **LIMIT))[0] for _ in range(12)]
        assert statuses == [200] * 12
        assert (await client.call("POST", "order", **LIMIT))[0] == 429
        assert (await client.call("DELETE", "order/all"))[0] == 429, "cancels share the budget"
        assert (await client.call("GET", "openOrders"))[0] == 200
        await simulator.advance(1_000)
        assert (await client.call("DELETE", "order/all"))[0] == 200


async def test_the_weight_pool_of_an_account_is_apart_from_the_addresses() -> None:
    limits = SimLimits(account_weight_per_window=25)
    options = SimOptions(symbols=("BTCUSDT",), agents=0, realtime=False, limits=limits)
    async with Simulator(options) as simulator, PrivateClient(simulator) as client:
        for _ in range(2):
            await client.body("GET", "account")
        status, body = await client.call("GET", "account")
        assert (status, body["code"]) == (429, 429)


async def test_queries_can_be_made_to_lag_behind() -> None:
    options = SimOptions(
        symbols=("BTCUSDT",),
        agents=0,
        realtime=False,
        read_after_write_ms=300,
        own_trades_lag_ms=500,
        limits=SimLimits.lifted(),
    )
    async with Simulator(options) as simulator, PrivateClient(simulator) as client:
        named = {
            "symbol": "BTCUSDT",
            "orderId": (await client.body("POST", "order", **LIMIT))["orderId"],
        }
        assert await client.code("GET", "order", **named) == -2013
        assert await client.body("GET", "openOrders") == []
        await simulator.advance(300)
        assert (await client.body("GET", "order", **named))["status"] == "NEW"
        simulator.market("BTCUSDT").place("SELL", "100.1", "0.5")
        assert (await client.body("GET", "order", **named))["status"] == "FILLED"
        assert await client.body("GET", "myTrades", symbol="BTCUSDT") == []
        await simulator.advance(500)
        assert len(await client.body("GET", "myTrades", symbol="BTCUSDT")) == 1

"""The private channels and listen keys over a real socket."""

from decimal import Decimal

import aiohttp

from mexc_connector.sim import SimLimits, SimOptions, Simulator
from tests.integration.sim.private_client import ACCOUNT, DEALS, ORDERS, PrivateClient
from tests.integration.sim.test_private_rest import LIMIT

HOUR_MS = 3_600_000


async def test_an_orders_life_on_its_channel(exchange: Simulator, rich: PrivateClient) -> None:
    listener = await rich.listen(ORDERS)
    created_ms = exchange.now_ms
    ack = await rich.body("POST", "order", **LIMIT, newClientOrderId="mine-1")
    (frame,) = await listener.frames()
    order = frame.privateOrders
    assert (frame.channel, frame.symbol, frame.sendTime) == (ORDERS, "BTCUSDT", exchange.now_ms)
    assert not frame.HasField("createTime")
    assert (order.id, order.clientId, order.status) == (ack["orderId"], "mine-1", 1)
    assert (order.price, order.quantity, order.amount) == ("100.1", "0.5", "0")
    assert (order.orderType, order.tradeType, order.isMaker) == (1, 1, False)
    assert not order.HasField("lastDealQuantity")
    exchange.market("BTCUSDT").place("SELL", "100.1", "0.2")
    (frame,) = await listener.frames()
    order = frame.privateOrders
    assert (order.status, order.isMaker, order.createTime) == (3, True, created_ms)
    assert (order.lastDealQuantity, order.cumulativeQuantity) == ("0.2", "0.2")
    assert (order.remainQuantity, order.cumulativeAmount, order.avgPrice) == (
        "0.3",
        "20.02",
        "100.1",
    )
    await rich.body("DELETE", "order", symbol="BTCUSDT", orderId=ack["orderId"])
    (frame,) = await listener.frames()
    assert (frame.privateOrders.status, frame.privateOrders.createTime) == (5, created_ms)
    await listener.socket.close()


async def test_defaults_are_absent_from_the_wire(exchange: Simulator, rich: PrivateClient) -> None:
    listener = await rich.listen(ORDERS, DEALS)
    exchange.market("BTCUSDT").place("SELL", "100", "1")
    await rich.body("POST", "order", **LIMIT)
    for frame in await listener.frames():
        body = frame.privateOrders if frame.channel == ORDERS else frame.privateDeals
        present = {field.name for field, _ in body.ListFields()}
        assert not present & {"clientId", "clientOrderId", "isMaker", "isSelfTrade"}
    await listener.socket.close()


async def test_a_market_order_carries_its_protective_price(
    exchange: Simulator, rich: PrivateClient
) -> None:
    listener = await rich.listen(ORDERS)
    exchange.market("BTCUSDT").place("BUY", "100", "1")
    fields = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "1"}
    await rich.body("POST", "order", **fields)
    new, filled = (frame.privateOrders for frame in await listener.frames())
    assert (new.status, filled.status, filled.orderType) == (1, 2, 5)
    assert (filled.price, filled.avgPrice) == ("95", "100")
    await listener.socket.close()


async def test_a_fill_tells_its_fee_and_rest_knows_it_by_the_same_id(
    exchange: Simulator, rich: PrivateClient
) -> None:
    listener = await rich.listen(DEALS)
    exchange.market("BTCUSDT").place("SELL", "100", "0.5")
    ack = await rich.body("POST", "order", **LIMIT, newClientOrderId="mine-1")
    (frame,) = await listener.frames()
    deal = frame.privateDeals
    (trade,) = await rich.body("GET", "myTrades", symbol="BTCUSDT")
    assert (deal.tradeId, deal.orderId) == (trade["id"], ack["orderId"])
    assert deal.clientOrderId == "mine-1"
    assert (deal.price, deal.quantity, deal.amount) == ("100", "0.5", "50")
    assert (deal.feeAmount, deal.feeCurrency, deal.isMaker) == ("0.00025", "BTC", False)
    assert deal.time // 1_000 * 1_000 == trade["time"]
    await listener.socket.close()


async def test_balance_changes_add_up_and_name_their_reason(
    exchange: Simulator, poor: PrivateClient
) -> None:
    listener = await poor.listen(ACCOUNT)
    exchange.market("BTCUSDT").place("SELL", "99", "0.2")
    ack = await poor.body("POST", "order", **LIMIT)
    await poor.body("DELETE", "order", symbol="BTCUSDT", orderId=ack["orderId"])
    exchange.account("mx0poor0001").deposit("MX", "7")
    frames = await listener.frames()
    changes = [frame.privateAccount for frame in frames]
    assert not any(frame.HasField("symbol") for frame in frames)
    assert all(frame.createTime == frame.privateAccount.time for frame in frames)
    assert [(change.vcoinName, change.type) for change in changes] == [
        ("USDT", "ENTRUST_PLACE"),
        ("USDT", "ENTRUST"),
        ("BTC", "ENTRUST"),
        ("USDT", "ENTRUST_UNFROZEN"),
        ("BTC", "TRADE_FEE"),
        ("USDT", "ENTRUST_CANCEL"),
        ("MX", "DEPOSIT"),
    ]
    free, locked = Decimal(1_000), Decimal(0)
    for change in changes:
        if change.vcoinName == "USDT":
            free += Decimal(change.balanceAmountChange)
            locked += Decimal(change.frozenAmountChange)
            assert (Decimal(change.balanceAmount), Decimal(change.frozenAmount)) == (free, locked)
    assert (free, locked) == (Decimal("980.2"), 0)
    await listener.socket.close()


async def test_channels_come_in_any_order_but_each_in_its_own(
    exchange: Simulator, rich: PrivateClient
) -> None:
    listener = await rich.listen(ORDERS, DEALS, ACCOUNT)
    firsts, market = set(), exchange.market("BTCUSDT")
    for _ in range(20):
        market.place("SELL", "100", "0.5")
        await rich.body("POST", "order", **LIMIT)
        frames = await listener.frames()
        firsts.add(frames[0].channel)
        states = [frame.privateOrders.status for frame in frames if frame.channel == ORDERS]
        assert states == [1, 2]
    assert firsts == {ORDERS, DEALS, ACCOUNT}
    await listener.socket.close()


async def test_an_account_hears_nothing_of_another(
    exchange: Simulator, rich: PrivateClient, poor: PrivateClient
) -> None:
    listener = await poor.listen(ORDERS, DEALS, ACCOUNT)
    await rich.body("POST", "order", **LIMIT)
    assert await listener.frames() == []
    await listener.socket.close()


async def test_private_channels_need_a_key_that_lives(
    exchange: Simulator, rich: PrivateClient
) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{exchange.ws_url}?listenKey=nonsense") as socket:
            assert (await socket.receive_str(timeout=5)) == "Invalid listen key"
            await socket.send_json({"method": "SUBSCRIPTION", "params": [ORDERS]})
            refused = (await socket.receive_json(timeout=5))["msg"]
            assert refused == f"Not Subscribed successfully! [{ORDERS}].  Reason： Blocked! "
        async with session.ws_connect(exchange.ws_url) as socket:
            await socket.send_json({"method": "SUBSCRIPTION", "params": [ORDERS]})
            assert "Blocked!" in (await socket.receive_json(timeout=5))["msg"]
    listener = await rich.listen(ORDERS)
    again = {"method": "SUBSCRIPTION", "params": [ORDERS, "spot@private.orders.v3.api"]}
    await listener.socket.send_json(again)
    assert "Blocked!" in (await listener.socket.receive_json(timeout=5))["msg"]
    await listener.socket.send_json({"method": "UNSUBSCRIPTION", "params": [ORDERS]})
    assert (await listener.socket.receive_json(timeout=5))["msg"] == ORDERS
    await rich.body("POST", "order", **LIMIT)
    assert await listener.frames() == []
    await listener.socket.close()


async def test_the_life_of_a_listen_key(exchange: Simulator, rich: PrivateClient) -> None:
    listener = await rich.listen(ORDERS)
    listed = await rich.body("GET", "userDataStream")
    assert listed["listenKey"] == [listener.key]
    clock = exchange._started.exchange.clock
    clock.now_ms += HOUR_MS // 2
    extended = await rich.body("PUT", "userDataStream", listenKey=listener.key)
    assert extended == {"listenKey": listener.key}
    clock.now_ms += HOUR_MS // 2
    await rich.body("POST", "order", **LIMIT)
    assert len(await listener.frames()) == 1, "extended, so still alive"
    clock.now_ms += HOUR_MS // 2
    await exchange.advance(5)
    message = await listener.socket.receive(timeout=5)
    assert message.type is aiohttp.WSMsgType.CLOSED
    assert listener.socket.close_code != 1000, "dropped without a word"
    assert await rich.code("PUT", "userDataStream", listenKey=listener.key) == 730708


async def test_closing_a_key_ends_its_connections(exchange: Simulator, rich: PrivateClient) -> None:
    listener = await rich.listen(ORDERS)
    await rich.body("DELETE", "userDataStream", listenKey=listener.key)
    message = await listener.socket.receive(timeout=5)
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1000)
    assert await rich.code("DELETE", "userDataStream", listenKey=listener.key) == 730708


async def test_a_sixth_connection_on_a_key_is_refused() -> None:
    options = SimOptions(symbols=("BTCUSDT",), agents=0, realtime=False, limits=SimLimits())
    async with Simulator(options) as simulator, PrivateClient(simulator) as client:
        first = await client.listen(ORDERS)
        others = [await client.listen(ORDERS, key=first.key) for _ in range(4)]
        sixth = await client.listen(key=first.key)
        assert await sixth.socket.receive_str(timeout=5) == "Invalid listen key"
        await client.body("POST", "order", **LIMIT)
        assert len(await first.frames()) == 1
        assert (await others[-1].socket.receive(timeout=5)).type is aiohttp.WSMsgType.BINARY
        for listener in (first, *others, sixth):
            await listener.socket.close()

"""`MexcPrivateSpotRest` over real sockets: what leaves how often, and against the simulator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.config import MexcConfig, RateLimitConfig
from mexc_connector.common.enums import OrderStatus, OrderType, Side, TimeInForce
from mexc_connector.common.errors import (
    AuthenticationError,
    ConnectionFailed,
    InsufficientFunds,
    OrderOutcomeUnknown,
    OrderRefused,
    RequestTimeout,
    UnknownOrder,
)
from mexc_connector.common.orders import ClientOrderId, Order, OrderId
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.core.order_request import OrderRequest
from mexc_connector.rest.private import MexcPrivateSpotRest
from mexc_connector.rest.transport import AiohttpTransport, HttpReply, HttpRequest
from mexc_connector.sim import SimLimits, SimOptions, Simulator

BTC_USDT = Symbol(AssetName("BTC"), AssetName("USDT"))
USDT = AssetName("USDT")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Answers the first requests of every connection, then does what it is told to."""

    def __init__(self, *, answers: int, then: str) -> None:
        self.answers = answers
        self.then = then
        self.lines: list[bytes] = []
        self.connections = 0
        self.hung = asyncio.Event()
        self._listener: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self.connections += 1
        left = self.answers
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            self.lines.append(head.split(b"\r\n")[0])
            if left == 0:
                break
            left -= 1
            writer.write(OK)
        if self.then == "hang":
            self.hung.set()
            await reader.read()
        elif self.then == "stop listening":
            assert self._listener is not None
            self._listener.close()
        writer.transport.abort() if self.then == "reset" else writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"
        finally:
            self._listener.close()
            for writer in self._writers:
                writer.transport.abort()
            await self._listener.wait_closed()


def request(url: str, method: str, *, timeout_s: float = 5.0) -> HttpRequest:
    return HttpRequest(
        method, f"{url}/api/v3/order", f"{method} /order", timeout_s, is_command=method != "GET"
    )


@pytest.mark.parametrize("then", ["close", "reset", "stop listening"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("answers", [0, 1])
async def test_a_command_leaves_once_when_its_connection_dies(
    method: str, answers: int, then: str
) -> None:
    """aiohttp would send PUT and DELETE again: on a kept connection and on a new one alike."""
    server = Server(answers=answers, then=then)
    async with server.running() as url:
        transport = AiohttpTransport(connections=2)
        for _ in range(answers):
            await transport.send(request(url, "GET"))
        with pytest.raises(ConnectionFailed) as caught:
            await transport.send(request(url, method))
        await transport.close()
    assert caught.value.is_sent
    assert [line.split()[0] for line in server.lines] == [b"GET"] * answers + [method.encode()]


async def test_a_read_is_sent_again_when_a_kept_connection_dies() -> None:
    server = Server(answers=1, then="close")
    async with server.running() as url:
        transport = AiohttpTransport(connections=2)
        assert (await transport.send(request(url, "GET"))).status == 200
        assert (await transport.send(request(url, "GET"))).status == 200
        await transport.close()
    assert len(server.lines) == 3


async def test_what_never_connected_was_certainly_not_sent() -> None:
    async with Server(answers=0, then="close").running() as url:
        pass
    for target in (url, "http://exchange.invalid"):
        transport = AiohttpTransport(connections=2)
        with pytest.raises(ConnectionFailed) as caught:
            await transport.send(request(target, "POST"))
        assert not caught.value.is_sent
        await transport.close()


async def test_what_timed_out_after_it_left_may_have_arrived() -> None:
    async with Server(answers=0, then="hang").running() as url:
        transport = AiohttpTransport(connections=2)
        with pytest.raises(RequestTimeout) as caught:
            await transport.send(request(url, "DELETE", timeout_s=0.05))
        assert caught.value.is_sent
        await transport.close()


async def test_a_command_does_not_wait_for_a_connection_behind_reads() -> None:
    server = Server(answers=0, then="hang")
    async with server.running() as url:
        transport = AiohttpTransport(connections=1)
        read = asyncio.create_task(transport.send(request(url, "GET")))
        await asyncio.wait_for(server.hung.wait(), 5)
        with pytest.raises(RequestTimeout):
            await transport.send(request(url, "DELETE", timeout_s=0.05))
        assert [line.split()[0] for line in server.lines] == [b"GET", b"DELETE"]
        read.cancel()
        await asyncio.gather(read, return_exceptions=True)
        await transport.close()


@asynccontextmanager
async def account(**options: object) -> AsyncIterator[tuple[Simulator, MexcPrivateSpotRest]]:
    """Give an empty market of the simulator, and a client of its account without limits."""
    settings: dict[str, object] = {
        "symbols": ("BTCUSDT",),
        "seed": 7,
        "agents": 0,
        "limits": SimLimits.lifted(),
    }
    async with (
        Simulator(SimOptions(**(settings | options))) as sim,  # type: ignore[arg-type]
        client_of(sim) as client,
    ):
        yield sim, client


def client_of(sim: Simulator, **changes: object) -> MexcPrivateSpotRest:
    config = MexcConfig(rest_url=sim.rest_url, limits=RateLimitConfig.lifted())
    arguments: dict[str, object] = {"api_key": sim.api_key, "secret_key": sim.secret_key}
    return MexcPrivateSpotRest(config=config, **(arguments | changes))  # type: ignore[arg-type]


async def test_an_order_is_placed_found_cancelled_and_found_again() -> None:
    async with account() as (_, client):
        before = await client.get_asset_balance(USDT)
        placed = await client.place_order(BTC_USDT, side=Side.BUY, amount="0.001", price=50_000)
        assert placed.status is OrderStatus.PENDING_NEW
        assert placed.order_id is not None
        found = await client.get_order(BTC_USDT, order_id=placed.order_id)
        assert (found.status, found.exact.amount) == (OrderStatus.NEW, Decimal("0.001"))
        assert await client.get_open_orders() == [found]
        assert await client.get_open_orders(BTC_USDT) == [found]
        assert (await client.get_asset_balance(USDT)).exact.locked == 50
        await client.cancel_order(BTC_USDT, client_order_id=placed.client_order_id)
        final = await client.get_order(BTC_USDT, client_order_id=placed.client_order_id)
        assert final.status is OrderStatus.CANCELED
        assert await client.get_open_orders() == []
        assert [order.order_id for order in await client.get_all_orders(BTC_USDT)] == [
            placed.order_id
        ]
        assert (await client.get_asset_balance(USDT)).exact == before.exact
        with pytest.raises(UnknownOrder):
            await client.cancel_order(BTC_USDT, order_id=placed.order_id)
        with pytest.raises(UnknownOrder):
            await client.get_order(BTC_USDT, order_id=OrderId("C02__1"))


async def test_fills_are_told_once_and_add_up() -> None:
    async with account(agents=12) as (sim, client):
        ask = float(sim.market("BTCUSDT").asks()[0][0])
        limit = await client.place_order(
            BTC_USDT,
            side=Side.BUY,
            amount="0.5",
            price=round(ask * 1.004, 2),
            time_in_force=TimeInForce.IOC,
        )
        market = await client.place_order(
            BTC_USDT, side=Side.BUY, order_type=OrderType.MARKET, quote_amount=100
        )
        fills = await client.get_my_trades(BTC_USDT)
        assert len({fill.trade_id for fill in fills}) == len(fills)
        for placed in (limit, market):
            order = await client.get_order(BTC_USDT, order_id=placed.order_id)
            own = await client.get_my_trades(BTC_USDT, order_id=placed.order_id)
            assert own
            assert sum(fill.exact.amount for fill in own) == order.exact.amount_filled
            assert sum(fill.exact.quote_amount for fill in own) == order.exact.quote_amount_filled
        assert len(fills) >= 2


async def test_a_batch_and_the_cancels_of_many() -> None:
    async with account() as (_, client):
        requests = [
            OrderRequest(side=Side.BUY, amount="0.001", price=50_000 + number)
            for number in range(5)
        ]
        results = await client.place_orders(
            BTC_USDT, [*requests, OrderRequest(side=Side.SELL, amount=40, price=90_000)]
        )
        placed = [result for result in results if isinstance(result, Order)]
        assert len(placed) >= 5
        open_ids = {order.order_id for order in await client.get_open_orders(BTC_USDT)}
        assert open_ids == {order.order_id for order in placed}
        cancelled = await client.cancel_open_orders(BTC_USDT)
        assert {order.order_id for order in cancelled} == open_ids
        await client.place_order(BTC_USDT, side=Side.BUY, amount="0.001", price=50_000)
        await client.cancel_all_orders()
        assert await client.get_open_orders() == []


async def test_more_than_is_owned_is_refused_by_the_exchange_and_nothing_is_locked() -> None:
    async with account() as (_, client):
        before = await client.get_account_balances()
        with pytest.raises(InsufficientFunds):
            await client.place_order(BTC_USDT, side=Side.BUY, amount=30, price=100_000)
        assert await client.get_account_balances() == before


async def test_what_breaks_a_rule_is_never_sent() -> None:
    async with account() as (sim, client):
        for amount, price in (("0.000000001", 50_000), (1, "0.001"), (-1, 1), (float("inf"), 1)):
            with pytest.raises(OrderRefused):
                await client.place_order(BTC_USDT, side=Side.BUY, amount=amount, price=price)
        assert "/api/v3/order" not in sim.requests_by_path


async def test_a_wrong_secret_is_an_authentication_error_that_shows_no_secret() -> None:
    async with account() as (sim, _), client_of(sim, secret_key="0" * 32) as stranger:
        with pytest.raises(AuthenticationError) as caught:
            await stranger.get_account()
        with pytest.raises(AuthenticationError):
            await stranger.place_order(BTC_USDT, side=Side.BUY, amount="0.001", price=50_000)
    shown = f"{caught.value!r} {caught.value.body} {vars(caught.value)}"
    assert "0" * 32 not in shown
    assert sim.api_key not in shown


async def test_a_machine_whose_clock_is_minutes_off_signs_by_the_exchanges() -> None:
    class Off(Clock):
        def time_ns(self) -> int:
            return super().time_ns() + 17 * 60 * 1_000_000_000

    async with account() as (sim, _), client_of(sim, clock=Off()) as client:
        assert (await client.get_account()).can_trade


async def test_fifty_balance_reads_share_one_request() -> None:
    async with account() as (sim, client):
        await asyncio.gather(*(client.get_asset_balance(USDT) for _ in range(50)))
        assert sim.requests_by_path["/api/v3/account"] == 1


async def test_the_rest_of_the_account_answers_in_its_form() -> None:
    async with account() as (sim, client):
        assert (await client.get_trade_fee(BTC_USDT)).symbol == BTC_USDT
        assert await client.set_mx_deduct(enabled=True) is True
        assert await client.get_mx_deduct() is True
        assert await client.get_uid()
        assert (await client.get_api_key_info()).is_valid
        assert await client.get_kyc_status()
        assert "BTCUSDT" in await client.get_self_symbols()
        assert {currency.asset for currency in await client.get_currencies()} >= {"BTC", "USDT"}
        key = await client.create_listen_key()
        assert key in (await client.list_listen_keys()).keys
        await client.extend_listen_key(key)
        await client.close_listen_key(key)
        assert key not in (await client.list_listen_keys()).keys
        group = await client.self_trade_groups.create("ours")
        assert [found.group_id for found in await client.self_trade_groups.list("ours")] == [
            group.group_id
        ]
        await client.self_trade_groups.delete(group.group_id)
        request_of_all = OrderRequest(side=Side.SELL, amount="0.001", price=90_000)
        await client.test_order(BTC_USDT, request_of_all)
        assert await client.get_open_orders() == []
        assert sim.account(sim.api_key).open_orders() == []


async def test_our_order_budget_keeps_us_below_the_exchanges_limits() -> None:
    """With MEXC's own numbers on both sides a flood of orders and cancels is never refused."""
    async with Simulator(SimOptions(symbols=("BTCUSDT",), seed=7, agents=0)) as sim:
        config = MexcConfig(rest_url=sim.rest_url)
        async with MexcPrivateSpotRest(sim.api_key, sim.secret_key, config=config) as client:
            first = await client.place_order(BTC_USDT, side=Side.BUY, amount="0.001", price=50_000)
            flood = [
                asyncio.create_task(
                    client.place_order(BTC_USDT, side=Side.BUY, amount="0.001", price=40_000)
                )
                for _ in range(24)
            ]
            await asyncio.sleep(0)
            await client.cancel_order(BTC_USDT, order_id=first.order_id)
            assert sum(task.done() for task in flood) < 24
            await asyncio.gather(*flood)
            metrics = client.metrics()
            assert len(sim.account(sim.api_key).open_orders()) == 24
    cancels, placements, _ = metrics.lanes
    assert cancels.waited_s < 0.01
    assert placements.waited_s > 1
    assert metrics.rate_limited == 0


async def test_a_lost_acknowledgement_leaves_an_order_that_its_id_finds() -> None:
    """The order arrives, the answer does not: nothing is sent again, the client id finds it."""
    async with account() as (sim, client):
        cut = asyncio.Event()

        class Cutting(AiohttpTransport):
            async def send(self, request: HttpRequest) -> HttpReply:
                reply = await super().send(request)
                if request.endpoint == "POST /api/v3/order" and not cut.is_set():
                    cut.set()
                    raise ConnectionFailed("cut")
                return reply

        transport = Cutting(connections=5)
        async with client_of(sim, transport=transport) as victim:
            with pytest.raises(OrderOutcomeUnknown) as caught:
                await victim.place_order(
                    BTC_USDT, side=Side.BUY, amount="0.001", price=50_000, client_order_id="mine"
                )
        await transport.close()
        assert caught.value.client_order_id == "mine"
        found = await client.get_order(BTC_USDT, client_order_id=ClientOrderId("mine"))
        assert found.status is OrderStatus.NEW
        assert sim.requests_by_path["/api/v3/order"] == 2

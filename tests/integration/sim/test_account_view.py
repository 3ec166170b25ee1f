"""What a test sees of an account, whatever went over the wire."""

from decimal import Decimal

import pytest

from mexc_connector.sim import Balance, SimError, SimOptions, Simulator
from tests.integration.sim.private_client import PrivateClient
from tests.integration.sim.test_private_rest import LIMIT


async def test_a_test_sees_orders_fills_and_exact_balances(
    exchange: Simulator, poor: PrivateClient
) -> None:
    view = exchange.account("mx0reader01")
    await poor.body("POST", "order", **LIMIT, newClientOrderId="mine-1")
    exchange.market("BTCUSDT").place("SELL", "100.1", "0.2")
    (order,) = view.open_orders()
    assert (order.client_order_id, order.status, order.kind) == (
        "mine-1",
        "PARTIALLY_FILLED",
        "LIMIT",
    )
    assert (order.price, order.filled, order.quote_filled) == (
        Decimal("100.1"),
        Decimal("0.2"),
        Decimal("20.02"),
    )
    (fill,) = view.fills()
    assert (fill.order_id, fill.is_maker, fill.fee) == (order.order_id, True, 0)
    assert view.balances()["USDT"] == Balance(Decimal("949.95"), Decimal("30.03"))
    await poor.body("DELETE", "order/all")
    assert view.open_orders() == []
    assert [order.status for order in view.orders()] == ["PARTIALLY_CANCELED"]
    view.deposit("PEPE", "123456789012.000000000000000001")
    assert view.balances()["PEPE"].free == Decimal("123456789012.000000000000000001")
    with pytest.raises(SimError, match="above zero"):
        view.deposit("PEPE", 0)


async def test_a_key_that_nobody_has_opens_no_account(exchange: Simulator) -> None:
    with pytest.raises(SimError, match="No account of this simulator has the key 'mx0none'"):
        exchange.account("mx0none")


async def test_a_restart_opens_the_accounts_anew() -> None:
    simulator = Simulator(SimOptions(symbols=("BTCUSDT",), agents=0, realtime=False))
    for _ in range(2):
        async with simulator, PrivateClient(simulator) as client:
            assert (await client.body("GET", "account"))["balances"][0]["free"] == "1000000"
            await client.body("POST", "order", **LIMIT)
            assert len(simulator.account(simulator.api_key).orders()) == 1

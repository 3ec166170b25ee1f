import pytest

from mexc_connector.sim import SimLimits, accounts
from tests.property.trading_rig import TradingRig, account_of

ORDER = {"quantity": "1", "price": "99"}


def test_the_oldest_finished_orders_are_forgotten_and_open_ones_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accounts, "KEPT_ORDERS", 8)
    monkeypatch.setattr(accounts, "KEPT_FILLS", 4)
    rig = TradingRig(account_of("key", USDT="100000", BTC="100"), limits=SimLimits.lifted())
    standing = rig.place(0, "BUY", newClientOrderId="standing", **ORDER)
    for number in range(20):
        rig.desk.cancel(rig.place(0, "BUY", newClientOrderId=f"n{number}", quantity="1", price="1"))
    account = rig.account()
    assert len(account.orders) <= 10
    assert account.find("BTCUSDT", client_order_id="n0") is None
    assert account.find("BTCUSDT", client_order_id="n19") is not None
    assert standing.order_id in account.orders
    for _ in range(20):
        rig.market.place("SELL", 200, "1")
        rig.place(0, "BUY", quantity="1", price="200")
    assert len(account.fills) <= 5

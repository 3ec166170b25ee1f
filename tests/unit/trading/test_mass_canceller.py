"""Rule O16 of docs/orders.md."""

import pytest

from mexc_connector.common.enums import OrderStatus
from mexc_connector.common.errors import OrderOutcomeUnknown
from mexc_connector.common.orders import ClientOrderId
from tests.unit.trading.doubles import FakeRest, checked, lost, new_account
from tests.unit.trading.orders import BTC, ETH, order


async def test_all_orders_of_a_market_end_and_are_reported_in_their_final_state() -> None:
    rest = FakeRest()
    account = new_account(rest)
    await account.desk.place(checked())
    await account.desk.place(checked())
    account.board.on_order(rest.set("X2", OrderStatus.PARTIALLY_FILLED, "4"))
    elsewhere = order(order_id="E1", symbol=ETH, client_order_id=None)
    rest.add(elsewhere)
    account.board.on_order(elsewhere)
    report = await account.cancel_all(BTC)
    assert [known.status for known in report.finished] == [
        OrderStatus.CANCELED,
        OrderStatus.PARTIALLY_CANCELED,
    ]
    assert report.still_open == ()
    assert [known.order_id for known in account.board.tracker.open_orders] == ["E1"]
    await account.close()


async def test_the_whole_account_is_canceled_and_read_again() -> None:
    rest = FakeRest()
    rest.add(order(order_id="E1", symbol=ETH, client_order_id=None))
    account = new_account(rest)
    await account.desk.place(checked())
    report = await account.cancel_all(None)
    assert len(report.finished) == 1
    assert rest.calls.count("cancel_all") == 1
    assert rest.calls.index("open_orders") > rest.calls.index("cancel_all")
    await account.close()


async def test_a_lost_answer_is_repeated() -> None:
    rest = FakeRest(is_dropping=True)
    rest.will("cancel_all", lost(), lost())
    account = new_account(rest)
    await account.desk.place(checked())
    report = await account.cancel_all(None)
    assert rest.count("cancel_all") == 3
    assert len(report.finished) == 1
    await account.close()


async def test_no_answer_at_all_is_an_unknown_outcome() -> None:
    rest = FakeRest(is_dropping=True)
    account = new_account(rest)
    await account.desk.place(checked())
    rest.will("cancel_open", *[lost()] * 10)
    with pytest.raises(OrderOutcomeUnknown):
        await account.cancel_all(BTC)
    await account.close()


async def test_an_order_that_may_still_arrive_is_still_open() -> None:
    rest = FakeRest(is_dropping=True)
    rest.will("place", lost())
    account = new_account(rest)
    with pytest.raises(OrderOutcomeUnknown):
        await account.desk.place(checked(), client_order_id="mine")
    report = await account.cancel_all(BTC)
    assert [known.client_order_id for known in report.still_open] == ["mine"]
    handle = account.desk.handle_of(ClientOrderId("mine"))
    assert (await handle.settled()).status is OrderStatus.REJECTED
    await account.close()


async def test_nothing_open_is_nothing_reported() -> None:
    rest = FakeRest()
    account = new_account(rest)
    report = await account.cancel_all(None)
    assert report.finished == report.still_open == ()
    await account.close()

import logging

import pytest

from mexc_connector.common.orders import AssetBalance, Fill, Order
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws import channels
from tests.unit.ws.account_rig import MX_USDT, Rig, Sink, balance_push, fill_push, order_push


def test_the_account_is_live_once_all_three_are_granted_on_one_connection() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant_one(rig.orders, 1)
    rig.grant_one(rig.fills, 1)
    assert (sink.log, rig.account.live_epoch, rig.granted) == ([], None, [])
    rig.grant_one(rig.balances, 1)
    assert (sink.log, rig.account.live_epoch, rig.granted) == (["live 1"], 1, [1])


def test_grants_of_different_connections_do_not_add_up() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant_one(rig.orders, 1)
    rig.grant_one(rig.fills, 2)
    rig.grant_one(rig.balances, 2)
    assert sink.log == []
    rig.grant_one(rig.orders, 2)
    assert sink.log == ["live 2"]


def test_a_lost_connection_is_told_once_and_the_next_one_is_a_new_epoch() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant(1)
    rig.lose(1, "cut")
    assert rig.account.live_epoch is None
    rig.grant(4)
    assert sink.log == ["live 1", "lost 1 cut", "live 4"]
    assert repr(rig.account) == "<AccountChannels live in epoch 4, 1 sinks>"


def test_a_connection_that_never_was_live_is_not_told_as_lost() -> None:
    rig, sink = Rig(), Sink()
    rig.account.add(sink)
    rig.grant_one(rig.orders, 1)
    rig.lose(1, "cut")
    assert sink.log == []
    assert repr(rig.account) == "<AccountChannels not live, 1 sinks>"


def test_a_sink_that_comes_late_learns_at_once_and_one_that_left_learns_nothing() -> None:
    rig, sink = Rig(), Sink()
    rig.grant(3)
    registration = rig.account.add(sink)
    assert sink.log == ["live 3"]
    registration.close()
    rig.orders.on_push(order_push(), 3, 0)
    assert sink.log == ["live 3"]


async def test_sinks_and_consumers_get_the_same_events_decoded_once() -> None:
    rig, sink = Rig(), Sink()
    orders: list[Order] = []
    fills: list[Fill] = []
    balances: list[AssetBalance] = []
    rig.account.add(sink)
    rig.account.orders.register(orders.append)
    rig.account.fills.register(fills.append)
    rig.account.balances.register(balances.append)
    rig.grant(1)
    rig.orders.on_push(order_push(), 1, 5)
    rig.fills.on_push(fill_push(), 1, 6)
    rig.balances.on_push(balance_push(), 1, 7)
    assert sink.log == ["live 1", "order o1 1", "fill t1 1", "balance MX 1"]
    assert [order.symbol for order in orders] == [MX_USDT]
    assert [fill.received_ns for fill in fills] == [6]
    assert [balance.asset for balance in balances] == ["MX"]


def test_a_frame_that_is_no_push_is_told_once_although_three_channels_hear_of_it() -> None:
    rig, sink = Rig(), Sink()
    rig.grant(1)
    rig.account.add(sink)
    for channel in rig.account.channel_sinks:
        channel.on_undecodable(1)
    assert sink.log == ["live 1", "undecodable 1"]


@pytest.mark.parametrize(
    ("push", "bad_bodies", "unknown_markets"),
    [
        (order_push(""), 1, 0),
        (order_push(symbol=""), 1, 0),
        (order_push(symbol="NEWUSDT"), 0, 1),
        (PushDataV3ApiWrapper(channel=channels.PRIVATE_ORDERS, symbol="MXUSDT"), 1, 0),
    ],
    ids=["no order id", "no symbol", "unknown market", "no body"],
)
def test_what_cannot_be_read_is_counted_and_told(
    push: PushDataV3ApiWrapper,
    bad_bodies: int,
    unknown_markets: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig, sink = Rig(), Sink()
    rig.grant(1)
    rig.account.add(sink)
    with caplog.at_level(logging.WARNING):
        rig.orders.on_push(push, 1, 0)
        rig.orders.on_push(push, 1, 0)
    assert sink.log == ["live 1", "undecodable 1", "undecodable 1"]
    assert rig.counters.bad_bodies == 2 * bad_bodies
    assert rig.counters.unknown_markets == 2 * unknown_markets
    (record,) = caplog.records
    assert getattr(record, "mexc", None) == {"stream": push.channel}


def test_a_sink_that_raises_keeps_nothing_from_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig, broken, sink = Rig(), Sink(is_broken=True), Sink()
    rig.account.add(broken)
    rig.account.add(sink)
    rig.grant(1)
    rig.orders.on_push(order_push(), 1, 0)
    rig.lose(1, "cut")
    assert sink.log == broken.log == ["live 1", "order o1 1", "lost 1 cut"]
    assert rig.counters.callback_errors == 3
    assert len(caplog.records) == 1


def test_the_line_about_a_sink_that_raised_names_the_order_it_was_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig()
    rig.account.add(Sink(is_broken=True))
    rig.orders.on_push(order_push(), 1, 0)
    (record,) = caplog.records
    assert getattr(record, "mexc", None) == {"symbol": "MX/USDT", "order_id": "o1"}

import logging

import pytest

from mexc_connector.common.clock import Clock
from mexc_connector.common.orders import AssetBalance, Fill, Order
from mexc_connector.common.symbols import AssetName, Symbol, SymbolMap
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws import channels
from mexc_connector.ws.account_channels import AccountChannels
from mexc_connector.ws.counters import EventCounters
from mexc_connector.ws.private_channel import PrivateChannel

MX_USDT = Symbol(base=AssetName("MX"), quote=AssetName("USDT"))
SYMBOLS = SymbolMap([(MX_USDT, "MXUSDT")])
OVERLAP_S = 5.0


class HandClock(Clock):
    def __init__(self) -> None:
        self.time_s = 0.0

    def now(self) -> float:
        return self.time_s


class Sink:
    """Writes down what a sink is told."""

    def __init__(self, *, is_broken: bool = False) -> None:
        self.log: list[str] = []
        self._is_broken = is_broken

    def _note(self, text: str) -> None:
        self.log.append(text)
        if self._is_broken:
            raise RuntimeError(text)

    def on_live(self, epoch: int) -> None:
        self._note(f"live {epoch}")

    def on_order(self, order: Order, epoch: int) -> None:
        self._note(f"order {order.order_id} {epoch}")

    def on_fill(self, fill: Fill, epoch: int) -> None:
        self._note(f"fill {fill.trade_id} {epoch}")

    def on_balance(self, balance: AssetBalance, epoch: int) -> None:
        self._note(f"balance {balance.asset} {epoch}")

    def on_undecodable(self, epoch: int) -> None:
        self._note(f"undecodable {epoch}")

    def on_lost(self, epoch: int, reason: str) -> None:
        self._note(f"lost {epoch} {reason}")


class Rig:
    """The three channels, without a socket."""

    def __init__(self) -> None:
        self.counters = EventCounters()
        self.clock = HandClock()
        self.granted: list[int] = []
        self.given_up: list[str] = []
        self.account = AccountChannels(
            lambda: SYMBOLS,
            counters=self.counters,
            queue_size=10,
            overlap_s=OVERLAP_S,
            clock=self.clock,
            on_granted=self.granted.append,
            give_up=lambda link, reason: self.given_up.append(f"{link}: {reason}"),
        )
        self.orders, self.fills, self.balances = self.account.channel_sinks

    def grant(self, link: int) -> None:
        for channel in self.account.channel_sinks:
            self.grant_one(channel, link)

    def grant_one(self, channel: PrivateChannel, link: int) -> None:
        """As a `Channel` does; connections have the numbers of their links here."""
        is_first = channel.leader is None
        channel.on_joined(link)
        if is_first:
            channel.on_subscribed(link)

    def lose(self, link: int, reason: str) -> None:
        for channel in self.account.channel_sinks:
            channel.on_left(link)
            if channel.leader is None and channel.epoch is not None:
                channel.on_link_lost(channel.epoch, reason)

    def push(self, push: PushDataV3ApiWrapper, *links: int) -> None:
        """Have a push arrive by each of these links."""
        channel = next(one for one in self.account.channel_sinks if one.name == push.channel)
        for link in links:
            if channel.successor is None:
                channel.on_push(push, link, 0)
            else:
                channel.on_copy(push, link, link, 0)

    def settle(self, link: int) -> list[bool]:
        return [channel.settle(link) for channel in self.account.channel_sinks]


def order_push(order_id: str = "o1", *, symbol: str = "MXUSDT") -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel=channels.PRIVATE_ORDERS, symbol=symbol, sendTime=1)
    body = push.privateOrders
    body.id, body.price, body.quantity = order_id, "1", "2"
    body.orderType = body.tradeType = body.status = 1
    return push


def fill_push(trade_id: str = "t1") -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel=channels.PRIVATE_FILLS, symbol="MXUSDT", sendTime=1)
    body = push.privateDeals
    body.tradeId, body.orderId, body.tradeType = trade_id, "o1", 1
    body.price, body.quantity, body.amount = "1", "2", "2"
    return push


def balance_push(asset: str = "MX") -> PushDataV3ApiWrapper:
    push = PushDataV3ApiWrapper(channel=channels.PRIVATE_BALANCES, sendTime=1)
    body = push.privateAccount
    body.vcoinName, body.balanceAmount, body.frozenAmount, body.time = asset, "1", "0", 1
    return push


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
    assert len(caplog.records) == 1


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

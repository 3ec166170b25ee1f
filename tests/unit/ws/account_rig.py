"""The private channels of an account without a socket, and a sink that writes."""

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
        self.last_frames: dict[int, float] = {}
        """When a link said something last: others do all the time."""
        self.account = AccountChannels(
            lambda: SYMBOLS,
            counters=self.counters,
            queue_size=10,
            overlap_s=OVERLAP_S,
            clock=self.clock,
            on_granted=self.granted.append,
            give_up=lambda link, reason: self.given_up.append(f"{link}: {reason}"),
            has_shown_life=lambda link, since: self.last_frames.get(link, since) >= since,
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

"""AccountChannels: the three private channels as one stream of an account.

Pushes are decoded once, for sinks and consumers alike. The account is *live* while all three
channels are granted on one and the same connection; each such time is an epoch.
"""

import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

from mexc_connector.common.errors import ProtocolViolation, UnknownSymbol
from mexc_connector.common.fan_out import FanOut
from mexc_connector.common.log_fields import fields_of, log_fields
from mexc_connector.common.orders import AssetBalance, Fill, Order
from mexc_connector.common.registration import Registration
from mexc_connector.common.symbols import Symbol, SymbolMap
from mexc_connector.proto import decode_private
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
from mexc_connector.ws import channels
from mexc_connector.ws.counters import EventCounters

T = TypeVar("T")
Read = Callable[[PushDataV3ApiWrapper, int, int], None]

_logger = logging.getLogger("mexc_connector.ws")


class AccountSink(Protocol):
    """Receives what a private stream says, synchronously, from the read loop.

    `epoch` numbers the connections, increasing. Nothing is replayed: what happened before `on_live`
    has to be read over REST, after it. Events may come before the `on_live` of their epoch, while
    the last channel is being granted; they are as true as any. What a sink raises is counted and
    logged.
    """

    def on_live(self, epoch: int, /) -> None:
        """All three channels are granted: from now on everything is told."""

    def on_order(self, order: Order, epoch: int, /) -> None:
        """An order is in this state."""

    def on_fill(self, fill: Fill, epoch: int, /) -> None:
        """An order of ours was executed in part or in full; may come before or after `on_order`."""

    def on_balance(self, balance: AssetBalance, epoch: int, /) -> None:
        """The account holds this much of an asset."""

    def on_undecodable(self, epoch: int, /) -> None:
        """Something was said that could not be read: only REST knows what."""

    def on_lost(self, epoch: int, reason: str, /) -> None:
        """The epoch that `on_live` named is over."""


class AccountChannels:
    """Takes the pushes of the private channels; hands events to sinks, watches and callbacks.

    `on_live` hears each time that all three channels are granted on one connection.
    """

    def __init__(
        self,
        symbol_map: Callable[[], SymbolMap],
        *,
        counters: EventCounters,
        queue_size: int,
        on_live: Callable[[], None],
    ) -> None:
        self.live_epoch: int | None = None
        self._symbol_map = symbol_map
        self._counters = counters
        self._on_live = on_live
        self._queue_size = queue_size
        self._sinks: tuple[AccountSink, ...] = ()
        self._granted: dict[str, int] = {}
        self.orders: FanOut[Order] = self._fan_out("private orders")
        self.fills: FanOut[Fill] = self._fan_out("private fills")
        self.balances: FanOut[AssetBalance] = self._fan_out("private balances")
        self.channel_sinks = (
            PrivateChannel(channels.PRIVATE_ORDERS, self, self._take_order),
            PrivateChannel(channels.PRIVATE_FILLS, self, self._take_fill),
            PrivateChannel(channels.PRIVATE_BALANCES, self, self._take_balance),
        )

    def add(self, sink: AccountSink) -> Registration:
        """Add a sink; it learns at once if the account is live."""
        self._sinks = (*self._sinks, sink)
        if self.live_epoch is not None:
            self._tell(sink.on_live, self.live_epoch)

        def release() -> None:
            self._sinks = tuple(other for other in self._sinks if other is not sink)

        return Registration("private events", release=release)

    def finish(self) -> None:
        """End every watch and callback: the client was closed."""
        for fan_out in (self.orders, self.fills, self.balances):
            fan_out.finish()

    # --- what happens on the channels ---

    def grant(self, channel: str, epoch: int) -> None:
        """Take note that a channel was granted; with the last one the account is live."""
        self._granted[channel] = epoch
        epochs = [self._granted.get(sink.name) for sink in self.channel_sinks]
        if any(other != epoch for other in epochs):
            return
        self.live_epoch = epoch
        self._on_live()
        for sink in self._sinks:
            self._tell(sink.on_live, epoch)

    def lose(self, channel: str, epoch: int, reason: str) -> None:
        """Take note that a channel's connection is gone; the first one ends the epoch."""
        self._granted.pop(channel, None)
        if self.live_epoch == epoch:
            self.live_epoch = None
            for sink in self._sinks:
                self._tell(sink.on_lost, epoch, reason)

    def miss(self, channel: str, epoch: int) -> None:
        """Take note of a frame that is no push; every channel of its connection hears of it."""
        if channel == next(iter(self._granted), None):  # once is enough
            self._tell_undecodable(epoch)

    def take(self, read: Read, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        """Read a push, and hand on what it says."""
        try:
            read(push, epoch, received_ns)
        except ProtocolViolation as error:
            level = logging.DEBUG if self._counters.bad_bodies else logging.WARNING
            self._counters.bad_bodies += 1
            fields = log_fields(stream=push.channel)
            _logger.log(level, "%s: bad body: %s", push.channel, error.problem, extra=fields)
            self._tell_undecodable(epoch)
        except UnknownSymbol as error:
            level = logging.DEBUG if self._counters.unknown_markets else logging.WARNING
            self._counters.unknown_markets += 1
            fields = log_fields(stream=push.channel)
            _logger.log(level, "%s: %s", push.channel, error, extra=fields)
            self._tell_undecodable(epoch)

    def _take_order(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        order = decode_private.order(push, self._symbol(push))
        for sink in self._sinks:
            self._tell(sink.on_order, order, epoch)
        self.orders.push(order)

    def _take_fill(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        fill = decode_private.fill(push, self._symbol(push), received_ns)
        for sink in self._sinks:
            self._tell(sink.on_fill, fill, epoch)
        self.fills.push(fill)

    def _take_balance(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        balance = decode_private.balance(push)
        for sink in self._sinks:
            self._tell(sink.on_balance, balance, epoch)
        self.balances.push(balance)

    # --- inside ---

    def _symbol(self, push: PushDataV3ApiWrapper) -> Symbol:
        if not push.symbol:
            raise ProtocolViolation(
                "no symbol", endpoint=push.channel, body=push.SerializeToString()
            )
        return self._symbol_map().from_exchange(push.symbol)

    def _tell_undecodable(self, epoch: int) -> None:
        for sink in self._sinks:
            self._tell(sink.on_undecodable, epoch)

    def _tell(self, listener: Callable[..., None], *arguments: object) -> None:
        try:
            listener(*arguments)
        except Exception:
            if not self._counters.callback_errors:
                text = "a sink of the account raised; further errors are only counted"
                _logger.exception(text, extra=fields_of(arguments[0]))
            self._counters.callback_errors += 1

    def _fan_out(self, stream: str) -> FanOut[T]:
        return FanOut(
            stream, queue_size=self._queue_size, on_callback_error=self._count_callback_error
        )

    def _count_callback_error(self) -> None:
        self._counters.callback_errors += 1

    def __repr__(self) -> str:
        live = "not live" if self.live_epoch is None else f"live in epoch {self.live_epoch}"
        return f"<AccountChannels {live}, {len(self._sinks)} sinks>"


class PrivateChannel:
    """The `ChannelSink` of one private channel; `AccountChannels` does the work."""

    def __init__(self, name: str, account: AccountChannels, read: Read) -> None:
        self.name = name
        self._account = account
        self._read = read

    def on_subscribed(self, epoch: int) -> None:
        """Tell that the channel was granted."""
        self._account.grant(self.name, epoch)

    def on_push(self, push: PushDataV3ApiWrapper, epoch: int, received_ns: int) -> None:
        """Pass a push on."""
        self._account.take(self._read, push, epoch, received_ns)

    def on_undecodable(self, epoch: int) -> None:
        """Tell that something was missed."""
        self._account.miss(self.name, epoch)

    def on_link_lost(self, epoch: int, reason: str) -> None:
        """Tell that the connection is gone."""
        self._account.lose(self.name, epoch, reason)

"""AccountChannels: the three private channels as one stream of an account.

Pushes are decoded once, for sinks and consumers alike. The account is *live* while all three
channels are granted on one and the same connection; each such time is an epoch, and goes on while
another connection takes over.
"""

import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

from mexc_connector.common.clock import Clock
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
from mexc_connector.ws.private_channel import PrivateChannel, Read

T = TypeVar("T")

_logger = logging.getLogger("mexc_connector.ws")


class AccountSink(Protocol):
    """Receives what a private stream says, synchronously, from the read loop.

    `epoch` numbers the connections, increasing; a handover to another one does not end it. Nothing
    is replayed: what happened before `on_live` has to be read over REST, after it. Events may come
    before the `on_live` of their epoch, while the last channel is being granted; they are as true
    as any. What a sink raises is counted and logged.
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
        """Something could not be read, or perhaps never arrived: only REST knows what."""

    def on_lost(self, epoch: int, reason: str, /) -> None:
        """The epoch that `on_live` named is over."""


class AccountChannels:
    """Takes the pushes of the private channels; hands events to sinks, watches and callbacks.

    `on_granted(link)` hears each time that all three channels are granted on a link. `give_up(link,
    reason)` has to end the connection of a successor that is no good. `has_shown_life(link, since)`
    says whether anything came by a link. `overlap_s` is how far copies of two links may be apart,
    see `EventOverlap`.
    """

    def __init__(
        self,
        symbol_map: Callable[[], SymbolMap],
        *,
        counters: EventCounters,
        queue_size: int,
        overlap_s: float,
        clock: Clock,
        on_granted: Callable[[int], None],
        give_up: Callable[[int, str], None],
        has_shown_life: Callable[[int, float], bool],
    ) -> None:
        self.live_epoch: int | None = None
        self.give_up = give_up
        self.has_shown_life = has_shown_life
        self._symbol_map = symbol_map
        self._counters = counters
        self._on_granted = on_granted
        self._queue_size = queue_size
        self._sinks: tuple[AccountSink, ...] = ()
        self._newest_epoch = 0
        self._doubted: int | None = None
        self._is_finished = False
        self.orders: FanOut[Order] = self._fan_out("private orders")
        self.fills: FanOut[Fill] = self._fan_out("private fills")
        self.balances: FanOut[AssetBalance] = self._fan_out("private balances")
        self.channel_sinks = tuple(
            PrivateChannel(name, self, read, overlap_s=overlap_s, clock=clock)
            for name, read in (
                (channels.PRIVATE_ORDERS, self._take_order),
                (channels.PRIVATE_FILLS, self._take_fill),
                (channels.PRIVATE_BALANCES, self._take_balance),
            )
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
        self._is_finished = True
        for fan_out in (self.orders, self.fills, self.balances):
            fan_out.finish()

    # --- what happens on the channels ---

    def on_carried(self, link: int) -> None:
        """Take note that a link carries one more channel; with the last one its key is proven."""
        if self._carries_all(link):
            self._on_granted(link)
            self._look()

    def on_granted(self) -> None:
        """Take note that a channel has begun an epoch; with the last one the account is live."""
        self._look()

    def on_lost(self, reason: str) -> None:
        """Take note that no link carries a channel any more; the first one ends the epoch."""
        epoch, self.live_epoch = self.live_epoch, None
        if epoch is not None:
            for sink in self._sinks:
                self._tell(sink.on_lost, epoch, reason)

    def on_missed(self, channel: PrivateChannel) -> None:
        """Take note of a frame that is no push; every channel of its link hears of it."""
        on_link = (one for one in self.channel_sinks if one.leader == channel.leader)
        if channel is next(on_link):  # once is enough
            self._tell_undecodable()

    def on_doubt(self, link: int) -> None:
        """Have REST asked: what the link before this one had under way is not known."""
        if not self._is_finished and self._doubted != link:
            self._doubted = link
            text = "link %d: may lack what the link before it had under way"
            _logger.info(text, link, extra=log_fields(connection=link))
            self._tell_undecodable()

    def take(self, read: Read, push: PushDataV3ApiWrapper, received_ns: int) -> None:
        """Read a push, and hand on what it says."""
        try:
            read(push, self._newest_epoch, received_ns)
        except ProtocolViolation as error:
            level = logging.DEBUG if self._counters.bad_bodies else logging.WARNING
            self._counters.bad_bodies += 1
            fields = log_fields(stream=push.channel)
            _logger.log(level, "%s: bad body: %s", push.channel, error.problem, extra=fields)
            self._tell_undecodable()
        except UnknownSymbol as error:
            level = logging.DEBUG if self._counters.unknown_markets else logging.WARNING
            self._counters.unknown_markets += 1
            fields = log_fields(stream=push.channel)
            _logger.log(level, "%s: %s", push.channel, error, extra=fields)
            self._tell_undecodable()

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

    def _carries_all(self, link: int) -> bool:
        return all(channel.is_carried_by(link) for channel in self.channel_sinks)

    def _look(self) -> None:
        """Begin an epoch once all channels are granted, and one link carries them all."""
        epochs = [one.epoch for one in self.channel_sinks if one.epoch is not None]
        self._newest_epoch = max((self._newest_epoch, *epochs))
        links = (self.channel_sinks[0].leader, self.channel_sinks[0].successor)
        if self.live_epoch is not None or len(epochs) < len(self.channel_sinks):
            return
        if not any(link is not None and self._carries_all(link) for link in links):
            return
        self.live_epoch = self._newest_epoch
        for sink in self._sinks:
            self._tell(sink.on_live, self.live_epoch)

    def _symbol(self, push: PushDataV3ApiWrapper) -> Symbol:
        if not push.symbol:
            raise ProtocolViolation(
                "no symbol", endpoint=push.channel, body=push.SerializeToString()
            )
        return self._symbol_map().from_exchange(push.symbol)

    def _tell_undecodable(self) -> None:
        for sink in self._sinks:
            self._tell(sink.on_undecodable, self._newest_epoch)

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

"""The private channels: what happened to an account, sent to the connections of its listen keys.

What happens within a step is sent at its end. The three channels know nothing of each other: in
which order they come is drawn anew each time, within a channel it is the order of events.
"""

from __future__ import annotations

from random import Random

from mexc_connector.sim.client_orders import ClientFill, ClientOrder
from mexc_connector.sim.connection import Connection
from mexc_connector.sim.frames import (
    BINARY,
    CLOSE_NORMAL,
    send_time_piece,
    topic_piece,
    websocket_frame,
)
from mexc_connector.sim.ledger import BalanceChange
from mexc_connector.sim.listen_keys import ListenKey, ListenKeys
from mexc_connector.sim.market import Clock
from mexc_connector.sim.options import SimLimits
from mexc_connector.sim.private_bodies import (
    ACCOUNT,
    CHANNELS,
    DEALS,
    ORDERS,
    account_body,
    deal_body,
    order_body,
)
from mexc_connector.sim.taps import FrameTap

Message = tuple[str | None, bytes]
"""Symbol and body of a frame that waits for its send time."""


class PrivateStreams:
    """Listeners by account and channel, and what they have not been sent yet."""

    def __init__(self, clock: Clock, *, limits: SimLimits, seed: int) -> None:
        self.keys = ListenKeys(limits, seed=seed)
        self._clock = clock
        self._queue_limit = limits.send_queue_bytes
        self._rng = Random(f"{seed}:private channels")
        self._connections: dict[Connection, ListenKey] = {}
        self._listeners: dict[tuple[int, str], dict[Connection, None]] = {}
        self._waiting: dict[tuple[int, str], list[Message]] = {}
        self.tap: FrameTap | None = None

    def admit(self, connection: Connection, listen_key: str) -> bool:
        """Let a connection use a key; False when the key does not allow it."""
        key = self.keys.connect(listen_key)
        if key is None:
            return False
        self._connections[connection] = key
        return True

    def subscribe(self, connection: Connection, name: str) -> bool:
        """Add a listener; False for a channel that does not exist or a connection without key."""
        key = self._connections.get(connection)
        if key is None or name not in CHANNELS:
            return False
        self._listeners.setdefault((key.owner, name), {})[connection] = None
        connection.topics[name] = None
        return True

    def unsubscribe(self, connection: Connection, name: str) -> bool:
        """Remove a listener; False when it did not listen."""
        key = self._connections.get(connection)
        if key is None or name not in CHANNELS or name not in connection.topics:
            return False
        del connection.topics[name]
        del self._listeners[key.owner, name][connection]
        return True

    def forget(self, connection: Connection) -> None:
        """Remove a listener from everything and free its place on the key."""
        for name in CHANNELS:
            self.unsubscribe(connection, name)
        key = self._connections.pop(connection, None)
        if key is not None:
            self.keys.disconnect(key)

    def close_key(self, owner: int, text: str) -> None:
        """Void a key and end its connections; raises the refusal when the key is gone."""
        self._hang_up(self.keys.close(owner, text))

    def drop_expired(self) -> None:
        """Drop the connections whose key's time is up, without a word."""
        for key in self.keys.expire(self._clock.now_ms):
            self._hang_up(key, silently=True)

    def void_keys(self) -> list[Connection]:
        """Void every key at once; give the connections that used one, which stay open."""
        self.keys.void_all()
        return list(self._connections)

    def on_order(self, order: ClientOrder) -> None:
        """Take an order that is new or changed."""
        if self._is_heard(order.owner, ORDERS):
            self._hold(order.owner, ORDERS, order.symbol, order_body(order))

    def on_fill(self, fill: ClientFill) -> None:
        """Take a fill."""
        owner = fill.order.owner
        if self._is_heard(owner, DEALS):
            self._hold(owner, DEALS, fill.order.symbol, deal_body(fill))

    def on_balance(self, change: BalanceChange) -> None:
        """Take a balance that changed."""
        if self._is_heard(change.owner, ACCOUNT):
            self._hold(change.owner, ACCOUNT, None, account_body(change, self._clock.told_ms))

    def publish(self, server_ms: int) -> None:
        """Send what happened since the last time; `server_ms` stamps the connections."""
        if not self._waiting:
            return
        send_time = send_time_piece(self._clock.told_ms)
        queues = list(self._waiting.items())
        self._waiting.clear()
        self._rng.shuffle(queues)
        for (owner, channel), messages in queues:
            listeners = self._listeners.get((owner, channel), ())
            for symbol, body in messages:
                payload = topic_piece(channel, symbol) + send_time + body
                if self.tap is not None:
                    for connection in tuple(listeners):
                        self.tap.push(connection, channel, payload)
                    continue
                frame = websocket_frame(BINARY, payload)
                for connection in listeners:
                    connection.hold(frame)
            if self.tap is not None:
                continue
            for connection in tuple(listeners):
                connection.flush(server_ms, queue_limit=self._queue_limit)

    def _is_heard(self, owner: int, channel: str) -> bool:
        return bool(self._listeners.get((owner, channel)))

    def _hold(self, owner: int, channel: str, symbol: str | None, body: bytes) -> None:
        self._waiting.setdefault((owner, channel), []).append((symbol, body))

    def _hang_up(self, key: ListenKey, *, silently: bool = False) -> None:
        for connection, used in tuple(self._connections.items()):
            if used is key:
                if silently:
                    connection.drop()
                else:
                    connection.close(CLOSE_NORMAL)

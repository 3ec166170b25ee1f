"""Stream connections: the handshake, control messages, and the closes that MEXC is known for."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from aiohttp import WSMessage, WSMsgType, web

from mexc_connector.sim import control
from mexc_connector.sim.channels import parse_channel
from mexc_connector.sim.connection import Connection
from mexc_connector.sim.control import Command, Request
from mexc_connector.sim.frames import (
    CLOSE_NORMAL,
    CLOSE_POLICY,
    PONG,
    text_frame,
    websocket_frame,
)
from mexc_connector.sim.options import SimLimits
from mexc_connector.sim.private_streams import PrivateStreams
from mexc_connector.sim.publisher import Publisher
from mexc_connector.sim.taps import StreamTap

MESSAGE_BYTES = 1 << 20
INVALID_LISTEN_KEY = "Invalid listen key"


class StreamServer:
    """All open stream connections. `clock` gives the server's own time in ms."""

    def __init__(
        self,
        publisher: Publisher,
        private: PrivateStreams,
        *,
        limits: SimLimits,
        clock: Callable[[], int],
        seed: int,
    ) -> None:
        self._publisher = publisher
        self._private = private
        self._limits = limits
        self._clock = clock
        self._rng = Random(f"{seed}:acknowledgements")
        self.connections: dict[Connection, None] = {}
        self.connections_made = 0
        self.tap: StreamTap | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until either side ends it."""
        refusal = None if self.tap is None else self.tap.refuse_upgrade(request)
        if refusal is not None:
            return refusal
        # A deflate offer is declined by leaving the extension out of the answer.
        # A close frame is answered on return, not before: a fault may be against it.
        socket = web.WebSocketResponse(
            autoping=False, autoclose=False, compress=False, max_msg_size=MESSAGE_BYTES
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        self.connections_made += 1
        connection = Connection(
            transport,
            number=self.connections_made,
            now_ms=self._clock(),
            exchange_ms=self._publisher.exchange_ms,
            listen_key=request.query.get("listenKey"),
        )
        self.connections[connection] = None
        self._admit(connection)
        try:
            async for message in socket:
                self._on_message(connection, message)
                if not connection.is_open:
                    break
            if self.tap is not None:
                await self.tap.leave_hanging(connection)
        finally:
            del self.connections[connection]
            self._private.forget(connection)
            self._publisher.forget(connection)
            if self.tap is not None:
                self.tap.forget(connection)
        return socket

    def close_expired(self) -> None:
        """End the connections whose time is up; call it a few times a second."""
        limits, now_ms = self._limits, self._clock()
        self._private.drop_expired()
        for connection in tuple(self.connections):
            is_unsubscribed = not connection.topics
            if now_ms - connection.opened_ms >= limits.connection_life_ms or (
                is_unsubscribed
                and now_ms - connection.unsubscribed_since_ms >= limits.idle_close_ms
            ):
                connection.close(CLOSE_NORMAL)
            elif now_ms - connection.used_ms >= limits.silence_close_ms:
                connection.drop()

    def is_congested(self, unsent_bytes: int) -> bool:
        """Say whether some client has more than `unsent_bytes` still to read."""
        return any(c.is_open and c.unsent_bytes > unsent_bytes for c in self.connections)

    def close_all(self) -> None:
        """End every connection with a close frame."""
        for connection in tuple(self.connections):
            connection.close(CLOSE_NORMAL)

    def _admit(self, connection: Connection) -> None:
        """Let a connection use its listen key; one that cannot stays, for public channels."""
        listen_key = connection.listen_key
        if listen_key is None:
            return
        is_refused = self.tap is not None and self.tap.refuses_listen_key(connection)
        if is_refused or not self._private.admit(connection, listen_key):
            self._answer(connection, text_frame(INVALID_LISTEN_KEY))

    def _on_message(self, connection: Connection, message: WSMessage) -> None:
        now_ms = self._clock()
        if connection.count_message(now_ms) > self._limits.messages_per_second:
            connection.close(CLOSE_POLICY)
        elif message.type is WSMsgType.PING:
            if self.tap is None or not self.tap.swallows_pong(connection):
                self._answer(connection, websocket_frame(PONG, bytes(message.data)))
        elif message.type is WSMsgType.TEXT:
            request = control.parse_request(message.data)
            text = self._carry_out(connection, request)
            if text is not None:
                self._answer(connection, text_frame(control.reply(request.request_id, text)))
        elif message.type is WSMsgType.BINARY:
            self._answer(connection, text_frame(control.reply(0, control.UNREADABLE)))

    def _answer(self, connection: Connection, frame: bytes) -> None:
        if self.tap is not None:
            self.tap.answer(connection, frame)
            return
        connection.hold(frame)
        connection.flush(self._clock(), queue_limit=self._limits.send_queue_bytes)

    def _carry_out(self, connection: Connection, request: Request) -> str | None:
        """Do what was asked; give the reply's text, None for no reply."""
        match request.command:
            case Command.PING:
                is_swallowed = self.tap is not None and self.tap.swallows_pong(connection)
                return None if is_swallowed else control.PONG
            case Command.SUBSCRIBE:
                return self._subscribe(connection, request.channels)
            case Command.UNSUBSCRIBE:
                return self._unsubscribe(connection, request.channels)
        return control.UNREADABLE

    def _subscribe(self, connection: Connection, names: tuple[str, ...]) -> str | None:
        verdict = None if self.tap is None else self.tap.judge(connection, names)
        accepted: list[str] = []
        refused: list[str] = []
        for name in names:
            is_blocked = verdict is not None and verdict.blocks(name)
            is_accepted = not is_blocked and self._accepts(connection, name)
            (accepted if is_accepted else refused).append(name)
        self._rng.shuffle(accepted)  # the exchange names channels in no particular order
        self._rng.shuffle(refused)
        if verdict is not None:
            return verdict.text(accepted, refused)
        return control.subscription_text(accepted, refused)

    def _accepts(self, connection: Connection, name: str) -> bool:
        """Subscribe to one channel unless a rule blocks it; the exchange never says which."""
        if (
            name in connection.topics
            or connection.slots_used >= self._limits.subscriptions_per_connection
        ):
            return False
        channel = parse_channel(name)
        if channel is None:
            if not self._private.subscribe(connection, name):
                return False
        elif not self._publisher.subscribe(connection, channel):
            return False
        connection.slots_used += 1
        return True

    def _unsubscribe(self, connection: Connection, names: tuple[str, ...]) -> str:
        removed = [
            name
            for name in names
            if self._private.unsubscribe(connection, name)
            or self._publisher.unsubscribe(connection, name)
        ]
        if self._limits.unsubscribing_frees_a_slot:
            connection.slots_used -= len(removed)
        if removed and not connection.topics:
            connection.unsubscribed_since_ms = self._clock()
        return ",".join(removed)

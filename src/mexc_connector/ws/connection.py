"""Link: one socket that is made again when it breaks.

[hot] `_read` gives the socket what every frame passes. Its benchmark is `socket_to_callback`.

A link owns two tasks: `_run` connects, waits for the end of the connection, and connects again
after a pause; `_write` sends what its owner has to say, paced. One timer drives the PING and its
deadlines. What the frames mean is the owner's business, and so is what to send: the link asks for
it, one message at a time.
"""

import asyncio
import contextlib
import logging
from functools import partial
from typing import Protocol

from websockets.exceptions import WebSocketException

from mexc_connector.common.enums import ConnectionState
from mexc_connector.common.errors import ConnectionFailed
from mexc_connector.common.log_fields import log_about
from mexc_connector.core.backoff import backoff_delay
from mexc_connector.core.liveness import Liveness, LivenessAction
from mexc_connector.core.pace import Pace
from mexc_connector.ws import control
from mexc_connector.ws.alarm import Alarm
from mexc_connector.ws.dial import ask_for, open_socket, secret_of
from mexc_connector.ws.link_settings import LinkSettings
from mexc_connector.ws.stream_socket import StreamSocket

_logger = logging.getLogger("mexc_connector.ws")

EXPIRED = "replaced before the exchange's age limit"
_REASONS = {
    LivenessAction.DEAD_NO_PONG: "no PONG in time",
    LivenessAction.DEAD_SILENT: "no frame in time",
    LivenessAction.EXPIRED: EXPIRED,
}


class LinkOwner(Protocol):
    """What a link reports to, synchronously, and what it asks for messages to send."""

    def on_link_state(self, link: "Link", reason: str) -> None:
        """`link.state` changed."""

    def on_link_open(self, link: "Link") -> None:
        """A connection was made; `link.epoch` is its number."""

    def on_link_lost(self, link: "Link", reason: str) -> None:
        """The connection with the number `link.epoch` is gone."""

    def on_link_aged(self, link: "Link") -> None:
        """The connection is so old that a successor shall take over; said once."""

    def on_connect_failed(self, link: "Link", error: ConnectionFailed, failures: int) -> None:
        """An attempt came to nothing, the `failures`th in a row. Another one follows."""

    def on_frame(self, link: "Link", frame: bytes, received_ns: int) -> None:
        """A binary frame arrived."""

    def on_reply(self, link: "Link", reply: control.Acknowledgement) -> None:
        """An answer to a request arrived."""

    def on_unexpected_text(self, link: "Link", text: str) -> None:
        """A text frame arrived that is no reply."""

    def next_message(self, link: "Link") -> str | None:
        """Give the next message to send, or None."""


class Link:
    """One link of a pool. `start` begins, `close` ends it for good."""

    def __init__(self, number: int, owner: LinkOwner, settings: LinkSettings) -> None:
        self.number = number
        self.log = log_about(_logger, connection=number)
        self.state = ConnectionState.IDLE
        self.epoch = 0
        self.connections = 0
        self.liveness: Liveness | None = None  # of the present connection, or of the last
        self._owner = owner
        self._settings = settings
        self._streams = settings.streams
        self._clock = settings.clock
        self._pace = Pace(settings.streams.messages_per_second)
        self._has_messages = asyncio.Event()
        self._control_text: str | None = None
        self._secret = ""
        self._socket: StreamSocket | None = None
        self._alarm = Alarm(settings.clock)
        self._lost_reason = ""
        self._is_closing = False
        self._attempt = 0
        self._failures = 0
        self._run_task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect, and stay connected until `close`."""
        loop = asyncio.get_running_loop()
        self._run_task = loop.create_task(self._run(), name=f"mexc link {self.number}")

    def wake(self) -> None:
        """Say that `next_message` has something."""
        self._has_messages.set()

    def ping(self) -> None:
        """Have the other side say something."""
        self._send_control(control.PING_TEXT)

    def drop(self, reason: str) -> None:
        """Cut the connection without farewell; the link connects again unless it is closing."""
        if self._socket is not None:
            self._lost_reason = self._lost_reason or reason
            self._socket.abort()

    async def close(self) -> None:
        """End the link for good, within `close_timeout_s`. Idempotent."""
        task = self._run_task
        if task is None:
            return
        self._is_closing = True
        if self._socket is not None:
            self._socket.stop()
        task.cancel()
        await asyncio.wait((task,))
        self._run_task = None
        self._set_state(ConnectionState.CLOSED, "closed")

    # --- the life of the link ---

    async def _run(self) -> None:
        while True:
            try:
                await self._live_once()
            except Exception as error:
                # A bug of ours must not end the link for good: it is made anew.
                self.log.exception("link %d: internal error", self.number)
                self._lost_reason = f"internal error: {error!r}"
                self._attempt += 1
            await self._clock.sleep(
                backoff_delay(
                    self._attempt - 1,
                    base_s=self._streams.backoff_base_s,
                    max_s=self._streams.backoff_max_s,
                    jitter=self._settings.jitter(),
                )
            )

    async def _live_once(self) -> None:
        """Connect and read one connection to its end."""
        if self.connections == 0:
            self._set_state(ConnectionState.CONNECTING, "")
        try:
            socket = await self._connect()
        except ConnectionFailed as error:
            self._failures += 1
            self._attempt += 1
            self._lost_reason = str(error)
            self._owner.on_connect_failed(self, error, self._failures)
            return
        self._failures = 0
        started = self._clock.now()
        await self._serve(socket, started)
        # A link that breaks again within moments is left alone for longer and longer.
        is_stable = self._clock.now() - started >= self._streams.backoff_max_s
        self._attempt = 1 if is_stable else self._attempt + 1

    async def _connect(self) -> StreamSocket:
        await self._clock.sleep(self._settings.connects.reserve(self._clock.now()))
        url = await ask_for(self._settings.url, self.number)
        self._secret = secret_of(url)
        return await open_socket(url, proxy=self._settings.proxy, streams=self._streams)

    async def _serve(self, socket: StreamSocket, now: float) -> None:
        self._socket = socket
        loop = asyncio.get_running_loop()
        writer = loop.create_task(self._write(socket), name=f"mexc link {self.number} writer")
        reason = "closed"
        try:
            reason = await self._read(socket, self._begin(now))
        except Exception as error:
            reason = f"internal error: {error!r}"
            raise
        finally:
            writer.cancel()
            self._lose(reason)
            await self._farewell(socket, writer)

    def _begin(self, now: float) -> Liveness:
        self._lost_reason = ""
        self._control_text = None
        self.connections += 1
        self.epoch = self._settings.next_epoch()
        self.liveness = liveness = self._settings.liveness_from(now)
        self._set_alarm(liveness)
        self._set_state(ConnectionState.OPEN, "connected")
        self._owner.on_link_open(self)
        return liveness

    def _lose(self, reason: str) -> None:
        self._alarm.cancel()
        self._lost_reason = self._lost_reason or reason
        if not self._is_closing:
            self._set_state(ConnectionState.RECONNECTING, self._lost_reason)
        self._owner.on_link_lost(self, self._lost_reason)

    async def _farewell(self, socket: StreamSocket, writer: asyncio.Task[None]) -> None:
        """Close within the time allowed, whatever the other side does."""
        socket.stop()
        try:
            async with asyncio.timeout(self._streams.close_timeout_s):
                await socket.close()
        except TimeoutError:
            self.log.debug("link %d: no farewell from the other side", self.number)
        finally:
            socket.abort()
            self._socket = None
            await asyncio.wait((writer,))

    def _set_state(self, state: ConnectionState, reason: str) -> None:
        if state is self.state:
            return
        self.state = state
        self.log.info("link %d: %s: %s", self.number, state, reason or "starting")
        self._owner.on_link_state(self, reason)

    # --- deadlines ---

    def _set_alarm(self, liveness: Liveness) -> None:
        self._alarm.set(liveness.deadline, partial(self._on_alarm, liveness))

    def _on_alarm(self, liveness: Liveness) -> None:
        action = liveness.on_time(self._clock.now())
        if action in _REASONS:
            self.drop(_REASONS[action])
            return
        if action is LivenessAction.PING:
            self.ping()
        elif action is LivenessAction.ROTATE:
            self._owner.on_link_aged(self)
        self._set_alarm(liveness)

    # --- frames ---

    async def _read(self, socket: StreamSocket, liveness: Liveness) -> str:
        """Have frames passed on until the connection ends; return why it did."""
        socket.start(
            on_chunk=partial(self._on_chunk, liveness),
            on_frame=partial(self._owner.on_frame, self),
            on_text=partial(self._on_text, liveness),
        )
        return self._masked(await socket.ended)

    def _on_chunk(self, liveness: Liveness) -> int:
        liveness.on_frame(self._clock.now())
        return self._clock.time_ns()

    def _on_text(self, liveness: Liveness, text: str) -> None:
        text = self._masked(text)
        self.log.debug("link %d: received %s", self.number, text)
        reply = control.read_reply(text)
        if isinstance(reply, control.Acknowledgement):
            self._owner.on_reply(self, reply)
        elif isinstance(reply, control.Pong):
            liveness.on_pong(self._clock.now())
        elif isinstance(reply, control.ServerPing):
            self._send_control(control.PONG_TEXT)
        else:
            self._owner.on_unexpected_text(self, reply.text)

    def _masked(self, text: str) -> str:
        return text.replace(self._secret, "***") if self._secret else text

    def _send_control(self, text: str) -> None:
        """Send a keep-alive ahead of everything else; a newer one replaces one still unsent."""
        self._control_text = text
        self._has_messages.set()

    async def _write(self, socket: StreamSocket) -> None:
        with contextlib.suppress(WebSocketException, OSError):  # the reader says why it ended
            while True:
                await self._has_messages.wait()
                self._has_messages.clear()
                while (text := self._next_text()) is not None:
                    await self._clock.sleep(self._pace.reserve(self._clock.now()))
                    await socket.send(text)
                    self.log.debug("link %d: sent %s", self.number, text)

    def _next_text(self) -> str | None:
        if self._control_text is not None:
            text, self._control_text = self._control_text, None
            return text
        return self._owner.next_message(self)

    def __repr__(self) -> str:
        return f"<Link {self.number} {self.state} epoch {self.epoch}>"

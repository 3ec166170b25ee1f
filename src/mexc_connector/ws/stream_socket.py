"""StreamSocket: a websockets connection that hands messages on without a queue.

[hot] `_receive_stream` is the whole way from what the socket received to the link. Its benchmark is
`socket_to_callback`: 0.7 us a frame in a burst, where the library's own way (a parser in Python, a
queue, a future, `recv`) takes 4.6 us.

Text and binary messages are cut off what was received and handed on at once; the opening handshake,
control frames and all that breaks the protocol go to the library, in their place. States of
`_receive`:

1. `_receive_answer`: everything goes to the library up to the blank line that ends the answer to
   the handshake, and what follows too unless the answer opened the connection.
2. `_hold`: nobody has called `start`; what came is kept, and no more is read.
3. `_receive_stream`: messages are handed on until the connection ends or `stop` is called;
   afterwards they are dropped, and control frames still reach the library.

One turn of the loop handles at most `MESSAGES_PER_TURN`. The rest waits here and no more is read
meanwhile, so what is held is one chunk of the transport (256 KiB) and one incomplete message.

Relied upon in websockets 15 to 17: the documented `connect(create_connection=...)`, `transport`,
and of the sans-IO protocol `state`, `fail`, `data_to_send`, `close_exc`, documented as well; that a
connection is an `asyncio.Protocol`; and `close_rcvd`, `close_sent`, `close_rcvd_then_sent` of the
sans-IO protocol, for the text that says why the connection ends.
"""

import asyncio
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError
from websockets.protocol import State

from mexc_connector.common.errors import InternalError
from mexc_connector.core.message_frames import ForLibrary, Message, MessageSplitter, Violation

MESSAGES_PER_TURN = 256
"""5 to 10 ms of the loop for depth frames that are read by the reference, 0.5 ms otherwise."""

_BLANK_LINE = b"\r\n\r\n"


class StreamSocket(ClientConnection):
    """Made by `connect(create_connection=StreamSocket)`; `start` it, and wait for `ended`.

    `ended` gets the reason as soon as the connection is about to end, before it is closed, or the
    exception that a receiver raised. `recv` must not be used; `send` and `close` may.
    """

    ended: asyncio.Future[str]
    # What came and was not handed on yet, and the turn that will go on with it.
    _held: list[Message]
    _held_ns: int
    _turn: asyncio.Handle | None
    _is_paused: bool
    _on_chunk: Callable[[], int]
    _on_frame: Callable[[bytes, int], None]
    _on_text: Callable[[str], None]
    # A transport may keep `data_received` itself, so what changes is behind it.
    _receive: Callable[[bytes], None]

    # --- for the link ---

    def start(
        self,
        *,
        on_chunk: Callable[[], int],
        on_frame: Callable[[bytes, int], None],
        on_text: Callable[[str], None],
    ) -> None:
        """Hand on what comes, from the next turn of the loop on.

        `on_chunk` hears that something was received and returns the time in ns, which `on_frame`
        gets with every binary message of it.
        """
        self._on_chunk, self._on_frame, self._on_text = on_chunk, on_frame, on_text
        if self._is_paused:
            self._held_ns = on_chunk()
        self._let_go()

    def stop(self) -> None:
        """Hand nothing on any more. Idempotent."""
        self._on_chunk, self._on_frame, self._on_text = _no_time, _drop_frame, _drop_text
        self._let_go()

    def abort(self) -> None:
        """Cut the connection without farewell, and hand nothing on any more."""
        self.stop()
        self.transport.abort()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with the handshake."""
        super().connection_made(transport)
        self.ended = asyncio.get_running_loop().create_future()
        self._splitter = MessageSplitter()
        self._answer_end = b""
        self._held, self._held_ns, self._turn = [], 0, None
        self._is_paused = False
        self._on_chunk, self._on_frame, self._on_text = _no_time, _drop_frame, _drop_text
        self._receive = self._receive_answer

    def data_received(self, data: bytes) -> None:
        """Take what the transport received."""
        self._receive(data)

    def eof_received(self) -> None:
        """Handle what is held before the end of the stream: TLS reports both in one turn."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
            held, self._held = self._held, []
            self._hand_on(held, self._held_ns)
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, whatever the reason."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        self._held = []
        super().connection_lost(exc)
        self._end(str(self.protocol.close_exc))

    # --- what is received ---

    def _receive_answer(self, data: bytes) -> None:
        seen = self._answer_end + data
        blank_line = seen.find(_BLANK_LINE)
        if blank_line < 0:
            self._answer_end = seen[1 - len(_BLANK_LINE) :]
            super().data_received(data)
            return
        cut = blank_line + len(_BLANK_LINE) - len(self._answer_end)
        super().data_received(data[:cut])
        is_open = self.protocol.state is State.OPEN
        self._receive = self._hold if is_open else super().data_received
        if cut < len(data):
            self._receive(data[cut:])

    def _hold(self, data: bytes) -> None:
        self._held += self._splitter.feed(data)
        self._pause()

    def _let_go(self) -> None:
        if self._receive == self._hold:
            self._receive = self._receive_stream
            if self._is_paused:
                self._turn = asyncio.get_running_loop().call_soon(self._take_turn)

    def _receive_stream(self, data: bytes) -> None:
        try:
            received_ns = self._on_chunk()
        except Exception as error:
            self._crash(error)
            received_ns = 0
        messages = self._splitter.feed(data)
        if self._turn is not None:  # TLS may have more, though it was told to pause
            self._held += messages
        elif len(messages) <= MESSAGES_PER_TURN:
            self._hand_on(messages, received_ns)
        else:
            self._held, self._held_ns = messages, received_ns
            self._pause()
            self._take_turn()

    def _take_turn(self) -> None:
        """Handle as much of what is held as one turn may."""
        self._turn = None
        messages, self._held = self._held[:MESSAGES_PER_TURN], self._held[MESSAGES_PER_TURN:]
        self._hand_on(messages, self._held_ns)
        if self._held:
            self._turn = asyncio.get_running_loop().call_soon(self._take_turn)
        else:
            self._resume()

    def _pause(self) -> None:
        if not (self._is_paused or self.transport.is_closing()):
            self._is_paused = True
            self.transport.pause_reading()

    def _resume(self) -> None:
        self._is_paused = False
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _hand_on(self, messages: list[Message], received_ns: int) -> None:
        try:
            for message in messages:
                # Looked up for each one: a receiver may have called `stop`.
                if isinstance(message, bytes):
                    self._on_frame(message, received_ns)
                elif isinstance(message, str):
                    self._on_text(message)
                elif isinstance(message, ForLibrary):
                    self._let_judge(message)
                else:
                    self._fail(message)
        except (Exception, asyncio.CancelledError) as error:
            self._crash(error)

    # --- how it ends ---

    def _let_judge(self, message: ForLibrary) -> None:
        super().data_received(message.data)
        if self.protocol.state is not State.OPEN:
            self._end_by_protocol()

    def _fail(self, violation: Violation) -> None:
        self.protocol.fail(violation.code, violation.reason)
        self.transport.write(b"".join(self.protocol.data_to_send()))
        self._end_by_protocol()

    def _end_by_protocol(self) -> None:
        protocol = self.protocol
        error = ConnectionClosedError(
            protocol.close_rcvd, protocol.close_sent, protocol.close_rcvd_then_sent
        )
        self._end(str(error))

    def _end(self, reason: str) -> None:
        self.stop()
        if not self.ended.done():
            self.ended.set_result(reason)

    def _crash(self, error: BaseException) -> None:
        """End because of what a receiver raised; the rest of what was received is dropped."""
        self.stop()
        if not isinstance(error, Exception):
            # As an exception of the future it would look like a cancellation of who waits.
            cause, error = error, InternalError(f"{error!r} came out of a receiver")
            error.__cause__ = cause
        if not self.ended.done():
            self.ended.set_exception(error)
            self.ended.exception()  # so that nobody complains if the link has gone already


def _no_time() -> int:
    return 0


def _drop_frame(_frame: bytes, _received_ns: int) -> None:
    pass


def _drop_text(_text: str) -> None:
    pass

"""MessageSplitter: from the bytes of a WebSocket connection to its messages (RFC 6455, section 5).

[hot] `_cut_plain` sees every frame of every link, and takes 0.2 us for one of 300 bytes. Its
benchmark is `socket_to_callback`.

Only what is beyond doubt is taken here: text and binary messages of a server, whole or in
fragments. Every other frame is left to the WebSocket library, untouched and in its place:

- ping, pong and close, one by one;
- a frame that no server may send (masked, reserved bits, unknown opcode, a control frame that is
  too long or in fragments, a continuation of nothing), with all that follows it: the library ends
  the connection.

Three faults cannot be left to it, because it has not seen what came before or judges later than
is needed here. They are `Violation`s: a message above the limit, found in its header; a message
inside another one's fragments; text that is not UTF-8.
"""

from struct import Struct

import msgspec

MESSAGE_LIMIT = 32 * 1024 * 1024
"""Bytes of one message. The largest known one, a full depth frame, is far below 1 MiB."""

# Lengths up to this are never compared with the limit.
_SMALLEST_LIMIT = 0xFFFF

_PROTOCOL_ERROR = 1002
_NOT_UTF8 = 1007
_TOO_BIG = 1009

_TEXT, _BINARY, _CONTINUATION = 0x1, 0x2, 0x0
_OPCODE = 0x0F
_FINAL = _MASKED = 0x80
_STARTS = frozenset((_TEXT, _BINARY, _TEXT | _FINAL, _BINARY | _FINAL))
_CONTINUATIONS = frozenset((_CONTINUATION, _CONTINUATION | _FINAL))
_DATA = _STARTS | _CONTINUATIONS
_CONTROLS = frozenset((0x88, 0x89, 0x8A))
_LONGEST_CONTROL = 125

# A final binary frame: its first two bytes with a length below 126, and with a 16-bit length.
_SHORT_BINARY = 0x8200
_LONG_BINARY = 0x827E
_read_start = Struct(">HH").unpack_from


class ForLibrary(msgspec.Struct, frozen=True):
    """Bytes that the WebSocket library has to judge: one control frame, or all from a bad one."""

    data: bytes


class Violation(msgspec.Struct, frozen=True):
    """The stream broke its form; nothing follows. `code` is the status to close it with."""

    code: int
    reason: str


Message = bytes | str | ForLibrary | Violation
"""A binary message, a text message, or what is none."""


class MessageSplitter:
    """Give it what was received, in any pieces; it gives the messages that are complete.

    What it keeps of an incomplete message is bounded by `limit` bytes, and the work by a few
    copies of each byte, however small the pieces are.
    """

    __slots__ = ("_fragments", "_is_text", "_limit", "_needed", "_partial", "_passes_all")

    def __init__(self, limit: int = MESSAGE_LIMIT) -> None:
        if limit < _SMALLEST_LIMIT:
            raise ValueError(f"limit must be {_SMALLEST_LIMIT} or more, got {limit}")
        self._limit = limit
        # The beginning of a frame, and how much of it has to be there before it is looked at.
        self._partial = bytearray()
        self._needed = 0
        # What came of a message in fragments.
        self._fragments: bytearray | None = None
        self._is_text = False
        self._passes_all = False

    def feed(self, chunk: bytes) -> list[Message]:
        """Take the next bytes; return what became complete, in order. Never raises."""
        if self._passes_all:
            return [ForLibrary(chunk)]
        if self._partial:
            if len(self._partial) + len(chunk) < self._needed:
                self._partial += chunk
                return []
            chunk = b"".join((self._partial, chunk))
            self._partial = bytearray()
        messages: list[Message] = []
        position, size = 0, len(chunk)
        while position < size:
            if self._fragments is None:
                position = _cut_plain(chunk, messages, position)
            if position < size:
                position = self._cut_any(chunk, messages, position)
        return messages

    def _cut_any(self, chunk: bytes, messages: list[Message], position: int) -> int:
        """Judge one frame of any kind; return where the next one begins."""
        size = len(chunk)
        head = chunk[position]
        mark = chunk[position + 1] if position + 1 < size else 0
        if self._is_foreign(head, mark):
            self._end()
            messages.append(ForLibrary(chunk[position:]))
            return size
        start = position + (2 if mark < 126 else 4 if mark == 126 else 10)
        # Of a header that is not complete nothing is known but its size.
        length = 0 if start > size else mark
        if length >= 126:
            length = int.from_bytes(chunk[position + 2 : start], "big")
        fault = self._fault(head, length)
        if fault is not None:
            self._end()
            messages.append(fault)
            return size
        end = start + length
        if end > size:
            self._partial = bytearray(memoryview(chunk)[position:])
            self._needed = end - position
            return size
        if head in _CONTROLS:
            messages.append(ForLibrary(chunk[position:end]))
            return end
        return end if self._take(head, chunk[start:end], messages) else size

    def _is_foreign(self, head: int, mark: int) -> bool:
        """Tell whether no server may send this frame now; `mark` is the header's second byte."""
        if head in _CONTROLS:
            return mark > _LONGEST_CONTROL
        if self._fragments is None:
            if head in _CONTINUATIONS:
                return True
        elif head in _STARTS:
            return False  # a `Violation`, by the first byte alone: the second may not be there yet
        return mark >= _MASKED or head not in _DATA

    def _fault(self, head: int, length: int) -> Violation | None:
        if head in _CONTROLS:
            return None
        if head in _STARTS and self._fragments is not None:
            return Violation(_PROTOCOL_ERROR, "a message inside the fragments of another one")
        if self._fragment_bytes + length > self._limit:
            return Violation(_TOO_BIG, f"a message of more than {self._limit} bytes")
        return None

    def _take(self, head: int, payload: bytes, messages: list[Message]) -> bool:
        """Take a data frame; tell whether the stream goes on."""
        if head in _STARTS:
            self._is_text = head & _OPCODE == _TEXT
        if not head & _FINAL:
            if self._fragments is None:
                self._fragments = bytearray()
            self._fragments += payload
            return True
        if self._fragments is not None:
            payload = bytes(self._fragments + payload)
            self._fragments = None
        try:
            messages.append(payload.decode() if self._is_text else payload)
        except UnicodeDecodeError:
            self._end()
            messages.append(Violation(_NOT_UTF8, "text that is not UTF-8"))
            return False
        return True

    @property
    def _fragment_bytes(self) -> int:
        return 0 if self._fragments is None else len(self._fragments)

    def _end(self) -> None:
        self._passes_all = True
        self._fragments = None

    def __repr__(self) -> str:
        if self._passes_all:
            return "<MessageSplitter: ended>"
        held = len(self._partial) + self._fragment_bytes
        return f"<MessageSplitter: {held} bytes of an incomplete message>"


def _cut_plain(chunk: bytes, messages: list[Message], position: int) -> int:
    """Cut off final binary frames of up to 65,535 bytes; return where another kind begins."""
    append, read_start = messages.append, _read_start
    size = len(chunk)
    last = size - 4
    while position <= last:
        head, length = read_start(chunk, position)
        if head == _LONG_BINARY:
            start = position + 4
        elif _SHORT_BINARY <= head < _LONG_BINARY:
            start = position + 2
            length = head - _SHORT_BINARY
        else:
            break
        end = start + length
        if end > size:
            break
        append(chunk[start:end])
        position = end
    return position

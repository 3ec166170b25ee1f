"""Protobuf's wire format by hand, so that frames can be made that no serializer would write."""

from enum import IntEnum

_LAST_BYTE_BITS = 0x7F
_MORE = 0x80


class WireType(IntEnum):
    """The low three bits of a tag."""

    VARINT = 0
    FIXED64 = 1
    LENGTH = 2
    GROUP_START = 3
    GROUP_END = 4
    FIXED32 = 5


class Body(IntEnum):
    """The wrapper's fields that the compiled path reads."""

    LIMIT_DEPTH = 303
    BOOK_TICKER_BATCH = 311
    DEPTH = 313
    TRADES = 314
    BOOK_TICKER = 315


CHANNEL, SYMBOL, SYMBOL_ID, CREATE_TIME, SEND_TIME = 1, 3, 4, 5, 6


def varint(value: int, *, padding: int = 0) -> bytes:
    """Encode an unsigned number; `padding` appends bytes that add nothing but length."""
    groups = []
    while True:
        groups.append(value & _LAST_BYTE_BITS)
        value >>= 7
        if not value:
            break
    groups += [0] * padding
    return bytes(group | _MORE for group in groups[:-1]) + bytes(groups[-1:])


def tag(number: int, wire_type: int, *, padding: int = 0) -> bytes:
    """Encode the head of a field."""
    return varint(number << 3 | wire_type, padding=padding)


def integer(number: int, value: int, *, padding: int = 0) -> bytes:
    """Encode a varint field; a negative value as protobuf does, in 64 bits."""
    return tag(number, WireType.VARINT) + varint(value % 2**64, padding=padding)


def content(number: int, value: bytes | str, *, padding: int = 0) -> bytes:
    """Encode a string or a message."""
    raw = value.encode() if isinstance(value, str) else value
    return tag(number, WireType.LENGTH) + varint(len(raw), padding=padding) + raw


def group(number: int, inner: bytes) -> bytes:
    """Encode a group, the form that protobuf gave up but must still skip."""
    return tag(number, WireType.GROUP_START) + inner + tag(number, WireType.GROUP_END)


def fixed(number: int, raw: bytes) -> bytes:
    """Encode a field of 4 or 8 raw bytes."""
    wire_type = {4: WireType.FIXED32, 8: WireType.FIXED64}[len(raw)]
    return tag(number, wire_type) + raw


def level(price: str | bytes, quantity: str | bytes) -> bytes:
    """Encode one level as all depth bodies hold it."""
    return content(1, price) + content(2, quantity)

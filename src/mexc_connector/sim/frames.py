"""Bytes that go to WebSocket clients: frames of RFC 6455 and the protobuf wrapper in pieces.

A pushed message is three pieces laid end to end: channel and symbol (made once per topic), the send
time (made once per step for everybody), the body (made once per topic and step). Protobuf messages
may be concatenated like that; the order of the fields is the one measured on the exchange.
"""

from __future__ import annotations

from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper

TEXT = 0x1
BINARY = 0x2
CLOSE = 0x8
PONG = 0xA
FINAL = 0x80
CLOSE_NORMAL = 1000
CLOSE_POLICY = 1008


def websocket_frame(opcode: int, payload: bytes) -> bytes:
    """Wrap `payload` into one unmasked, uncompressed, final frame, as servers send it."""
    size = len(payload)
    first = FINAL | opcode
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65_536:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def text_frame(text: str) -> bytes:
    """Frame a control reply."""
    return websocket_frame(TEXT, text.encode())


def close_frame(code: int, reason: str = "") -> bytes:
    """Frame a close with its code and a reason of up to 123 bytes."""
    return websocket_frame(CLOSE, code.to_bytes(2, "big") + reason.encode())


def topic_piece(channel: str, symbol: str | None, symbol_id: str | None = None) -> bytes:
    """Encode the part of the wrapper that never changes for a topic."""
    wrapper = PushDataV3ApiWrapper(channel=channel)
    if symbol is not None:
        wrapper.symbol = symbol
    if symbol_id is not None:
        wrapper.symbolId = symbol_id
    return wrapper.SerializeToString()


def send_time_piece(now_ms: int) -> bytes:
    """Encode the send time that every wrapper but the klines' carries."""
    return PushDataV3ApiWrapper(sendTime=now_ms).SerializeToString()


def create_time_piece(now_ms: int) -> bytes:
    """Encode the creation time that klines carry instead of a send time."""
    return PushDataV3ApiWrapper(createTime=now_ms).SerializeToString()

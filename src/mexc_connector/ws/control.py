"""The JSON side of a link: requests out, replies in. Pure: text to values and back.

In every reply `code` is 0, so the text in `msg` is what counts. A channel is granted only if it is
named outside the bracket of "Not Subscribed successfully!". Channels may come in any order, the
spacing varies, the colon of "Reason：" is U+FF1A, and a bracket may be empty.
Source: `mexc` stream replies, measured by public clients until 2026-11.
"""

import re
from collections.abc import Iterable

import msgspec

from mexc_connector.core.subscription_actions import RequestKind

_METHODS = {RequestKind.SUBSCRIBE: "SUBSCRIPTION", RequestKind.UNSUBSCRIBE: "UNSUBSCRIPTION"}
_PONG = "PONG"
_PING = "PING"

# "Subscribed successful! [a,b]." and "Not Subscribed successfully! [c].  Reason： Blocked! "
_VERDICT = re.compile(r"(not\s+)?subscribed\s+successful(?:ly)?\s*[!！]?", re.IGNORECASE)
# Inside a list: a comma parts channels; names themselves hold no comma and no white space.
_SEPARATOR = re.compile(r"[,，]")


class Acknowledgement(msgspec.Struct, frozen=True):
    """The answer to a request: which channels it grants and which it refuses.

    `request_id` is 0 where the exchange echoed none. Both sets are empty for an empty text and
    for a refusal with an empty bracket: then nothing was granted.
    """

    request_id: int
    granted: frozenset[str]
    refused: frozenset[str]
    text: str


class Pong(msgspec.Struct, frozen=True):
    """The answer to our PING."""


class ServerPing(msgspec.Struct, frozen=True):
    """A JSON PING from the exchange; it wants `pong()` back."""


class UnexpectedText(msgspec.Struct, frozen=True):
    """Text that is no reply: not JSON, or of another shape. An event, not a failure."""

    text: str


Reply = Acknowledgement | Pong | ServerPing | UnexpectedText


class _WireReply(msgspec.Struct):
    msg: str | None = None
    id: int | None = None
    method: str | None = None


class _WireRequest(msgspec.Struct, omit_defaults=True):
    method: str
    params: list[str] | None = None
    id: int | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_WireReply)

PING_TEXT = _encoder.encode(_WireRequest(_PING)).decode()
PONG_TEXT = '{"id":0,"code":0,"msg":"PONG"}'


def request(
    kind: RequestKind,
    channels: Iterable[str],
    *,
    request_id: int,
) -> str:
    """Write a request. `request_id` is above 0: the exchange answers 0 when it was sent none."""
    wire = _WireRequest(_METHODS[kind], list(channels), request_id)
    return _encoder.encode(wire).decode()


def read_reply(text: str) -> Reply:
    """Read one text frame. Never raises."""
    try:
        wire = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return UnexpectedText(text)
    if wire.method is not None:
        return ServerPing() if wire.method.upper() == _PING else UnexpectedText(text)
    if wire.msg is None:
        return UnexpectedText(text)
    if wire.msg.strip().upper() == _PONG:
        return Pong()
    granted, refused = _verdicts(wire.msg)
    if wire.id or granted or refused or not wire.msg or _VERDICT.search(wire.msg):
        return Acknowledgement(wire.id or 0, granted, refused, wire.msg)
    return UnexpectedText(text)


def _verdicts(message: str) -> tuple[frozenset[str], frozenset[str]]:
    marks = list(_VERDICT.finditer(message))
    if not marks:
        return _names(message), frozenset()
    granted: set[str] = set(_names(message[: marks[0].start()]))
    refused: set[str] = set()
    ends = [mark.start() for mark in marks[1:]] + [len(message)]
    for mark, end in zip(marks, ends, strict=True):
        (refused if mark.group(1) else granted).update(_bracketed(message[mark.end() : end]))
    # Named on both sides is not granted.
    return frozenset(granted - refused), frozenset(refused)


def _bracketed(segment: str) -> frozenset[str]:
    """Read the list between the first and the last bracket: a symbol may hold brackets itself."""
    start, end = segment.find("["), segment.rfind("]")
    return _names(segment[start + 1 : end]) if 0 <= start < end else frozenset()


def _names(listing: str) -> frozenset[str]:
    """Read comma-joined channels; what does not look like a channel is no name."""
    parts = (part.strip() for part in _SEPARATOR.split(listing))
    return frozenset(part for part in parts if part.startswith("spot@"))

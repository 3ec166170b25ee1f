"""The JSON side of a stream connection: requests in, reply texts out, to the letter."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

import msgspec

ALL_REFUSED = "Not Subscribed successfully! [{refused}].  Reason： Blocked! "
SOME_REFUSED = (
    "Subscribed successful! [{accepted}]. "
    "Not Subscribed successfully! [{refused}].  Reason： Blocked! "
)
NOTHING_ASKED = "Not Subscribed successfully! []."
PONG = "PONG"
UNREADABLE = "msg format invalid"
"""Field evidence: pymexc, a widely used client, looks for this very text in replies."""


class Command(Enum):
    """What a request wants."""

    SUBSCRIBE = auto()
    UNSUBSCRIBE = auto()
    PING = auto()
    UNREADABLE = auto()


_COMMANDS = {
    "SUBSCRIPTION": Command.SUBSCRIBE,
    "UNSUBSCRIPTION": Command.UNSUBSCRIBE,
    "PING": Command.PING,
}


class Request(msgspec.Struct, frozen=True):
    """A control message understood; `request_id` is echoed, 0 when none was sent."""

    command: Command
    channels: tuple[str, ...] = ()
    request_id: int = 0


class _Reply(msgspec.Struct, frozen=True):
    id: int
    code: int
    msg: str


def parse_request(text: str) -> Request:
    """Understand a text frame; never raises, whatever the text is."""
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return Request(Command.UNREADABLE)
    if not isinstance(message, dict):
        return Request(Command.UNREADABLE)
    request_id = message.get("id")
    if not isinstance(request_id, int) or isinstance(request_id, bool) or request_id < 0:
        request_id = 0
    command = _COMMANDS.get(str(message.get("method")).upper(), Command.UNREADABLE)
    params = message.get("params")
    channels = tuple(map(_channel_text, params)) if isinstance(params, list) else ()
    return Request(command, channels, request_id)


def _channel_text(name: object) -> str:
    """Give a channel's name, and what is no name (null, numbers) in its JSON spelling."""
    return name if isinstance(name, str) else msgspec.json.encode(name).decode()


def reply(request_id: int, text: str) -> str:
    """Write a reply; `code` is 0 in all of them, refusals included."""
    return msgspec.json.encode(_Reply(request_id, 0, text)).decode()


def subscription_text(accepted: Sequence[str], refused: Sequence[str]) -> str:
    """Write the `msg` that acknowledges a subscription request."""
    if not accepted and not refused:
        return NOTHING_ASKED
    if not refused:
        return ",".join(accepted)
    if not accepted:
        return ALL_REFUSED.format(refused=",".join(refused))
    return SOME_REFUSED.format(accepted=",".join(accepted), refused=",".join(refused))

"""Access to the body of a push: what is missing or malformed becomes `ProtocolViolation`."""

from types import TracebackType

from google.protobuf.message import Message

from mexc_connector.common.errors import ProtocolViolation
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper


class Reading:
    """Context in which a `ValueError` of a field's text condemns the whole body.

    Entering raises `ProtocolViolation` if the push lacks the body. A class, not a generator: it
    is entered for every frame of trades and quotes.
    """

    __slots__ = ("_name", "_push")

    def __init__(self, push: PushDataV3ApiWrapper, name: str) -> None:
        self._push = push
        self._name = name

    def __enter__(self) -> None:
        if not self._push.HasField(self._name):
            raise ProtocolViolation(
                f"no {self._name}", endpoint=self._push.channel, body=self._push.SerializeToString()
            )

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, ValueError):
            raise violation(self._push.channel, self._push, error) from error


def violation(endpoint: str, message: Message, error: ValueError) -> ProtocolViolation:
    """Say what is wrong with `message` and keep its bytes."""
    return ProtocolViolation(str(error), endpoint=endpoint, body=message.SerializeToString())


def pushed_ms(push: PushDataV3ApiWrapper) -> int | None:
    """When the exchange sent the push, by its clock; klines carry a creation time instead."""
    return push.sendTime or push.createTime or None

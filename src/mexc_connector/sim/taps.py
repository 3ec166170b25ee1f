"""Where the wire can be tapped: what the seams of streams and REST ask while faults are on.

Each seam holds `None` until a fault plan is switched on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from aiohttp import web

from mexc_connector.sim.connection import Connection
from mexc_connector.sim.endpoints import EndpointName


class FrameTap(Protocol):
    """Takes over what is pushed."""

    def push(self, connection: Connection, channel: str, payload: bytes) -> None:
        """Send, or do not send, a message that fell due for a connection."""


class SubscriptionVerdict(Protocol):
    """What the tap makes of one subscription request."""

    def blocks(self, channel: str) -> bool:
        """Say whether a channel is not to be subscribed."""

    def text(self, accepted: Sequence[str], refused: Sequence[str]) -> str | None:
        """Give the `msg` of the reply, None for no reply."""


class StreamTap(FrameTap, Protocol):
    """Takes over handshakes and the control side of streams."""

    def refuse_upgrade(self, request: web.Request) -> web.Response | None:
        """Give the answer to a handshake that is refused, None to go on."""

    def refuses_listen_key(self, connection: Connection) -> bool:
        """Say whether a connection's listen key is to be called invalid."""

    def swallows_pong(self, connection: Connection) -> bool:
        """Say whether a PING gets no answer."""

    def judge(self, connection: Connection, channels: Sequence[str]) -> SubscriptionVerdict:
        """Judge a subscription request."""

    def answer(self, connection: Connection, frame: bytes) -> None:
        """Send, or do not send, a control reply."""

    async def leave_hanging(self, connection: Connection) -> None:
        """Wait as long as a client's close frame is not to be answered."""

    def forget(self, connection: Connection) -> None:
        """Let go of a connection that ended."""


Execute = Callable[[], Awaitable[web.Response]]


class RestTap(Protocol):
    """Takes over REST requests."""

    async def answer(
        self, request: web.Request, endpoint: EndpointName, execute: Execute
    ) -> web.StreamResponse:
        """Answer a request; `execute` does what it asks for and gives the proper answer."""

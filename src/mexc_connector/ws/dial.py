"""Opening one socket: the library's call, its errors translated, its texts cleared of secrets."""

import logging
from collections.abc import Awaitable, Callable
from typing import cast
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidProxy, InvalidURI, WebSocketException

from mexc_connector.common.config import StreamConfig
from mexc_connector.common.errors import ConnectionFailed, MexcError
from mexc_connector.core.message_frames import MESSAGE_LIMIT
from mexc_connector.ws.stream_socket import StreamSocket

UrlSource = Callable[[int], Awaitable[str]]
"""Gives the URL for the next connection of a link; asked anew each time: a key in it may change."""

# The library below logs the request line at DEBUG, and a private URL holds the listen key.
_wire_logger = logging.getLogger("mexc_connector.ws.wire")
_wire_logger.setLevel(logging.INFO)


def secret_of(url: str) -> str:
    """Return the listen key in a URL, which no log and no error may show; empty if it has none."""
    return "".join(parse_qs(urlsplit(url).query).get("listenKey", ()))


async def ask_for(source: UrlSource, link: int) -> str:
    """Get the URL for the next connection of a link. Raises `ConnectionFailed`."""
    try:
        return await source(link)
    except MexcError as error:
        raise ConnectionFailed(f"cannot connect: no URL to connect to: {error}") from error


async def open_socket(url: str, *, proxy: str | None, streams: StreamConfig) -> StreamSocket:
    """Connect within `connect_timeout_s`. Raises `ConnectionFailed`, whose text holds no secret.

    The environment's proxy variables are not read. Keep-alive is the exchange's JSON PING, so the
    library's own is off. Frames are not compressed, and messages end at `MESSAGE_LIMIT`.
    """
    host = urlsplit(url).hostname
    try:
        socket = await connect(
            url,
            proxy=proxy,
            compression=None,
            ping_interval=None,
            open_timeout=streams.connect_timeout_s,
            close_timeout=streams.close_timeout_s,
            max_size=MESSAGE_LIMIT,
            logger=_wire_logger,
            create_connection=StreamSocket,
        )
        # `connect` makes what it was told to, but its type does not say so.
        return cast("StreamSocket", socket)
    except (InvalidURI, InvalidProxy):
        # Their texts hold the URL: a listen key, or a proxy's password. So no cause is chained.
        raise ConnectionFailed(f"cannot connect to {host}: malformed URL or proxy") from None
    except TimeoutError as error:
        waited = f"{streams.connect_timeout_s:g} s"
        raise ConnectionFailed(f"cannot connect to {host}: no answer within {waited}") from error
    except (OSError, WebSocketException, EOFError) as error:
        problem = str(error) or type(error).__name__
        secret = secret_of(url)
        if secret and secret in problem:  # the exchange repeated it, in a redirection for example
            problem = problem.replace(secret, "***")
            raise ConnectionFailed(f"cannot connect to {host}: {problem}") from None
        raise ConnectionFailed(f"cannot connect to {host}: {problem}") from error

"""Query strings and their signatures: same input, same output.

The exchange checks an HMAC-SHA256 over the percent-encoded text exactly as it was sent, so what is
signed here must leave byte for byte. Everything stands in the query; the body stays empty.

Source: Spot v3 docs, "Signed", read 2026-11-20. The first worked example there does not reproduce.
"""

import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import quote

Parameters = Sequence[tuple[str, str | int]]
"""Names and values in the order in which they are sent and signed."""


def canonical_query(parameters: Parameters) -> str:
    """Return the query string, all but unreserved characters percent-encoded in upper-case hex.

    A blank is `%20`, never `+`; booleans are written in lower case.
    """
    return "&".join(f"{name}={quote(_text(value), safe='')}" for name, value in parameters)


def signature_of(text: str, *, secret_key: str) -> str:
    """Return the lower-case hex signature of a query string, or of a query and a body joined."""
    return hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()


def signed_query(
    parameters: Parameters, *, secret_key: str, timestamp_ms: int, recv_window_ms: int
) -> str:
    """Return `parameters` with the request time and its window, and the signature at the end.

    The exchange accepts it while its clock is at most `recv_window_ms` past `timestamp_ms`, and
    refuses a time more than a second ahead of its own whatever the window.
    """
    stamped = [*parameters, ("recvWindow", recv_window_ms), ("timestamp", timestamp_ms)]
    query = canonical_query(stamped)
    return f"{query}&signature={signature_of(query, secret_key=secret_key)}"


def _text(value: str | int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

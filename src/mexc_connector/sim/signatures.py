"""Parameters of a signed request, and whether its signature fits. Pure: text in, values out.

What is signed is the query and the body laid end to end, with no `&` between them and without the
signature itself. Each of the two counts as it was received or, because clients sign one spelling
and send another, with its values decoded and encoded again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from itertools import product
from urllib.parse import quote, unquote_plus

import msgspec

SIGNATURE = "signature"
UNRESERVED = "-_.~"


class Piece(msgspec.Struct, frozen=True):
    """The query or the body: its parameters in order, and the texts it may have been signed as."""

    pairs: tuple[tuple[str, str], ...]
    signed_texts: tuple[str, ...]


class SignedParameters(msgspec.Struct, frozen=True):
    """All parameters of a request by name, and every text that it may have signed."""

    values: dict[str, str]
    signed_texts: tuple[str, ...]

    @property
    def signature(self) -> str:
        """What the client says the signature is, empty when it says nothing."""
        return self.values.get(SIGNATURE, "")

    def is_signed_with(self, secret_key: str) -> bool:
        """Say whether one of the texts gives the signature, in lower-case hex."""
        claimed = self.signature.encode("utf-8", "surrogateescape")
        return any(
            hmac.compare_digest(sign(secret_key, text).encode(), claimed)
            for text in self.signed_texts
        )


def sign(secret_key: str, text: str) -> str:
    """Give the signature of a text."""
    message = text.encode("utf-8", "surrogateescape")
    return hmac.new(secret_key.encode(), message, hashlib.sha256).hexdigest()


def read_parameters(raw_query: str, raw_body: str) -> SignedParameters:
    """Read both places where parameters may stand; for a name in both the query counts."""
    query, body = _read_piece(raw_query), _read_piece(raw_body)
    texts = dict.fromkeys(
        "".join(parts) for parts in product(query.signed_texts, body.signed_texts)
    )
    return SignedParameters({**dict(body.pairs), **dict(query.pairs)}, tuple(texts))


def _read_piece(raw: str) -> Piece:
    fields = _json_fields(raw)
    if fields is not None:
        return Piece(fields, (_encoded(fields), raw))
    segments = [segment for segment in raw.split("&") if segment]
    pairs = tuple(_decoded(segment) for segment in segments)
    received = "&".join(s for s in segments if s.partition("=")[0] != SIGNATURE)
    return Piece(pairs, (received, _encoded(pairs)))


def _decoded(segment: str) -> tuple[str, str]:
    name, _, value = segment.partition("=")
    return unquote_plus(name), unquote_plus(value)


def _encoded(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(
        f"{quote(name, safe=UNRESERVED)}={quote(value, safe=UNRESERVED, errors='replace')}"
        for name, value in pairs
        if name != SIGNATURE
    )


def _json_fields(raw: str) -> tuple[tuple[str, str], ...] | None:
    """Read a body that is a JSON object of plain values; None for anything else."""
    if not raw.lstrip().startswith("{"):
        return None
    try:
        fields = msgspec.json.decode(raw, type=dict[str, str | int | float | bool | None])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return tuple((name, _plain(value)) for name, value in fields.items() if value is not None)


def _plain(value: str | float | bool) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

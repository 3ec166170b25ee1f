"""Ids that we give our orders, unique over sessions, and the check of a caller's own.

The exchange takes up to 32 characters and does not promise to refuse a repeated id, so no id may
ever be made twice: each names its session by the time and 40 random bits, then counts.
"""

import re
from collections.abc import Iterable

from mexc_connector.common.errors import OrderRefused
from mexc_connector.common.orders import ClientOrderId

LONGEST_ID = 32
ENTROPY_BITS = 40

_ALLOWED = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_ID}}}", re.ASCII)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class ClientOrderIds:
    """Makes the ids of one session: `next()` never returns the same text twice.

    `started_ms` is the session's start, `entropy` a random number below 2 to the power of 40.
    Two sessions could meet only in the same millisecond and by the same draw.
    """

    def __init__(self, *, started_ms: int, entropy: int) -> None:
        if started_ms < 0 or not 0 <= entropy < 1 << ENTROPY_BITS:
            raise ValueError(f"started_ms {started_ms} or entropy {entropy} is out of range")
        self._session = f"{_base36(started_ms)}-{_base36(entropy)}"
        self._made = 0

    def next(self) -> ClientOrderId:
        """Return a new id."""
        self._made += 1
        return ClientOrderId(f"{self._session}-{_base36(self._made)}")

    def __repr__(self) -> str:
        return f"<ClientOrderIds {self._session}, {self._made} made>"


def checked_client_order_id(text: object) -> ClientOrderId:
    """Return the caller's own id. Raises `OrderRefused` if the exchange would not take it."""
    if not isinstance(text, str) or not _ALLOWED.fullmatch(text):
        raise OrderRefused(
            f"{text!r} is not 1 to {LONGEST_ID} characters of A-Z a-z 0-9 - _",
            rule="client_order_id",
        )
    return ClientOrderId(text)


def require_distinct(client_order_ids: Iterable[ClientOrderId]) -> None:
    """Raise `OrderRefused` if an id comes twice."""
    seen: set[ClientOrderId] = set()
    for client_order_id in client_order_ids:
        if client_order_id in seen:
            raise OrderRefused(f"{client_order_id} comes twice", rule="client_order_id")
        seen.add(client_order_id)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"

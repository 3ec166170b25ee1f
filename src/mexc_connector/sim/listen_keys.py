"""Listen keys: who made them, how long they live, how many connections use them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mexc_connector.sim.errors import Refusal
from mexc_connector.sim.options import SimLimits

KEY_DIGITS = 64
INVALID_KEY = 730708
TOO_MANY_KEYS = 26
"""No code is published for it; this one says that an operation is not allowed."""


@dataclass(slots=True)
class ListenKey:
    """One key: the account it opens, the exchange time of its end, the connections on it."""

    text: str
    owner: int
    expires_ms: int
    connections: int = 0


class ListenKeys:
    """All keys that live. Times are the exchange's."""

    def __init__(self, limits: SimLimits, *, seed: int) -> None:
        self._limits = limits
        self._rng = Random(f"{seed}:listen keys")
        self._keys: dict[str, ListenKey] = {}

    def create(self, owner: int, now_ms: int) -> ListenKey:
        """Make a key; raises the refusal when the account has as many as it may."""
        if len(self.of(owner)) >= self._limits.listen_keys_per_account:
            raise Refusal(400, TOO_MANY_KEYS, "operation not allowed")
        text = f"{self._rng.getrandbits(4 * KEY_DIGITS):0{KEY_DIGITS}x}"
        key = ListenKey(text, owner, now_ms + self._limits.listen_key_life_ms)
        self._keys[text] = key
        return key

    def of(self, owner: int) -> list[ListenKey]:
        """Give an account's keys, oldest first."""
        return [key for key in self._keys.values() if key.owner == owner]

    def extend(self, owner: int, text: str, now_ms: int) -> ListenKey:
        """Let a key live on for its full life from now; raises the refusal when it is gone."""
        key = self._owned(owner, text)
        key.expires_ms = now_ms + self._limits.listen_key_life_ms
        return key

    def close(self, owner: int, text: str) -> ListenKey:
        """Void a key; raises the refusal when it is gone."""
        key = self._owned(owner, text)
        del self._keys[text]
        return key

    def connect(self, text: str) -> ListenKey | None:
        """Count a connection on a key; None when there is no such key or it is fully used."""
        key = self._keys.get(text)
        if key is None or key.connections >= self._limits.connections_per_listen_key:
            return None
        key.connections += 1
        return key

    def disconnect(self, key: ListenKey) -> None:
        """Count a connection less."""
        key.connections -= 1

    def expire(self, now_ms: int) -> list[ListenKey]:
        """Void the keys whose time is up and give them."""
        expired = [key for key in self._keys.values() if key.expires_ms <= now_ms]
        for key in expired:
            del self._keys[key.text]
        return expired

    def void_all(self) -> None:
        """Void every key, whoever made it."""
        self._keys.clear()

    def _owned(self, owner: int, text: str) -> ListenKey:
        key = self._keys.get(text)
        if key is None or key.owner != owner:
            raise Refusal(400, INVALID_KEY, "Invalid listen key")
        return key

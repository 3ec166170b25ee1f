"""What an endpoint is called, whoever answers it."""

from __future__ import annotations

import msgspec


class EndpointName(msgspec.Struct, frozen=True):
    """A method and a path; `path` is what follows `/api/v3/`."""

    method: str
    path: str
    is_private: bool = False
    is_command: bool = False
    """Whether it places or cancels."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

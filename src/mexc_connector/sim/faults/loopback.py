"""On which hosts the admin endpoint may listen."""

from __future__ import annotations

from ipaddress import ip_address

from mexc_connector.sim.errors import SimError


def check_admin(host: str, *, is_on: bool) -> None:
    """Raise `SimError` for an admin endpoint that others can reach: it asks for no key."""
    if not is_on:
        return
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise SimError(f"The admin endpoint is for loopback only, not for {host}.")

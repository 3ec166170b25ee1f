"""Pure logic: no await, no socket, no clock, no randomness, no logging."""

from mexc_connector.core.implementation import IMPLEMENTATION

__all__ = ["IMPLEMENTATION"]

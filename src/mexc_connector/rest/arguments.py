"""Checks of what the caller passed, before anything is sent. All raise `UsageError`."""

from typing import TypeGuard

from mexc_connector.common.enums import KlineInterval
from mexc_connector.common.errors import UsageError
from mexc_connector.common.symbols import Symbol


def require_symbol(symbol: object) -> None:
    """Refuse anything but a `Symbol`; text cannot be taken apart into base and quote."""
    if not isinstance(symbol, Symbol):
        raise UsageError(
            f"a market is named by Symbol(base, quote), not by {symbol!r}; "
            "get_symbol_map() translates the exchange's spelling"
        )


def require_count(value: object, name: str) -> None:
    """Refuse anything but a whole number of at least 1."""
    if not _is_whole(value) or value < 1:
        raise UsageError(f"{name} must be a whole number of at least 1, not {value!r}")


def require_limit(value: object) -> None:
    """Refuse a `limit` that is neither None (all) nor a whole number of at least 1."""
    if value is not None:
        require_count(value, "limit")


def require_range(start_ms: object, end_ms: object) -> None:
    """Refuse times that are no milliseconds since 1970, and a start after the end."""
    for name, value in (("start_ms", start_ms), ("end_ms", end_ms)):
        if value is not None and (not _is_whole(value) or value < 0):
            raise UsageError(f"{name} must be whole milliseconds since 1970, not {value!r}")
    if _is_whole(start_ms) and _is_whole(end_ms) and start_ms > end_ms:
        raise UsageError(f"start_ms {start_ms} is after end_ms {end_ms}")


def rest_interval(interval: object) -> str:
    """Return the REST spelling of a candle length; `HOUR_8` has none."""
    if not isinstance(interval, KlineInterval):
        raise UsageError(f"interval must be a KlineInterval, not {interval!r}")
    if interval.rest_name is None:
        raise UsageError(
            f"{interval.name} candles exist on the stream only: "
            f"use watch_klines (channel name {interval.stream_name})"
        )
    return interval.rest_name


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)

"""Numbers as a reader wants them: exact to the market's steps, or short enough for a column."""

from decimal import Decimal

_SUFFIXES = "kMBTQ"
_LONG = 100_000


def decimals_of(step: Decimal) -> int:
    """Return how many digits after the point a step has: 2 for 0.01, 0 for 1 or 10."""
    exponent = step.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def exact_text(value: float, decimals: int) -> str:
    """Write a multiple of a step with all of the step's digits, never with an exponent."""
    return f"{value:.{decimals}f}"


def short_text(value: float, decimals: int, *, width: int) -> str:
    """Write a size into about `width` cells: exact if it fits, then rounded; k, M, B when large."""
    if value < _LONG:
        for digits in range(decimals, -1, -1):
            text = f"{value:.{digits}f}"
            if len(text) <= width:
                return text
    thousands = 1
    while value >= 999.5 * 1000**thousands and thousands < len(_SUFFIXES):
        thousands += 1
    scaled = value / 1000**thousands
    digits = min(max(width - len(f"{scaled:.0f}") - 2, 0), 2)
    return f"{scaled:.{digits}f}{_SUFFIXES[thousands - 1]}"


def duration_text(seconds: float) -> str:
    """Write a length of time as minutes and seconds, with hours once there are any."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    start = f"{hours}:{minutes:02}" if hours else f"{minutes:02}"
    return f"{start}:{whole % 60:02}"


def milliseconds_text(milliseconds: float) -> str:
    """Write milliseconds with three digits or so: `0.42 ms`, `12.3 ms`, `1.2 s`, `3 min`."""
    if milliseconds < 10:
        return f"{milliseconds:.2f} ms"
    if milliseconds < 1000:
        return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"
    if milliseconds < 120_000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds / 60_000:.0f} min"

"""Where and with what the figures were taken."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

_PACKAGES = (
    *("mexc-connector", "websockets", "aiohttp", "msgspec", "protobuf", "uvloop", "ccxt"),
    *("Cython", "matplotlib"),
)


def facts() -> list[tuple[str, str]]:
    """Return name and value, in the order to show them."""
    from mexc_connector import core  # noqa: PLC0415 - contenders import this package without us

    return [
        ("date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("system", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("python", f"{platform.python_version()}, {platform.python_compiler()}"),
        ("hot path", str(getattr(core, "IMPLEMENTATION", "reference"))),
        *((name, _version(name)) for name in _PACKAGES),
    ]


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1) if found else platform.machine()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"

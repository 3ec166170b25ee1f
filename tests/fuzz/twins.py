"""The pure core twice in one process: as it was imported, and with its reference implementation."""

import importlib
import sys
from dataclasses import dataclass
from types import ModuleType

_EXTENSION = "mexc_connector.native._hot"
_CORE = "mexc_connector.core"


@dataclass(frozen=True, slots=True)
class Core:
    """The modules that differ by implementation."""

    implementation: ModuleType
    book: ModuleType
    book_sync: ModuleType


def imported_core() -> Core:
    """The core that everybody else uses."""
    return Core(*(importlib.import_module(f"{_CORE}.{name}") for name in Core.__slots__))


def reference_core() -> Core:
    """A second copy of the core, imported as if there were no extension."""
    package = importlib.import_module("mexc_connector")
    kept = {name: module for name, module in sys.modules.items() if _is_core(name)}
    kept_package = sys.modules[_CORE]
    for name in kept:
        del sys.modules[name]
    sys.modules[_EXTENSION] = None  # type: ignore[assignment]  # the import system's own "no"
    try:
        core = imported_core()
    finally:
        for name in [name for name in sys.modules if _is_core(name)]:
            del sys.modules[name]
        sys.modules.update(kept)
        package.core = kept_package  # type: ignore[attr-defined]
    assert core.implementation.IMPLEMENTATION == "reference"
    return core


def _is_core(name: str) -> bool:
    return name in (_EXTENSION, _CORE) or name.startswith(f"{_CORE}.")

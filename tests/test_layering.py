"""The arrows of docs/architecture.md, read from the imports."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "mexc_connector"
CYTHON = {".pyx", ".pxi", ".pxd"}
FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if "generated" not in path.relative_to(PACKAGE).parts
)
NATIVE = sorted(path for path in (PACKAGE / "native").iterdir() if path.suffix in CYTHON)

MAY_IMPORT = {
    "common": {"common"},
    "native": {"native", "common"},
    "core": {"core", "native", "common"},
    "proto": {"proto", "common"},
    "rest": {"rest", "core", "common"},
    "ws": {"ws", "core", "native", "proto", "common"},
    "sim": {"sim", "proto.generated"},
    "trading": {"trading", "core", "common"},
    "trading_interface": {"common"},
    "trading_methods": {"trading", "trading_interface", "core", "common"},
    "interface": {"common", "trading_interface"},
    "event_loop": set(),
    "performance": {"common", "rest", "trading", "ws"},
    "trading_wiring": {"common", "core", "performance", "rest", "trading", "ws"},
    "wiring": {"common", "core", "rest", "trading", "trading_wiring", "ws"},
    "session_life": {"common"},
    "session_monitor": {"common", "core"},
    "session_health": {"common", "core", "rest", "session_monitor", "trading_wiring", "wiring"},
    "health_methods": {"common", "interface", "session_monitor"},
    "market_methods": {"interface", "wiring", "common"},
    "exchange": {"interface", "performance", "trading_methods", "trading_wiring", "wiring"},
    "__init__": {"exchange", "interface", "trading_interface", "event_loop", "trading"},
    "__main__": {"cli"},
    "cli": {"cli", "sim", "exchange", "interface", "event_loop", "common", ""},
}

MAY_IMPORT["exchange"] |= {"health_methods", "session_health", "session_life", "session_monitor"}
MAY_IMPORT["exchange"] |= {"common", "core", "market_methods", "rest", "trading", "ws"}
MAY_IMPORT["__init__"] |= {"common", "core", "rest", "ws"}

IMPURE = {"asyncio", "socket", "time", "random", "logging", "threading", "ssl", "os", "datetime"}
IMPURE |= {"aiohttp", "websockets", "google"}


def imports_of(path: Path) -> set[str]:
    """The modules a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(node.module or "")
            if node.module in ("mexc_connector", "mexc_connector.core", "mexc_connector.proto"):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def cython_imports_of(path: Path) -> set[str]:
    """The modules a Cython source imports, anywhere in it, of Python's and of C's."""
    text = path.read_text(encoding="utf-8")
    return set(re.findall(r"^\s*(?:from|c?import)\s+([\w.]+)", text, flags=re.MULTILINE))


def room_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_arrows(path: Path) -> None:
    allowed = MAY_IMPORT[room_of(path)]
    for name in imports_of(path):
        if name == "mexc_connector" or name.startswith("mexc_connector."):
            inside = name.removeprefix("mexc_connector").removeprefix(".")
            is_allowed = any(
                inside == room or inside.startswith(f"{room}.") for room in allowed if room
            )
            assert is_allowed or inside in allowed, f"{path.name} must not import {name}"


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.name)
def test_the_compiled_path_knows_the_vocabulary_and_is_pure(path: Path) -> None:
    for name in cython_imports_of(path):
        is_ours = name.split(".")[0] == "mexc_connector"
        assert not is_ours or name.startswith("mexc_connector.common."), f"{path.name}: {name}"
        assert name.split(".")[0] not in IMPURE, f"{path.name} must not know {name}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").glob("*.py")), ids=lambda p: p.name)
def test_the_core_is_pure(path: Path) -> None:
    impure = {name for name in imports_of(path) if name.split(".")[0] in IMPURE}
    assert not impure, f"core must not know {impure}"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    waits = [n for n in ast.walk(tree) if isinstance(n, ast.Await | ast.AsyncFunctionDef)]
    assert not waits, "core must not await"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_clock_reads_the_time_and_only_credentials_the_environment(path: Path) -> None:
    relative = path.relative_to(PACKAGE).as_posix()
    names = imports_of(path)
    if room_of(path) not in ("sim", "cli") and relative != "common/clock.py":
        assert not names & {"time", "datetime"}
    # The journal forces its file to the disk, which only `os` can.
    if relative not in ("common/credentials.py", "trading/journal_file.py"):
        assert "os" not in names


def test_every_room_has_its_arrows() -> None:
    assert {room_of(path) for path in FILES} <= set(MAY_IMPORT)

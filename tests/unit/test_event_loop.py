import asyncio
import builtins
from collections.abc import Callable
from typing import Any

import pytest

from mexc_connector.event_loop import run


async def loop_module() -> str:
    return type(asyncio.get_running_loop()).__module__


def test_run_uses_uvloop_where_it_is_installed_and_returns_the_result() -> None:
    pytest.importorskip("uvloop")
    assert run(loop_module()) == "uvloop"


def test_run_falls_back_to_asyncio(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import: Callable[..., Any] = builtins.__import__

    def without_uvloop(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name == "uvloop":
            raise ImportError(name)
        return real_import(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_uvloop)
    assert run(loop_module()).startswith("asyncio")

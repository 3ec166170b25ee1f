"""The public names: a change here is a change that users see."""

import subprocess
import sys

import mexc_connector

SUBMODULES = {"common", "core", "event_loop", "exchange", "interface", "performance", "proto"}
SUBMODULES |= {"rest", "sim", "wiring", "ws", "cli", "trading", "trading_interface"}
SUBMODULES |= {"trading_methods", "trading_wiring"}


def test_every_public_name_is_listed_and_exists() -> None:
    public = {name for name in vars(mexc_connector) if not name.startswith("_")} - SUBMODULES
    assert public == set(mexc_connector.__all__)
    assert len(mexc_connector.__all__) == len(set(mexc_connector.__all__))


def test_every_public_name_has_a_docstring() -> None:
    for name in mexc_connector.__all__:
        documented = getattr(mexc_connector, name)
        assert getattr(documented, "__doc__", None), name


def test_importing_has_no_effects() -> None:
    code = """
import asyncio, logging, os, sys
policy = asyncio.get_event_loop_policy()
handlers = list(logging.getLogger().handlers)
environment = dict(os.environ)
os.environ["MEXC_API_KEY"] = "read at import would be a bug"
import mexc_connector
assert asyncio.get_event_loop_policy() is policy
assert logging.getLogger().handlers == handlers
assert "uvloop" not in sys.modules
assert "rich" not in sys.modules
assert not any(name.startswith("mexc_connector.sim") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)

"""The public names: a change here is a change that users see."""

import ast
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import mexc_connector
from mexc_connector.common.public_names import HOMES, ROOMS

SUBMODULES = {module.name for module in pkgutil.iter_modules(mexc_connector.__path__)}


def in_a_fresh_process(code: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def imports_for_type_checkers() -> dict[str, str]:
    """Name to module, as the `if TYPE_CHECKING` block of the package's `__init__` has it."""
    tree = ast.parse(Path(mexc_connector.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.name: str(node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_every_public_name_is_listed_and_exists() -> None:
    public = {name for name in dir(mexc_connector) if not name.startswith("_")}
    assert public - SUBMODULES - {"TYPE_CHECKING"} == set(mexc_connector.__all__)
    assert len(mexc_connector.__all__) == len(set(mexc_connector.__all__))
    for name in mexc_connector.__all__:
        getattr(mexc_connector, name)


def test_type_checkers_the_table_and_the_list_know_the_same_names() -> None:
    table = {name: f"mexc_connector.{module}" for name, module in HOMES.items()}
    assert imports_for_type_checkers() == table
    assert set(HOMES) == set(mexc_connector.__all__)
    assert sorted(mexc_connector.__all__) == mexc_connector.__all__


def test_a_public_name_is_what_its_home_holds_however_it_is_asked_for() -> None:
    for name, module in HOMES.items():
        original = getattr(import_module(f"mexc_connector.{module}"), name)
        assert getattr(mexc_connector, name) is original
        assert vars(mexc_connector)[name] is original  # the second time costs nothing


def test_a_star_import_brings_every_public_name() -> None:
    in_a_fresh_process("""
from mexc_connector import *
import mexc_connector
assert set(mexc_connector.__all__) <= set(globals()), set(mexc_connector.__all__) - set(globals())
""")


def test_an_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="'mexc_connector' has no attribute 'MexcExchnage'"):
        mexc_connector.MexcExchnage  # noqa: B018
    assert not hasattr(mexc_connector, "__wrapped__")


def test_the_rooms_are_attributes_of_the_package_as_they_are_of_any_other() -> None:
    for room in sorted(ROOMS):
        code = f"import mexc_connector; assert mexc_connector.{room}.__name__.endswith('.{room}')"
        in_a_fresh_process(code)


def test_importing_loads_no_transport_and_one_name_loads_no_more_than_it_needs() -> None:
    in_a_fresh_process("""
import sys
import mexc_connector
heavy = {"aiohttp", "websockets", "msgspec", "google.protobuf", "asyncio", "yaml"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
mexc_connector.Side, mexc_connector.MexcError
assert not heavy & set(sys.modules), heavy & set(sys.modules)
mexc_connector.MexcPublicSpotRest
assert "websockets" not in sys.modules
assert "google.protobuf" not in sys.modules
mexc_connector.MexcExchange
assert "yaml" not in sys.modules
""")


def test_many_threads_that_ask_first_get_the_same_thing() -> None:
    in_a_fresh_process("""
import threading
import mexc_connector
start, found, failed = threading.Barrier(8), [], []
def ask():
    start.wait()
    try:
        found.append(mexc_connector.MexcExchange)
    except BaseException as error:
        failed.append(error)
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not failed, failed
assert len(found) == 8 and len(set(found)) == 1
""")


def test_the_interface_has_all_of_the_facade_but_what_is_this_exchanges_own() -> None:
    facade, interface = mexc_connector.MexcExchange, mexc_connector.BaseExchangeInterface
    own = {name for name in dir(facade) if not name.startswith("_")} - set(dir(interface))
    clients = {"public_rest", "public_streams", "private_rest", "private_streams"}
    refused = {"amend_order", "place_oco_order", "place_stop_order"}  # MEXC has none: they say so
    assert own == clients | refused | {"get_latency"}
    assert {"health", "on_degraded", "watch_degraded"} <= interface.__abstractmethods__
    for name in interface.__abstractmethods__:
        assert getattr(interface, name).__doc__, name


def test_every_public_name_has_a_docstring() -> None:
    for name in mexc_connector.__all__:
        documented = getattr(mexc_connector, name)
        assert getattr(documented, "__doc__", None), name


def test_importing_has_no_effects() -> None:
    in_a_fresh_process("""
import asyncio, logging, os, sys
policy = asyncio.get_event_loop_policy()
handlers = list(logging.getLogger().handlers)
environment = dict(os.environ)
os.environ["MEXC_API_KEY"] = "read at import would be a bug"
import mexc_connector
from mexc_connector import *
assert asyncio.get_event_loop_policy() is policy
assert logging.getLogger().handlers == handlers
assert "uvloop" not in sys.modules
assert "rich" not in sys.modules
assert not any(name.startswith("mexc_connector.sim") for name in sys.modules)
""")

"""Which implementation of the hot path a test run is about; loaded by pytest before any conftest.

`--implementation=reference` forbids the import of the extension, in this process and in every
worker, before anything of ours is imported. It is the only way to force it: the library itself has
no switch. `--implementation=compiled` refuses to run without the extension, so that a broken build
cannot pass for a tested one. Subprocesses that tests start run what is installed.
"""

import importlib
import sys
from pathlib import Path

import pytest

EXTENSION = "mexc_connector.native._hot"
TESTS = Path(__file__).parent

# What cannot depend on the implementation: no frame is decoded and no book is kept there, or only
# in subprocesses, which run what is installed. `--only-dependent` leaves these out; whatever is not
# listed runs on both, so a new test does.
INDEPENDENT = (
    "test_layering.py",
    "test_source.py",
    # The single faults run on both; these take a minute each, or nearly.
    "adversity/test_mechanisms.py",
    "adversity/test_pairs.py",
    "adversity/test_sockets.py",
    "integration/sim",
    "integration/test_benchmarks.py",
    "integration/test_cli.py",
    "integration/test_demo.py",
    "integration/test_examples.py",
    "integration/test_fuzzed_replies.py",
    "integration/test_killed.py",
    "integration/test_readme.py",
    "integration/test_rest_private.py",
    "integration/test_rest_public.py",
    "integration/test_watchdog.py",
    "property/test_rate_limit.py",
    "property/test_request_line.py",
    "property/test_sim_candles.py",
    "property/test_sim_matching.py",
    "property/test_sim_money.py",
    "property/test_sim_refinement.py",
    "property/test_sim_streams.py",
    "unit/rest",
    "unit/sim",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mexc_connector")
    group.addoption(
        "--implementation",
        choices=("installed", "compiled", "reference"),
        default="installed",
        help="the hot path under test: what is installed (default), or one of the two for certain",
    )
    group.addoption(
        "--only-dependent",
        action="store_true",
        help="leave out the tests that cannot depend on the implementation",
    )


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    chosen = early_config.known_args_namespace.implementation
    if chosen == "reference":
        if "mexc_connector" in sys.modules:
            raise pytest.UsageError("mexc_connector is imported already: too late for a reference")
        sys.modules[EXTENSION] = None  # type: ignore[assignment]  # the import system's own "no"
    elif chosen == "compiled":
        try:
            importlib.import_module(EXTENSION)
        except ImportError as error:
            raise pytest.UsageError(
                f"no compiled hot path here ({error}): docs/building.md says how to build it"
            ) from error


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if config.getoption("only_dependent") and collection_path.is_relative_to(TESTS):
        inside = collection_path.relative_to(TESTS).as_posix()
        if any(inside == path or inside.startswith(f"{path}/") for path in INDEPENDENT):
            return True
    return None


def pytest_report_header(config: pytest.Config) -> str:
    return f"hot path: {config.getoption('implementation')}"

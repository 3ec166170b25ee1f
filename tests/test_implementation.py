"""The suite runs on the implementation that it was asked for."""

import sys

import pytest

from mexc_connector.core import IMPLEMENTATION


def test_what_was_asked_for_is_what_runs(pytestconfig: pytest.Config) -> None:
    asked = pytestconfig.getoption("implementation")
    if asked == "installed":
        pytest.skip("nothing in particular was asked for")
    assert asked == IMPLEMENTATION


def test_the_reference_runs_without_a_trace_of_the_extension() -> None:
    extension = sys.modules.get("mexc_connector.native._hot")
    assert (extension is None) == (IMPLEMENTATION == "reference")

"""What holds for every test."""

import pytest

pytest_plugins = ("tests.fault_seed",)


@pytest.fixture(autouse=True)
def _no_keys_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the environment would open an account, and be sent to the simulator."""
    monkeypatch.delenv("MEXC_API_KEY", raising=False)
    monkeypatch.delenv("MEXC_API_SECRET", raising=False)

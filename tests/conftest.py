"""What holds for every test."""

import pytest
from hypothesis import settings

pytest_plugins = ("tests.fault_seed", "tests.secret_watch")


# How long an example takes is the machine's business, and CI's machine is shared.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _no_keys_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the environment would open an account, and be sent to the simulator."""
    monkeypatch.delenv("MEXC_API_KEY", raising=False)
    monkeypatch.delenv("MEXC_API_SECRET", raising=False)

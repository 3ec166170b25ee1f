from collections.abc import AsyncIterator

import pytest

from mexc_connector.sim import Simulator
from tests.integration.sim.faults.rig import options


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator(options(admin=True)) as running:
        yield running

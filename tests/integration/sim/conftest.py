from collections.abc import AsyncIterator

import pytest

from mexc_connector.sim import READ_ONLY, SimAccount, SimKey, SimLimits, SimOptions, Simulator
from tests.integration.sim.private_client import PrivateClient

START_MS = 1_790_281_237_770
POOR = SimAccount(
    keys=(
        SimKey(api_key="mx0poor0001", secret_key="poor"),
        SimKey(api_key="mx0reader01", secret_key="reader", permissions=READ_ONLY),
        SimKey(api_key="mx0narrow01", secret_key="narrow", symbols=("MXUSDT",)),
    ),
    balances={"USDT": "1000", "BTC": "1"},
)


@pytest.fixture
async def exchange() -> AsyncIterator[Simulator]:
    """An exchange of empty markets, two accounts, in manual time."""
    options = SimOptions(
        symbols=("BTCUSDT", "MXUSDT", "龙虾USDT"),
        agents=0,
        start_ms=START_MS,
        realtime=False,
        accounts=(POOR,),
        limits=SimLimits.lifted(),
    )
    async with Simulator(options) as simulator:
        yield simulator


@pytest.fixture
async def rich(exchange: Simulator) -> AsyncIterator[PrivateClient]:
    """A client of the default account."""
    async with PrivateClient(exchange) as client:
        yield client


@pytest.fixture
async def poor(exchange: Simulator) -> AsyncIterator[PrivateClient]:
    """A client of the second account."""
    async with PrivateClient(exchange, api_key="mx0poor0001", secret="poor") as client:
        yield client

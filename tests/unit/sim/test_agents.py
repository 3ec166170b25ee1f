import pytest

from mexc_connector.sim import SimOptions
from mexc_connector.sim.exchange import Exchange

START_MS = 1_790_281_200_000
MINUTE_STEPS = 12_000


@pytest.mark.parametrize("levels", [None, 900])
def test_a_market_keeps_its_levels_for_as_long_as_it_trades(levels: int | None) -> None:
    options = SimOptions(symbols=("BTCUSDT",), levels_per_side=levels)
    exchange = Exchange(options, start_ms=START_MS)
    market = exchange.market("BTCUSDT")
    assert market is not None
    for _ in range(5):
        for _ in range(MINUTE_STEPS):
            exchange.step()
        for side in (market.bids(), market.asks()):
            assert 0.85 <= len(side) / market.listing.levels <= 1.05

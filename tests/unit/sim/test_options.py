import pytest

from mexc_connector.sim import SimError, SimLimits, SimOptions


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": -1},
        {"port": 70_000},
        {"speed": 0.0},
        {"speed": float("nan")},
        {"speed": -1.0},
        {"agents": -1},
        {"symbol_count": 0},
        {"symbols": ("BTCUSDT",), "symbol_count": 3},
        {"start_ms": -5},
        {"book_history": -1},
        {"levels_per_side": 0},
        {"levels_per_side": 20_001},
    ],
)
def test_values_outside_their_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SimError):
        SimOptions(**wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_limits_below_one_are_refused() -> None:
    with pytest.raises(SimError, match="weight_per_window must be at least 1"):
        SimLimits(weight_per_window=0)


def test_the_defaults_are_the_exchanges_numbers() -> None:
    limits = SimLimits()
    assert limits.subscriptions_per_connection == 30
    assert limits.messages_per_second == 100
    assert (limits.idle_close_ms, limits.silence_close_ms) == (30_000, 60_000)
    assert limits.connection_life_ms == 86_400_000
    assert (limits.weight_per_window, limits.weight_window_ms) == (300, 10_000)
    assert (limits.snapshot_levels, limits.kline_rows, limits.trade_rows) == (2_000, 500, 1_000)

import pytest

from mexc_connector.common.errors import ConfigError
from mexc_connector.common.trading_config import TradingConfig


def test_so_few_finished_orders_that_a_late_answer_could_open_one_again_are_refused() -> None:
    assert TradingConfig(completed_orders=100).completed_orders == 100
    with pytest.raises(ConfigError, match="100 or more"):
        TradingConfig(completed_orders=99)


def test_durations_are_above_zero() -> None:
    with pytest.raises(ConfigError, match="grace_s must be above 0"):
        TradingConfig(grace_s=0)

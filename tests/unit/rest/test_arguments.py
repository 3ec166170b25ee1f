import pytest

from mexc_connector.common.enums import KlineInterval
from mexc_connector.common.errors import UsageError
from mexc_connector.common.symbols import AssetName, Symbol
from mexc_connector.rest import arguments


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "5", None])
def test_a_count_is_a_whole_number_from_1(value: object) -> None:
    with pytest.raises(UsageError, match="limit"):
        arguments.require_count(value, "limit")


def test_counts_and_ranges_that_work_pass() -> None:
    arguments.require_count(1, "limit")
    arguments.require_range(None, None)
    arguments.require_range(0, 0)
    arguments.require_range(5, None)
    arguments.require_symbol(Symbol(AssetName("BTC"), AssetName("USDT")))


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "named"),
    [(-1, None, "start_ms"), (None, 1.5, "end_ms"), (True, None, "start_ms"), (2, 1, "after")],
)
def test_ranges_that_cannot_be_are_refused(start_ms: object, end_ms: object, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        arguments.require_range(start_ms, end_ms)


def test_text_is_no_symbol_and_the_error_says_what_is() -> None:
    with pytest.raises(UsageError, match=r"Symbol\(base, quote\).*'BTCUSDT'"):
        arguments.require_symbol("BTCUSDT")


def test_the_interval_that_only_the_stream_has_names_the_stream() -> None:
    with pytest.raises(UsageError, match=r"watch_klines.*Hour8"):
        arguments.rest_interval(KlineInterval.HOUR_8)
    with pytest.raises(UsageError, match="KlineInterval"):
        arguments.rest_interval("1m")
    assert arguments.rest_interval(KlineInterval.HOUR_1) == "60m"

import pytest

from mexc_connector.common.enums import KlineInterval, StreamSpeed, TickerZone
from mexc_connector.ws import channels


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            channels.trades("BTCUSDT", StreamSpeed.MS_100),
            "spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDT",
        ),
        (
            channels.depth("BTCUSDT", StreamSpeed.MS_10),
            "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT",
        ),
        (channels.limit_depth("MXUSDT", 20), "spot@public.limit.depth.v3.api.pb@MXUSDT@20"),
        (
            channels.book_ticker("币安人生USDT", StreamSpeed.MS_10),
            "spot@public.aggre.bookTicker.v3.api.pb@10ms@币安人生USDT",
        ),
        (
            channels.book_ticker_batch("SPACEX(PRE)USDT"),
            "spot@public.bookTicker.batch.v3.api.pb@SPACEX(PRE)USDT",
        ),
        (
            channels.klines("BTCUSDT", KlineInterval.HOUR_8),
            "spot@public.kline.v3.api.pb@BTCUSDT@Hour8",
        ),
        (
            channels.mini_ticker("BTCUSDT", TickerZone.UTC_PLUS_4_30),
            "spot@public.miniTicker.v3.api.pb@BTCUSDT@UTC+4:30",
        ),
        (channels.mini_tickers(TickerZone.H24), "spot@public.miniTickers.v3.api.pb@24H"),
    ],
)
def test_channels_are_spelled_as_the_exchange_does(name: str, expected: str) -> None:
    assert name == expected

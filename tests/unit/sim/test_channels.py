import pytest

from mexc_connector.sim.channels import Feed, parse_channel


@pytest.mark.parametrize(
    ("name", "feed", "symbol"),
    [
        ("spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDT", Feed.DEALS, "BTCUSDT"),
        ("spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT", Feed.DEPTH, "BTCUSDT"),
        ("spot@public.limit.depth.v3.api.pb@BTCUSDT@20", Feed.LIMIT_DEPTH, "BTCUSDT"),
        ("spot@public.aggre.bookTicker.v3.api.pb@10ms@龙虾USDT", Feed.BOOK_TICKER, "龙虾USDT"),
        ("spot@public.bookTicker.batch.v3.api.pb@BTCUSDT", Feed.BOOK_TICKER_BATCH, "BTCUSDT"),
        ("spot@public.kline.v3.api.pb@BTCUSDT@Hour8", Feed.KLINE, "BTCUSDT"),
        ("spot@public.miniTicker.v3.api.pb@BTCUSDT@UTC+4:30", Feed.MINI_TICKER, "BTCUSDT"),
        ("spot@public.miniTickers.v3.api.pb@24H", Feed.MINI_TICKERS, ""),
    ],
)
def test_every_living_channel_is_understood(name: str, feed: Feed, symbol: str) -> None:
    channel = parse_channel(name)
    assert channel is not None
    assert (channel.name, channel.feed, channel.symbol) == (name, feed, symbol)


@pytest.mark.parametrize(
    "name",
    [
        "spot@public.aggre.depth.v3.api.pb@BTCUSDT",
        "spot@public.aggre.depth.v3.api.pb@50ms@BTCUSDT",
        "spot@public.aggre.depth.v3.api@100ms@BTCUSDT",
        "spot@public.limit.depth.v3.api.pb@BTCUSDT@50",
        "spot@public.limit.depth.v3.api.pb@BTCUSDT",
        "spot@public.kline.v3.api.pb@BTCUSDT@Min3",
        "spot@public.miniTicker.v3.api.pb@BTCUSDT",
        "spot@public.miniTicker.v3.api.pb@BTCUSDT@UTC+3:30",
        "spot@public.miniTickers.v3.api.pb",
        "spot@public.deals.v3.api.pb@BTCUSDT",
        "spot@public.increase.depth.v3.api.pb@BTCUSDT",
        "spot@public.increase.depth.batch.v3.api.pb@BTCUSDT",
        "spot@public.bookTicker.v3.api.pb@BTCUSDT",
        "spot@private.account.v3.api.pb",
        "futures@public.aggre.depth.v3.api.pb@100ms@BTCUSDT",
        "spot@public.aggre.depth.v3.api.pb@100ms@BTCUSDT@",
        "@",
        "",
    ],
)
def test_retired_misspelt_and_incomplete_names_are_not(name: str) -> None:
    assert parse_channel(name) is None


def test_the_event_type_leaves_out_the_symbol() -> None:
    fast = parse_channel("spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT")
    limit = parse_channel("spot@public.limit.depth.v3.api.pb@BTCUSDT@5")
    assert fast is not None
    assert fast.event_type == "spot@public.aggre.depth.v3.api.pb@10ms"
    assert limit is not None
    assert limit.event_type == "spot@public.limit.depth.v3.api.pb"

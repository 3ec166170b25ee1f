import pytest

from mexc_connector.common.enums import KlineInterval, StreamSpeed, TickerZone
from mexc_connector.common.latency import StreamKind
from mexc_connector.proto.generated.push_pb2 import PushDataV3ApiWrapper
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


@pytest.mark.parametrize(
    ("channel", "kind"),
    [
        (channels.depth("BTCUSDT", StreamSpeed.MS_10), StreamKind.ORDER_BOOK),
        (channels.trades("BTCUSDT", StreamSpeed.MS_100), StreamKind.TRADES),
        (channels.book_ticker("BTCUSDT", StreamSpeed.MS_10), StreamKind.BOOK_TICKER),
        (channels.book_ticker_batch("A@BUSDT"), StreamKind.BOOK_TICKER_BATCH),
        (channels.limit_depth("MXUSDT", 20), StreamKind.LIMIT_DEPTH),
        (channels.klines("BTCUSDT", KlineInterval.HOUR_8), StreamKind.KLINES),
        (channels.mini_ticker("BTCUSDT", TickerZone.H24), StreamKind.MINI_TICKER),
        (channels.mini_tickers(TickerZone.H24), StreamKind.MINI_TICKERS),
        (channels.PRIVATE_ORDERS, StreamKind.ORDERS),
        (channels.PRIVATE_FILLS, StreamKind.FILLS),
        (channels.PRIVATE_BALANCES, StreamKind.BALANCES),
        ("spot@public.deals.v3.api.pb@BTCUSDT", None),
        ("spot", None),
    ],
)
def test_the_kind_of_a_frame_follows_from_the_channel_that_it_begins_with(
    channel: str, kind: StreamKind | None
) -> None:
    push = PushDataV3ApiWrapper(channel=channel, symbol="A@B", sendTime=1)
    assert channels.kind_of(push.SerializeToString()) is kind


@pytest.mark.parametrize("frame", [b"", b"\x0a", b"\x0a\x00", b"\x30\x01", b"\x0a\xff@@"])
def test_a_frame_that_begins_otherwise_is_of_no_kind(frame: bytes) -> None:
    assert channels.kind_of(frame) is None


def test_every_kind_of_stream_has_a_channel() -> None:
    assert set(channels._KINDS.values()) == set(StreamKind)
